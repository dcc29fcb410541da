// Thresholds of a colouring: between levels of its scale and the text in the address.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const SLACK = 0.1; // of a level, for the rounding of the text

  const isInRange = ({ range }, level) => !range || (level >= range[0] && level <= range[1]);

  /** "1.2,3.4" in the unit of the values -> [lowest, highest level]; null for all or for nonsense. */
  function parseRange(text, { domain, toValue }) {
    const limits = /^([^,]+),([^,]+)$/.exec(text ?? "")?.slice(1).map(Number);
    if (!domain || !limits?.every(Number.isFinite)) return null;
    const step = toValue(1) - toValue(0);
    if (!(step > 0)) return null;
    const [low, high] = limits.map((value) => (value - toValue(0)) / step);
    const range = [Math.ceil(low - SLACK), Math.floor(high + SLACK)];
    const within = range.map((level) => parts.clamp(level, ...domain));
    if (range[0] > range[1] || range[0] > domain[1] || range[1] < domain[0]) return null;
    return normalise(within, domain);
  }

  /** [lowest, highest level] -> "1.2,3.4", short but exact to the level; null for all. */
  function formatRange(range, { domain, toValue }) {
    if (!normalise(range, domain)) return null;
    const step = toValue(1) - toValue(0);
    const digits = Math.min(20, Math.max(0, Math.ceil(-Math.log10(step)) + 1));
    return range.map((level) => Number(toValue(level).toFixed(digits))).join(",");
  }

  const normalise = (range, domain) =>
    range && (range[0] > domain[0] || range[1] < domain[1]) ? range : null;

  Object.assign(parts, { isInRange, parseRange, formatRange });
})();
