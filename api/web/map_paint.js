// Paints the points of a map: by the graphics processor where there is one, else pixel by pixel.

import { glPainter } from "./map_paint_gl.js";
import { plainPainter } from "./map_paint_plain.js";

/**
 * A painter of `points` on a canvas, which it may exchange. `group` takes numbers by place, 0 for none, and CSS colours by
 * number; `paint` the middle of the view, pixels for one unit, a point's radius, and the group that is chosen, −1 for
 * none; `close` when it is not needed any more. `lost()` is called when everything wants painting anew.
 */
export function painter(canvas, points, lost) {
  let grouped = null;
  let plain = null;
  const gl = glPainter(canvas, points, () => {
    plain ??= instead();
    if (grouped) plain.group(...grouped);
    lost();
  });

  // A canvas keeps its first kind of context: the other one needs a fresh canvas.
  function instead() {
    const fresh = canvas.cloneNode();
    canvas.replaceWith(fresh);
    return plainPainter(fresh, points);
  }

  if (!gl) plain = instead();
  return {
    group(groups, colours) {
      grouped = [groups, colours];
      (plain ?? gl).group(groups, colours);
    },
    paint(view) {
      (plain ?? gl).paint(view);
    },
    close() {
      gl?.close();
    },
  };
}
