// Paints the points of a map: with WebGL, where panning only changes two numbers, else on a plain canvas.

const GROUPS = 13;

const VERTEX = `
attribute vec2 place;
attribute float group;
uniform vec2 centre;
uniform vec2 scale;
uniform float size;
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
uniform float size;
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
  return gl ? onWebGl(canvas, gl, points) : onCanvas(canvas, points);
}

function onWebGl(canvas, gl, points) {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
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
      gl.uniform3fv(uniform.colours, flat(colours));
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

function onCanvas(canvas, points) {
  const context = canvas.getContext("2d");
  let order = [];
  let groups = [];
  let colours = [];
  return {
    group(given, ofGroups) {
      [groups, colours] = [given, ofGroups];
      order = Array.from(points.ids.keys()).sort((one, other) => groups[one] - groups[other]);
    },
    paint({ x, y, scale, radius, chosen }) {
      const { clientWidth: width, clientHeight: height } = canvas;
      const ratio = devicePixelRatio || 1;
      fit(canvas, width, height, ratio);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      for (const place of order) {
        const left = (points.x[place] - x) * scale + width / 2;
        const top = height / 2 - (points.y[place] - y) * scale;
        if (left < -radius || top < -radius || left > width + radius || top > height + radius) continue;
        const isOff = chosen >= 0 && groups[place] !== chosen;
        context.globalAlpha = isOff ? 0.16 : groups[place] ? 0.9 : 0.62;
        context.fillStyle = colours[groups[place]];
        context.beginPath();
        context.arc(left, top, isOff ? radius * 0.7 : radius, 0, 2 * Math.PI);
        context.fill();
      }
    },
  };
}

function fit(canvas, width, height, ratio) {
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
}

// "#rrggbb", one after the other, each as three parts from 0 to 1.
function flat(colours) {
  const all = Array.from({ length: GROUPS }, (_, at) => colours[at] ?? colours[0]);
  return Float32Array.from(all.flatMap((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)));
}
