// The list of keys, in a dialog that the browser itself keeps on top and closes with Escape.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const MORE = [
    ["Map", "Drag moves, the wheel zooms, Shift and drag lassoes; arrows, + and \u2212 by key"],
    ["Back", "Every step and choice is in the address: send it, or go back"],
  ];
  let dialog = null;

  const make = (...content) => scconcepts.make(...content); // map/dom.js comes later

  function build() {
    const lines = scconcepts.keys.map(({ key, meaning }) => line(make("kbd", "", key), meaning));
    const more = MORE.map(([name, meaning]) => line(make("b", "", name), meaning));
    const close = make("button", "sc-button", "Close");
    close.type = "button";
    close.addEventListener("click", () => dialog.close());
    dialog = make("dialog", "sc-help", "", make("h2", "", "Keys"), make("dl", "", "", ...lines, ...more), close);
    dialog.setAttribute("aria-label", "Keys");
    document.body.append(dialog);
  }

  const line = (name, meaning) =>
    make("div", "", "", make("dt", "", "", name), make("dd", "", meaning));

  scconcepts.toggleHelp = () => {
    if (!dialog) build();
    if (dialog.open) dialog.close();
    else dialog.showModal();
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#help")) scconcepts.toggleHelp();
    else if (event.target === dialog) dialog.close(); // the ground beside it
  });
})();
