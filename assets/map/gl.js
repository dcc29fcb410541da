// The only file that speaks WebGL2: points into framebuffers, framebuffers onto the canvas.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});

  const VERTEX = `#version 300 es
    layout(location = 0) in vec2 position;
    layout(location = 1) in uint level;
    uniform vec4 clip;
    uniform float size;
    uniform vec4 plain;      // alpha above 0: one colour for all, no palette
    uniform int only;        // at least 0: this level alone
    uniform sampler2D palette;
    flat out vec4 color;
    void main() {
      color = plain.a > 0.0 ? plain : texelFetch(palette, ivec2(level & 255u, level >> 8u), 0);
      bool hidden = color.a == 0.0 || (only >= 0 && int(level) != only);
      gl_Position = hidden ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(position * clip.xy + clip.zw, 0.0, 1.0);
      gl_PointSize = size + 1.0;  // room for the softened edge
    }`;
  const FRAGMENT = `#version 300 es
    precision highp float;
    uniform float size;
    flat in vec4 color;
    out vec4 pixel;
    void main() {
      float radius = length(gl_PointCoord - 0.5) * (size + 1.0);
      float alpha = color.a * clamp(0.5 * size - radius + 0.5, 0.0, 1.0);
      pixel = vec4(color.rgb * alpha, alpha);
    }`;

  class Painter {
    /** Throws where the browser has no WebGL2. */
    constructor(canvas) {
      this.gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
      if (!this.gl) throw new Error("no WebGL2");
      this.cells = new Uint16Array(0);
      this.layer = null;
      this.paletteBytes = null;
      this.restore();
    }

    /** Builds everything on the GPU, at the start and again after a lost context. */
    restore() {
      const gl = this.gl;
      this.program = buildProgram(gl);
      this.uniforms = Object.fromEntries(
        ["clip", "size", "plain", "only"].map((name) => [name, gl.getUniformLocation(this.program, name)]),
      );
      this.buffers = [0, 1, 2].map(() => gl.createBuffer()); // all cells, layer cells, layer levels
      this.palette = gl.createTexture();
      this.blocks = gl.createTexture();
      this.blockFramebuffer = gl.createFramebuffer();
      this.background = null;
      this.scene = null;
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      this.setCells(this.cells);
      if (this.layer) this.setLayer(this.layer);
      if (this.paletteBytes) this.setPalette(this.paletteBytes);
    }

    /** coordinates: Uint16Array of x, y pairs of all cells. */
    setCells(coordinates) {
      this.cells = coordinates;
      this.#upload(0, coordinates);
    }

    /** layer: {positions or null for all cells, levels, count}, in drawing order; or null. */
    setLayer(layer) {
      this.layer = layer;
      if (!layer) return;
      if (layer.positions) this.#upload(1, layer.positions);
      this.#upload(2, layer.levels);
    }

    /** bytes: RGBA of each level; a level with alpha 0 is not drawn. */
    setPalette(bytes) {
      const gl = this.gl;
      const rows = Math.max(1, Math.ceil(bytes.length / 1024));
      const padded = new Uint8Array(rows * 1024);
      padded.set(bytes);
      this.paletteBytes = bytes;
      gl.bindTexture(gl.TEXTURE_2D, this.palette);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, padded);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    }

    /** Draws all cells in grey. frame: {clip, size, cell, clear, only}; sizes in device pixels. */
    paintBackground(frame) {
      const gl = this.gl;
      this.background = this.#target(this.background);
      gl.bindFramebuffer(gl.FRAMEBUFFER, this.background.framebuffer);
      gl.clearColor(...frame.clear.map((c) => c / 255), 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      this.#points(frame, { positions: 0, count: this.cells.length / 2, plain: frame.cell });
    }

    /** Puts the layer on a copy of the background. */
    paintScene(frame) {
      const gl = this.gl;
      const { width, height } = gl.canvas;
      this.scene = this.#target(this.scene);
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.background.framebuffer);
      gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.scene.framebuffer);
      gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
      if (!this.layer) return;
      gl.bindFramebuffer(gl.FRAMEBUFFER, this.scene.framebuffer);
      const what = { positions: this.layer.positions ? 1 : 0, count: this.layer.count };
      this.#points({ ...frame, only: -1 }, what);
      // The highlighted category lies on top of all others, wherever they come in the order.
      if (frame.only >= 0) this.#points(frame, what);
    }

    /** Fills the scene with blocks: {bytes, width, height, side}, see Blocks. */
    paintBlocks({ bytes, width, height, side }) {
      const gl = this.gl;
      this.scene = this.#target(this.scene);
      gl.bindTexture(gl.TEXTURE_2D, this.blocks);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.blockFramebuffer);
      gl.framebufferTexture2D(
        gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.blocks, 0,
      );
      gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.scene.framebuffer);
      const to = [0, 0, width * side, height * side]; // what reaches over the edge is cut off
      gl.blitFramebuffer(0, 0, width, height, ...to, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    }

    /** Shows the scene; rect [x0, y0, x1, y1] (device pixels, y up) moves and scales it. */
    present(clear, rect) {
      const gl = this.gl;
      if (!this.scene) return;
      const { width, height } = this.scene;
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      gl.clearColor(...clear.map((c) => c / 255), 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.scene.framebuffer);
      const to = rect ?? [0, 0, width, height];
      const filter = rect ? gl.LINEAR : gl.NEAREST;
      gl.blitFramebuffer(0, 0, width, height, ...to, gl.COLOR_BUFFER_BIT, filter);
    }

    /** A question to ask later: is all drawn that was asked for until now? */
    fence() {
      const gl = this.gl;
      const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      gl.flush();
      return () => {
        const done = !sync || gl.getSyncParameter(sync, gl.SYNC_STATUS) === gl.SIGNALED;
        if (done) gl.deleteSync(sync);
        return done;
      };
    }

    /** Gives the context back at once: a browser grants only about sixteen. */
    destroy() {
      this.gl.getExtension("WEBGL_lose_context")?.loseContext();
    }

    #upload(slot, data) {
      this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[slot]);
      this.gl.bufferData(this.gl.ARRAY_BUFFER, data, this.gl.STATIC_DRAW);
    }

    #points(frame, { positions, count, plain }) {
      const gl = this.gl;
      if (!count) return;
      gl.useProgram(this.program);
      gl.viewport(0, 0, gl.canvas.width, gl.canvas.height);
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[positions]);
      gl.enableVertexAttribArray(0);
      gl.vertexAttribPointer(0, 2, gl.UNSIGNED_SHORT, true, 0, 0);
      if (plain) {
        gl.disableVertexAttribArray(1);
        gl.vertexAttribI4ui(1, 0, 0, 0, 0);
      } else {
        const wide = this.layer.levels.BYTES_PER_ELEMENT === 2;
        gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[2]);
        gl.enableVertexAttribArray(1);
        gl.vertexAttribIPointer(1, 1, wide ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE, 0, 0);
        gl.bindTexture(gl.TEXTURE_2D, this.palette);
      }
      gl.uniform4fv(this.uniforms.clip, frame.clip);
      gl.uniform1f(this.uniforms.size, frame.size);
      gl.uniform4f(this.uniforms.plain, ...(plain ?? [0, 0, 0]).map((c) => c / 255), plain ? 1 : 0);
      gl.uniform1i(this.uniforms.only, plain ? -1 : frame.only);
      gl.drawArrays(gl.POINTS, 0, count);
    }

    // A framebuffer of the canvas's present size; the old one is used again where it fits.
    #target(old) {
      const gl = this.gl;
      const { width, height } = gl.canvas;
      if (old && old.width === width && old.height === height) return old;
      if (old) {
        gl.deleteFramebuffer(old.framebuffer);
        gl.deleteRenderbuffer(old.pixels);
      }
      const target = { width, height, framebuffer: gl.createFramebuffer(), pixels: gl.createRenderbuffer() };
      gl.bindRenderbuffer(gl.RENDERBUFFER, target.pixels);
      gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, width, height);
      gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, target.pixels);
      return target;
    }
  }

  function buildProgram(gl) {
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source.trim());
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`the map's shaders do not link: ${gl.getProgramInfoLog(program)}`);
    }
    return program;
  }

  Object.assign(parts, { Painter });
})();
