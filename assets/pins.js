// Concepts set aside to be compared: kept while the tab is open, over pages and stores.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const KEY = "scconcepts-pins";
  const MOST = 2; // a comparison has two sides

  let pins = read();
  let tray = null;

  function read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept.slice(0, MOST) : [];
    } catch {
      return [];
    }
  }

  function keep() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(pins));
    } catch {
      // Private windows may refuse: pins then last as long as the page.
    }
    show();
  }

  const same = (a, b) => a.store === b.store && a.id === b.id;

  /** The pinned concepts as [{store, id, label}], the latest last. */
  scconcepts.pinned = () => [...pins];

  /** Pins the concept on the page, or takes its pin away; the oldest goes where there are two. */
  scconcepts.pinConcept = () => {
    const { page, store } = scconcepts.here();
    const id = document.querySelector(".sc-concept-id")?.textContent;
    if (page !== "workspace" || !id) return;
    const label = document.querySelector(".sc-concept-label")?.textContent ?? "";
    const pin = { store, id, label };
    const others = pins.filter((other) => !same(other, pin));
    pins = others.length < pins.length ? others : [...pins, pin].slice(-MOST);
    keep();
  };

  function unpin(pin) {
    pins = pins.filter((other) => !same(other, pin));
    keep();
  }

  function compare() {
    const [a, b] = pins;
    const choices = { a: a.id, b: b.id };
    if (a.store !== b.store) Object.assign(choices, { sa: a.store, sb: b.store });
    scconcepts.visit("compare", { store: a.store, choices });
  }

  const make = (...content) => scconcepts.make(...content); // map/dom.js comes later

  const press = (className, text, title, act) => {
    const button = make("button", className, text);
    button.type = "button";
    button.title = title;
    button.setAttribute("aria-label", title);
    button.addEventListener("click", act);
    return button;
  };

  function chip(pin) {
    const name = make("span", "sc-pin-name", `${pin.id} ${pin.label}`);
    name.title = `${pin.id} ${pin.label}`;
    return make("li", "sc-pin", "", name, press("sc-pin-off", "×", `Unpin ${pin.id}`, () => unpin(pin)));
  }

  function show() {
    if (!tray) {
      tray = make("aside", "sc-pins");
      tray.setAttribute("aria-label", "Pinned concepts");
      document.body.append(tray);
    }
    tray.hidden = pins.length === 0;
    document.body.toggleAttribute("data-pinned", !tray.hidden);
    const list = make("ul", "", "", ...pins.map(chip));
    const next =
      pins.length === MOST
        ? press("sc-button", "Compare", "Compare the pinned concepts", compare)
        : make("span", "sc-muted", "pin another to compare (c)");
    tray.replaceChildren(list, next);
  }

  if (pins.length) document.addEventListener("DOMContentLoaded", show, { once: true });
})();
