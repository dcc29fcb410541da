// The difference of two sparse columns, cell by cell.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});

  /**
   * first, second: {cells, levels, max} as decoded. Returns the cells where either has a value
   * (ascending), the level of first minus second from 0 (-limit) over 127 (0) to 254 (limit), and
   * the largest absolute difference.
   */
  function subtract(first, second) {
    const cells = new Uint32Array(first.cells.length + second.cells.length);
    const values = new Float32Array(cells.length);
    const value = (column, at) => (column.levels[at] / 255) * column.max;
    let [a, b, n, limit] = [0, 0, 0, 0];
    while (a < first.cells.length || b < second.cells.length) {
      const [cellA, cellB] = [first.cells[a] ?? Infinity, second.cells[b] ?? Infinity];
      cells[n] = Math.min(cellA, cellB);
      values[n] = (cellA <= cellB ? value(first, a++) : 0) - (cellB <= cellA ? value(second, b++) : 0);
      limit = Math.max(limit, Math.abs(values[n]));
      n += 1;
    }
    const levels = new Uint8Array(n);
    for (let i = 0; i < n; i++) levels[i] = Math.round(127 + (127 * values[i]) / (limit || 1));
    return { cells: cells.slice(0, n), levels, limit };
  }

  Object.assign(parts, { subtract });
})();
