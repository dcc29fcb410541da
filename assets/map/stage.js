// When to draw what: full pictures while still, the moved bitmap while moving, sizes, lost contexts.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const STILL_MS = 130; // without motion for so long, the picture is drawn anew
  const CHEAP_MS = 9; // a picture this quick is drawn anew even while moving

  class Stage {
    /**
     * hooks: {colors() -> {clear, cell}, mean() -> see drawFrame, painted(milliseconds), moved(),
     * resized()}.
     */
    constructor(canvas, hooks) {
      this.canvas = canvas;
      this.hooks = hooks;
      this.view = new parts.View();
      this.shown = this.view.copy(); // the view that the scene was drawn for
      this.nCells = 0;
      this.only = -1;
      this.cost = Infinity;
      this.backgroundDirty = true;
      this.painter = newPainter(canvas);
      this.#watchSize();
      this.#watchContext();
    }

    setCells(coordinates) {
      this.nCells = coordinates.length / 2;
      this.view.bounds = parts.boundsOf(coordinates);
      this.view.fit();
      this.painter?.setCells(coordinates);
      this.redraw(true);
    }

    setLayer(layer) {
      this.only = -1;
      this.painter?.setLayer(layer);
    }

    setPalette(bytes, only = -1) {
      this.only = only;
      this.painter?.setPalette(bytes);
    }

    /** Asks for a full picture in the next frame; `background` when the grey cells changed too. */
    redraw(background) {
      this.backgroundDirty ||= background;
      this.#hurry();
      this.#nextFrame(() => this.#paint(true));
    }

    /**
     * Draws in this very task: the page may be busy with more than the map when the next frame is
     * due. For single steps; what comes by the dozen, as from a slider, is for `redraw`.
     */
    drawNow() {
      this.#hurry();
      cancelAnimationFrame(this.frame);
      this.#paint(true);
    }

    /** To be called after the view changed by a gesture that may go on. */
    move() {
      this.hooks.moved();
      this.backgroundDirty = true;
      this.#hurry();
      this.timer = setTimeout(() => this.redraw(true), STILL_MS);
      this.#nextFrame(this.cost < CHEAP_MS ? () => this.#paint(false) : () => this.#slide());
    }

    /** To be called after the view jumped. */
    jump() {
      this.hooks.moved();
      this.redraw(true);
    }

    #nextFrame(work) {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(work);
    }

    // Whatever was waited for is overtaken by something newer.
    #hurry() {
      clearTimeout(this.timer);
      clearTimeout(this.poll);
    }

    // still: the picture stays for a while, so find out when it is there, and tell.
    #paint(still) {
      if (!this.painter || !this.measured || this.lost) return;
      const start = performance.now();
      this.#draw();
      if (still) this.#await(this.painter.fence(), start);
    }

    // Polling a fence leaves the page free; reading a pixel back would stall it.
    #await(drawn, start) {
      this.poll = setTimeout(() => {
        if (!drawn()) return void this.#await(drawn, start);
        this.cost = performance.now() - start;
        this.hooks.painted(this.cost);
      });
    }

    #draw() {
      const ratio = this.canvas.width / this.view.width;
      const what = {
        ...this.hooks.colors(),
        clip: this.view.clip,
        size: this.view.pointSize(this.nCells) * ratio,
        ratio,
        only: this.only,
        background: this.backgroundDirty,
      };
      parts.drawFrame(this.painter, what, this.hooks.mean());
      this.backgroundDirty = false;
      this.shown = this.view.copy();
    }

    // The last picture, moved to where the view is now.
    #slide() {
      if (!this.painter || this.lost) return;
      const { view, shown, canvas } = this;
      const ratio = canvas.width / view.width;
      const [left, top] = view.toScreen(...shown.toWorld(0, 0));
      const [right, bottom] = view.toScreen(...shown.toWorld(shown.width, shown.height));
      const rect = [left, view.height - bottom, right, view.height - top];
      this.painter.present(this.hooks.colors().clear, rect.map((v) => Math.round(v * ratio)));
    }

    #watchSize() {
      this.observer = new ResizeObserver(([entry]) => {
        const { width, height } = entry.contentRect;
        if (width && height) this.#resize(width, height);
      });
      this.observer.observe(this.canvas.parentElement);
      this.#watchRatio();
    }

    // Moving to another screen changes the ratio and no size.
    #watchRatio() {
      this.ratioQuery = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
      this.ratioChanged = () => {
        if (this.measured) this.#resize(this.view.width, this.view.height);
        this.#watchRatio();
      };
      this.ratioQuery.addEventListener("change", this.ratioChanged, { once: true });
    }

    #resize(width, height) {
      this.measured = true;
      this.view.resize(width, height);
      this.canvas.width = Math.max(1, Math.round(width * devicePixelRatio));
      this.canvas.height = Math.max(1, Math.round(height * devicePixelRatio));
      this.backgroundDirty = true;
      // Setting the size cleared the canvas: bridge the time to the next picture with the last.
      if (this.cost < CHEAP_MS) this.#paint(false);
      else this.#slide();
      this.hooks.resized();
      this.#hurry();
      this.timer = setTimeout(() => this.redraw(true), this.cost === Infinity ? 0 : STILL_MS);
    }

    #watchContext() {
      this.canvas.addEventListener("webglcontextlost", (event) => {
        event.preventDefault(); // without it the browser never restores
        this.lost = true;
      });
      this.canvas.addEventListener("webglcontextrestored", () => {
        this.lost = false;
        this.painter.restore();
        this.redraw(true);
      });
    }

    destroy() {
      this.#hurry();
      cancelAnimationFrame(this.frame);
      this.observer.disconnect();
      this.ratioQuery.removeEventListener("change", this.ratioChanged);
      this.lost = true;
      this.painter?.destroy();
    }
  }

  // Null where it cannot be: the map then says so in words, instead of failing as a whole.
  function newPainter(canvas) {
    try {
      return new parts.Painter(canvas);
    } catch (error) {
      if (error.message !== "no WebGL2") console.error(error);
      return null;
    }
  }

  Object.assign(parts, { Stage });
})();
