// Pages over all concepts: rows, points and pickers that lead elsewhere, and their maps.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const components = (window.dashAgGridComponentFunctions ??= {});
  const keep = () => window.dash_clientside.no_update;
  // What a concept's workspace understands as well: it then shows what the reader looked at.
  const CARRIED = ["counterfactual", "de", "test"];

  const carried = () => {
    const { choices } = scconcepts.here();
    const [swap, key] = (choices.test ?? "").split(":");
    const said = key ? { ...choices, test: swap, counterfactual: key } : choices;
    return Object.fromEntries(CARRIED.map((name) => [name, said[name]]).filter(([, v]) => v));
  };

  // A click with a key held opens a tab; the grid would select the row and leave the page as well.
  let last = null;
  document.addEventListener("click", (event) => (last = event), true);

  const openConcept = (concept) => scconcepts.visit("workspace", { concept, choices: carried() });

  /** A row of concepts was chosen -> its workspace. */
  functions.openRow = (rows) => {
    const concept = rows?.[0]?.id;
    if (concept && !(last && last.timeStamp > performance.now() - 500 && !scconcepts.isPlain(last))) {
      openConcept(concept);
    }
    return keep();
  };

  /** A point was clicked whose custom data, or else its x, begins with a concept's id -> there. */
  functions.openPoint = (clicked) => {
    const point = clicked?.points?.[0];
    const text = typeof point?.customdata === "string" ? point.customdata : point?.x;
    if (typeof text === "string" && text) openConcept(text.split(" ")[0]);
    return keep();
  };

  /** A point of a gene was clicked -> the page of that gene. */
  functions.openGene = (clicked) => {
    const g = clicked?.points?.[0]?.customdata;
    const { counterfactual } = carried();
    if (typeof g === "string") scconcepts.visit("genes", { choices: { g, counterfactual } });
    return keep();
  };

  /** A row of gene sets was chosen -> the address. */
  functions.openSet = (rows) => {
    const set = rows?.[0]?.address;
    if (set && set !== scconcepts.here().choices.set) scconcepts.navigate({ choices: { set } });
    return keep();
  };

  /** Words in the box above a table -> the rows that are left, and how many. */
  functions.filterTable = (text, rows, tableId, countId) => {
    window.dash_ag_grid?.getApiAsync(tableId).then((api) => {
      api.setGridOption("quickFilterText", text ?? "");
      const [left, all] = [api.getDisplayedRowCount(), rows?.length ?? 0];
      const words = left === all ? format(all) : `${format(left)} of ${format(all)}`;
      window.dash_clientside.set_props(countId, { children: words });
    });
    return keep();
  };

  const format = (n) => n.toLocaleString("en-US");

  /** Specs of maps by element -> the maps. */
  functions.drawMaps = (specs, theme) => {
    if (!specs || !theme) return keep();
    for (const [id, spec] of Object.entries(specs)) scconcepts.map?.apply(id, { ...spec, theme });
    return keep();
  };

  /** The genes picked, the first and those beside it -> the address. */
  functions.rememberGenes = (gene, more, selection) => {
    const { triggered } = window.dash_clientside.callback_context;
    if (triggered.length !== 1 || selection?.page !== "genes" || !gene) return keep();
    const g = [...new Set([gene, ...(more ?? [])])].slice(0, 6).join(",");
    if (g !== (scconcepts.here().choices.g ?? "")) scconcepts.navigate({ choices: { g } });
    return keep();
  };

  /** The two sides of a comparison were picked, or changed over -> the address. */
  functions.rememberSides = (a, b, storeA, storeB, nSwaps, selection) => {
    const { triggered } = window.dash_clientside.callback_context;
    if (triggered.length !== 1 || selection?.page !== "compare") return keep();
    const { choices, store } = scconcepts.here();
    const now = { a: choices.a, b: choices.b, sa: choices.sa ?? store, sb: choices.sb ?? store };
    const changes = {
      "side-a": { a },
      "side-b": { b },
      // A concept belongs to its store: another store, and it has to be chosen anew.
      "side-a-store": storeA === now.sa ? {} : { sa: storeA, a: null },
      "side-b-store": storeB === now.sb ? {} : { sb: storeB, b: null },
      "swap-sides": nSwaps ? { a: now.b, b: now.a, sa: now.sb, sb: now.sa } : {},
    };
    const change = changes[triggered[0].prop_id.split(".")[0]];
    const isNew = Object.entries(change).some(([key, value]) => (value ?? null) !== (now[key] ?? null));
    if (!isNew) return keep();
    const side = (key) => ((change[key] ?? now[key]) === store ? null : (change[key] ?? now[key]));
    scconcepts.navigate({ choices: { ...change, sa: side("sa"), sb: side("sb") } });
    return keep();
  };

  // How cells of these tables look.
  const make = (...content) => window.React.createElement(...content); // React comes later
  const MISSING = "—";

  const words = (window.dashAgGridFunctions ??= {});
  words.scCount = (n) => (n == null ? MISSING : format(n));
  // Of a rate from permutations, 0 is a count and no number too small to write.
  words.scPermuted = (q) => (q === 0 ? "0" : words.scP(q));

  components.ConceptLink = ({ data }) =>
    make(
      "a",
      {
        className: "sc-cell-link",
        href: scconcepts.addressOf({
          page: "workspace",
          store: data.store ?? scconcepts.here().store,
          concept: data.id,
          choices: carried(),
        }),
        // The click goes on to the row, which leads there without loading the page again.
        onClick: (event) => scconcepts.isPlain(event) && event.preventDefault(),
      },
      make("b", {}, data.id),
      ` ${data.label}`,
      data.author ? make("span", { className: "sc-cell-mark", title: `Label by ${data.author}` }, " ✓") : null,
    );

  components.GradeBadge = ({ value }) =>
    make("span", { className: `sc-grade is-${(value ?? "none").toLowerCase()}` }, value ?? MISSING);

  /** A number on a ground that is the stronger the larger it is; `heat` 0 to 1, `side` its colour. */
  components.HeatCell = ({ value, data, colDef }) => {
    const { heat = 0, side = "" } = data[`${colDef.field}_heat`] ?? {};
    const style = { "--heat": `${Math.round(50 * heat)}%` };
    const className = `sc-heat is-${side || "none"}`;
    return make("span", { className, style }, words.scFixed(value, 3));
  };

  words.scFindingQ = (finding) => finding?.q ?? null;

  /** What a test says of a set in a concept: the statistic above its q, and a quadrant's dot. */
  components.FindingCell = ({ data, colDef }) => {
    const finding = data[colDef.colId];
    if (!finding) return make("span", { className: "sc-muted" }, MISSING);
    const { statistic, q, quadrant, place, found, arrow } = finding;
    const kind = (quadrant ?? "none").replaceAll(" ", "-");
    const number = words.scFixed(statistic, 2);
    const above = quadrant ? make("span", { className: `sc-quadrant is-${kind}`, title: place }, number) : number;
    const mark = found
      ? [
          make("span", { key: "mark", "aria-hidden": true }, `${arrow} `),
          make("span", { key: "word", className: "sc-unseen" }, `${found} `),
        ]
      : null;
    return make(
      "div",
      { className: found ? "sc-finding is-found" : "sc-finding", title: found || "not found" },
      make("div", {}, mark, above),
      make("div", { className: "sc-cell-sub" }, `q ${words.scP(q)}`),
    );
  };

  components.SideCell = ({ value }) =>
    make("span", { className: `sc-side-mark is-${value || "none"}` }, value || MISSING);

  // Enter on a cell does what a click on it does.
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter" && target.matches?.(".sc-linked-grid .ag-cell")) target.click();
  });
})();
