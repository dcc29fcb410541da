// Names of categories, written on the map where most of their cells lie.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const SIDE = 64; // of the grid on which places are looked for
  const MOST = 60; // categories that are named: more would not be read
  const LEAST_SHARE = 0.2; // of a category's dense places, to be named in one more
  const SHORE = 0.25; // of the highest density: where an island of cells ends
  const REACH = 6; // bins around the densest one that its name stands in the middle of
  const FONT = "600 11.5px system-ui, sans-serif";
  const LINE = 15;
  const BUTTONS = 44; // CSS pixels on the right that the map's buttons lie over
  const GAP = 4;
  const SHIFTS = [0, -LINE, LINE]; // further away it would name other cells
  const FAR = 60; // CSS pixels from its cells to the end of a name that the legend pushes aside

  /** [{name, x, y, size, code}] in the world, the largest first. codes: category of each cell. */
  function placeNames(codes, categories, coordinates) {
    const counts = new Uint32Array(categories.length);
    for (let i = 0; i < codes.length; i++) if (codes[i] < counts.length) counts[codes[i]] += 1;
    const named = [...counts.keys()].filter((code) => counts[code] > 0);
    named.sort((a, b) => counts[b] - counts[a]);
    const wanted = named.slice(0, MOST);
    const slot = new Int16Array(counts.length).fill(-1);
    wanted.forEach((code, i) => (slot[code] = i));
    const bins = new Uint32Array(wanted.length * SIDE * SIDE);
    for (let i = 0; i < codes.length; i++) {
      const at = codes[i] < slot.length ? slot[codes[i]] : -1;
      if (at >= 0) bins[at * SIDE * SIDE + binOf(coordinates, i)] += 1;
    }
    const places = wanted.flatMap((code, i) => {
      const grid = smooth(bins.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
      const label = { name: categories[code], code };
      return islands(grid).map((island) => ({ ...label, ...island }));
    });
    return places.sort((a, b) => b.size - a.size);
  }

  const binOf = (coordinates, cell) =>
    (coordinates[2 * cell + 1] >> 10) * SIDE + (coordinates[2 * cell] >> 10);

  // Sums over 5 x 5 bins: the densest place should not hang on where the grid lies.
  function smooth(bins) {
    const out = new Float32Array(SIDE * SIDE);
    for (let at = 0; at < bins.length; at++) {
      if (!bins[at]) continue;
      const [row, column] = [Math.floor(at / SIDE), at % SIDE];
      for (let r = Math.max(0, row - 2); r <= Math.min(SIDE - 1, row + 2); r++) {
        for (let c = Math.max(0, column - 2); c <= Math.min(SIDE - 1, column + 2); c++) {
          out[r * SIDE + c] += bins[at] / 25;
        }
      }
    }
    return out;
  }

  // Connected places that are dense beside the densest; each with the centre of its top.
  function islands(grid) {
    const least = Math.max(...grid) * SHORE;
    const seen = new Uint8Array(grid.length);
    const found = [];
    for (let start = 0; start < grid.length; start++) {
      if (seen[start] || !(grid[start] >= least && least > 0)) continue;
      const members = flood(grid, start, least, seen);
      found.push({ size: members.reduce((sum, at) => sum + grid[at], 0), ...centre(grid, members) });
    }
    found.sort((a, b) => b.size - a.size);
    const total = found.reduce((sum, { size }) => sum + size, 0);
    return found.filter(({ size }, i) => i === 0 || size >= LEAST_SHARE * total).slice(0, 3);
  }

  function flood(grid, start, least, seen) {
    const members = [start];
    seen[start] = 1;
    for (let i = 0; i < members.length; i++) {
      const column = members[i] % SIDE;
      const beside = [members[i] - SIDE, members[i] + SIDE];
      if (column > 0) beside.push(members[i] - 1);
      if (column < SIDE - 1) beside.push(members[i] + 1);
      for (const at of beside) {
        if (seen[at] || !(grid[at] >= least)) continue;
        seen[at] = 1;
        members.push(at);
      }
    }
    return members;
  }

  // The middle of what lies around the densest place: that of the whole may be a gap.
  function centre(grid, members) {
    const top = members.reduce((most, at) => (grid[at] > grid[most] ? at : most));
    const [row, column] = [Math.floor(top / SIDE), top % SIDE];
    const near = members.filter(
      (at) => Math.hypot(Math.floor(at / SIDE) - row, (at % SIDE) - column) <= REACH,
    );
    const sum = near.reduce((total, at) => total + grid[at], 0);
    const mean = (place) => near.reduce((total, at) => total + grid[at] * place(at), 0) / sum / SIDE;
    return { x: mean((at) => (at % SIDE) + 0.5), y: mean((at) => Math.floor(at / SIDE) + 0.5) };
  }

  let ruler = null;
  function widthOf(text) {
    ruler ??= new OffscreenCanvas(1, 1).getContext("2d");
    ruler.font = FONT;
    return ruler.measureText(text).width;
  }

  const overlaps = (a, b) =>
    Math.abs(a.x - b.x) < (a.width + b.width) / 2 + GAP && Math.abs(a.y - b.y) < (a.height + b.height) / 2;

  // Where a name may stand: at its cells, a line higher or lower, or just beside the legend.
  function candidates(box, legend) {
    const found = SHIFTS.map((shift) => ({ ...box, y: box.y + shift }));
    if (!legend) return found;
    const [aside, over] = [(legend.width + box.width) / 2 + GAP, (legend.height + box.height) / 2];
    const sides = [legend.x - aside, legend.x + aside].map((x) => ({ ...box, x }));
    sides.push(...[legend.y - over, legend.y + over].map((y) => ({ ...box, y })));
    const farness = ({ x, y }) => Math.hypot(Math.max(Math.abs(x - box.x) - box.width / 2, 0), y - box.y);
    sides.sort((a, b) => farness(a) - farness(b));
    return [...found, ...sides.filter((other) => farness(other) <= FAR)];
  }

  // A name is not cut off by the edge of the map, nor by the buttons on the right.
  function inside({ x, y }, width, view) {
    const first = width / 2 + GAP;
    const last = Math.max(view.width - width / 2 - BUTTONS, first);
    return { x: parts.clamp(x, first, last), y: parts.clamp(y, LINE / 2, view.height - LINE / 2) };
  }

  /** Names that fit into the view side by side, as [{name, x, y}] in CSS pixels; legend: a box or null. */
  function layOut(places, view, legend) {
    const taken = [];
    for (const { name, x, y } of places) {
      const [px, py] = view.toScreen(x, y);
      if (px < 0 || px > view.width || py < 0 || py > view.height) continue;
      const width = widthOf(name);
      const within = (at) => ({ ...at, ...inside(at, width, view) });
      const box = within({ name, x: px, y: py, width, height: LINE });
      const isFree = (at) => ![...taken, ...(legend ? [legend] : [])].some((other) => overlaps(at, other));
      const free = candidates(box, legend).map(within).find(isFree);
      if (free) taken.push(free);
    }
    return taken;
  }

  class Names {
    /**
     * sheet: SVG over the canvas; load(url, decode) runs decode(buffer) when the bytes are there;
     * legend() is its box, {x, y, width, height} about its middle, or null.
     */
    constructor(sheet, load, legend) {
      this.legend = legend;
      this.group = parts.makeSvg("g", { class: "sc-map-names", "aria-hidden": "true" });
      sheet.append(this.group);
      this.load = load;
      this.places = [];
      this.placed = null; // [codes, cells] of the places
      this.named = null;
      this.codes = null;
    }

    /** named: {on, url, categories, bytes} of the column to take names from, or null. */
    set(named) {
      if (named?.url !== this.named?.url) this.codes = null;
      this.named = named;
    }

    get isOn() {
      return Boolean(this.named?.on);
    }

    /** Asks for the column, once. */
    fetch(nCells) {
      const { url, bytes } = this.named ?? {};
      if (!this.isOn || !url || this.codes) return;
      this.load(url, (buffer) => {
        this.codes = parts.decodeCodes(buffer, nCells, bytes ?? 1);
      });
    }

    /** Looks for the places: a coloured column is the one whose names are of use. */
    place(coloring, cells) {
      const isCategory = coloring.kind === "category";
      const codes = isCategory ? coloring.codes : this.codes;
      const categories = isCategory ? coloring.categories : this.named?.categories;
      const isThere = this.isOn && codes && categories && cells?.length === 2 * codes.length;
      if (isThere && this.placed?.[0] === codes && this.placed[1] === cells) return;
      this.placed = isThere ? [codes, cells] : null;
      this.places = isThere ? placeNames(codes, categories, cells) : [];
    }

    /** The names in sight, as [{name, x, y}] in CSS pixels; legend: what they keep clear of. */
    visible(view, legend = null) {
      return this.isOn ? layOut(this.places, view, legend) : [];
    }

    draw(view) {
      this.group.replaceChildren(
        ...this.visible(view, this.legend()).map(({ name, x, y }) => {
          const text = parts.makeSvg("text", { x: x.toFixed(1), y: y.toFixed(1) });
          text.textContent = name;
          return text;
        }),
      );
    }
  }

  Object.assign(parts, { Names, placeNames });
})();
