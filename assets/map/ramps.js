// Colours: a sequential and a diverging ramp a theme, category colours, CSS colours to bytes.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});

  // Plasma (Smith and van der Walt 2015, CC0): lightness is monotonic and it survives the common
  // colour vision deficiencies. Each theme uses the part that stays clear of its own background
  // and of grey: on white low values are amber and high ones indigo, on black violet to yellow.
  const PLASMA = [
    "#0d0887", "#41049d", "#6a00a8", "#8f0da4", "#b12a90", "#cc4778",
    "#e16462", "#f2844b", "#fca636", "#fcce25", "#f0f921",
  ];
  const SPAN = { light: [0.86, 0], dark: [0.28, 1] };

  // Blue and vermilion (Okabe and Ito 2008), deepened away from the ground: the pair that every
  // common colour vision tells apart. Between them lies the grey of cells without a value.
  const POLES = {
    light: { low: ["#08315f", "#0072b2"], high: ["#d55e00", "#7a2f00"] },
    dark: { low: ["#c4e6ff", "#56b4e9"], high: ["#f0894a", "#ffd9b8"] },
  };

  // Okabe and Ito (2008), then Paul Tol's muted set: told apart with every colour vision.
  const CATEGORIES = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8f7ee0", "#b3a100",
    "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddaa77", "#cc6677", "#882255",
  ];

  const hexBytes = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  /** The 256 steps of a theme's ramp, lowest value first: Uint8Array of RGBA. */
  function rampBytes(theme) {
    const [from, to] = SPAN[theme];
    return interpolate(PLASMA.map(hexBytes), 256, (share) => from + (to - from) * share);
  }

  /** The 255 steps of a theme's diverging ramp around `middle` [r, g, b], and one to spare. */
  function divergingBytes(theme, middle) {
    const { low, high } = POLES[theme];
    return interpolate([...low.map(hexBytes), middle, ...high.map(hexBytes)], 255, (share) => share);
  }

  function interpolate(anchors, n, place) {
    const bytes = new Uint8Array(256 * 4);
    for (let step = 0; step < 256; step++) {
      const at = place(Math.min(1, step / (n - 1))) * (anchors.length - 1);
      const low = Math.min(Math.floor(at), anchors.length - 2);
      for (let c = 0; c < 3; c++) {
        bytes[4 * step + c] = Math.round(mix(anchors[low][c], anchors[low + 1][c], at - low));
      }
      bytes[4 * step + 3] = 255;
    }
    return bytes;
  }

  const mix = (a, b, share) => a + (b - a) * share;

  /** RGBA bytes of 256 steps as a CSS gradient from left to right. */
  function gradientOf(bytes) {
    const stops = [];
    for (let step = 0; step <= 255; step += 15) {
      stops.push(`rgb(${bytes[4 * step]},${bytes[4 * step + 1]},${bytes[4 * step + 2]})`);
    }
    return `linear-gradient(to right, ${stops.join(", ")})`;
  }

  let probe = null;
  const known = new Map();
  /** Any CSS colour as [r, g, b]; a browser's canvas is the one complete parser of them. */
  function cssBytes(css) {
    if (!known.has(css)) {
      probe ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
      probe.fillStyle = "#808080"; // what stays when the browser cannot read the colour
      probe.fillStyle = css.trim();
      probe.fillRect(0, 0, 1, 1);
      known.set(css, [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)]);
    }
    return known.get(css);
  }

  /** One colour a category: the given ones, then the default palette, repeated as needed. */
  function categoryColors(given, n) {
    return Array.from({ length: n }, (_, i) => given?.[i] ?? CATEGORIES[i % CATEGORIES.length]);
  }

  Object.assign(parts, { rampBytes, divergingBytes, gradientOf, cssBytes, categoryColors, mix });
})();
