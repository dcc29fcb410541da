// The mean over all cells in each block of the picture, for crowds in which points hide each other.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const MIDDLE = 127;

  /** Side of a block in device pixels: so large that it holds more than one cell where they crowd. */
  const blockSize = (pointSize, ratio) => Math.max(2, Math.round(parts.clamp(1.6 * pointSize, 3, 12) * ratio));

  /** Sums over blocks of one picture size and view; counts of all cells are kept between colourings. */
  class Blocks {
    constructor() {
      this.known = null; // {cells, key, counts}
    }

    /**
     * Colours of blocks from below upwards as {bytes: RGBA, width, height, side}.
     * frame: {clip, size, width, height, ratio} in device pixels; colors: {clear, cell}.
     */
    draw(coloring, cells, frame, palette, colors) {
      const side = blockSize(frame.size / frame.ratio, frame.ratio);
      const width = Math.ceil(frame.width / side);
      const height = Math.ceil(frame.height / side);
      const grid = { side, width, height, map: mapOf(frame) };
      const all = this.#countAll(cells, grid);
      const { layer, range, kind } = coloring;
      const sums = new Float32Array(width * height);
      const counts = new Uint32Array(width * height);
      const zero = kind === "difference" ? MIDDLE : 0;
      const [low, high] = range ?? [0, 255];
      eachBlock(layer.positions, grid, (block, i) => {
        const level = layer.levels[i];
        if (level < low || level > high) return;
        sums[block] += level - zero;
        counts[block] += 1;
      });
      // Between thresholds, and for a number, it is the mean over the cells that have one.
      const over = range || kind === "number" ? counts : all;
      const bytes = new Uint8Array(4 * width * height);
      for (let block = 0; block < over.length; block++) {
        const color = all[block] ? colors.cell : colors.clear;
        const level = Math.round(zero + sums[block] / over[block]);
        const at = 4 * block;
        if (counts[block]) bytes.set(palette.subarray(4 * level, 4 * level + 3), at);
        else bytes.set(color, at);
        bytes[at + 3] = 255;
      }
      return { bytes, width, height, side };
    }

    #countAll(cells, grid) {
      const key = JSON.stringify([grid.side, grid.width, grid.height, grid.map]);
      if (this.known?.cells !== cells || this.known.key !== key) {
        const counts = new Uint32Array(grid.width * grid.height);
        eachBlock(cells, grid, (block) => {
          counts[block] += 1;
        });
        this.known = { cells, key, counts };
      }
      return this.known.counts;
    }
  }

  // From the 16-bit grid to device pixels, y up: pixel = scale * coordinate + offset.
  function mapOf({ clip, width, height }) {
    const [sx, sy, ox, oy] = clip;
    return [(sx * width) / 2 / 65535, (sy * height) / 2 / 65535, ((ox + 1) * width) / 2, ((oy + 1) * height) / 2];
  }

  function eachBlock(positions, { side, width, height, map }, visit) {
    const [sx, sy, ox, oy] = map.map((value) => value / side);
    for (let i = 0; i < positions.length / 2; i++) {
      const column = Math.floor(positions[2 * i] * sx + ox);
      const row = Math.floor(positions[2 * i + 1] * sy + oy);
      if (column >= 0 && column < width && row >= 0 && row < height) visit(row * width + column, i);
    }
  }

  Object.assign(parts, { Blocks });
})();
