// The map as a figure of print size: what stands where, as marks that a canvas and SVG can draw.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const WIDTH = (180 / 25.4) * 96; // 180 mm, in units of 1/96 inch
  const LEGEND = 172;
  const EDGE = 10;
  const LINE = 14;
  const SIZE = 10; // of the letters: 7.5 points in print

  /** A view of the same place, `width` wide. */
  function scaleView(view, width) {
    const copy = view.copy();
    const factor = width / view.width;
    return Object.assign(copy, { width, height: view.height * factor, scale: view.scale * factor });
  }

  /**
   * {width, height, view, marks} of a CellMap: sizes in units of 1/96 inch; the cells themselves
   * belong in the box of `view`, at `origin`.
   */
  function layOutFigure(map, heading) {
    const { coloring, root, stage, names } = map;
    const { polygon } = map.selecting.selection;
    const style = getComputedStyle(root);
    const ink = (name) => style.getPropertyValue(name).trim();
    const colors = { text: ink("--map-text"), muted: ink("--map-muted"), ground: ink("--map-bg") };
    const hasLegend = coloring.kind !== "none";
    const view = scaleView(stage.view, WIDTH - (hasLegend ? LEGEND : 0));
    const top = heading ? EDGE + 2 * LINE : 0;
    const marks = heading ? [textMark(heading, EDGE, EDGE + LINE, colors.text, { size: 13, bold: true })] : [];
    const outline = polygon?.map(([x, y]) => move(view.toScreen(x / 65535, y / 65535), top));
    if (outline) marks.push({ kind: "path", points: outline, stroke: ink("--map-accent") });
    for (const { name, x, y } of names.visible(view)) {
      const look = { size: 11, bold: true, align: "middle", halo: colors.ground };
      marks.push(textMark(name, x, y + top + 4, colors.text, look));
    }
    const legend = hasLegend ? layOutLegend(map, view.width, top + EDGE, colors) : { marks: [], bottom: 0 };
    marks.push(...legend.marks);
    const height = Math.max(top + view.height, legend.bottom + EDGE);
    return { width: WIDTH, height, view, origin: [0, top], marks, ground: colors.ground };
  }

  const move = ([x, y], top) => [x, y + top];

  const textMark = (text, x, y, fill, { size = SIZE, bold = false, align = "start", halo = null } = {}) => ({
    kind: "text", text, x, y, fill, size, bold, align, halo,
  });

  // Rows from above, each {height, marks(y)}.
  function layOutLegend(map, left, top, colors) {
    const { coloring } = map;
    const width = LEGEND - EDGE;
    const rows = wrap(coloring.title, width).map((text) => textRow(text, left, colors.text, { bold: true }));
    if (coloring.kind === "category") rows.push(...categoryRows(coloring, left, width, colors));
    else rows.push(...scaleRows(map, left, width, colors));
    const marks = [];
    let y = top;
    for (const row of rows) {
      marks.push(...row.marks(y));
      y += row.height;
    }
    return { marks, bottom: y };
  }

  const textRow = (text, x, fill, look) => ({
    height: LINE,
    marks: (y) => [textMark(text, x, y + SIZE, fill, look)],
  });

  function scaleRows(map, left, width, colors) {
    const { coloring } = map;
    const words = [parts.countText(coloring), `Drawn: ${parts.MODES[map.mode].words}`];
    const notes = words.flatMap((text) => wrap(text, width)).map((text) => textRow(text, left, colors.muted));
    if (!coloring.nActive) return notes;
    const ends = [coloring.min, coloring.max].map(parts.formatNumber);
    return [
      barsRow(map, left, width),
      ticksRow([ends[0], coloring.unit, ends[1]], left, width, colors.text),
      ...(coloring.ends ? [ticksRow([coloring.ends[0], "", coloring.ends[1]], left, width, colors.text)] : []),
      ...notes,
    ];
  }

  function barsRow(map, left, width) {
    const palette = map.shades.scale();
    const [barHeight, rampHeight] = [30, 8];
    const bars = parts.binLevels(map.coloring);
    const step = width / bars.length;
    const fill = (level) => parts.colorAt(palette, level);
    const marks = (y) => [
      ...bars.map(({ share, level }, i) => {
        const height = share * barHeight;
        const place = { x: left + i * step, y: y + barHeight - height, width: step * 0.9, height };
        return { kind: "rect", ...place, fill: fill(level) };
      }),
      ...Array.from({ length: 64 }, (_, i) => ({
        kind: "rect",
        x: left + (i * width) / 64,
        y: y + barHeight + 1,
        width: width / 64 + 0.3,
        height: rampHeight,
        fill: fill(Math.round((i / 63) * 254)),
      })),
    ];
    return { height: barHeight + rampHeight + 5, marks };
  }

  const ticksRow = ([low, middle, high], left, width, fill) => ({
    height: LINE,
    marks: (y) => [
      textMark(low, left, y + SIZE, fill),
      textMark(middle, left + width / 2, y + SIZE, fill, { align: "middle" }),
      textMark(high, left + width, y + SIZE, fill, { align: "end" }),
    ],
  });

  // What can be seen in the picture.
  function categoryRows({ categories, colors: swatches, counts, hidden }, left, width, colors) {
    return categories
      .map((name, code) => ({ name, code }))
      .filter(({ code }) => counts[code] && !hidden.has(code))
      .map(({ name, code }) => ({
        height: LINE,
        marks: (y) => [
          { kind: "circle", x: left + 5, y: y + 6.5, radius: 4.5, fill: swatches[code] },
          textMark(shorten(name, width - 16), left + 16, y + SIZE, colors.text),
        ],
      }));
  }

  let ruler = null;
  function widthOf(text) {
    ruler ??= new OffscreenCanvas(1, 1).getContext("2d");
    ruler.font = `600 ${SIZE}px ${parts.FIGURE_FONT}`;
    return ruler.measureText(text).width;
  }

  function shorten(text, width) {
    if (widthOf(text) <= width) return text;
    let end = text.length;
    while (end > 1 && widthOf(`${text.slice(0, end)}…`) > width) end -= 1;
    return `${text.slice(0, end)}…`;
  }

  function wrap(text, width) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
      if (!lines.at(-1) || widthOf(longer) <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines.map((line) => shorten(line, width));
  }

  Object.assign(parts, { layOutFigure, FIGURE_FONT: "Arial, Helvetica, 'Liberation Sans', sans-serif" });
})();
