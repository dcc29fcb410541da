// What the cell map is coloured by: controls, address and map.
(() => {
  "use strict";
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const keep = () => window.dash_clientside.no_update;
  const GENE_UNIT = "log1p(counts per 10,000)";

  // An address may name a column of another store: the map then shows the concept.
  const obsOf = (color, config) =>
    color?.startsWith("obs:") && config?.obs[color.slice(4)] ? color : null;
  const geneOf = (color) => (color?.startsWith("gene:") ? color.slice(5) : null);

  const goTo = (color) =>
    window.scconcepts.navigate({ choices: { color: color === "concept" ? null : color } });

  /** The address -> [colour-by control, genes on offer, gene control]. */
  functions.showColor = (choices, config, genes) => {
    const gene = geneOf(choices?.color);
    if (!gene) return [obsOf(choices?.color, config) ?? "concept", keep(), keep()];
    // The control forgets a value that is not among its options.
    return ["gene", genes?.includes(gene) ? keep() : [gene, ...(genes ?? [])], gene];
  };

  /** A control was used -> the address. */
  functions.chooseColor = (kind, gene, choices) => {
    if (!choices || !kind) return keep();
    // Choosing a gene means to see it, whatever the map showed before.
    const { triggered } = window.dash_clientside.callback_context;
    const byGene = triggered.length === 1 && triggered[0].prop_id.startsWith("color-gene.");
    const color = byGene || kind === "gene" ? (gene ? `gene:${gene}` : null) : kind;
    if (color && color !== (choices.color ?? "concept")) goTo(color);
    return keep();
  };

  /** A gene was clicked in a figure -> the map shows it. */
  functions.colorByPoint = (...args) => {
    const choices = args.at(-1);
    const { triggered } = window.dash_clientside.callback_context;
    const gene = triggered.at(-1)?.value?.points?.[0]?.customdata;
    const color = `gene:${gene}`;
    if (gene && color !== choices?.color) goTo(color);
    return keep();
  };

  /** Everything the map depends on -> the map. */
  functions.drawMap = (config, selection, choices, theme, map, saved, rows) => {
    if (!theme || !window.scconcepts.belongs(selection, config)) return keep();
    window.scconcepts.map?.apply("cell-map", {
      cells: { coordinatesUrl: `${config.base}/map/${map ?? config.map}`, nCells: config.nCells },
      color: colorOf(config, selection, choices, rows),
      describeUrl: `${config.base}/cell/{cell}/lines`,
      theme,
    });
    return keep();
  };

  function colorOf(config, selection, choices, rows) {
    const gene = geneOf(choices.color);
    if (gene) {
      const url = `${config.base}/expression/${encodeURIComponent(gene)}`;
      return { kind: "sparse", url, title: gene, unit: GENE_UNIT, activeWord: "expressing" };
    }
    const key = obsOf(choices.color, config)?.slice(4);
    if (key) {
      return { ...config.obs[key], url: `${config.base}/obs/${encodeURIComponent(key)}` };
    }
    return colorOfConcept(config, selection.concept ?? config.first, rows);
  }

  function tableRow(id) {
    try {
      return window.dash_ag_grid.getApi("concepts")?.getRowNode(id)?.data;
    } catch {
      return null;
    }
  }

  function colorOfConcept(config, id, rows) {
    // The table knows labels that were saved since; it may not be there yet.
    const row = tableRow(id) ?? rows?.find((candidate) => candidate.id === id);
    if (!row) return { kind: "none" };
    const url = `${config.base}/activations/${encodeURIComponent(id)}`;
    return { kind: "sparse", url, title: `${id} ${row.label}`, unit: "activation" };
  }
})();
