// Paints the points of a map: with WebGL, where panning only changes two numbers, else pixel by pixel.

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

/**
 * A painter of `points` on a canvas. `groups` are numbers by place, 0 for none, `colours` CSS colours by number; `paint`
 * takes the middle of the view, pixels for one unit, and a point's radius.
 */
export function painter(canvas, points) {
  const gl = canvas.getContext("webgl", { antialias: false, depth: false, premultipliedAlpha: true });
  const program = gl && linked(gl);
  if (program) return onWebGl(canvas, gl, program, points);
  // A canvas keeps its first kind of context: the other one needs a fresh canvas.
  const plain = canvas.cloneNode();
  if (gl) canvas.replaceWith(plain);
  return onCanvas(gl ? plain : canvas, points);
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

function onWebGl(canvas, gl, program, points) {
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

  return {
    group(groups, colours) {
      // What is in no group lies below what is.
      const order = Array.from(points.ids.keys()).sort((one, other) => groups[one] - groups[other]);
      order.forEach((place, at) => values.set([points.x[place], points.y[place], groups[place]], at * 3));
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      gl.uniform3fv(uniform.colours, flat(Array.from({ length: GROUPS }, (_, at) => colours[at] ?? colours[0])));
    },
    paint({ x, y, scale, radius, chosen }) {
      const ratio = devicePixelRatio || 1;
      const { clientWidth: width, clientHeight: height } = canvas;
      fit(canvas, width, height, ratio);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(uniform.centre, x, y);
      gl.uniform2f(uniform.scale, (2 * scale) / width, (2 * scale) / height);
      gl.uniform1f(uniform.size, radius * 2 * ratio);
      gl.uniform1f(uniform.chosen, chosen);
      gl.drawArrays(gl.POINTS, 0, points.length);
    },
  };
}

// Pixel by pixel: a few for each point, in an order of magnitude less time than a canvas takes to fill as many circles.
function onCanvas(canvas, points) {
  const context = canvas.getContext("2d", { alpha: false });
  let order = [];
  let groups = [];
  let colours = [];
  let picture = null;
  return {
    group(given, ofGroups) {
      groups = given;
      order = Array.from(points.ids.keys()).sort((one, other) => groups[one] - groups[other]);
      const parts = flat([...ofGroups, getComputedStyle(canvas).getPropertyValue("--map-paper").trim()]);
      colours = Array.from({ length: parts.length / 3 }, (_, at) => Array.from(parts.slice(at * 3, at * 3 + 3), (part) => Math.round(part * 255)));
    },
    paint({ x, y, scale, radius, chosen }) {
      const ratio = devicePixelRatio || 1;
      const { clientWidth, clientHeight } = canvas;
      fit(canvas, clientWidth, clientHeight, ratio);
      const { width, height } = canvas;
      if (picture?.width !== width || picture?.height !== height) picture = context.createImageData(width, height);
      const [red, green, blue] = colours.at(-1) ?? [255, 255, 255];
      new Uint32Array(picture.data.buffer).fill(new Uint32Array(new Uint8Array([red, green, blue, 255]).buffer)[0]);
      const dots = { on: dot(radius * ratio, 0.9), others: dot(radius * ratio, 0.62), off: dot(radius * 0.7 * ratio, 0.16) };
      const pixels = scale * ratio;
      for (const place of order) {
        const left = Math.round((points.x[place] - x) * pixels + width / 2);
        const top = Math.round(height / 2 - (points.y[place] - y) * pixels);
        const isOff = chosen >= 0 && groups[place] !== chosen;
        put(picture, isOff ? dots.off : groups[place] ? dots.on : dots.others, left, top, colours[groups[place]]);
      }
      context.putImageData(picture, 0, 0);
    },
  };
}

/** A disc with a soft edge: how much of it covers each pixel, 0 to 256. */
function dot(radius, alpha) {
  const reach = Math.ceil(radius);
  const side = 2 * reach + 1;
  const cover = new Uint16Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const far = Math.hypot(row - reach, column - reach);
      cover[row * side + column] = Math.round(256 * alpha * Math.min(1, Math.max(0, radius - far + 0.5)));
    }
  }
  return { cover, reach, side };
}

function put({ data, width, height }, { cover, reach, side }, left, top, [red, green, blue]) {
  const [first, last] = [Math.max(0, reach - left), Math.min(side, width - left + reach)];
  for (let row = Math.max(0, reach - top); row < Math.min(side, height - top + reach); row++) {
    let at = ((top - reach + row) * width + left - reach + first) * 4;
    for (let column = first; column < last; column++, at += 4) {
      const part = cover[row * side + column];
      if (!part) continue;
      data[at] += ((red - data[at]) * part) >> 8;
      data[at + 1] += ((green - data[at + 1]) * part) >> 8;
      data[at + 2] += ((blue - data[at + 2]) * part) >> 8;
    }
  }
}

function fit(canvas, width, height, ratio) {
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
}

// "#rrggbb", one after the other, each as three parts from 0 to 1.
function flat(colours) {
  return Float32Array.from(colours.flatMap((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)));
}
