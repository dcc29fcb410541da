// Decodes the binary payloads of the cell map. Little endian; knows neither the network nor WebGL.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const HEADER_BYTES = 12;
  const SKIP = 255;

  /** A payload whose bytes do not say what they should; the message is shown to the reader. */
  class PayloadError extends Error {}

  /** Coordinates: uint16 x, y pairs over a square box, one pair a cell. */
  function decodeCoordinates(buffer, nCells) {
    if (buffer.byteLength !== nCells * 4) {
      throw new PayloadError(
        `the coordinates hold ${buffer.byteLength} bytes, expected ${nCells * 4} for ${nCells} cells`,
      );
    }
    return new Uint16Array(buffer);
  }

  /** Sparse column: which cells have a value (ascending), and that value in 1 to 255 levels. */
  function decodeSparse(buffer, nCells) {
    if (buffer.byteLength < HEADER_BYTES) throw new PayloadError("the column has no header");
    const header = new DataView(buffer, 0, HEADER_BYTES);
    const n = header.getUint32(0, true);
    const nGaps = header.getUint32(4, true);
    if (buffer.byteLength !== HEADER_BYTES + nGaps + n) {
      throw new PayloadError(
        `the column holds ${buffer.byteLength} bytes, its header says ${HEADER_BYTES + nGaps + n}`,
      );
    }
    const cells = walkGaps(new Uint8Array(buffer, HEADER_BYTES, nGaps), n, nCells);
    const levels = new Uint8Array(buffer, HEADER_BYTES + nGaps, n);
    return { cells, levels, max: header.getFloat32(8, true) };
  }

  // A gap byte below 255 moves on and stops there; 255 moves on without stopping.
  function walkGaps(gaps, n, nCells) {
    const cells = new Uint32Array(n);
    let position = -1;
    let found = 0;
    for (let i = 0; i < gaps.length; i++) {
      position += gaps[i];
      if (gaps[i] < SKIP) cells[found++] = position;
    }
    if (found !== n) throw new PayloadError(`the column says ${n} entries and holds ${found}`);
    if (n && cells[n - 1] >= nCells) {
      throw new PayloadError(`the column names cell ${cells[n - 1]} of ${nCells}`);
    }
    return cells;
  }

  /** Dense column: one code a cell, of 1 or 2 bytes; the largest code means missing. */
  function decodeCodes(buffer, nCells, bytes) {
    if (buffer.byteLength !== nCells * bytes) {
      throw new PayloadError(
        `the column holds ${buffer.byteLength} bytes, expected ${nCells * bytes} for ${nCells} cells`,
      );
    }
    return bytes === 2 ? new Uint16Array(buffer) : new Uint8Array(buffer);
  }

  Object.assign(parts, { PayloadError, decodeCoordinates, decodeSparse, decodeCodes });
})();
