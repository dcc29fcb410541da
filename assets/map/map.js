// The public face: scconcepts.map.mount, .get, .apply, .specOf and .prefetch.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const parts = (scconcepts.mapParts ??= {});
  const FORGET_MS = 10000; // an element absent for so long will not come back

  const mounted = new WeakMap(); // element -> CellMap
  const wanted = new Map(); // element id -> {spec, applied, map, timer}

  /** Draws a cell map into the element, which should have a height; see CellMap for the options. */
  function mount(element, options) {
    mounted.get(element)?.destroy();
    const map = new parts.CellMap(element, options);
    mounted.set(element, map);
    return map;
  }

  /** The map in the element with this id; null when there is none. */
  function get(elementId) {
    const map = mounted.get(document.getElementById(elementId));
    return map && !map.gone ? map : null;
  }

  /**
   * Makes the map in an element look as `spec` says, and does only what differs from before. The
   * element may come later, or be replaced: the spec then applies to the new one.
   *
   * spec: {
   *   cells: {coordinatesUrl, nCells, key}: key of the map, by default the end of the address;
   *   color: {kind: sparse, number, category, difference or none, url or urls, title, ...}, where
   *     none may have a `fault` to be told;
   *   theme, mode: max, mean or opacity; range: "low,high" or null;
   *   selectable: whether cells can be selected; selection: "MAP:x1,y1,..." or null; store: whose
   *     page of cells a selection leads to, null for no link;
   *   names: {on, url, categories, bytes} of the column whose names are written on the map, or null;
   *   link: name of the group of maps that look at the same place;
   *   picture: {heading, name}: title and file name of saved pictures;
   *   describeUrl, with {cell}; rasterUrl, with {width} and {height};
   *   remembers: which of mode, range, names, sel the map writes into the address; see mapchoices.js
   * }
   */
  function apply(elementId, spec) {
    const entry = wanted.get(elementId) ?? { applied: {}, map: null };
    entry.spec = spec;
    clearTimeout(entry.timer); // asked for again, so its time begins anew
    entry.timer = null;
    wanted.set(elementId, entry);
    watch();
    reconcile(elementId, entry);
  }

  /** What `apply` was last told about an element; null when nothing. */
  const specOf = (elementId) => wanted.get(elementId)?.spec ?? null;

  function reconcile(id, entry) {
    const element = document.getElementById(id);
    if (entry.map && entry.map.element !== element) {
      entry.map.destroy();
      entry.map = null;
    }
    if (!element) {
      entry.timer ??= setTimeout(() => wanted.delete(id), FORGET_MS);
      return;
    }
    clearTimeout(entry.timer);
    entry.timer = null;
    if (entry.broken === element) return;
    if (!entry.map || entry.map.gone) {
      entry.broken = element; // a mount that throws is not tried again at each change of the page
      entry.map = get(id) ?? mount(element, { theme: entry.spec.theme });
      entry.applied = {};
      entry.broken = null;
    }
    bring(entry);
  }

  // Each part of the spec is compared by its JSON with what was applied last.
  function bring(entry) {
    const { map, spec, applied } = entry;
    const changed = (name) => {
      const now = JSON.stringify(spec[name] ?? null);
      if (applied[name] === now) return false;
      applied[name] = now;
      return true;
    };
    if (changed("theme") && spec.theme && spec.theme !== map.theme) map.setTheme(spec.theme);
    if (changed("mode")) map.setMode(spec.mode ?? "max");
    if (changed("rasterUrl")) map.setRaster(spec.rasterUrl);
    if (changed("describeUrl")) map.setDescribeCell(describer(spec.describeUrl));
    if (changed("link")) parts.link(map, spec.link);
    const store = changed("store");
    if (changed("selectable") || store) map.selecting.allow(Boolean(spec.selectable), spec.store);
    map.picture = spec.picture ?? null;
    if (changed("cells") && spec.cells) {
      map.setCells(spec.cells);
      applied.color = null;
    }
    if (changed("names")) map.setNames(spec.names ?? null);
    if (changed("selection")) map.setSelection(spec.selection);
    const range = changed("range");
    if (changed("color")) color(map, spec.color, spec.range);
    else if (range) map.setRange(spec.range);
  }

  function color(map, spec, range) {
    const kinds = ["sparse", "category", "number", "difference"];
    if (kinds.includes(spec?.kind)) map.color({ ...spec, range });
    else map.clear(spec?.fault);
  }

  // url holds {cell}; the answer is the JSON of [[label, value], ...].
  function describer(url) {
    if (!url) return null;
    return async (cell) => {
      const response = await fetch(url.replace("{cell}", cell));
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      return response.json();
    };
  }

  let observer = null;
  // React mounts late and replaces elements without telling anyone.
  function watch() {
    if (observer) return;
    observer = new MutationObserver(() => {
      for (const [id, entry] of wanted) {
        const element = document.getElementById(id);
        if (element !== (entry.map?.element ?? null)) reconcile(id, entry);
      }
    });
    observer.observe(document.documentElement, { childList: true, subtree: true });
  }

  /** Loads a payload in advance; aborting `signal` gives it up. */
  function prefetch(url, signal) {
    (parts.sharedCache ??= new parts.PayloadCache()).prefetch(url, signal);
  }

  scconcepts.map = { mount, get, apply, specOf, prefetch };
})();
