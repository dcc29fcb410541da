// Where the reader looks: world (0..1, y up) to screen (CSS pixels, y down) and back.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const PADDING = 18;
  const BUTTONS = 34; // the column of buttons on the right, more than its padding
  const ZOOM_RANGE = [0.5, 80];

  class View {
    constructor() {
      this.width = 1;
      this.height = 1;
      this.bounds = { left: 0, right: 1, bottom: 0, top: 1 };
      this.x = 0.5;
      this.y = 0.5;
      this.scale = 1; // CSS pixels a world unit
      this.fitted = true; // until the reader moves, a resize fits again
    }

    /** Keeps the place the reader looks at, or the whole map where he has not moved yet. */
    resize(width, height) {
      this.width = width;
      this.height = height;
      if (this.fitted) this.fit();
    }

    fit() {
      const { left, right, bottom, top } = this.bounds;
      this.scale = this.fitScale;
      this.x = (left + right) / 2 + BUTTONS / 2 / this.scale;
      this.y = (bottom + top) / 2;
      this.fitted = true;
    }

    get fitScale() {
      const { left, right, bottom, top } = this.bounds;
      const wide = Math.max(this.width - 2 * PADDING - BUTTONS, 1) / Math.max(right - left, 1e-4);
      const high = Math.max(this.height - 2 * PADDING, 1) / Math.max(top - bottom, 1e-4);
      return Math.min(wide, high);
    }

    get zoom() {
      return this.scale / this.fitScale;
    }

    pan(dx, dy) {
      this.x = clamp(this.x - dx / this.scale, this.bounds.left, this.bounds.right);
      this.y = clamp(this.y + dy / this.scale, this.bounds.bottom, this.bounds.top);
      this.fitted = false;
    }

    /** Zooms and keeps what lies under the screen point (px, py) where it is. */
    zoomAt(factor, px = this.width / 2, py = this.height / 2) {
      const [wx, wy] = this.toWorld(px, py);
      const zoom = clamp(this.zoom * factor, ZOOM_RANGE[0], ZOOM_RANGE[1]);
      this.scale = zoom * this.fitScale;
      const [sx, sy] = this.toScreen(wx, wy);
      this.pan(px - sx, py - sy);
    }

    /** Looks where another view of the same map does; see `link`. */
    follow({ x, y, zoom, fitted }) {
      if (fitted) return this.fit();
      Object.assign(this, { x, y, scale: zoom * this.fitScale, fitted });
      return undefined;
    }

    toScreen(wx, wy) {
      return [
        this.width / 2 + (wx - this.x) * this.scale,
        this.height / 2 - (wy - this.y) * this.scale,
      ];
    }

    toWorld(px, py) {
      return [
        this.x + (px - this.width / 2) / this.scale,
        this.y - (py - this.height / 2) / this.scale,
      ];
    }

    /** World to WebGL clip space, as [scale x, scale y, offset x, offset y]. */
    get clip() {
      const sx = (2 * this.scale) / this.width;
      const sy = (2 * this.scale) / this.height;
      return [sx, sy, -this.x * sx, -this.y * sy];
    }

    /** Diameter of a cell in CSS pixels: shares of the map's area, growing slower than the zoom. */
    pointSize(nCells) {
      const { left, right, bottom, top } = this.bounds;
      const area = (right - left) * (top - bottom) * this.fitScale ** 2;
      const base = clamp(Math.sqrt((0.3 * area) / Math.max(nCells, 1)), 1.3, 6);
      return Math.min(base * Math.max(this.zoom, 1) ** 0.55, 14);
    }

    copy() {
      return Object.assign(new View(), this, { bounds: this.bounds });
    }
  }

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /** The box around all cells, in world units. */
  function boundsOf(coordinates) {
    let [left, right, bottom, top] = [65535, 0, 65535, 0];
    for (let i = 0; i < coordinates.length; i += 2) {
      const x = coordinates[i];
      const y = coordinates[i + 1];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < bottom) bottom = y;
      if (y > top) top = y;
    }
    if (!coordinates.length) return { left: 0, right: 1, bottom: 0, top: 1 };
    return { left: left / 65535, right: right / 65535, bottom: bottom / 65535, top: top / 65535 };
  }

  Object.assign(parts, { View, boundsOf, clamp });
})();
