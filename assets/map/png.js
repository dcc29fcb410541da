// Says in a PNG file how large it is in print: the chunk pHYs (PNG specification, 2003, 11.3.5.3).
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const AFTER_HEADER = 33; // signature 8, IHDR 4 + 4 + 13 + 4

  function crc(bytes) {
    let sum = 0xffffffff;
    for (const byte of bytes) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
    }
    return (sum ^ 0xffffffff) >>> 0;
  }

  /** bytes of a PNG without pHYs -> the same with its resolution in dots an inch. */
  function setResolution(bytes, dpi) {
    const chunk = new DataView(new ArrayBuffer(21));
    const perMetre = Math.round(dpi / 0.0254);
    chunk.setUint32(0, 9);
    [..."pHYs"].forEach((letter, i) => chunk.setUint8(4 + i, letter.charCodeAt(0)));
    chunk.setUint32(8, perMetre);
    chunk.setUint32(12, perMetre);
    chunk.setUint8(16, 1);
    chunk.setUint32(17, crc(new Uint8Array(chunk.buffer, 4, 13)));
    const out = new Uint8Array(bytes.length + 21);
    out.set(bytes.subarray(0, AFTER_HEADER));
    out.set(new Uint8Array(chunk.buffer), AFTER_HEADER);
    out.set(bytes.subarray(AFTER_HEADER), AFTER_HEADER + 21);
    return out;
  }

  Object.assign(parts, { setResolution });
})();
