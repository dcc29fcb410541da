// Keyboard: j and k go through the concepts that the search left, / goes to the search box.
(() => {
  "use strict";

  const isTyping = (element) =>
    element?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? "");

  function step(by) {
    const api = window.dash_ag_grid?.getApi("concepts");
    const n = api?.getDisplayedRowCount() ?? 0;
    if (!n) return;
    const selected = api.getSelectedNodes()[0];
    const at = selected?.displayed ? selected.rowIndex : by > 0 ? -1 : n;
    const node = api.getDisplayedRowAtIndex(Math.min(n - 1, Math.max(0, at + by)));
    node.setSelected(true, true);
    api.ensureNodeVisible(node);
  }

  document.addEventListener("keydown", (event) => {
    const search = document.getElementById("search");
    if (!search || event.ctrlKey || event.metaKey || event.altKey) return;
    // Enter leaves the box and keeps what was found; Escape empties it as well.
    if (["Enter", "Escape"].includes(event.key) && event.target === search) return search.blur();
    if (isTyping(event.target)) return;
    if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
    else if (event.key === "/") {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
})();
