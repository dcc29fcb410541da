// The legend: a scale to be cut or a list of categories, laid over the emptiest corner of the map.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const CORNERS = ["bottom-left", "top-left", "bottom-right"]; // the buttons have the fourth
  const SAMPLE = 20000;
  const NARROW = 520; // CSS pixels: on a map less wide it begins folded, to hide fewer cells
  const make = (...content) => parts.make(...content);

  class Legend {
    /**
     * hooks: {changed()} after a category was highlighted, hidden or shown again;
     * {cut(isLast)} after a threshold moved; {drawn(mode)} after another way of drawing was chosen;
     * {folded()} after the reader folded or unfolded it.
     */
    constructor(root, hooks) {
      this.root = root;
      this.hooks = hooks;
      this.chosen = null; // folded or not, once the reader has chosen
      this.box = make("section", "sc-map-legend");
      this.box.setAttribute("aria-label", "Legend");
      this.box.hidden = true;
      root.append(this.box);
    }

    /** palette: RGBA bytes of the scale's levels, all of them drawn. */
    show(coloring, palette, mode) {
      this.coloring = coloring;
      this.box.hidden = coloring.kind === "none";
      if (this.box.hidden) return;
      this.box.setAttribute("aria-label", `Legend: ${coloring.title}`); // a page may have two maps
      this.body = make("div", "sc-map-legend-body");
      if (coloring.kind === "category") this.#categories(coloring);
      else this.#scale(coloring, palette, mode);
      this.box.replaceChildren(this.#head(coloring.title), this.body);
      this.#fold();
    }

    #head(title) {
      this.toggle = make("button", "sc-map-legend-title", "", make("span", "", title));
      this.toggle.type = "button";
      this.toggle.title = title;
      this.toggle.addEventListener("click", () => {
        this.chosen = !this.#isFolded;
        this.#fold();
        this.hooks.folded();
      });
      return this.toggle;
    }

    get #isFolded() {
      return this.chosen ?? (this.root.clientWidth < NARROW && !isMembership(this.coloring));
    }

    // The style sheet leaves the ramp of a scale.
    #fold() {
      this.box.toggleAttribute("data-folded", this.#isFolded);
      this.toggle.setAttribute("aria-expanded", String(!this.#isFolded));
    }

    #scale(coloring, palette, mode) {
      this.count = make("p", "sc-map-count", parts.countText(coloring));
      this.histogram = null;
      this.whole = make("button", "sc-map-all", "Show all");
      this.whole.type = "button";
      this.whole.title = "Show cells of every value again";
      this.whole.addEventListener("click", () => this.histogram.reset());
      if (isMembership(coloring)) this.body.append(swatchOf(parts.colorAt(palette, 255)), this.count);
      else if (coloring.nActive) {
        this.#values(coloring, palette);
        const word = make("span", "sc-map-drawn-word", "Drawn");
        this.body.append(this.count, make("div", "sc-map-drawn", "", word, this.#modes(mode), this.whole));
      } else this.body.append(this.count);
      this.#tellCut();
    }

    #values(coloring, palette) {
      if (coloring.max > coloring.min) {
        this.histogram = new parts.Histogram(coloring, palette, (isLast) => {
          this.#tellCut();
          this.hooks.cut(isLast);
        });
        this.body.append(this.histogram.box);
      }
      const ends = coloring.ends ?? [];
      const tick = (value, words) =>
        make("span", "", parts.formatNumber(value), ...(words ? [make("small", "", words)] : []));
      this.body.append(
        make(
          "div",
          "sc-map-ticks",
          "",
          tick(coloring.min, ends[0]),
          make("span", "sc-map-unit", coloring.unit),
          tick(coloring.max, ends[1]),
        ),
      );
    }

    #modes(mode) {
      const select = make("select", "sc-map-mode");
      for (const [name, { words, title }] of Object.entries(parts.MODES)) {
        const option = make("option", "", words);
        Object.assign(option, { value: name, title });
        select.append(option);
      }
      select.value = mode;
      select.title = parts.MODES[mode].title;
      select.setAttribute("aria-label", "How cells that share a place are drawn");
      select.addEventListener("change", () => this.hooks.drawn(select.value));
      return select;
    }

    #tellCut() {
      this.count.textContent = parts.countText(this.coloring);
      this.count.title = this.count.textContent;
      this.whole.style.visibility = this.coloring.range ? "visible" : "hidden"; // its room stays
    }

    /** Puts the thresholds where the colouring has them now. */
    update() {
      if (!this.histogram || this.box.hidden) return;
      this.histogram.update();
      this.#tellCut();
    }

    #categories(coloring) {
      const list = make("ul", "sc-map-categories");
      coloring.categories.forEach((name, code) => list.append(this.#category(coloring, name, code)));
      list.addEventListener("pointerleave", () => this.#highlight(-1));
      this.all = make("button", "sc-map-all", "Show all");
      this.all.type = "button";
      this.all.hidden = coloring.hidden.size === 0;
      this.all.addEventListener("click", () => this.#showAll());
      const missing = coloring.nCells - coloring.nActive;
      this.body.append(list, this.all);
      if (missing) {
        const share = parts.formatShare(missing, coloring.nCells);
        const text = `${parts.formatCount(missing)} cells in none of these (${share})`;
        this.body.append(make("p", "sc-map-count", text));
      }
    }

    #category(coloring, name, code) {
      const swatch = swatchOf(coloring.colors[code]);
      const button = make("button", "sc-map-category", "", swatch, make("span", "sc-map-name", name));
      button.append(make("span", "sc-map-number", parts.formatCount(coloring.counts[code])));
      button.type = "button";
      button.title = name;
      button.setAttribute("aria-pressed", String(!coloring.hidden.has(code)));
      button.addEventListener("pointerenter", () => this.#highlight(code));
      button.addEventListener("focus", () => button.matches(":focus-visible") && this.#highlight(code));
      button.addEventListener("blur", () => this.#highlight(-1));
      button.addEventListener("click", () => this.#toggle(button, code));
      return make("li", "", "", button);
    }

    #toggle(button, code) {
      const { hidden } = this.coloring;
      if (!hidden.delete(code)) hidden.add(code);
      button.setAttribute("aria-pressed", String(!hidden.has(code)));
      this.all.hidden = hidden.size === 0;
      this.coloring.highlight = -1;
      this.hooks.changed();
    }

    #showAll() {
      this.coloring.hidden.clear();
      for (const button of this.body.querySelectorAll(".sc-map-category")) {
        button.setAttribute("aria-pressed", "true");
      }
      this.all.hidden = true;
      this.body.querySelector(".sc-map-category")?.focus();
      this.#highlight(-1);
      this.hooks.changed();
    }

    #highlight(code) {
      if (this.coloring.highlight === code) return;
      this.coloring.highlight = code;
      this.hooks.changed();
    }

    /** Where it lies over the map, as {x, y, width, height} about its middle; null where it does not. */
    get lies() {
      const { offsetLeft, offsetTop, offsetWidth: width, offsetHeight: height } = this.box;
      return width ? { x: offsetLeft + width / 2, y: offsetTop + height / 2, width, height } : null;
    }

    /** Moves to the corner that hides the fewest cells; stays where another is hardly better. */
    place(view, coordinates) {
      if (this.box.hidden) return;
      this.#fold();
      const covered = Object.fromEntries(CORNERS.map((corner) => [corner, 0]));
      const [width, height] = [this.box.offsetWidth + 20, this.box.offsetHeight + 20];
      const n = coordinates.length / 2;
      const stride = Math.max(1, Math.floor(n / SAMPLE));
      for (let cell = 0; cell < n; cell += stride) {
        const [x, y] = view.toScreen(coordinates[2 * cell] / 65535, coordinates[2 * cell + 1] / 65535);
        const low = y > view.height - height;
        if (x < width && low) covered["bottom-left"] += 1;
        if (x < width && y < height) covered["top-left"] += 1;
        if (x > view.width - width && low) covered["bottom-right"] += 1;
      }
      const buttons = this.box.parentElement.querySelector(".sc-map-controls")?.offsetHeight ?? 0;
      if (buttons + height > view.height) delete covered["bottom-right"];
      const corners = Object.keys(covered);
      const fewest = Math.min(...Object.values(covered));
      const good = corners.filter((corner) => covered[corner] <= fewest + (0.002 * n) / stride);
      if (!good.includes(this.box.dataset.corner)) this.box.dataset.corner = good[0];
    }
  }

  // Cells are in a set or not: there is no scale to read or to cut.
  const isMembership = ({ kind, unit, counts, nActive }) =>
    kind === "sparse" && !unit && nActive > 0 && counts[255] === nActive;

  function swatchOf(color) {
    const swatch = make("span", "sc-map-swatch");
    swatch.style.setProperty("--swatch", color);
    return swatch;
  }

  Object.assign(parts, { Legend });
})();
