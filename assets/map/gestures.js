// Turns pointer, wheel and keyboard into pan, zoom and fit.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const STEP = 60; // CSS pixels an arrow key moves
  const ZOOM_STEP = 1.5;
  const STILL = 4; // CSS pixels a pointer may stray in a press that is no drag
  const KEYS = {
    ArrowLeft: (map) => map.pan(STEP, 0),
    ArrowRight: (map) => map.pan(-STEP, 0),
    ArrowUp: (map) => map.pan(0, STEP),
    ArrowDown: (map) => map.pan(0, -STEP),
    "+": (map) => map.zoom(ZOOM_STEP),
    "=": (map) => map.zoom(ZOOM_STEP),
    "-": (map) => map.zoom(1 / ZOOM_STEP),
    0: (map) => map.fit(),
    f: (map) => map.fit(),
    Escape: (map) => map.selecting.escape(),
  };

  class Gestures {
    /**
     * map: {pan(dx, dy), zoom(factor, px, py), fit(), press(px, py, event), selecting,
     * point(px, py, event) or point(null)}.
     */
    constructor(canvas, map) {
      this.canvas = canvas;
      this.map = map;
      this.pointers = new Map(); // id -> [px, py]
      const listen = (type, handler) => canvas.addEventListener(type, handler, { passive: false });
      listen("pointerdown", (event) => this.#down(event));
      listen("pointermove", (event) => this.#move(event));
      for (const type of ["pointerup", "pointercancel"]) listen(type, (event) => this.#up(event));
      listen("pointerleave", () => map.point(null));
      listen("wheel", (event) => this.#wheel(event));
      listen("dblclick", (event) => this.#doubleClick(event));
      listen("keydown", (event) => this.#key(event));
    }

    #place(event) {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    }

    #down(event) {
      if (event.pointerType === "mouse" && event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.#place(event));
      const { lasso } = this.map.selecting;
      // A second finger means to zoom, whatever the first was about.
      if (lasso.isDrawing) lasso.end(false);
      this.pressed = this.pointers.size === 1 ? this.#place(event) : null;
      if (this.pressed && lasso.begin(this.pressed, event)) return;
      this.canvas.dataset.dragging = "";
    }

    #move(event) {
      const now = this.#place(event);
      const before = this.pointers.get(event.pointerId);
      if (!before) {
        this.map.point(...now, event);
        return;
      }
      if (now[0] === before[0] && now[1] === before[1]) return;
      this.map.point(null);
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
      this.pointers.set(event.pointerId, now);
      if (this.map.selecting.lasso.isDrawing) this.map.selecting.lasso.extend(now);
      else if (!other) this.map.pan(now[0] - before[0], now[1] - before[1]);
      else this.#pinch(before, now, other);
    }

    // Each of two fingers moves by itself, so its motion counts half for the common centre.
    #pinch(before, now, other) {
      const factor = distance(now, other) / Math.max(distance(before, other), 1);
      this.map.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
      this.map.zoom(factor, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    }

    #up(event) {
      const now = this.#place(event);
      const { lasso } = this.map.selecting;
      const isLifted = event.type === "pointerup";
      const drew = lasso.isDrawing && lasso.points.length > 2;
      if (lasso.isDrawing) lasso.end(isLifted);
      // A lasso ends where it began, and is no press for that.
      if (isLifted && !drew && this.pressed && distance(now, this.pressed) < STILL) {
        this.map.press(...now, event);
      }
      this.pressed = null;
      this.pointers.delete(event.pointerId);
      if (!this.pointers.size) delete this.canvas.dataset.dragging;
    }

    #wheel(event) {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 300 : 1);
      // A trackpad's pinch comes as small wheel steps with the control key.
      const speed = event.ctrlKey ? 0.01 : 0.002;
      this.map.zoom(Math.exp(-parts.clamp(pixels, -240, 240) * speed), ...this.#place(event));
    }

    #doubleClick(event) {
      event.preventDefault();
      this.map.zoom(event.shiftKey ? 0.5 : 2, ...this.#place(event));
    }

    #key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const act = KEYS[event.key];
      if (!act) return;
      event.preventDefault();
      act(this.map);
    }
  }

  const distance = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);

  Object.assign(parts, { Gestures, ZOOM_STEP });
})();
