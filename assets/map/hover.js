// The cell under the pointer: finds it, rings it, tells about it.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const REACH = 6; // CSS pixels from a cell's centre that still count as on it
  const REST_MS = 80; // the pointer stays so long on a cell before the server is asked
  const KEPT = 500;

  class Hover {
    /** describe(cell) -> Promise of [[label, value], ...], or null. */
    constructor(root, describe) {
      this.describe = describe;
      this.ring = parts.make("div", "sc-map-ring");
      this.tip = parts.make("div", "sc-map-tip");
      this.tip.setAttribute("role", "tooltip");
      this.listeners = new Set();
      this.known = new Map(); // cell -> lines; oldest first
      this.cell = -1;
      this.hide();
      root.append(this.ring, this.tip);
    }

    setCells(coordinates) {
      this.grid = new parts.CellGrid(coordinates);
      this.known.clear();
      this.hide();
    }

    /** The pointer is at (px, py) of the view. coloring tells the value that is drawn. */
    point(px, py, event, view, coloring) {
      if (!this.grid) return;
      const reach = Math.max(REACH, view.pointSize(coloring.nCells) / 2 + 1) / view.scale;
      const cell = this.grid.nearest(...view.toWorld(px, py), reach);
      if (cell === this.cell) return;
      this.hide();
      this.cell = cell;
      this.#tell(event.clientX, event.clientY);
      if (cell >= 0) this.#show(cell, view, coloring);
    }

    /** The pointer left, or the map moves below it. */
    leave() {
      if (this.cell < 0) return;
      this.hide();
      this.#tell(-1, -1);
    }

    hide() {
      clearTimeout(this.timer);
      this.cell = -1;
      this.ring.hidden = true;
      this.tip.hidden = true;
    }

    #tell(clientX, clientY) {
      for (const listener of this.listeners) listener(this.cell, clientX, clientY);
    }

    #show(cell, view, coloring) {
      const [x, y] = this.mark(cell, view, coloring);
      const value = coloring.valueOf(cell);
      const own = value === null ? [] : [[coloring.title, value]];
      this.#lines([...own, ...(this.known.get(cell) ?? [])], x, y, view);
      if (!this.describe || this.known.has(cell)) return;
      this.timer = setTimeout(() => this.#ask(cell, own, x, y, view), REST_MS);
    }

    /** Rings a cell and returns where it is. */
    mark(cell, view, coloring) {
      const [x, y] = view.toScreen(...this.grid.place(cell));
      const size = view.pointSize(coloring.nCells) + 6;
      this.ring.hidden = false;
      Object.assign(this.ring.style, {
        width: `${size}px`,
        height: `${size}px`,
        transform: `translate(${x - size / 2}px, ${y - size / 2}px)`,
      });
      return [x, y];
    }

    async #ask(cell, own, x, y, view) {
      const { describe } = this;
      let lines;
      try {
        lines = await describe(cell);
      } catch {
        if (describe !== this.describe) return;
        lines = [["", "Details of this cell could not be loaded."]];
        if (this.cell === cell) this.#lines([...own, ...lines], x, y, view);
        return;
      }
      if (describe !== this.describe) return; // cells of another store
      this.known.set(cell, lines);
      if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value);
      if (this.cell === cell) this.#lines([...own, ...lines], x, y, view);
    }

    #lines(lines, x, y, view) {
      this.tip.hidden = lines.length === 0;
      this.tip.replaceChildren(
        ...lines.map(([label, value]) =>
          parts.make(
            "div",
            "sc-map-tip-line",
            "",
            parts.make("span", "sc-map-tip-label", String(label)),
            parts.make("span", "sc-map-tip-value", String(value)),
          ),
        ),
      );
      // Beside the cell, on whichever side has the room.
      const { offsetWidth: width, offsetHeight: height } = this.tip;
      const left = x + 12 + width <= view.width ? x + 12 : Math.max(4, x - 12 - width);
      const top = parts.clamp(y - height / 2, 4, Math.max(4, view.height - height - 4));
      this.tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    }
  }

  Object.assign(parts, { Hover });
})();
