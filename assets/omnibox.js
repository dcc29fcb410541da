// One search box for everything: concepts, labels, genes and their other names, gene sets, categories.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const REST_MS = 120; // typing pauses so long before the server is asked
  const KINDS = { concept: "Concept", gene: "Gene", set: "Gene set", category: "Cells" };

  /** Where a hit leads. */
  const PLACES = {
    concept: (key) => ["workspace", { concept: key }],
    gene: (key) => ["genes", { choices: { g: key } }],
    set: (key) => ["pathways", { choices: { set: key } }],
    category: (key) => ["cells", { choices: { where: asCondition(key) } }],
  };

  // COLUMN:CATEGORY of a hit as the cells page spells it: signs it gives a meaning are escaped.
  function asCondition(key) {
    const at = key.indexOf(":");
    return `${key.slice(0, at)}:${encodeURIComponent(key.slice(at + 1)).replaceAll("%20", " ")}`;
  }

  const make = (...content) => scconcepts.make(...content); // map/dom.js comes later

  class Omnibox {
    constructor(place) {
      this.hits = [];
      this.at = -1;
      this.input = make("input", "");
      Object.assign(this.input, { type: "search", id: "omnibox-input", autocomplete: "off", spellcheck: false });
      this.input.placeholder = "Gene, concept, pathway, cell type";
      const aria = { role: "combobox", "aria-label": "Search", "aria-expanded": "false" };
      Object.assign(aria, { "aria-controls": "omnibox-hits", "aria-autocomplete": "list" });
      for (const [name, value] of Object.entries(aria)) this.input.setAttribute(name, value);
      this.list = make("ul", "sc-hits");
      this.list.id = "omnibox-hits";
      this.list.hidden = true;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", "What was found");
      place.append(this.input, make("kbd", "", "/"), this.list);
      this.#listen();
    }

    #listen() {
      this.input.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.#ask(), REST_MS);
      });
      this.input.addEventListener("focus", () => this.#ask());
      this.input.addEventListener("blur", () => this.#close());
      this.input.addEventListener("keydown", (event) => this.#key(event));
      // Without it the input would blur, which closes the list before the click.
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const hit = event.target.closest(".sc-hit");
        if (hit) this.#go(Number(hit.dataset.at));
      });
    }

    async #ask() {
      this.request?.abort();
      this.asked = this.input.value.trim();
      this.fresh = false;
      if (!this.asked) return this.#close();
      const request = (this.request = new AbortController());
      const { store } = scconcepts.here();
      const url = `${scconcepts.prefix()}api/${encodeURIComponent(store)}/search?q=${encodeURIComponent(this.asked)}`;
      try {
        const response = await fetch(url, { signal: request.signal });
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        const { hits, note } = await response.json();
        this.#show(hits, note);
      } catch (error) {
        if (error.name !== "AbortError") this.#show([], "The search does not answer. Is the server there?");
      }
      return null;
    }

    #show(hits, note) {
      this.hits = hits;
      this.fresh = true;
      const items = hits.map((hit, at) => this.#item(hit, at));
      this.list.replaceChildren(...(items.length ? items : [this.#note(note)]));
      this.#open(document.activeElement === this.input);
      this.#mark(hits.length ? 0 : -1);
      if (this.entered) this.#enter();
    }

    #item(hit, at) {
      const item = make(
        "li",
        "sc-hit",
        "",
        make("span", "sc-hit-kind", KINDS[hit.kind] ?? hit.kind),
        make("span", "sc-hit-words", hit.kind === "concept" ? `${hit.key} ${hit.words}` : hit.words),
        make("span", "sc-hit-detail", hit.detail),
      );
      item.id = `omnibox-hit-${at}`;
      item.dataset.at = at;
      item.title = hit.words;
      item.setAttribute("role", "option");
      return item;
    }

    #note(text) {
      const note = make("li", "sc-hits-note", text);
      note.setAttribute("role", "option");
      note.setAttribute("aria-disabled", "true");
      return note;
    }

    #open(isOpen) {
      this.list.hidden = !isOpen;
      this.input.setAttribute("aria-expanded", String(isOpen));
    }

    #close() {
      clearTimeout(this.timer);
      this.request?.abort();
      this.entered = false;
      this.#open(false);
    }

    #mark(at) {
      this.at = at;
      const items = [...this.list.querySelectorAll(".sc-hit")];
      items.forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
      items[at]?.scrollIntoView({ block: "nearest" });
      if (items[at]) this.input.setAttribute("aria-activedescendant", items[at].id);
      else this.input.removeAttribute("aria-activedescendant");
    }

    #key(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && this.hits.length) {
        event.preventDefault();
        this.#mark((this.at + step + this.hits.length) % this.hits.length);
      } else if (event.key === "Enter") this.#enter();
      else if (event.key === "Escape") this.input.blur();
    }

    // Who types fast presses Enter before the answer is there.
    #enter() {
      if (this.input.value.trim() !== this.asked || !this.fresh) {
        this.entered = true;
        clearTimeout(this.timer);
        if (this.input.value.trim() !== this.asked) this.#ask();
        return;
      }
      this.entered = false;
      if (this.at >= 0) this.#go(this.at);
    }

    #go(at) {
      const { kind, key } = this.hits[at];
      this.input.value = "";
      this.input.blur();
      scconcepts.visit(...PLACES[kind](key));
    }
  }

  // The place comes with the shell, which is built once.
  const observer = new MutationObserver(() => {
    const place = document.getElementById("omnibox");
    if (!place) return;
    observer.disconnect();
    new Omnibox(place);
  });
  observer.observe(document.documentElement, { childList: true, subtree: true });
})();
