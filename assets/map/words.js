// Numbers and sentences of the map: legend, tooltip, text alternative.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});

  /** How cells that share a place are drawn, by the name it has in the address. */
  const MODES = {
    max: { words: "highest on top", title: "Cells are drawn in order of their value, the highest last" },
    mean: {
      words: "mean of all cells",
      title: "Each block of the picture shows the mean over all cells in it, those at zero included",
    },
    opacity: {
      words: "low values fade",
      title: "The highest are drawn last, and the lower a value is, the more transparent",
    },
  };

  /** A number with three digits that matter. */
  function formatNumber(value) {
    if (!Number.isFinite(value)) return String(value);
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1);
    const text = value.toLocaleString("en-US", { maximumSignificantDigits: size >= 1000 ? 6 : 3 });
    return text.replace("-", "\u2212");
  }

  const formatCount = (n) => n.toLocaleString("en-US");
  const withUnit = (value, unit) => formatNumber(value) + (unit ? ` ${unit}` : "");

  function formatShare(part, whole) {
    if (!whole || !part) return "0\u00a0%";
    const percent = (100 * part) / whole;
    return percent < 0.1 ? "<\u00a00.1\u00a0%" : `${percent.toFixed(percent < 10 ? 1 : 0)}\u00a0%`;
  }

  /** "412 of 3,000 cells active (13.7 %)": what the legend says below its scale. */
  function countText(coloring) {
    const { kind, nActive, nCells, activeWord } = coloring;
    if (kind === "none") return `${formatCount(nCells)} cells`;
    if (kind === "sparse" && nActive === 0) return `No cell ${activeWord}`;
    if (coloring.range) return rangeText(coloring);
    const words = { number: "with a value", category: "in a category" };
    const share = formatShare(nActive, nCells);
    const word = words[kind] ?? activeWord;
    return `${formatCount(nActive)} of ${formatCount(nCells)} cells ${word} (${share})`;
  }

  function rangeText({ counts, range, toValue, nCells }) {
    const [low, high] = range;
    let inside = 0;
    for (let level = low; level <= high; level++) inside += counts[level];
    const limits = [low, high].map((level) => formatNumber(toValue(level))).join(" and ");
    return `${formatCount(inside)} of ${formatCount(nCells)} cells between ${limits}`;
  }

  /** "1,234 cells selected". */
  const selectedText = (n) => `${formatCount(n)} ${n === 1 ? "cell" : "cells"} selected`;

  /** The text alternative of the picture. */
  function altText(coloring, mode, nSelected) {
    const selected = nSelected === null || nSelected === undefined ? "" : ` ${selectedText(nSelected)}.`;
    if (coloring.kind === "none") {
      return `Cell map of ${formatCount(coloring.nCells)} cells.${selected}`;
    }
    const isScale = coloring.kind !== "category";
    const scale = !isScale
      ? ` ${coloring.categories.length} categories.`
      : coloring.nActive
        ? ` Values from ${formatNumber(coloring.min)} to ${withUnit(coloring.max, coloring.unit)}.`
        : "";
    const drawn = isScale && mode ? ` Drawn: ${MODES[mode].words}.` : "";
    return `Cell map coloured by ${coloring.title}. ${countText(coloring)}.${scale}${drawn}${selected}`;
  }

  Object.assign(parts, {
    MODES, formatNumber, formatCount, formatShare, withUnit, countText, selectedText, altText,
  });
})();
