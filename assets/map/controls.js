// Buttons over the map for what mouse and keys do, and for what only a button does.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const ICONS = {
    plus: "M8 3v10M3 8h10",
    minus: "M3 8h10",
    fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
    move: "M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6L2 8l2 2M12 6l2 2-2 2",
    lasso: "M6 11.5C3.5 11 2 9.5 2 7.5 2 4.9 4.7 3 8 3s6 1.9 6 4.5S11.3 12 8 12c-.8 0-1.5 0-2-.5 0-1 2-1 2 .5 0 1.5-1 2-3 2",
    rectangle: "M3 4h2M7 4h2M11 4h2v2M13 8v1M13 11v1h-2M9 12H7M5 12H3v-2M3 8V6",
    names: "M8.5 2.5H13v4.5L7.5 13 3 8.5zM10.7 4.8v.01",
    save: "M8 2v8M5 7l3 3 3-3M3 13h10",
  };
  const TOOLS = {
    move: "Move the map (drag)",
    lasso: "Select cells with a lasso (Shift and drag)",
    rectangle: "Select cells in a rectangle",
  };

  class Controls {
    /** map: a CellMap. */
    constructor(root, map) {
      const { makeButton } = parts;
      this.map = map;
      this.tools = Object.entries(TOOLS).map(([tool, label]) => {
        const button = makeButton(label, ICONS[tool], () => map.selecting.use(tool));
        button.dataset.tool = tool;
        return button;
      });
      this.names = makeButton("Names of the clusters", ICONS.names, () => map.toggleNames());
      this.save = makeButton("Save picture", ICONS.save, () => this.#open(this.menu.hidden));
      this.save.setAttribute("aria-haspopup", "menu");
      this.menu = this.#makeMenu();
      this.toolGroup = group("Tool", this.tools);
      root.append(
        parts.make(
          "div",
          "sc-map-controls",
          "",
          group("Zoom", [
            makeButton("Zoom in", ICONS.plus, () => map.zoom(parts.ZOOM_STEP)),
            makeButton("Zoom out", ICONS.minus, () => map.zoom(1 / parts.ZOOM_STEP)),
            makeButton("Show the whole map", ICONS.fit, () => map.fit()),
          ]),
          this.toolGroup,
          group("Picture", [this.names, this.save]),
        ),
        this.menu,
      );
      this.pressed = (event) => this.#pressed(event);
      document.addEventListener("pointerdown", this.pressed);
      this.#open(false);
      this.update();
    }

    #makeMenu() {
      const item = (words, kind) => {
        const made = parts.make("button", "sc-map-menu-item", words);
        made.type = "button";
        made.setAttribute("role", "menuitem");
        made.addEventListener("click", () => {
          this.#open(false);
          this.save.focus();
          parts.savePicture(kind, this.map);
        });
        return made;
      };
      const items = [item("PNG, 180 mm at 300 dpi", "png"), item("SVG, text as text", "svg")];
      const menu = parts.make("div", "sc-map-menu", "", ...items);
      menu.setAttribute("role", "menu");
      menu.setAttribute("aria-label", "Save picture");
      menu.addEventListener("keydown", (event) => this.#key(event, items));
      return menu;
    }

    #key(event, items) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") {
        this.#open(false);
        this.save.focus();
      } else if (step) {
        const at = items.indexOf(document.activeElement) + step;
        items[(at + items.length) % items.length].focus();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }

    #open(isOpen) {
      this.menu.hidden = !isOpen;
      this.save.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) this.menu.querySelector("button").focus();
    }

    #pressed({ target }) {
      const isOurs = this.menu.contains(target) || this.save.contains(target);
      if (!isOurs && !this.menu.hidden) this.#open(false);
    }

    /** Shows which tool is in hand and whether names are on. */
    update() {
      const { selecting, names } = this.map;
      for (const button of this.tools) {
        button.setAttribute("aria-pressed", String(button.dataset.tool === selecting.lasso.tool));
      }
      this.toolGroup.hidden = !selecting.selectable;
      this.names.hidden = !names.named;
      this.names.setAttribute("aria-pressed", String(names.isOn));
    }

    destroy() {
      document.removeEventListener("pointerdown", this.pressed);
    }
  }

  function group(label, buttons) {
    const made = parts.make("div", "sc-map-group", "", ...buttons);
    made.setAttribute("role", "group");
    made.setAttribute("aria-label", label);
    return made;
  }

  Object.assign(parts, { Controls });
})();
