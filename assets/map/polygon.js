// A selection: a polygon on the map's 16-bit grid, as text in the address and as a set of cells.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const MOST_VERTICES = 48;
  const SIDE = 65535;

  /** "MAP:x1,y1,..." -> [[x, y], ...] on that map; null for another map and for nonsense. */
  function parseSelection(text, mapKey) {
    const [key, numbers] = /^(.*):([\d,]+)$/.exec(text ?? "")?.slice(1) ?? [];
    if (!numbers || key !== mapKey) return null;
    const values = numbers.split(",").map(Number);
    const isLegal = values.every((v) => v <= SIDE) && values.length % 2 === 0;
    if (!isLegal || values.length < 6 || values.length > 2 * MOST_VERTICES) return null;
    return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]);
  }

  const formatSelection = (polygon, mapKey) => `${mapKey}:${polygon.flat().join(",")}`;

  /** Points of the world (0..1) -> a polygon of few vertices; null where nothing is enclosed. */
  function makePolygon(points) {
    const onGrid = points.map((p) => p.map((v) => Math.round(parts.clamp(v, 0, 1) * SIDE)));
    const different = onGrid.filter((p, i) => !i || String(p) !== String(onGrid[i - 1]));
    const polygon = simplify(different);
    return polygon.length >= 3 && Math.abs(area(polygon)) > 0 ? polygon : null;
  }

  // Visvalingam and Whyatt (1993): the vertex whose triangle is the smallest goes first.
  function simplify(points) {
    const left = [...points];
    const triangle = (i) => {
      const n = left.length;
      return Math.abs(area([left[(i + n - 1) % n], left[i], left[(i + 1) % n]]));
    };
    while (left.length > 3) {
      let [least, at] = [Infinity, -1];
      for (let i = 0; i < left.length; i++) {
        const size = triangle(i);
        if (size < least) [least, at] = [size, i];
      }
      if (left.length <= MOST_VERTICES && least > 0) break;
      left.splice(at, 1);
    }
    return left;
  }

  function area(polygon) {
    let twice = 0;
    polygon.forEach(([x, y], i) => {
      const [nextX, nextY] = polygon[(i + 1) % polygon.length];
      twice += x * nextY - nextX * y;
    });
    return twice / 2;
  }

  /**
   * Number of cells inside, by the even-odd rule; coordinates: Uint16Array of x, y pairs. A cell on
   * a left or lower edge is inside, on a right or upper one outside, exactly as on the server.
   */
  function countInside(polygon, coordinates) {
    const xs = polygon.map(([x]) => x);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const edges = edgesOf(polygon);
    const bottom = Math.min(...edges.map(([, ay]) => ay));
    const top = Math.max(...edges.map(([, , , by]) => by));
    const flat = new Float64Array(edges.flat());
    let inside = 0;
    for (let i = 0; i < coordinates.length; i += 2) {
      const x = coordinates[i];
      const y = coordinates[i + 1];
      if (x < left || x > right || y < bottom || y >= top) continue;
      if (isInside(flat, x, y)) inside += 1;
    }
    return inside;
  }

  // [ax, ay, bx, by] with a below b; level ones cross no cell's row.
  function edgesOf(polygon) {
    const pairs = polygon.map((point, i) => [point, polygon[(i + 1) % polygon.length]]);
    return pairs
      .filter(([[, ay], [, by]]) => ay !== by)
      .map(([a, b]) => (a[1] < b[1] ? [...a, ...b] : [...b, ...a]));
  }

  function isInside(edges, x, y) {
    let odd = false;
    for (let i = 0; i < edges.length; i += 4) {
      const ay = edges[i + 1];
      const by = edges[i + 3];
      if (y < ay || y >= by) continue;
      if ((x - edges[i]) * (by - ay) < (y - ay) * (edges[i + 2] - edges[i])) odd = !odd;
    }
    return odd;
  }

  Object.assign(parts, { parseSelection, formatSelection, makePolygon, countInside });
})();
