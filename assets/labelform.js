// The label form: what is typed belongs to its concept, and is kept until it is saved or taken back.
(() => {
  "use strict";
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const keep = () => window.dash_clientside.no_update;
  const PLACE = "scconcepts drafts"; // in the memory of the browser's tab: outlives a reload

  const EMPTY = { label: "", note: "" };
  let shown = { key: null, ...EMPTY }; // whose form this is, and what is saved of it
  const drafts = new Map(restore()); // key -> {label, note} that differs from what is saved

  function restore() {
    try {
      return JSON.parse(window.sessionStorage.getItem(PLACE)) ?? [];
    } catch {
      return [];
    }
  }

  function store() {
    try {
      window.sessionStorage.setItem(PLACE, JSON.stringify([...drafts]));
    } catch {
      // Full or forbidden: the drafts last until the page is left.
    }
  }

  const isSame = (a, b) => a.label === b.label && a.note === b.note;
  const keyOf = (store, concept) => `${store} ${concept}`;

  function keyOfPage(selection, config) {
    if (!window.scconcepts.belongs(selection, config)) return null;
    return keyOf(selection.store, selection.concept ?? config.first);
  }

  function remember(label, note) {
    if (shown.key === null || (label === undefined && note === undefined)) return; // a new form
    const typed = { label: label ?? "", note: note ?? "" };
    if (isSame(typed, shown)) drafts.delete(shown.key);
    else drafts.set(shown.key, typed);
    store();
  }

  const word = () => (drafts.has(shown.key) ? "not saved" : "");

  function fill(key, { label, note }) {
    shown = { key, label, note };
    const { label: text, note: more } = drafts.get(key) ?? shown;
    return [text, more, word()];
  }

  /** Another concept -> [label, note, word on a draft]: the form is its own before the server answers. */
  functions.startLabelForm = (selection, label, note, config) => {
    const key = keyOfPage(selection, config);
    if (key === null) return [keep(), keep(), keep()];
    remember(label, note);
    return fill(key, EMPTY);
  };

  /** What the server has of the concept -> the same; what was typed meanwhile stays. */
  functions.fillLabelForm = (saved, selection, label, note, config) => {
    const key = keyOfPage(selection, config);
    if (!saved || key !== keyOf(saved.store, saved.concept)) return [keep(), keep(), keep()];
    remember(label, note);
    const draft = drafts.get(key);
    if (draft && (isSame(draft, saved) || (saved.sent && isSame(draft, saved.sent)))) {
      drafts.delete(key);
      store();
    }
    return fill(key, saved);
  };

  /** Something was typed -> the word that it is not saved. */
  functions.keepDraft = (label, note) => {
    remember(label, note);
    return word();
  };
})();
