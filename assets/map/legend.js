// The legend: a colour ramp or a list of categories, laid over the emptiest corner of the map.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const CORNERS = ["bottom-left", "top-left", "bottom-right"]; // the buttons have the fourth
  const SAMPLE = 20000;

  /** An element with a class, text and children: `make("p", "sc-map-x", "words", child)`. */
  function make(tag, className, text = "", ...children) {
    const element = document.createElement(tag);
    element.className = className;
    if (text) element.textContent = text;
    element.append(...children);
    return element;
  }

  class Legend {
    /** onChange() is called after a category was highlighted, hidden or shown again. */
    constructor(root, onChange) {
      this.onChange = onChange;
      this.folded = false;
      this.box = make("section", "sc-map-legend");
      this.box.setAttribute("aria-label", "Legend");
      this.box.hidden = true;
      root.append(this.box);
    }

    show(coloring, theme) {
      this.coloring = coloring;
      this.box.hidden = coloring.kind === "none";
      if (this.box.hidden) return;
      this.body = make("div", "sc-map-legend-body");
      if (coloring.kind === "category") this.#categories(coloring);
      else this.#ramp(coloring, theme);
      this.box.replaceChildren(this.#head(coloring.title), this.body);
      this.#fold(this.folded);
    }

    #head(title) {
      this.toggle = make("button", "sc-map-legend-title", "", make("span", "", title));
      this.toggle.type = "button";
      this.toggle.title = title;
      this.toggle.addEventListener("click", () => this.#fold(!this.folded));
      return this.toggle;
    }

    #fold(folded) {
      this.folded = folded;
      this.body.hidden = folded;
      this.toggle.setAttribute("aria-expanded", String(!folded));
    }

    #ramp(coloring, theme) {
      if (coloring.nActive) {
        const bar = make("div", "sc-map-ramp");
        bar.style.backgroundImage = parts.rampGradient(theme);
        const ticks = make("div", "sc-map-ticks");
        ticks.append(
          make("span", "", parts.formatNumber(coloring.min)),
          make("span", "sc-map-unit", coloring.unit),
          make("span", "", parts.formatNumber(coloring.max)),
        );
        this.body.append(bar, ticks);
      }
      this.body.append(make("p", "sc-map-count", parts.countText(coloring)));
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
      const swatch = make("span", "sc-map-swatch");
      swatch.style.setProperty("--swatch", coloring.colors[code]);
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
      this.onChange();
    }

    #showAll() {
      this.coloring.hidden.clear();
      for (const button of this.body.querySelectorAll(".sc-map-category")) {
        button.setAttribute("aria-pressed", "true");
      }
      this.all.hidden = true;
      this.body.querySelector(".sc-map-category")?.focus();
      this.#highlight(-1);
      this.onChange();
    }

    #highlight(code) {
      if (this.coloring.highlight === code) return;
      this.coloring.highlight = code;
      this.onChange();
    }

    /** Moves to the corner that hides the fewest cells; stays where another is hardly better. */
    place(view, coordinates) {
      if (this.box.hidden) return;
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
      const fewest = Math.min(...Object.values(covered));
      const good = CORNERS.filter((corner) => covered[corner] <= fewest + (0.002 * n) / stride);
      if (!good.includes(this.box.dataset.corner)) this.box.dataset.corner = good[0];
    }
  }

  Object.assign(parts, { Legend, make });
})();
