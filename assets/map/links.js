// Maps that look at the same place: what one does to its view, the others of its group do too.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const groups = new Map(); // name -> Set of CellMap

  /** Puts a map into a group, out of the one it was in; null for none. */
  function link(map, name) {
    for (const [key, members] of groups) {
      members.delete(map);
      if (!members.size) groups.delete(key);
    }
    if (!name) return;
    if (!groups.has(name)) groups.set(name, new Set());
    groups.get(name).add(map);
  }

  // Another embedding has other places, so those maps stay where they are.
  function others(map) {
    const group = [...groups.values()].find((members) => members.has(map)) ?? [];
    return [...group].filter((other) => other !== map && other.cells && other.cellsUrl === map.cellsUrl);
  }

  /** After the reader moved one map. */
  function shareView(map) {
    const { x, y, zoom, fitted } = map.stage.view;
    for (const other of others(map)) other.follow({ x, y, zoom, fitted });
  }

  /** After the pointer came onto a cell of one map; -1 for none. */
  function shareCell(map, cell) {
    for (const other of others(map)) other.ring(cell);
  }

  Object.assign(parts, { link, shareView, shareCell });
})();
