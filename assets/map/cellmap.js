// The cell map of one element: loads columns, colours cells by them, keeps the overlays in step.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const MODES = ["max", "opacity"];

  class CellMap {
    /** options: {theme, mode, describeCell(cell), rasterUrl}. */
    constructor(element, options = {}) {
      this.element = element;
      this.theme = options.theme ?? "light";
      this.mode = options.mode ?? "max";
      this.rasterUrl = options.rasterUrl ?? null;
      this.cache = parts.sharedCache ??= new parts.PayloadCache();
      this.jobs = new parts.Jobs({
        changed: () => this.#state(),
        failed: (kind) => this.#fail(kind),
      });
      this.cells = null;
      this.settled = false; // whether these are the cells last asked for
      this.source = null; // the column asked for: {spec, buffer}
      this.coloring = parts.plainColoring(0);
      this.asked = null;
      this.#build(options.describeCell);
    }

    #build(describeCell) {
      this.root = parts.make("div", "sc-map");
      this.root.dataset.theme = this.theme;
      this.canvas = parts.make("canvas", "sc-map-canvas");
      this.canvas.setAttribute("role", "img");
      this.canvas.tabIndex = 0;
      this.root.append(this.canvas);
      this.element.append(this.root);
      this.hover = new parts.Hover(this.root, describeCell ?? null);
      this.legend = new parts.Legend(this.root, () => this.#palette());
      parts.addControls(this.root, this);
      this.notices = new parts.Notices(this.root);
      this.stage = new parts.Stage(this.canvas, {
        colors: () => this.#colors(),
        painted: (milliseconds) => this.#painted(milliseconds),
        moved: () => this.hover.leave(),
        resized: () => this.#arrange(),
      });
      if (this.stage.painter) new parts.Gestures(this.canvas, this);
      else this.substitute = new parts.Substitute(this.root);
      this.#describe();
      this.#state();
    }

    /** Replaces the cells; the colouring of the earlier ones goes. */
    setCells({ coordinatesUrl, nCells }) {
      this.jobs.drop("color");
      this.source = null;
      this.settled = false;
      return this.jobs.run("cells", "the cells", async (signal) => {
        const buffer = await this.cache.load(coordinatesUrl, signal);
        signal.throwIfAborted();
        this.cells = parts.decodeCoordinates(buffer, nCells);
        this.settled = true;
        this.stage.setCells(this.cells);
        this.hover.setCells(this.cells);
        this.#use(parts.plainColoring(nCells));
        if (this.source) this.jobs.run("color", this.source.spec.title, async () => this.#decode());
      });
    }

    colorBySparse(spec) {
      return this.#color({ ...spec, kind: "sparse" });
    }

    colorByCategory(spec) {
      return this.#color({ ...spec, kind: "category" });
    }

    colorByNumber(spec) {
      return this.#color({ ...spec, kind: "number" });
    }

    /** Back to grey cells. */
    clear() {
      this.jobs.drop("color");
      this.source = null;
      this.asked = performance.now();
      if (this.cells) this.#use(parts.plainColoring(this.#nCells));
      this.#state();
    }

    #color(spec) {
      this.source = null;
      this.asked = performance.now();
      return this.jobs.run("color", spec.title, async (signal) => {
        const buffer = await this.cache.load(spec.url, signal);
        signal.throwIfAborted();
        this.source = { spec, buffer };
        if (this.settled) this.#decode();
      });
    }

    #decode() {
      const { spec, buffer } = this.source;
      this.#use(parts.decodeColoring(buffer, this.cells, spec));
    }

    // What could not be loaded must not leave the earlier picture standing in its place.
    #fail(kind) {
      if (kind === "cells") {
        this.cells = null;
        this.stage.setCells(new Uint16Array(0));
        this.hover.setCells(new Uint16Array(0));
      }
      this.#use(parts.plainColoring(this.#nCells));
    }

    get #nCells() {
      return this.cells ? this.cells.length / 2 : 0;
    }

    #use(coloring) {
      this.coloring = coloring;
      this.hover.leave();
      this.stage.setLayer(coloring.layer);
      this.legend.show(coloring, this.theme);
      this.#arrange();
      this.#describe();
      this.notices.say(parts.altText(coloring));
      this.#palette();
    }

    // Colours of the levels changed, nothing else did.
    #palette() {
      const { clear } = this.#colors();
      if (this.coloring.layer) {
        const bytes = parts.paletteOf(this.coloring, this.theme, this.mode, clear);
        this.stage.setPalette(bytes, this.coloring.highlight ?? -1);
      }
      this.stage.redraw(false);
    }

    #colors() {
      const style = getComputedStyle(this.root);
      const read = (name) => parts.cssBytes(style.getPropertyValue(name));
      return { clear: read("--map-bg"), cell: read("--map-cell") };
    }

    #arrange() {
      if (this.cells) this.legend.place(this.stage.view, this.cells);
    }

    #describe() {
      const alt = this.cells ? parts.altText(this.coloring) : "Cell map, loading.";
      this.canvas.setAttribute("aria-label", alt);
      this.substitute?.show(this.rasterUrl, alt);
    }

    #state() {
      const { busy, fault } = this.jobs;
      this.notices.settle();
      if (fault && !busy) this.notices.fail(fault.text, fault.retry);
      const calm = this.stage.painter ? "ready" : "unsupported";
      this.notices.state(busy ? "loading" : fault ? "error" : calm);
    }

    #painted(drawMilliseconds) {
      if (!this.cells) return;
      const now = performance.now();
      const { title, nActive } = this.coloring;
      const milliseconds = this.asked === null ? drawMilliseconds : now - this.asked;
      if (!this.jobs.underway.color) this.asked = null;
      this.element.dataset.painted = title;
      const detail = { title, nActive, milliseconds, drawMilliseconds };
      this.element.dispatchEvent(new CustomEvent("scconcepts:painted", { detail, bubbles: true }));
    }

    setTheme(theme) {
      this.theme = theme === "dark" ? "dark" : "light";
      this.root.dataset.theme = this.theme;
      this.legend.show(this.coloring, this.theme);
      this.#arrange();
      this.#palette();
      this.stage.redraw(true);
    }

    /** max: the highest value on top; opacity: low values fade as well. */
    setMode(mode) {
      if (!MODES.includes(mode)) throw new Error(`mode: found '${mode}', expected ${MODES.join(" or ")}`);
      this.mode = mode;
      this.#palette();
    }

    /** The still picture for browsers without WebGL 2. */
    setRaster(url) {
      this.rasterUrl = url ?? null;
      this.#describe();
    }

    setDescribeCell(describeCell) {
      this.hover.describe = describeCell ?? null;
      this.hover.known.clear();
    }

    fit() {
      this.stage.view.fit();
      this.stage.jump();
      this.#arrange();
    }

    pan(dx, dy) {
      this.stage.view.pan(dx, dy);
      this.stage.move();
    }

    /** Zooms by a factor, about the middle or about a point of the canvas in CSS pixels. */
    zoom(factor, px, py) {
      this.stage.view.zoomAt(factor, px, py);
      this.stage.move();
    }

    point(px, py, event) {
      if (px === null) this.hover.leave();
      else this.hover.point(px, py, event, this.stage.view, this.coloring);
    }

    /** A press without a drag: tells the page which cell it was on. */
    press(px, py, event) {
      this.point(px, py, event);
      const { cell } = this.hover;
      if (cell < 0) return;
      const detail = { cell };
      this.element.dispatchEvent(new CustomEvent("scconcepts:cell", { detail, bubbles: true }));
    }

    /** Calls back with (cell or -1, clientX, clientY); returns the function that ends it. */
    onHover(callback) {
      this.hover.listeners.add(callback);
      return () => this.hover.listeners.delete(callback);
    }

    prefetch(url) {
      this.cache.prefetch(url);
    }

    /** Promise of a PNG Blob with the legend in it; null without WebGL 2. */
    toPNG() {
      return parts.exportPNG(this);
    }

    destroy() {
      this.gone = true;
      this.jobs.stop();
      this.hover.hide();
      this.stage.destroy();
      this.root.remove();
      delete this.element.dataset.painted;
    }
  }

  Object.assign(parts, { CellMap });
})();
