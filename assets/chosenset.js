// One gene set of the workspace: a row or a dot chooses it, and its genes are marked.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const keep = () => window.dash_clientside.no_update;

  const choose = (set) => {
    if (typeof set === "string" && set) scconcepts.navigate({ choices: { set, tab: "set" } });
  };

  function chooseRow(row) {
    const id = row.getAttribute("row-id");
    window.dash_ag_grid?.getApiAsync("pathway-table").then((api) => choose(api.getRowNode(id)?.data.set));
  }

  const ROW = "#pathway-table .ag-row";
  document.addEventListener("click", (event) => {
    const { target } = event;
    if (target.closest?.("[data-unmark-set]")) scconcepts.navigate({ choices: { set: null } });
    const row = target.closest?.(ROW);
    if (row && !target.closest("a") && scconcepts.isPlain(event)) chooseRow(row);
  });
  document.addEventListener("keydown", (event) => {
    const row = event.key === "Enter" && event.target.closest?.(ROW);
    if (row && !event.target.closest("a")) chooseRow(row);
  });

  const components = (window.dashAgGridComponentFunctions ??= {});

  /** A gene set on one ranking: its score, on a ground where the set is found. */
  components.RankedCell = ({ data, colDef }) => {
    const { scFixed, scP } = window.dashAgGridFunctions;
    const finding = data[colDef.colId];
    const found = finding?.found;
    const className = found ? "sc-ranked is-found" : "sc-ranked";
    const title = finding ? `q ${scP(finding.q)}, ${found || "not found"}` : "not among the sets that the store keeps";
    return window.React.createElement("span", { className, title }, scFixed(finding?.statistic, 2));
  };

  /** A dot of a gene set was clicked -> that set. */
  functions.chooseSetDot = (clicked) => {
    choose(clicked?.points?.[0]?.customdata);
    return keep();
  };

  /** The address -> the set whose genes are marked, and the test it is looked at under. */
  functions.tellSet = (choices, had) => {
    const data = { set: choices?.set ?? "", test: choices?.test ?? "" };
    return JSON.stringify(data) === JSON.stringify(had) ? keep() : data;
  };
})();
