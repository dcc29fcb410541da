// Selecting cells on one map: the tool in hand, the line being drawn, what is selected.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});

  class Selecting {
    /**
     * host: {place() -> {view, cells or null, key of the map}, changed(sel, nCells), equipped()};
     * changed is called when the reader selects or clears, not when the address does, equipped
     * when there is another tool in hand.
     */
    constructor(root, sheet, canvas, host) {
      this.canvas = canvas;
      this.host = host;
      this.wanted = null; // the selection as in the address
      this.selectable = false;
      this.selection = new parts.Selection(root, sheet, (sel, nCells) => {
        this.wanted = sel;
        this.draw();
        host.changed(sel, nCells);
      });
      this.lasso = new parts.Lasso({
        sketch: (points) => this.selection.sketch(points),
        done: (points) => this.#take(points),
      });
    }

    /** A selection as in the address; what fits no map here is ignored. */
    set(text) {
      this.wanted = text ?? null;
      this.refresh();
    }

    /** To be called after the cells changed. */
    refresh() {
      const { cells, key } = this.host.place();
      if (!cells) return;
      if (!this.selection.isFor(this.wanted, cells)) this.selection.set(this.wanted, key, cells);
      this.draw();
    }

    #take(points) {
      const { view, cells, key } = this.host.place();
      if (points && cells) {
        this.selection.take(points.map((point) => view.toWorld(...point)), key, cells);
      }
      this.draw();
    }

    /** Whether cells can be selected, and whose page of cells the selection leads to (or null). */
    allow(selectable, store) {
      this.selectable = selectable;
      this.selection.setStore(store ?? null);
      this.use(selectable ? this.lasso.tool : "move");
    }

    /** What dragging does: move, lasso or rectangle. */
    use(tool) {
      this.lasso.tool = tool;
      this.canvas.dataset.tool = tool;
      this.host.equipped();
    }

    /** Leaves what is being drawn; else clears the selection. */
    escape() {
      if (this.lasso.isDrawing) this.lasso.end(false);
      else this.selection.clear();
    }

    /** Draws the line where the view is. */
    draw() {
      if (!this.lasso.isDrawing) this.selection.draw(this.host.place().view);
    }
  }

  Object.assign(parts, { Selecting });
})();
