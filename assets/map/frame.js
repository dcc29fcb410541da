// One whole picture from a view: grey cells, then the layer, or the mean of blocks.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});

  /**
   * Draws onto the painter's canvas.
   * what: {clip, size, ratio, only, clear, cell, background}; sizes in device pixels, background
   * false where the grey cells are still as they were. mean: null, or (frame) -> blocks.
   */
  function drawFrame(painter, what, mean) {
    const { width, height } = painter.gl.canvas;
    if (what.background) painter.paintBackground(what);
    if (mean) painter.paintBlocks(mean({ ...what, width, height }));
    // A little larger than the grey cells, so that no grey rim shows around them.
    else painter.paintScene({ ...what, size: what.size * 1.12 + 0.3 });
    painter.present(what.clear);
  }

  Object.assign(parts, { drawFrame });
})();
