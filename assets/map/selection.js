// The selected cells of a map: the line around them, the bar that tells of them.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});

  class Selection {
    /** sheet: SVG over the canvas. changed(sel) is called when the reader selects or clears. */
    constructor(root, sheet, changed) {
      this.root = root;
      this.changed = changed;
      this.polygon = null;
      this.text = null;
      this.nCells = null;
      this.halo = parts.makeSvg("path", { class: "sc-map-outline-halo" });
      this.line = parts.makeSvg("path", { class: "sc-map-outline" });
      sheet.append(this.halo, this.line);
      this.count = parts.make("span", "sc-map-selected");
      this.link = parts.make("a", "sc-map-selected-link", "Concepts in these cells");
      this.link.addEventListener("click", (event) => this.#follow(event));
      const clear = parts.makeButton("Clear the selection (Escape)", "M4 4l8 8M12 4l-8 8", () => this.clear());
      this.bar = parts.make("div", "sc-map-selection", "", this.count, this.link, clear);
      this.bar.setAttribute("role", "group");
      this.bar.setAttribute("aria-label", "Selection");
      root.append(this.bar);
      this.#tell();
    }

    /** What the address says, for the cells of this map: text that fits no map is nothing. */
    set(text, mapKey, cells) {
      this.text = text;
      this.cells = cells;
      this.polygon = parts.parseSelection(text, mapKey);
      this.nCells = this.polygon ? parts.countInside(this.polygon, cells) : null;
      this.#tell();
    }

    /** Whether this is what is shown already. */
    isFor(text, cells) {
      return this.text === text && this.cells === cells;
    }

    /** The reader drew around cells; points of the world. */
    take(points, mapKey, cells) {
      const polygon = parts.makePolygon(points);
      if (!polygon) return;
      this.set(parts.formatSelection(polygon, mapKey), mapKey, cells);
      this.changed(this.text, this.nCells);
    }

    clear() {
      if (!this.polygon) return;
      this.set(null);
      this.changed(null, null);
    }

    /** store: whose page of cells the bar links to; null for no link. */
    setStore(store) {
      this.store = store;
      this.#tell();
    }

    #tell() {
      const isOn = this.polygon !== null;
      this.bar.hidden = !isOn;
      if (isOn) this.root.dataset.selected = "";
      else delete this.root.dataset.selected;
      if (!isOn) return;
      this.count.textContent = parts.selectedText(this.nCells);
      this.link.hidden = !this.store || !this.nCells;
      if (this.store) this.link.href = window.scconcepts.addressOf?.(this.#place()) ?? "";
    }

    #place() {
      return { page: "cells", store: this.store, concept: null, choices: { sel: this.text } };
    }

    // Without loading the page again, unless the reader wants it in another tab.
    #follow(event) {
      const { page, store, choices } = this.#place();
      if (!window.scconcepts.isPlain?.(event)) return;
      event.preventDefault();
      window.scconcepts.visit(page, { store, choices });
    }

    /** Draws the line where the view is. */
    draw(view) {
      const points = this.polygon?.map(([x, y]) => view.toScreen(x / 65535, y / 65535)) ?? [];
      this.#path(points, true);
    }

    /** Draws what is being drawn, in CSS pixels of the canvas. */
    sketch(points) {
      this.#path(points, false);
    }

    #path(points, isClosed) {
      const steps = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
      const path = steps ? `M${steps}${isClosed ? "Z" : ""}` : "";
      this.halo.setAttribute("d", path);
      this.line.setAttribute("d", path);
    }
  }

  Object.assign(parts, { Selection });
})();
