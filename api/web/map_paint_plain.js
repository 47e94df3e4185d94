// Paints the points of a map without a graphics processor, pixel by pixel: in an order of magnitude less time than a canvas
// takes to fill as many circles. While it is panned, what is there is moved, and only what comes into view is painted.

import { fit, parts } from "./map_canvas.js";

/** A painter, as `map_paint.js` has it. */
export function plainPainter(canvas, points) {
  // Its pixels are kept here, and written whole.
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  const ranks = new Int32Array(points.length);
  let order = [];
  let groups = [];
  let colours = [];
  let paper = 0;
  let picture = null;
  let cells = null;
  let former = null;
  let dots = null;

  function paintWhole(view) {
    if (picture?.width !== view.width || picture.height !== view.height) {
      picture = context.createImageData(view.width, view.height);
      cells = new Uint32Array(picture.data.buffer);
    }
    const { radius } = view;
    dots = { on: dot(radius, 0.9), others: dot(radius, 0.62), off: dot(radius * 0.7, 0.16) };
    cells.fill(paper);
    paintPoints(order, view, { left: 0, top: 0, right: view.width, bottom: view.height });
  }

  /** Moves what is there by whole pixels, and paints what that leaves free at two edges. */
  function paintMoved(view, dx, dy) {
    const { width, height } = view;
    const offset = dy * width + dx;
    if (offset > 0) cells.copyWithin(0, offset);
    else cells.copyWithin(-offset, 0, cells.length + offset);
    const beside = { left: dx > 0 ? width - dx : 0, right: dx > 0 ? width : -dx, top: 0, bottom: height };
    const above = { left: dx > 0 ? 0 : -dx, right: dx > 0 ? width - dx : width, top: dy > 0 ? height - dy : 0, bottom: dy > 0 ? height : -dy };
    for (const part of [beside, above]) {
      for (let row = part.top; row < part.bottom; row++) cells.fill(paper, row * width + part.left, row * width + part.right);
      paintPoints(inside(part, view), view, part);
    }
  }

  /** The places whose points reach into a part of the picture, in the order in which they are painted. */
  function inside({ left, top, right, bottom }, { pixels, originX, originY }) {
    const found = [];
    if (left >= right || top >= bottom) return found;
    const reach = dots.on.reach + 1;
    const x = (at) => (at + originX) / pixels;
    const y = (at) => -(at + originY) / pixels;
    points.within(x(left - reach), y(bottom + reach), x(right + reach), y(top - reach), (place) => found.push(place));
    return found.sort((one, other) => ranks[one] - ranks[other]);
  }

  function paintPoints(places, { pixels, originX, originY, chosen }, part) {
    for (const place of places) {
      // Rounded before the origin is taken off: a point is on the same pixel however far the map was moved.
      const left = Math.round(points.x[place] * pixels) - originX;
      const top = Math.round(-points.y[place] * pixels) - originY;
      const isOff = chosen >= 0 && groups[place] !== chosen;
      put(picture, isOff ? dots.off : groups[place] ? dots.on : dots.others, left, top, colours[groups[place]], part);
    }
  }

  function ground() {
    const colour = getComputedStyle(canvas).getPropertyValue("--map-paper").trim();
    return new Uint32Array(new Uint8Array([...bytes(colour), 255]).buffer)[0];
  }

  return {
    group(given, ofGroups) {
      groups = given;
      order = Array.from(points.ids.keys()).sort((one, other) => groups[one] - groups[other]);
      order.forEach((place, rank) => (ranks[place] = rank));
      colours = ofGroups.map(bytes);
      paper = ground();
      former = null;
    },
    paint({ x, y, scale, radius, chosen }) {
      // Until the points are grouped there is but the ground: a canvas begins black.
      paper ||= ground();
      const { width, height, ratio } = fit(canvas);
      const pixels = scale * ratio;
      const [originX, originY] = [Math.round(x * pixels - width / 2), Math.round(-y * pixels - height / 2)];
      const view = { width, height, pixels, radius: radius * ratio, chosen, originX, originY };
      const isMoved = former && ["width", "height", "pixels", "radius", "chosen"].every((name) => former[name] === view[name]);
      const [dx, dy] = isMoved ? [originX - former.originX, originY - former.originY] : [width, height];
      former = view;
      if (isMoved && !dx && !dy) return;
      if (Math.abs(dx) < width && Math.abs(dy) < height) paintMoved(view, dx, dy);
      else paintWhole(view);
      context.putImageData(picture, 0, 0);
    },
  };
}

function bytes(colour) {
  return parts(colour).map((part) => Math.round(part * 255));
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

/** Blends a dot over what lies in a part of the picture. */
function put({ data, width }, { cover, reach, side }, x, y, [red, green, blue], part) {
  const [left, top] = [x - reach, y - reach];
  const [first, last] = [Math.max(0, part.left - left), Math.min(side, part.right - left)];
  for (let row = Math.max(0, part.top - top); row < Math.min(side, part.bottom - top); row++) {
    let at = ((top + row) * width + left + first) * 4;
    for (let column = first; column < last; column++, at += 4) {
      const share = cover[row * side + column];
      if (!share) continue;
      data[at] += ((red - data[at]) * share) >> 8;
      data[at + 1] += ((green - data[at + 1]) * share) >> 8;
      data[at + 2] += ((blue - data[at + 2]) * share) >> 8;
    }
  }
}
