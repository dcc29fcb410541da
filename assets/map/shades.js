// The colours that a map draws with: of its levels, its scale, the plain cells and the ground.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const MEANT = ["sparse", "number", "difference"]; // kinds of which a mean says something

  class Shades {
    /** map: the CellMap, asked for its colouring, cells, mode and theme whenever colours are wanted. */
    constructor(map) {
      this.map = map;
      this.blocks = new parts.Blocks();
    }

    /** {clear, cell}: the ground and the grey cells, [r, g, b]. */
    plain() {
      const style = getComputedStyle(this.map.root);
      const read = (name) => parts.cssBytes(style.getPropertyValue(name));
      return { clear: read("--map-bg"), cell: read("--map-cell") };
    }

    /** RGBA bytes of the levels as drawn. */
    drawn() {
      const { coloring, theme, mode } = this.map;
      return coloring.layer ? parts.paletteOf(coloring, theme, mode, this.plain()) : new Uint8Array(4);
    }

    /** RGBA bytes of a scale with all of its levels, as its legend shows it. */
    scale() {
      const { coloring, theme, mode } = this.map;
      const whole = { ...coloring, range: null };
      return parts.paletteOf(whole, theme, mode === "mean" ? "mean" : "max", this.plain());
    }

    /** How means over blocks are drawn; null where points are. */
    mean() {
      const { coloring, cells, mode } = this.map;
      if (mode !== "mean" || !MEANT.includes(coloring.kind) || !(coloring.nActive > 0)) return null;
      return (frame) => this.blocks.draw(coloring, cells, frame, this.scale(), this.plain());
    }
  }

  Object.assign(parts, { Shades });
})();
