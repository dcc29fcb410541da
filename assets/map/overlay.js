// What lies over the picture but the legend: buttons, progress, messages, the tooltip.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const ICONS = {
    plus: "M8 3v10M3 8h10",
    minus: "M3 8h10",
    fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  };

  function icon(path) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(svg.namespaceURI, "path");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }

  /** Real buttons for what mouse and keys do: zoom in, zoom out, whole map. */
  function addControls(root, map) {
    const button = (label, path, act) => {
      const made = parts.make("button", "sc-map-button", "", icon(path));
      made.type = "button";
      made.title = label;
      made.setAttribute("aria-label", label);
      made.addEventListener("click", act);
      return made;
    };
    const controls = parts.make(
      "div",
      "sc-map-controls",
      "",
      button("Zoom in", ICONS.plus, () => map.zoom(parts.ZOOM_STEP)),
      button("Zoom out", ICONS.minus, () => map.zoom(1 / parts.ZOOM_STEP)),
      button("Show the whole map", ICONS.fit, () => map.fit()),
    );
    controls.setAttribute("role", "group");
    controls.setAttribute("aria-label", "Zoom");
    root.append(controls);
  }

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

    fail(text, retry) {
      const again = parts.make("button", "sc-map-retry", "Try again");
      again.type = "button";
      again.addEventListener("click", retry);
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

    show(rasterUrl, alt) {
      this.image.alt = alt;
      if (rasterUrl && this.image.getAttribute("src") !== rasterUrl) this.image.src = rasterUrl;
      this.#explain(Boolean(rasterUrl));
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

  Object.assign(parts, { addControls, Notices, Substitute });
})();
