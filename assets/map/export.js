// The map as a PNG for a slide or a paper: the picture as shown, its legend beside it.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif";
  const EDGE = 16;
  const LINE = 19;
  const LEGEND_WIDTH = 230; // beside the cells: in a figure nobody can fold it away

  /** Promise of a PNG Blob of a CellMap as it is on the screen; null without WebGL 2. */
  async function exportPNG({ root, stage, coloring, theme }) {
    const { width, height } = stage.view;
    const ratio = stage.canvas.width / width;
    const extra = coloring.kind === "none" ? 0 : LEGEND_WIDTH;
    const sheet = document.createElement("canvas");
    sheet.width = stage.canvas.width + Math.round(extra * ratio);
    sheet.height = stage.canvas.height;
    const context = sheet.getContext("2d");
    const style = getComputedStyle(root);
    context.fillStyle = style.getPropertyValue("--map-bg").trim();
    context.fillRect(0, 0, sheet.width, sheet.height);
    if (!stage.snapshot(context)) return null;
    context.scale(ratio, ratio);
    const rows = legendRows(coloring, Math.floor((height - 2 * EDGE) / LINE));
    if (extra) drawLegend(context, rows, width, theme, style.getPropertyValue("--map-text").trim());
    return new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
  }

  function legendRows(coloring, room) {
    const rows = [{ text: coloring.title, bold: true }];
    if (coloring.kind === "category") return [...rows, ...categoryRows(coloring, room - 1)];
    if (coloring.nActive) {
      const [low, high] = [coloring.min, coloring.max].map(parts.formatNumber);
      rows.push({ ramp: true }, { text: low, middle: coloring.unit, right: high });
    }
    return [...rows, { text: parts.countText(coloring) }];
  }

  // What can be seen in the picture, as far as there is room for it.
  function categoryRows({ categories, colors, counts, hidden }, room) {
    const shown = categories
      .map((text, code) => ({ text, code, swatch: colors[code] }))
      .filter(({ code }) => counts[code] && !hidden.has(code));
    if (shown.length <= room) return shown;
    return [...shown.slice(0, room - 1), { text: `and ${shown.length - room + 1} more` }];
  }

  function drawLegend(context, rows, left, theme, color) {
    context.textBaseline = "middle";
    const width = LEGEND_WIDTH - EDGE;
    rows.forEach((row, i) => {
      const y = EDGE + (i + 0.5) * LINE;
      if (row.ramp) drawRamp(context, left, y, width, theme);
      else drawRow(context, row, left, y, width, color);
    });
  }

  function drawRow(context, row, left, y, width, color) {
    context.font = `${row.bold ? 600 : 400} 13px ${FONT}`;
    let start = left;
    if (row.swatch) {
      context.fillStyle = row.swatch;
      context.beginPath();
      context.arc(left + 6, y, 6, 0, 2 * Math.PI);
      context.fill();
      start += 20;
    }
    context.fillStyle = color;
    const write = (text, x, align) => {
      context.textAlign = align;
      context.fillText(text, x, y);
    };
    write(shorten(context, row.text, width - (start - left)), start, "left");
    if (row.middle) write(row.middle, left + width / 2, "center");
    if (row.right) write(row.right, left + width, "right");
  }

  function shorten(context, text, width) {
    if (context.measureText(text).width <= width) return text;
    let end = text.length;
    while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
    return `${text.slice(0, end)}…`;
  }

  function drawRamp(context, left, y, width, theme) {
    const bytes = parts.rampBytes(theme);
    for (let step = 0; step < 256; step++) {
      context.fillStyle = `rgb(${bytes[4 * step]},${bytes[4 * step + 1]},${bytes[4 * step + 2]})`;
      context.fillRect(left + (step * width) / 256, y - 6, width / 256 + 0.5, 12);
    }
  }

  Object.assign(parts, { exportPNG });
})();
