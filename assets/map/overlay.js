// What is said over the picture: progress, faults, words for screen readers, no WebGL.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const MOST_PIXELS = 2000; // a side of the still picture

  /** A progress line, a message with an optional retry, and words for screen readers. */
  class Notices {
    constructor(root) {
      this.root = root;
      this.message = parts.make("div", "sc-map-message");
      this.message.hidden = true;
      this.status = parts.make("div", "sc-map-status");
      this.status.setAttribute("role", "status");
      root.append(parts.make("div", "sc-map-progress"), this.message, this.status);
    }

    /** state: loading, ready, error or unsupported; the style sheet shows what belongs to it. */
    state(state) {
      this.root.dataset.state = state;
      this.root.setAttribute("aria-busy", String(state === "loading"));
    }

    /** retry: what the button does; null where trying again cannot help. */
    fail(text, retry) {
      const again = parts.make("button", "sc-map-retry", retry ? "Try again" : "Close");
      again.type = "button";
      again.addEventListener("click", retry ?? (() => this.settle()));
      this.message.setAttribute("role", "alert");
      this.message.replaceChildren(parts.make("p", "", text), again);
      this.message.hidden = false;
    }

    settle() {
      this.message.hidden = true;
      this.message.replaceChildren();
    }

    say(text) {
      this.status.textContent = text;
    }
  }

  /** In place of the canvas where the browser has no WebGL 2: words, and a picture if there is one. */
  class Substitute {
    constructor(root) {
      this.box = parts.make("div", "sc-map-substitute");
      this.image = parts.make("img", "sc-map-raster");
      this.words = parts.make("p", "sc-map-substitute-words");
      this.image.addEventListener("error", () => this.#explain(false));
      this.box.append(this.image, this.words);
      root.append(this.box);
    }

    /** rasterUrl may hold {width} and {height}, in device pixels. */
    show(rasterUrl, alt) {
      this.image.alt = alt;
      this.url = rasterUrl;
      this.resize();
      this.#explain(Boolean(rasterUrl));
    }

    resize() {
      const { clientWidth, clientHeight } = this.box;
      if (!this.url || !clientWidth) return;
      const pixels = (length) => Math.round(Math.min(length * devicePixelRatio, MOST_PIXELS));
      const url = this.url
        .replace("{width}", pixels(clientWidth))
        .replace("{height}", pixels(clientHeight));
      if (this.image.getAttribute("src") !== url) this.image.src = url;
    }

    #explain(hasPicture) {
      this.image.hidden = !hasPicture;
      this.words.textContent = hasPicture
        ? "Still picture: this browser has WebGL 2 switched off, so the map cannot be moved."
        : "This browser cannot draw the cell map: WebGL 2 is missing or switched off. " +
          "Switch on hardware acceleration, or open the page in a current Firefox, Chrome, " +
          "Edge or Safari.";
    }
  }

  Object.assign(parts, { Notices, Substitute });
})();
