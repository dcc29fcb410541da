// Nearest cell to a place: a uniform grid over the coordinates, built when first asked.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const CELLS_PER_BIN = 2;
  const MAX_SIDE = 1024;

  class CellGrid {
    /** coordinates: Uint16Array of x, y pairs. */
    constructor(coordinates) {
      this.coordinates = coordinates;
      this.starts = null;
      this.members = null;
    }

    // Counting sort of the cells by bin: starts[b]..starts[b + 1] are the members of bin b.
    #build() {
      const n = this.coordinates.length / 2;
      this.side = parts.clamp(Math.ceil(Math.sqrt(n / CELLS_PER_BIN)), 1, MAX_SIDE);
      const starts = new Uint32Array(this.side * this.side + 1);
      for (let i = 0; i < n; i++) starts[this.#binOf(i) + 1] += 1;
      for (let b = 1; b < starts.length; b++) starts[b] += starts[b - 1];
      const next = starts.slice();
      this.members = new Uint32Array(n);
      for (let i = 0; i < n; i++) this.members[next[this.#binOf(i)]++] = i;
      this.starts = starts;
    }

    #binOf(cell) {
      const column = Math.floor((this.coordinates[2 * cell] / 65536) * this.side);
      const row = Math.floor((this.coordinates[2 * cell + 1] / 65536) * this.side);
      return row * this.side + column;
    }

    /** Index of the cell nearest to (x, y), world units, within `radius`; -1 for none. */
    nearest(x, y, radius) {
      if (!this.starts) this.#build();
      const bin = (value) => parts.clamp(Math.floor(value * this.side), 0, this.side - 1);
      let best = -1;
      let bestSquare = (radius * 65535) ** 2;
      for (let row = bin(y - radius); row <= bin(y + radius); row++) {
        const first = this.starts[row * this.side + bin(x - radius)];
        const last = this.starts[row * this.side + bin(x + radius) + 1];
        for (let at = first; at < last; at++) {
          const cell = this.members[at];
          const dx = this.coordinates[2 * cell] - x * 65535;
          const dy = this.coordinates[2 * cell + 1] - y * 65535;
          const square = dx * dx + dy * dy;
          if (square <= bestSquare) [best, bestSquare] = [cell, square];
        }
      }
      return best;
    }

    /** World coordinates of a cell. */
    place(cell) {
      return [this.coordinates[2 * cell] / 65535, this.coordinates[2 * cell + 1] / 65535];
    }
  }

  Object.assign(parts, { CellGrid });
})();
