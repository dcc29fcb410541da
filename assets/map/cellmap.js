// The cell map of one element: loads columns, colours cells by them, keeps the overlays in step.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const TELL_MS = 50; // the words about a picture wait for it, but no longer

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
      this.source = null; // the columns asked for: {spec, buffers}
      this.coloring = parts.plainColoring(0);
      this.wantedRange = null; // thresholds as in the address, for the colouring to come
      this.picture = null; // {heading, name} of saved pictures
      this.asked = null;
      this.#build(options.describeCell);
    }

    #build(describeCell) {
      this.root = parts.make("div", "sc-map");
      this.root.dataset.theme = this.theme;
      this.canvas = parts.make("canvas", "sc-map-canvas");
      this.canvas.setAttribute("role", "img");
      this.canvas.tabIndex = 0;
      this.sheet = parts.makeSvg("svg", { class: "sc-map-sheet", "aria-hidden": "true" });
      this.root.append(this.canvas, this.sheet);
      this.element.append(this.root);
      this.shades = new parts.Shades(this);
      const load = (url, decode) => this.#loadNames(url, decode);
      this.names = new parts.Names(this.sheet, load, () => this.legend.lies);
      this.hover = new parts.Hover(this.root, describeCell ?? null);
      this.hover.listeners.add((cell) => parts.shareCell(this, cell));
      this.selecting = new parts.Selecting(this.root, this.sheet, this.canvas, {
        place: () => ({ view: this.stage.view, cells: this.settled ? this.cells : null, key: this.mapKey }),
        changed: (sel, nCells) => this.#selected(sel, nCells),
        equipped: () => this.controls.update(),
      });
      this.legend = new parts.Legend(this.root, {
        changed: () => this.#recolor(),
        cut: (isLast) => this.#cut(isLast),
        drawn: (mode) => this.#chooseMode(mode),
        folded: () => this.#drawSheet(),
      });
      this.controls = new parts.Controls(this.root, this);
      this.notices = new parts.Notices(this.root);
      this.stage = new parts.Stage(this.canvas, {
        colors: () => this.shades.plain(),
        mean: () => this.shades.mean(),
        painted: (milliseconds) => this.#painted(milliseconds),
        moved: () => this.#moved(),
        resized: () => this.#arrange(),
      });
      if (this.stage.painter) new parts.Gestures(this.canvas, this);
      else this.substitute = new parts.Substitute(this.root);
      this.#describe();
      this.#state();
    }

    /** Replaces the cells; the colouring of the earlier ones goes. key: the map's, see `sel`. */
    setCells({ coordinatesUrl, nCells, key }) {
      this.jobs.drop("color");
      this.source = null;
      this.settled = false;
      this.mapKey = key ?? decodeURIComponent(coordinatesUrl.split("/").at(-1));
      return this.jobs.run("cells", "the cells", async (signal) => {
        const buffer = await this.cache.load(coordinatesUrl, signal);
        signal.throwIfAborted();
        this.cells = parts.decodeCoordinates(buffer, nCells);
        this.cellsUrl = coordinatesUrl;
        this.settled = true;
        this.stage.setCells(this.cells);
        this.hover.setCells(this.cells);
        this.selecting.refresh();
        this.#use(parts.plainColoring(nCells));
        if (this.source) this.jobs.run("color", this.source.spec.title, async () => this.#decode());
      });
    }

    /** Back to grey cells; `fault` says why, where that is not what was asked for. */
    clear(fault = null) {
      this.jobs.drop("color");
      this.source = null;
      this.asked = performance.now();
      if (this.cells) this.#use(parts.plainColoring(this.#nCells));
      if (fault) this.jobs.tell("color", fault);
      this.#state();
    }

    /** spec: {kind, url or urls, title, range, ...}; see the colourings for what each kind needs. */
    color(spec) {
      this.source = null;
      this.asked = performance.now();
      this.wantedRange = spec.range ?? null;
      return this.jobs.run("color", spec.title, async (signal) => {
        const urls = spec.urls ?? [spec.url];
        const buffers = await Promise.all(urls.map((url) => this.cache.load(url, signal)));
        signal.throwIfAborted();
        this.source = { spec, buffers };
        if (this.settled) this.#decode();
      });
    }

    #decode() {
      const { spec, buffers } = this.source;
      const coloring = parts.decodeColoring(buffers, this.cells, spec);
      coloring.range = parts.parseRange(this.wantedRange, coloring);
      this.#use(coloring);
      this.stage.drawNow();
    }

    // What could not be loaded must not leave the earlier picture standing in its place.
    #fail(kind) {
      if (kind === "names") return;
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
      this.#recolor();
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this.#tell(), TELL_MS);
    }

    // Legend, names and words: they keep the page busy for longer than the picture does.
    #tell() {
      clearTimeout(this.telling);
      this.telling = null;
      this.#showLegend();
      this.names.place(this.coloring, this.cells);
      this.#arrange();
      this.#describe();
      this.notices.say(this.canvas.getAttribute("aria-label"));
    }

    #showLegend() {
      const isScale = !["none", "category"].includes(this.coloring.kind);
      this.legend.show(this.coloring, isScale ? this.shades.scale() : null, this.mode);
    }

    // Colours of the levels changed, nothing else did.
    #recolor() {
      if (this.coloring.layer) this.stage.setPalette(this.shades.drawn(), this.coloring.highlight ?? -1);
      this.stage.redraw(false);
    }

    #arrange() {
      if (this.cells) this.legend.place(this.stage.view, this.cells);
      this.substitute?.resize();
      this.#drawSheet();
    }

    #drawSheet() {
      this.selecting.draw();
      this.names.draw(this.stage.view);
    }

    #moved() {
      this.hover.leave();
      this.#drawSheet();
      if (!this.isFollowing) parts.shareView(this);
    }

    /** The view of another map of the group; see `link`. */
    follow(view) {
      this.isFollowing = true;
      this.stage.view.follow(view);
      this.stage.move();
      this.isFollowing = false;
    }

    /** Rings a cell that the pointer is on in another map of the group; -1 for none. */
    ring(cell) {
      if (cell < 0) this.hover.hide();
      else this.hover.mark(cell, this.stage.view, this.coloring);
    }

    #describe() {
      const { nCells } = this.selecting.selection;
      const alt = this.cells ? parts.altText(this.coloring, this.mode, nCells) : "Cell map, loading.";
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
      if (this.telling) this.#tell();
      this.element.dataset.painted = title;
      this.#send("scconcepts:painted", { title, nActive, milliseconds, drawMilliseconds, at: now });
      this.names.fetch(this.#nCells); // after the first picture: names can wait
    }

    #send(name, detail) {
      this.element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
    }

    setTheme(theme) {
      this.theme = theme === "dark" ? "dark" : "light";
      this.root.dataset.theme = this.theme;
      this.#showLegend();
      this.#arrange();
      this.#recolor();
      this.stage.redraw(true);
    }

    /** How cells that share a place are drawn: max, mean or opacity; other words mean max. */
    setMode(mode) {
      const meant = mode in parts.MODES ? mode : "max";
      if (meant === this.mode) return;
      this.mode = meant;
      this.#showLegend();
      this.#describe();
      this.#recolor();
    }

    #chooseMode(mode) {
      this.setMode(mode);
      this.legend.box.querySelector("select")?.focus();
      this.#send("scconcepts:choice", { mode: mode === "max" ? null : mode });
    }

    /** Thresholds as in the address: "low,high" in the unit of the values, or null. */
    setRange(text) {
      this.wantedRange = text ?? null;
      if (this.jobs.underway.color || !this.coloring.domain) return;
      this.coloring.range = parts.parseRange(text, this.coloring);
      this.legend.update();
      this.#describe();
      this.#recolor();
    }

    #cut(isLast) {
      this.#recolor();
      if (!isLast) return;
      this.#describe();
      this.notices.say(parts.countText(this.coloring));
      this.wantedRange = parts.formatRange(this.coloring.range, this.coloring);
      this.#send("scconcepts:choice", { range: this.wantedRange });
    }

    /** A selection as in the address; what fits no map here is ignored. */
    setSelection(text) {
      this.selecting.set(text);
      this.#describe();
    }

    #selected(sel, nCells) {
      this.#describe();
      this.notices.say(sel ? parts.selectedText(nCells) : "Selection cleared");
      this.#send("scconcepts:selected", { sel, nCells });
    }

    /** Whose names are written on the map: {on, url, categories, bytes}, or null for nobody's. */
    setNames(named) {
      this.names.set(named);
      this.controls.update();
      this.#placeNames();
      if (this.element.dataset.painted) this.names.fetch(this.#nCells);
    }

    toggleNames() {
      this.setNames({ ...this.names.named, on: !this.names.isOn });
      this.#send("scconcepts:choice", { names: this.names.isOn ? "1" : "0" });
    }

    #loadNames(url, decode) {
      if (this.jobs.underway.names) return;
      this.jobs.run("names", "the names", async (signal) => {
        const buffer = await this.cache.load(url, signal);
        signal.throwIfAborted();
        decode(buffer);
        this.#placeNames();
      });
    }

    #placeNames() {
      this.names.place(this.coloring, this.cells);
      this.names.draw(this.stage.view);
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
      if (cell >= 0) this.#send("scconcepts:cell", { cell });
    }

    /** Calls back with (cell or -1, clientX, clientY); returns the function that ends it. */
    onHover(callback) {
      this.hover.listeners.add(callback);
      return () => this.hover.listeners.delete(callback);
    }

    destroy() {
      this.gone = true;
      clearTimeout(this.telling);
      this.jobs.stop();
      parts.link(this, null);
      this.controls.destroy();
      this.hover.hide();
      this.stage.destroy();
      this.root.remove();
      delete this.element.dataset.painted;
    }
  }

  Object.assign(parts, { CellMap });
})();
