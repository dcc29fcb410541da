// The public face: scconcepts.map.mount, .get, .apply and .prefetch.
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
   * Makes the map in an element look as `spec` says, and does only what differs from before.
   * spec: {cells: {coordinatesUrl, nCells}, color: {kind, url, ...}, theme, mode, rasterUrl,
   * describeUrl}. The element may come later, or be replaced: the spec then applies to the new one.
   */
  function apply(elementId, spec) {
    const entry = wanted.get(elementId) ?? { applied: {}, map: null };
    entry.spec = spec;
    wanted.set(elementId, entry);
    watch();
    reconcile(elementId, entry);
  }

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
    if (changed("mode") && spec.mode) map.setMode(spec.mode);
    if (changed("rasterUrl")) map.setRaster(spec.rasterUrl);
    if (changed("describeUrl")) map.setDescribeCell(describer(spec.describeUrl));
    if (changed("cells") && spec.cells) {
      map.setCells(spec.cells);
      applied.color = null;
    }
    if (changed("color")) color(map, spec.color);
  }

  function color(map, spec) {
    const methods = { sparse: "colorBySparse", category: "colorByCategory", number: "colorByNumber" };
    const method = methods[spec?.kind];
    if (method) map[method](spec);
    else map.clear();
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

  /** Loads a payload in advance, for instance of the concept that the pointer is on. */
  function prefetch(url) {
    (parts.sharedCache ??= new parts.PayloadCache()).prefetch(url);
  }

  scconcepts.map = { mount, get, apply, prefetch };
})();
