// Draws a figure of the map into a file: PNG of print resolution, or SVG with the cells as a bitmap.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const DOTS = 300 / 96; // pixels a unit: 300 dpi

  /** Promise of a CellMap as a figure, a Blob; kind is png or svg. Fails without WebGL 2. */
  async function makePicture(kind, map) {
    if (!map.cells) throw new Error("the cells are not loaded");
    const figure = parts.layOutFigure(map, map.picture?.heading);
    const points = drawCells(map, figure);
    if (kind === "svg") return new Blob([await toSVG(figure, points)], { type: "image/svg+xml" });
    const bytes = await readPNG(drawFigure(figure, points));
    return new Blob([parts.setResolution(bytes, 300)], { type: "image/png" });
  }

  // The cells alone, drawn anew at the size of the figure.
  function drawCells(map, { view }) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(view.width * DOTS);
    canvas.height = Math.round(view.height * DOTS);
    const painter = new parts.Painter(canvas);
    try {
      painter.setCells(map.cells);
      painter.setLayer(map.coloring.layer);
      painter.setPalette(map.shades.drawn());
      const scale = (view.width / map.stage.view.width) * DOTS;
      const size = map.stage.view.pointSize(map.cells.length / 2) * scale;
      const what = { ...map.shades.plain(), clip: view.clip, size, ratio: scale, only: -1, background: true };
      parts.drawFrame(painter, what, map.shades.mean());
      const copy = document.createElement("canvas");
      Object.assign(copy, { width: canvas.width, height: canvas.height });
      copy.getContext("2d").drawImage(canvas, 0, 0); // before the task ends: the buffer is not kept
      return copy;
    } finally {
      painter.destroy();
    }
  }

  function drawFigure({ width, height, origin, marks, ground }, points) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * DOTS);
    canvas.height = Math.round(height * DOTS);
    const context = canvas.getContext("2d");
    context.fillStyle = ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(points, origin[0] * DOTS, origin[1] * DOTS);
    context.scale(DOTS, DOTS);
    for (const mark of marks) DRAW[mark.kind](context, mark);
    return canvas;
  }

  const DRAW = {
    rect: (context, { x, y, width, height, fill }) => {
      context.fillStyle = fill;
      context.fillRect(x, y, width, height);
    },
    circle: (context, { x, y, radius, fill }) => {
      context.fillStyle = fill;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    },
    path: (context, { points, stroke }) => {
      context.beginPath();
      for (const point of points) context.lineTo(...point);
      context.closePath();
      Object.assign(context, { strokeStyle: stroke, lineWidth: 1.5 });
      context.stroke();
    },
    text: (context, { text, x, y, fill, size, bold, align, halo }) => {
      context.font = `${bold ? 600 : 400} ${size}px ${parts.FIGURE_FONT}`;
      context.textAlign = align === "middle" ? "center" : align;
      if (halo) {
        Object.assign(context, { strokeStyle: halo, lineWidth: 3, lineJoin: "round" });
        context.strokeText(text, x, y);
      }
      context.fillStyle = fill;
      context.fillText(text, x, y);
    },
  };

  async function toSVG({ width, height, view, origin, marks, ground }, points) {
    const root = parts.makeSvg("svg", {
      xmlns: "http://www.w3.org/2000/svg",
      width: "180mm",
      height: `${((height / width) * 180).toFixed(2)}mm`,
      viewBox: `0 0 ${width.toFixed(2)} ${height.toFixed(2)}`,
      "font-family": parts.FIGURE_FONT,
    });
    const href = points.toDataURL("image/png");
    const place = { x: origin[0], y: origin[1], width: view.width, height: view.height };
    root.append(
      parts.makeSvg("rect", { width: "100%", height: "100%", fill: ground }),
      parts.makeSvg("image", { ...place, href }),
      ...marks.map((mark) => SVG[mark.kind](mark)),
    );
    return new XMLSerializer().serializeToString(root);
  }

  const SVG = {
    rect: ({ x, y, width, height, fill }) => parts.makeSvg("rect", { x, y, width, height, fill }),
    circle: ({ x, y, radius, fill }) => parts.makeSvg("circle", { cx: x, cy: y, r: radius, fill }),
    path: ({ points, stroke }) =>
      parts.makeSvg("polygon", { points: points.join(" "), fill: "none", stroke, "stroke-width": 1.5 }),
    text: ({ text, x, y, fill, size, bold, align, halo }) => {
      const look = { x, y, fill, "font-size": size, "text-anchor": align };
      if (bold) look["font-weight"] = 600;
      if (halo) Object.assign(look, { stroke: halo, "stroke-width": 3, "paint-order": "stroke" });
      const element = parts.makeSvg("text", look);
      element.textContent = text;
      return element;
    },
  };

  async function readPNG(canvas) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("the browser could not encode it");
    return new Uint8Array(await blob.arrayBuffer());
  }

  const slug = (text) => text.normalize("NFKD").replace(/[^A-Za-z0-9_]+/g, "-").replace(/^-|-$/g, "");

  /** Name of a file that says store, concept and colouring. */
  const nameFile = (kind, { picture, coloring }) =>
    `${[picture?.name, coloring.title].filter(Boolean).map(slug).join("_").slice(0, 120)}.${kind}`;

  function saveFile(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000); // the download may not have begun
  }

  /** Saves the figure as a file; a failure is told over the map. */
  async function savePicture(kind, map) {
    try {
      saveFile(await makePicture(kind, map), nameFile(kind, map));
    } catch (error) {
      map.notices.fail(`The picture could not be saved: ${error.message}.`, () => {
        map.notices.settle();
        savePicture(kind, map);
      });
    }
  }

  Object.assign(parts, { makePicture, savePicture });
})();
