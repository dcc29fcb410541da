// Loads what is likely to be drawn next: the concepts beside the one on the map, and the one pointed at.
(() => {
  "use strict";
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
  const REST_MS = 60; // a pointer on its way over the table asks for nothing
  let underway = null;
  let resting = null;

  // Of the rows as they are filtered and sorted.
  function neighbours(api, id) {
    const node = api.getRowNode(id);
    if (!node?.displayed) return [];
    const rows = [1, -1].map((step) => api.getDisplayedRowAtIndex(node.rowIndex + step));
    return rows.map((row) => row?.data?.id).filter(Boolean);
  }

  /** {base, id} of the concept on the map; null where something else is coloured. */
  function shown() {
    const color = window.scconcepts.map?.specOf("cell-map")?.color;
    const found = /^(.*\/activations\/)([^/]+)$/.exec(color?.kind === "sparse" ? color.url : "");
    return found && { base: found[1], id: decodeURIComponent(found[2]) };
  }

  const load = (base, id, signal) =>
    window.scconcepts.map.prefetch(base + encodeURIComponent(id), signal);

  function loadNeighbours(signal) {
    const now = shown();
    const api = window.scconcepts.table();
    if (signal.aborted || !now || !api) return;
    for (const near of neighbours(api, now.id)) load(now.base, near, signal);
  }

  document.addEventListener("scconcepts:painted", ({ target }) => {
    if (target.id !== "cell-map") return;
    underway?.abort(); // what was near the concept before
    const { signal } = (underway = new AbortController());
    idle(() => loadNeighbours(signal));
  });

  document.addEventListener("pointerover", ({ target }) => {
    clearTimeout(resting);
    const id = target.closest?.("#concepts .ag-row")?.getAttribute("row-id");
    if (!id) return;
    resting = setTimeout(() => {
      const now = shown();
      if (now) load(now.base, id);
    }, REST_MS);
  });
})();
