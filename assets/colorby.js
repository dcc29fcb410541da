// What the cell map is coloured by: controls, address and map.
(() => {
  "use strict";
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const keep = () => window.dash_clientside.no_update;
  const PATIENCE_MS = 250; // a slow map must not hold up everything else
  const GENE_UNIT = "log1p(counts per 10,000)";

  // An address may name a column of another store: the map then shows the concept.
  const obsOf = (color, config) =>
    color?.startsWith("obs:") && config?.obs[color.slice(4)] ? color : null;
  const geneOf = (color) => (color?.startsWith("gene:") ? color.slice(5) : null);
  /** Both concepts of "diff:ID1,ID2"; null for anything else. */
  const pairOf = (color) => /^diff:([^,]+),([^,]+)$/.exec(color ?? "")?.slice(1) ?? null;

  // Thresholds belong to what was coloured.
  const goTo = (color) =>
    window.scconcepts.navigate({
      choices: { color: color === "concept" ? null : color, range: null },
    });

  /** The address -> [colour-by control, genes on offer, gene control]. */
  functions.showColor = (choices, config, genes) => {
    const gene = geneOf(choices?.color);
    if (pairOf(choices?.color)) return ["pinned", keep(), keep()];
    if (!gene) return [obsOf(choices?.color, config) ?? "concept", keep(), keep()];
    // The control forgets a value that is not among its options.
    return ["gene", genes?.includes(gene) ? keep() : [gene, ...(genes ?? [])], gene];
  };

  /** A control was used -> the address. */
  functions.chooseColor = (kind, gene, choices, selection, config) => {
    if (!choices || !kind) return keep();
    if (kind === "pinned") return differ(choices, selection, config);
    // Choosing a gene means to see it, whatever the map showed before.
    const { triggered } = window.dash_clientside.callback_context;
    const byGene = triggered.length === 1 && triggered[0].prop_id.startsWith("color-gene.");
    const color = byGene || kind === "gene" ? (gene ? `gene:${gene}` : null) : kind;
    if (color && color !== (choices.color ?? "concept")) goTo(color);
    return keep();
  };

  // The concept on the page minus the one that was pinned last.
  function differ(choices, selection, config) {
    if (pairOf(choices.color) || !window.scconcepts.belongs(selection, config)) return keep();
    const id = selection.concept ?? config.first;
    const pinned = (window.scconcepts.pinned?.() ?? []).filter(
      (pin) => pin.store === config.store && pin.id !== id,
    );
    if (pinned.length) goTo(`diff:${id},${pinned.at(-1).id}`);
    else {
      const children = "Pin another concept of this store first: open it and press c.";
      window.dash_clientside.set_props("notice", { children });
      window.dash_clientside.set_props("color-by", { value: obsOf(choices.color, config) ?? "concept" });
    }
    return keep();
  }

  /** A gene was clicked in a figure -> the map shows it. */
  functions.colorByPoint = (...args) => {
    const choices = args.at(-1);
    const { triggered } = window.dash_clientside.callback_context;
    const gene = triggered.at(-1)?.value?.points?.[0]?.customdata;
    const color = `gene:${gene}`;
    if (gene && color !== choices?.color) goTo(color);
    return keep();
  };

  let shown = null; // what the map was last told

  /** Everything the map depends on -> the map. */
  functions.drawMap = (config, selection, choices, theme, map, saved, rows) => {
    if (!theme || !window.scconcepts.belongs(selection, config)) return keep();
    tellMap({ config, choices, theme, map, rows, concept: selection.concept ?? config.first });
    return keep();
  };

  function tellMap(now) {
    shown = now;
    const { config, choices, theme, map, rows, concept } = now;
    const color = colorSpecOf(config, choices, concept, rows);
    const key = map ?? config.map;
    window.scconcepts.map?.apply("cell-map", {
      cells: { coordinatesUrl: `${config.base}/map/${key}`, nCells: config.nCells, key },
      color,
      theme,
      mode: choices.mode ?? "max",
      range: choices.range ?? null,
      selectable: true,
      selection: choices.sel ?? null,
      store: config.store,
      names: namesOf(config, choices),
      picture: { heading: `${config.title} · ${concept}`, name: `${config.store}_${concept}` },
      describeUrl: `${config.base}/cell/{cell}/lines`,
      rasterUrl: rasterOf(config, key, choices, concept, theme),
      remembers: ["mode", "range", "names", "sel"],
    });
  }

  /**
   * Shows another concept on the map at once. Resolves when it is painted, or when it takes so long
   * that the panels should not wait any more: filling them keeps the page busy for longer.
   */
  function showAhead(concept) {
    if (!shown) return Promise.resolve();
    if (shown.concept !== concept) {
      tellMap({ ...shown, concept, choices: window.scconcepts.carriedOver(shown.choices) });
    }
    const map = window.scconcepts.map?.get("cell-map");
    if (!map?.cells || !map.stage.painter || map.asked === null) return Promise.resolve();
    return new Promise((done) => {
      const finish = () => {
        clearTimeout(timer);
        document.removeEventListener("scconcepts:painted", finish);
        done();
      };
      const timer = setTimeout(finish, PATIENCE_MS);
      document.addEventListener("scconcepts:painted", finish);
    });
  }

  /** Names of the cell types, unless they are switched off; a coloured column brings its own. */
  function namesOf(config, choices) {
    const column = config.obs[config.cellType];
    const isOn = choices.names ? choices.names !== "0" : true;
    if (!column) return { on: isOn };
    const url = `${config.base}/obs/${encodeURIComponent(config.cellType)}`;
    return { on: isOn, url, categories: column.categories, bytes: column.bytes };
  }

  function rasterOf(config, map, choices, concept, theme) {
    const color = meantColor(config, choices.color) ?? `concept:${concept}`;
    const query = new URLSearchParams({ color, theme });
    if (choices.range) query.set("range", choices.range);
    return `${config.base}/raster/${map}.png?${query}&width={width}&height={height}`;
  }

  const meantColor = (config, color) =>
    geneOf(color) || pairOf(color) || obsOf(color, config) ? color : null;

  /**
   * What a cell map is to be coloured by, as scconcepts.map.apply takes it.
   * config: {base, obs} of a store; choices: those in the address; concept: the id that is coloured
   * where choices.color says nothing; rows: those of the table of concepts, where there is one.
   */
  function colorSpecOf(config, choices, concept, rows) {
    const gene = geneOf(choices.color);
    if (gene) {
      const url = `${config.base}/expression/${encodeURIComponent(gene)}`;
      return { kind: "sparse", url, title: gene, unit: GENE_UNIT, activeWord: "expressing" };
    }
    const pair = pairOf(choices.color);
    if (pair) return colorOfDifference(config, pair, rows);
    const key = obsOf(choices.color, config)?.slice(4);
    if (key) {
      return { ...config.obs[key], url: `${config.base}/obs/${encodeURIComponent(key)}` };
    }
    return colorOfConcept(config, concept, rows);
  }

  // The table knows labels that were saved since; it may not be there yet.
  const rowOf = (id, rows) => window.scconcepts.table()?.getRowNode(id)?.data ?? rows?.find((candidate) => candidate.id === id);

  const activationsOf = (config, id) => `${config.base}/activations/${encodeURIComponent(id)}`;

  function colorOfConcept(config, id, rows) {
    const row = rowOf(id, rows);
    if (!row) return { kind: "none" };
    const title = `${id} ${row.label}`;
    return { kind: "sparse", url: activationsOf(config, id), title, unit: "activation" };
  }

  function colorOfDifference(config, pair, rows) {
    const unknown = rows && pair.find((id) => !rowOf(id, rows));
    if (unknown) {
      const fault = `The difference cannot be shown: this store has no concept “${unknown}”.`;
      return { kind: "none", fault };
    }
    const [first, second] = pair;
    return {
      kind: "difference",
      urls: pair.map((id) => activationsOf(config, id)),
      title: `${first} minus ${second}`,
      unit: "activation",
      ends: [`${second} higher`, `${first} higher`],
    };
  }

  Object.assign((window.scconcepts ??= {}), { colorSpecOf, showAhead });
})();
