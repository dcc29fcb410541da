// A colouring: decoded columns made ready to draw, to tell in words and to put in a legend.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const MISSING_LEVEL = 255;
  const DIMMED = 0.82; // how far the other categories fade into the ground
  const MIDDLE = 127; // the level of no difference
  const FADE = 24; // levels over which a mean rises out of the grey of cells without a value

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
      layer: sortLayer(coordinates, levels, cells),
      nActive: cells.length,
      min: 0,
      max,
      // A cell at zero has no level: the scale that can be cut starts above it.
      ...scaleOf(levels, [1, 255], (level) => (level / 255) * max),
      valueOf: (cell) => {
        const at = indexOf(cells, cell);
        return at < 0 ? "0" : parts.withUnit((levels[at] / 255) * max, spec.unit);
      },
    };
  }

  /** levels: 0..254 from min to max, 255 missing; spec: {title, min, max, unit}. */
  function numberColoring(levels, coordinates, spec) {
    const layer = sortLayer(coordinates, levels, null);
    const toValue = (level) => spec.min + (level / 254) * (spec.max - spec.min);
    return {
      ...named("number", spec, coordinates),
      layer,
      nActive: layer.count,
      min: spec.min,
      max: spec.max,
      ...scaleOf(levels, [0, 254], toValue),
      valueOf: (cell) =>
        levels[cell] === MISSING_LEVEL ? "missing" : parts.withUnit(toValue(levels[cell]), spec.unit),
    };
  }

  /** Two sparse columns, first minus second; spec: {title, unit, ends: [second, first]}. */
  function differenceColoring(first, second, coordinates, spec) {
    const { cells, levels, limit } = parts.subtract(first, second);
    const toValue = (level) => ((level - MIDDLE) / MIDDLE) * limit;
    return {
      ...named("difference", spec, coordinates),
      activeWord: "with either active",
      ends: spec.ends,
      layer: sortLayer(coordinates, levels, cells, (level) => Math.abs(level - MIDDLE)),
      nActive: cells.length,
      min: -limit,
      max: limit,
      ...scaleOf(levels, [0, 254], toValue),
      valueOf: (cell) => {
        const at = indexOf(cells, cell);
        return at < 0 ? "0" : parts.withUnit(toValue(levels[at]), spec.unit);
      },
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
      codes,
      colors: parts.categoryColors(spec.colors, names.length),
      counts,
      hidden: new Set(),
      highlight: -1,
      valueOf: (cell) => names[codes[cell]] ?? "missing",
    };
  }

  /** The colouring of columns' bytes; spec.kind says how they are read. */
  function decodeColoring(buffers, coordinates, spec) {
    const n = coordinates.length / 2;
    if (spec.kind === "sparse") {
      return sparseColoring(parts.decodeSparse(buffers[0], n), coordinates, spec);
    }
    if (spec.kind === "difference") {
      const [first, second] = buffers.map((buffer) => parts.decodeSparse(buffer, n));
      return differenceColoring(first, second, coordinates, spec);
    }
    if (spec.kind === "category") {
      return categoryColoring(parts.decodeCodes(buffers[0], n, spec.bytes ?? 1), coordinates, spec);
    }
    return numberColoring(parts.decodeCodes(buffers[0], n, 1), coordinates, spec);
  }

  const named = (kind, spec, coordinates) => ({
    kind,
    title: spec.title ?? "",
    unit: spec.unit ?? "",
    nCells: coordinates.length / 2,
  });

  // What the histogram and the thresholds work on; range is null or [lowest, highest level] shown.
  function scaleOf(levels, domain, toValue) {
    const counts = new Uint32Array(256);
    for (let i = 0; i < levels.length; i++) counts[levels[i]] += 1;
    counts.fill(0, domain[1] + 1); // cells without a value
    return { counts, domain, toValue, range: null };
  }

  // Counting sort of cells by level (or rank of it), so that the highest are drawn last; missing
  // ones are left out. cells: which the levels belong to, or null for all of them in order.
  function sortLayer(coordinates, levels, cells, rank = (level) => level) {
    const ranks = Uint8Array.from({ length: 256 }, (_, level) => rank(level));
    const next = new Uint32Array(257);
    for (let i = 0; i < levels.length; i++) next[ranks[levels[i]] + 1] += 1;
    const count = levels.length - (cells ? 0 : next[MISSING_LEVEL + 1]);
    for (let level = 1; level < 257; level++) next[level] += next[level - 1];
    const positions = new Uint16Array(2 * count);
    const sorted = new Uint8Array(count);
    for (let i = 0; i < levels.length; i++) {
      const to = next[ranks[levels[i]]]++;
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

  /** RGBA bytes of each level; colors: {clear, cell}, the ground and the grey cells, [r, g, b]. */
  function paletteOf(coloring, theme, mode, colors) {
    if (coloring.kind === "category") return categoryPalette(coloring, colors.clear);
    const isDifference = coloring.kind === "difference";
    const bytes = isDifference ? parts.divergingBytes(theme, colors.cell) : parts.rampBytes(theme);
    for (let level = 0; level < 256; level++) {
      const share = isDifference ? Math.abs(level - MIDDLE) / MIDDLE : level / 255;
      if (mode === "opacity") bytes[4 * level + 3] = Math.min(255, 40 + share * 215);
      if (mode !== "mean" && !parts.isInRange(coloring, level)) bytes[4 * level + 3] = 0;
      if (mode === "mean" && coloring.kind === "sparse") fade(bytes, level, colors.cell);
    }
    return bytes;
  }

  // Without it a block with one faint cell among hundreds would stand out like a block of them.
  function fade(bytes, level, cell) {
    const share = Math.min(1, level / FADE);
    for (let c = 0; c < 3; c++) {
      bytes[4 * level + c] = Math.round(parts.mix(cell[c], bytes[4 * level + c], share));
    }
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

  Object.assign(parts, { plainColoring, decodeColoring, paletteOf });
})();
