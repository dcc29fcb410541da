// The export menu, and citations that are copied.
(() => {
  "use strict";
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const button = () => document.getElementById("export-menu");
  const list = () => document.getElementById("exports");

  function show(isOpen) {
    if (!button() || !list()) return;
    list().hidden = !isOpen;
    if (isOpen) place();
    button().setAttribute("aria-expanded", String(isOpen));
    if (isOpen) list().querySelector("a")?.focus();
  }

  // Below the button, over panels that cut off what leaves them, and within the window.
  function place() {
    const { right, bottom } = button().getBoundingClientRect();
    Object.assign(list().style, {
      top: `${bottom + 4}px`,
      left: `${Math.max(8, right - list().offsetWidth)}px`,
      maxHeight: `${window.innerHeight - bottom - 12}px`,
    });
  }

  const isOpen = () => Boolean(list()) && !list().hidden;

  // A file that may be refused is fetched by a hidden frame, which stays when the concept changes.
  // Files leave it empty; an answer in words is shown on the page.
  function makeFrame() {
    if (document.querySelector("iframe[name=files]")) return;
    const frame = Object.assign(document.createElement("iframe"), { name: "files", hidden: true });
    frame.addEventListener("load", () => {
      const words = frame.contentDocument?.body?.textContent.trim();
      if (words) window.dash_clientside.set_props("notice", { children: sayPlainly(words) });
    });
    document.body.append(frame);
  }

  function sayPlainly(words) {
    try {
      return JSON.parse(words).error ?? words;
    } catch {
      return words;
    }
  }

  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("a[target=files]")) makeFrame();
    if (target.closest?.("#export-menu")) return show(!isOpen());
    // A file that was chosen, or a click elsewhere.
    if (isOpen() && (target.closest?.("#exports a") || !target.closest?.("#exports"))) show(false);
    const copies = target.closest?.("[data-copies]")?.dataset.copies;
    if (copies) copy(copies);
    return null;
  });

  document.addEventListener("keydown", (event) => {
    if (!isOpen()) return;
    const links = [...list().querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape") {
      show(false);
      button().focus();
    } else if (event.key in steps) {
      event.preventDefault();
      links[(at + steps[event.key] + links.length) % links.length].focus();
    }
  });

  window.addEventListener("resize", () => isOpen() && show(false));
  document.addEventListener("scroll", ({ target }) => isOpen() && target !== list() && show(false), true);

  // Tabbing out of the menu closes it.
  document.addEventListener("focusin", ({ target }) => {
    if (isOpen() && !target.closest(".sc-export-menu")) show(false);
  });

  /** The texts of a citation -> with the address of this server in them. */
  functions.fillCitation = (texts) => {
    if (window.location.hash === "#cite") document.getElementById("cite")?.scrollIntoView();
    const { origin } = window.location;
    return ["text", "bibtex"].map((name) => (texts?.[name] ?? "").replaceAll("{origin}", origin));
  };

  async function copy(id) {
    const block = document.getElementById(id);
    const tell = (words) => {
      const status = document.getElementById("citation-status");
      if (status) status.textContent = words;
    };
    try {
      await navigator.clipboard.writeText(block.textContent);
      tell("Copied.");
    } catch {
      // Without a secure connection there is no clipboard: the older way, else by hand.
      window.getSelection().selectAllChildren(block);
      const done = document.execCommand?.("copy");
      tell(done ? "Copied." : "Selected: press Ctrl+C to copy.");
    }
  }
})();
