// Makes elements of the page.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const parts = (scconcepts.mapParts ??= {});

  /** An element with a class, text and children: `make("p", "sc-map-x", "words", child)`. */
  function make(tag, className, text = "", ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    element.append(...children);
    return element;
  }

  /** An SVG element with attributes. */
  function makeSvg(tag, attributes = {}) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  /** A picture of 16 units a side from one line, for a button. */
  function makeIcon(path) {
    const svg = makeSvg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
    svg.append(makeSvg("path", { d: path }));
    return svg;
  }

  /** A button with a picture and a name. */
  function makeButton(label, path, act) {
    const button = make("button", "sc-map-button", "", makeIcon(path));
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  }

  Object.assign(parts, { make, makeSvg, makeIcon, makeButton });
  scconcepts.make = make; // the other scripts of the page build with it as well
})();
