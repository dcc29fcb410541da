// A colouring: one decoded column made ready to draw, to tell in words and to put in a legend.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const MISSING_LEVEL = 255;
  const DIMMED = 0.82; // how far the other categories fade into the ground

  /** Grey cells only. */
  function plainColoring(nCells) {
    return { kind: "none", title: "All cells", layer: null, nCells, nActive: nCells, valueOf: () => null };
  }

  /** column: {cells, levels, max}; spec: {title, unit, activeWord}. The highest value ends on top. */
  function sparseColoring(column, coordinates, spec) {
    const { cells, levels, max } = column;
    return {
      ...named("sparse", spec, coordinates),
      activeWord: spec.activeWord ?? "active",
      layer: ascending(coordinates, levels, cells),
      nActive: cells.length,
      min: 0,
      max,
      valueOf: (cell) => {
        const at = indexOf(cells, cell);
        return at < 0 ? "0" : withUnit((levels[at] / 255) * max, spec.unit);
      },
    };
  }

  /** levels: 0..254 from min to max, 255 missing; spec: {title, min, max, unit}. */
  function numberColoring(levels, coordinates, spec) {
    const layer = ascending(coordinates, levels, null);
    return {
      ...named("number", spec, coordinates),
      layer,
      nActive: layer.count,
      min: spec.min,
      max: spec.max,
      valueOf: (cell) =>
        levels[cell] === MISSING_LEVEL
          ? "missing"
          : withUnit(spec.min + (levels[cell] / 254) * (spec.max - spec.min), spec.unit),
    };
  }

  /** codes: category of each cell, the largest code missing; spec: {title, categories, colors}. */
  function categoryColoring(codes, coordinates, spec) {
    const names = spec.categories ?? [];
    const counts = new Uint32Array(names.length);
    for (const code of codes) if (code < names.length) counts[code] += 1;
    return {
      ...named("category", spec, coordinates),
      layer: { positions: null, levels: codes, count: codes.length },
      nActive: counts.reduce((sum, count) => sum + count, 0),
      categories: names,
      colors: parts.categoryColors(spec.colors, names.length),
      counts,
      hidden: new Set(),
      highlight: -1,
      valueOf: (cell) => names[codes[cell]] ?? "missing",
    };
  }

  /** The colouring of a column's bytes; spec.kind says how they are read. */
  function decodeColoring(buffer, coordinates, spec) {
    const n = coordinates.length / 2;
    if (spec.kind === "sparse") {
      return sparseColoring(parts.decodeSparse(buffer, n), coordinates, spec);
    }
    if (spec.kind === "category") {
      return categoryColoring(parts.decodeCodes(buffer, n, spec.bytes ?? 1), coordinates, spec);
    }
    return numberColoring(parts.decodeCodes(buffer, n, 1), coordinates, spec);
  }

  const named = (kind, spec, coordinates) => ({
    kind,
    title: spec.title ?? "",
    unit: spec.unit ?? "",
    nCells: coordinates.length / 2,
  });

  // Counting sort of cells by level, so that the highest are drawn last; missing ones are left out.
  // cells: which cells the levels belong to, or null for all of them in order.
  function ascending(coordinates, levels, cells) {
    const next = new Uint32Array(257);
    for (const level of levels) next[level + 1] += 1;
    const count = levels.length - (cells ? 0 : next[MISSING_LEVEL + 1]);
    for (let level = 1; level < 257; level++) next[level] += next[level - 1];
    const positions = new Uint16Array(2 * count);
    const sorted = new Uint8Array(count);
    for (let i = 0; i < levels.length; i++) {
      const to = next[levels[i]]++;
      if (to >= count) continue;
      const cell = cells ? cells[i] : i;
      positions[2 * to] = coordinates[2 * cell];
      positions[2 * to + 1] = coordinates[2 * cell + 1];
      sorted[to] = levels[i];
    }
    return { positions, levels: sorted, count };
  }

  // Binary search in ascending cells; -1 when absent.
  function indexOf(cells, cell) {
    let [low, high] = [0, cells.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (cells[middle] === cell) return middle;
      if (cells[middle] < cell) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** RGBA bytes of each level; ground is the colour under the cells, [r, g, b]. */
  function paletteOf(coloring, theme, mode, ground) {
    if (coloring.kind === "category") return categoryPalette(coloring, ground);
    const bytes = parts.rampBytes(theme);
    if (mode === "opacity") {
      for (let level = 0; level < 256; level++) bytes[4 * level + 3] = 40 + (level * 215) / 255;
    }
    return bytes;
  }

  function categoryPalette({ colors, hidden, highlight }, ground) {
    const bytes = new Uint8Array(4 * colors.length);
    colors.forEach((css, code) => {
      const fade = highlight >= 0 && highlight !== code ? DIMMED : 0;
      const rgb = parts.cssBytes(css).map((c, i) => Math.round(parts.mix(c, ground[i], fade)));
      // Pointing at a hidden category shows it for the moment.
      bytes.set([...rgb, hidden.has(code) && highlight !== code ? 0 : 255], 4 * code);
    });
    return bytes;
  }

  /** A number with three digits that matter. */
  function formatNumber(value) {
    if (!Number.isFinite(value)) return String(value);
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1);
    return value.toLocaleString("en-US", { maximumSignificantDigits: size >= 1000 ? 6 : 3 });
  }

  const formatCount = (n) => n.toLocaleString("en-US");
  const withUnit = (value, unit) => formatNumber(value) + (unit ? ` ${unit}` : "");

  function formatShare(part, whole) {
    if (!whole || !part) return "0\u00a0%";
    const percent = (100 * part) / whole;
    return percent < 0.1 ? "<\u00a00.1\u00a0%" : `${percent.toFixed(percent < 10 ? 1 : 0)}\u00a0%`;
  }

  /** "412 of 3,000 cells active (13.7 %)": what the legend says below its scale. */
  function countText({ kind, nActive, nCells, activeWord }) {
    if (kind === "none") return `${formatCount(nCells)} cells`;
    if (kind === "sparse" && nActive === 0) return `No cell ${activeWord}`;
    const word = { sparse: activeWord, number: "with a value", category: "in a category" }[kind];
    const share = formatShare(nActive, nCells);
    return `${formatCount(nActive)} of ${formatCount(nCells)} cells ${word} (${share})`;
  }

  /** The text alternative of the picture. */
  function altText(coloring) {
    if (coloring.kind === "none") return `Cell map of ${formatCount(coloring.nCells)} cells.`;
    const scale =
      coloring.kind === "category"
        ? ` ${coloring.categories.length} categories.`
        : coloring.nActive
          ? ` Values from ${formatNumber(coloring.min)} to ${withUnit(coloring.max, coloring.unit)}.`
          : "";
    return `Cell map coloured by ${coloring.title}. ${countText(coloring)}.${scale}`;
  }

  Object.assign(parts, {
    plainColoring, decodeColoring, paletteOf,
    formatNumber, formatCount, formatShare, countText, altText,
  });
})();
