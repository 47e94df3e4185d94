// Paints the points of a map with WebGL: they are handed over once, and to pan or zoom changes a few numbers.

import { fit, parts } from "./map_canvas.js";

const GROUPS = 13;

const VERTEX = `
attribute vec2 place;
attribute float group;
uniform vec2 centre;
uniform vec2 scale;
uniform mediump float size;
uniform float chosen;
uniform vec3 colours[${GROUPS}];
varying vec4 colour;
void main() {
  gl_Position = vec4((place - centre) * scale, 0.0, 1.0);
  bool isOff = chosen >= 0.0 && abs(group - chosen) > 0.5;
  gl_PointSize = isOff ? size * 0.7 : size;
  colour = vec4(colours[int(group)], isOff ? 0.16 : group < 0.5 ? 0.62 : 0.9);
}`;

const FRAGMENT = `
precision mediump float;
varying vec4 colour;
uniform mediump float size;
void main() {
  float far = length(gl_PointCoord - 0.5) * 2.0;
  float alpha = colour.a * (1.0 - smoothstep(1.0 - 2.5 / size, 1.0, far));
  gl_FragColor = vec4(colour.rgb * alpha, alpha);
}`;

/** Whether the renderer calls itself one of those that run on the processor; not every browser counts them as a caveat. */
function isImitated(gl) {
  const kind = gl.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER;
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(gl.getParameter(kind));
}

/**
 * A painter, as `map_paint.js` has it; null where a graphics processor would only be imitated, which is slower than to paint
 * without one. `lost()` is called when the browser takes it away.
 */
export function glPainter(canvas, points, lost) {
  const gl = canvas.getContext("webgl", { antialias: false, depth: false, premultipliedAlpha: true, failIfMajorPerformanceCaveat: true });
  const program = gl && !isImitated(gl) && linked(gl);
  if (!program) return null;
  gl.useProgram(program);
  const uniform = Object.fromEntries(["centre", "scale", "size", "chosen", "colours"].map((name) => [name, gl.getUniformLocation(program, name)]));
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  for (const [name, count, offset] of [["place", 2, 0], ["group", 1, 8]]) {
    const at = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, count, gl.FLOAT, false, 12, offset);
  }
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const values = new Float32Array(points.length * 3);
  canvas.addEventListener("webglcontextlost", lost, { once: true });

  return {
    group(groups, colours) {
      // What is in no group lies below what is.
      const order = Array.from(points.ids.keys()).sort((one, other) => groups[one] - groups[other]);
      order.forEach((place, at) => values.set([points.x[place], points.y[place], groups[place]], at * 3));
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      gl.uniform3fv(uniform.colours, Array.from({ length: GROUPS }, (_, at) => parts(colours[at] ?? colours[0])).flat());
    },
    paint({ x, y, scale, radius, chosen }) {
      const { width, height, ratio } = fit(canvas);
      gl.viewport(0, 0, width, height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(uniform.centre, x, y);
      gl.uniform2f(uniform.scale, (2 * scale * ratio) / width, (2 * scale * ratio) / height);
      gl.uniform1f(uniform.size, radius * 2 * ratio);
      gl.uniform1f(uniform.chosen, chosen);
      gl.drawArrays(gl.POINTS, 0, points.length);
    },
    /** Browsers have few contexts; those that nobody sees are given back. */
    close() {
      canvas.removeEventListener("webglcontextlost", lost);
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}
