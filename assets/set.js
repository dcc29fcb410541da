// The page of cells: what is drawn, built and clicked there goes into the address.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const grid = (window.dashAgGridFunctions ??= {});
  const keep = () => window.dash_clientside.no_update;
  const MOST_LETTERS = 2500; // longer lists would make an address that servers refuse

  const isShown = (element) => Boolean(element?.closest?.(".sc-cells-page"));

  /** The builder's new conditions -> the address. */
  functions.goToCells = (change) => {
    if (change) scconcepts.navigate({ choices: { where: change.where, cell: change.cell } });
    return keep();
  };

  /** The pane in sight; one cell comes before the set. */
  functions.showCellsTab = (choices, selection) => {
    const panes = document.getElementById("cells-panes");
    if (panes && selection?.page === "cells") {
      const known = ["concepts", "composition", "expression", "list"];
      panes.dataset.tab = choices.cell ? "cell" : known.includes(choices.tab) ? choices.tab : known[0];
    }
    return keep();
  };

  /** A cell was found -> the address. */
  functions.openCell = (id) => {
    if (id && id !== scconcepts.here().choices.cell) scconcepts.navigate({ choices: { cell: id } });
    return keep();
  };

  /** A list of genes -> the address where it fits into one; else only to the server. */
  functions.rememberList = (clicks, text) => {
    const genes = (text ?? "").split(/[\s,;|]+/).filter(Boolean).join(",");
    const fits = genes.length <= MOST_LETTERS;
    scconcepts.navigate({ choices: { genes: fits ? genes : null } });
    return fits ? keep() : text;
  };

  // "5 of 6" sorts by the share of donors, then by their number.
  grid.scDonorOrder = (a, b) => {
    const value = (text) => {
      const [n, all] = (text ?? "").split(" of ").map(Number);
      return all ? n / all + all / 1e6 : -1;
    };
    return value(a) - value(b);
  };

  grid.scNumber = (value) => (value == null ? "—" : scconcepts.mapParts.formatNumber(value));

  document.addEventListener("scconcepts:selected", ({ target, detail }) => {
    if (!isShown(target)) return;
    scconcepts.navigate({ choices: { sel: detail.sel, cell: null } });
  });

  document.addEventListener("scconcepts:cell", ({ target, detail }) => {
    if (isShown(target)) scconcepts.navigate({ choices: { cell: `#${detail.cell}` } });
  });

  // A tab about the set closes the cell, also the tab that was open before it.
  document.addEventListener("click", ({ target }) => {
    if (!target.closest?.("#cells-tab label") || !scconcepts.here().choices.cell) return;
    scconcepts.navigate({ choices: { cell: null } });
  });
})();
