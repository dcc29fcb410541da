// Drawing around cells: freely, or a rectangle. Knows the pointer's way, not what it encloses.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const STEP = 3; // CSS pixels between two points of a line

  class Lasso {
    /** hooks: {sketch(points), done(points or null)}; points in CSS pixels of the canvas. */
    constructor(hooks) {
      this.hooks = hooks;
      this.tool = "move";
      this.points = null;
    }

    get isDrawing() {
      return this.points !== null;
    }

    /** Whether a press at this place begins to draw, with the shift key or one of the tools. */
    begin(place, event) {
      const tool = event.shiftKey && event.pointerType === "mouse" ? "lasso" : this.tool;
      if (tool === "move") return false;
      this.shape = tool;
      this.points = [place];
      return true;
    }

    extend(place) {
      if (this.shape === "rectangle") this.points = rectangle(this.points[0], place);
      else if (distance(this.points.at(-1), place) >= STEP) this.points.push(place);
      this.hooks.sketch(this.points);
    }

    /** isWhole: the pointer was lifted; else something came in between. */
    end(isWhole) {
      const points = this.points;
      this.points = null;
      this.hooks.done(isWhole && points.length >= 3 ? points : null);
    }
  }

  const distance = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
  const rectangle = ([ax, ay], [bx, by]) => [[ax, ay], [bx, ay], [bx, by], [ax, by]];

  Object.assign(parts, { Lasso });
})();
