// A map's canvas, and the colours on it.

/** Makes a canvas as large as it is shown, in pixels of the screen. */
export function fit(canvas) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  return { width, height, ratio };
}

/** "#rrggbb" as three parts from 0 to 1. */
export function parts(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
}
