// How many cells have which value, over the colour scale, and two thresholds to cut it with.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const N_BARS = 40;
  const BIG_STEP = 13; // levels that a page key moves
  const KEYS = {
    ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -BIG_STEP, PageUp: BIG_STEP,
  };
  const AXIS = "Cells by value; the height of a bar goes with the square root of their number";

  class Histogram {
    /**
     * coloring: one with a scale. changed(isLast) is called when a threshold moved; isLast is false
     * while it is being dragged.
     */
    constructor(coloring, palette, changed) {
      this.coloring = coloring;
      this.changed = changed;
      this.plot = parts.make("div", "sc-map-bars");
      this.plot.title = AXIS;
      this.plot.append(drawBars(coloring, palette));
      const ramp = parts.make("div", "sc-map-ramp");
      ramp.style.backgroundImage = parts.gradientOf(palette);
      this.shades = [0, 1].map(() => parts.make("div", "sc-map-shade"));
      this.sliders = ["Lowest value shown", "Highest value shown"].map((label, i) =>
        this.#slider(label, i),
      );
      this.box = parts.make("div", "sc-map-scale", "", this.plot, ramp, ...this.shades);
      this.box.append(...this.sliders);
      this.box.addEventListener("pointerdown", (event) => this.#grab(event));
      this.box.addEventListener("pointermove", (event) => this.#drag(event));
      for (const type of ["pointerup", "pointercancel"]) {
        this.box.addEventListener(type, () => this.#release());
      }
      this.box.addEventListener("dblclick", () => this.reset());
      this.update();
    }

    get range() {
      return this.coloring.range ?? this.coloring.domain;
    }

    #slider(label, which) {
      const slider = parts.make("div", "sc-map-threshold");
      slider.tabIndex = 0;
      slider.setAttribute("role", "slider");
      slider.setAttribute("aria-label", label);
      slider.addEventListener("keydown", (event) => this.#key(event, which));
      return slider;
    }

    #key(event, which) {
      const { domain } = this.coloring;
      const ends = { Home: domain[0], End: domain[1] };
      const to = ends[event.key] ?? this.range[which] + (KEYS[event.key] ?? NaN);
      if (Number.isNaN(to) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.#move(which, to, true);
    }

    #levelAt(event) {
      const box = this.box.getBoundingClientRect();
      return Math.round(((event.clientX - box.left) / box.width) * 255);
    }

    #grab(event) {
      if (event.button !== 0) return;
      const level = this.#levelAt(event);
      const [low, high] = this.range;
      this.held = Math.abs(level - low) <= Math.abs(level - high) && level < high ? 0 : 1;
      this.box.setPointerCapture(event.pointerId);
      this.sliders[this.held].focus({ preventScroll: true });
      event.preventDefault();
      this.from = event.clientX;
    }

    #drag(event) {
      if (this.held === undefined || event.clientX === this.from) return;
      this.from = null;
      this.#move(this.held, this.#levelAt(event), false);
    }

    #release() {
      const wasMoved = this.held !== undefined && this.from === null;
      this.held = undefined;
      if (wasMoved) this.changed(true);
    }

    #move(which, to, isLast) {
      const { domain } = this.coloring;
      const range = [...this.range];
      const limits = which === 0 ? [domain[0], range[1]] : [range[0], domain[1]];
      range[which] = parts.clamp(to, ...limits);
      const isWhole = range[0] === domain[0] && range[1] === domain[1];
      this.coloring.range = isWhole ? null : range;
      this.update();
      this.changed(isLast);
    }

    reset() {
      if (!this.coloring.range) return;
      this.coloring.range = null;
      this.update();
      this.changed(true);
    }

    /** Puts the thresholds where the colouring has them. */
    update() {
      const { domain, toValue, unit } = this.coloring;
      this.sliders.forEach((slider, which) => {
        const level = this.range[which];
        const limits = which === 0 ? [domain[0], this.range[1]] : [this.range[0], domain[1]];
        slider.style.left = `${(level / 255) * 100}%`;
        slider.setAttribute("aria-valuemin", toValue(limits[0]));
        slider.setAttribute("aria-valuemax", toValue(limits[1]));
        slider.setAttribute("aria-valuenow", toValue(level));
        slider.setAttribute("aria-valuetext", parts.withUnit(toValue(level), unit));
        slider.title = `${slider.getAttribute("aria-label")}: ${parts.withUnit(toValue(level), unit)}`;
      });
      const [low, high] = this.range;
      this.shades[0].style.width = low > domain[0] ? `${(low / 255) * 100}%` : "0";
      this.shades[1].style.width = high < domain[1] ? `${(1 - high / 255) * 100}%` : "0";
    }
  }

  // 256 levels in bars of equal width, as [{share of the highest, level of its middle}].
  function binLevels({ counts }) {
    const bins = new Float64Array(N_BARS);
    counts.forEach((count, level) => {
      bins[Math.min(N_BARS - 1, Math.floor((level / 256) * N_BARS))] += count;
    });
    const roots = bins.map(Math.sqrt);
    const most = Math.max(...roots) || 1;
    return Array.from(roots, (root, i) => ({
      share: root / most,
      level: Math.floor(((i + 0.5) / N_BARS) * 256),
    }));
  }

  const colorAt = (palette, level) =>
    `rgb(${palette[4 * level]},${palette[4 * level + 1]},${palette[4 * level + 2]})`;

  function drawBars(coloring, palette) {
    const svg = parts.makeSvg("svg", { viewBox: `0 0 ${N_BARS} 100`, preserveAspectRatio: "none" });
    svg.setAttribute("aria-hidden", "true");
    binLevels(coloring).forEach(({ share, level }, i) => {
      if (!share) return;
      const height = Math.max(3, share * 100); // one cell among a million can still be seen
      const place = { x: i + 0.05, y: 100 - height, width: 0.9, height };
      svg.append(parts.makeSvg("rect", { ...place, fill: colorAt(palette, level) }));
    });
    return svg;
  }

  Object.assign(parts, { Histogram, binLevels, colorAt });
})();
