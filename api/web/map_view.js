// A map that is panned and zoomed, with pointers, wheel and keys.
//
// Events: `point` (the point under the pointer or the keys: detail {place}, -1 for none), `choose` (clicked, or Enter),
// `moved` (the view has come to rest).

import { h, s } from "./dom.js";
import { painter } from "./map_paint.js";
import { texts } from "./texts.js";

const NEAR_PX = 16;
const DRAGGED_PX = 4;
const EDGE_PX = 24;
// What is beside the words of a tip: its own edges, and the way to the point.
const TIP_PX = 48;
const MOST = 400;
const REST_MS = 250;

export function mapView(points, signal) {
  const canvas = h("canvas", { class: "map-canvas", "aria-hidden": "true" });
  const line = s("polyline", { class: "way-line" });
  const stops = s("g", { class: "way-stops" });
  const ring = s("circle", { class: "map-ring", r: 9, visibility: "hidden" });
  const playing = s("circle", { class: "map-playing", r: 8, visibility: "hidden" });
  const marks = s("svg", { class: "map-marks", "aria-hidden": "true" }, line, stops, playing, ring);
  const tip = h("div", { class: "map-tip", hidden: true });
  const element = h("div", { class: "map-view", role: "application", tabindex: "0", "aria-label": texts.mapLabel }, canvas, marks, tip);
  const brush = painter(canvas, points, () => schedule());
  const view = new EventTarget();
  const middle = { x: points.across.middle, y: points.upright.middle };
  const camera = { ...middle, scale: 0 };
  const pointers = new Map();
  let whole = 0;
  let chosenGroup = -1;
  let focused = -1;
  let current = -1;
  let way = [];
  let scheduled = false;
  let resting;
  let drag = null;

  // Few points are large, many small, as there is room; they grow as one comes nearer.
  const base = () => Math.min(8, Math.max(1.9, (0.26 * Math.min(element.clientWidth, element.clientHeight)) / Math.sqrt(points.length)));
  const radius = () => Math.min(12, base() * Math.max(1, camera.scale / whole) ** 0.45);
  const left = (x) => (x - camera.x) * camera.scale + element.clientWidth / 2;
  const top = (y) => element.clientHeight / 2 - (y - camera.y) * camera.scale;
  const worldX = (px) => (px - element.clientWidth / 2) / camera.scale + camera.x;
  const worldY = (px) => (element.clientHeight / 2 - px) / camera.scale + camera.y;

  Object.assign(view, {
    element,
    tip,
    colour(groups, colours) {
      brush.group(groups, colours);
      schedule();
    },
    choose(group) {
      chosenGroup = group;
      schedule();
    },
    /** Shows where something plays, -1 for nowhere. */
    play(place) {
      current = place;
      schedule();
    },
    /** Draws a way over these places. */
    way(places) {
      way = places;
      stops.replaceChildren(...places.map(() => s("circle", { r: 6 })));
      schedule();
    },
    zoom(by) {
      zoomAt(by, element.clientWidth / 2, element.clientHeight / 2);
    },
    whole() {
      Object.assign(camera, middle, { scale: whole });
      moved();
    },
    /** The places in view, nearest to the middle first. */
    inView(most) {
      return points.inside(worldX(0), worldY(element.clientHeight), worldX(element.clientWidth), worldY(0), most);
    },
  });

  function draw() {
    scheduled = false;
    if (!element.clientWidth || !element.clientHeight) return;
    brush.paint({ ...camera, radius: radius(), chosen: chosenGroup });
    put(ring, focused);
    put(playing, current);
    set(line, "points", way.map((place) => `${left(points.x[place]).toFixed(1)},${top(points.y[place]).toFixed(1)}`).join(" "));
    way.forEach((place, at) => put(stops.children[at], place));
    if (focused >= 0) {
      const [x, y] = [left(points.x[focused]), top(points.y[focused])];
      // Towards the middle of the map, where there is room.
      const isRight = x > element.clientWidth / 2;
      tip.classList.toggle("leftwards", isRight);
      tip.style.maxWidth = `${Math.max(100, Math.min(320, (isRight ? x : element.clientWidth - x) - TIP_PX))}px`;
      tip.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)${y > element.clientHeight / 2 ? " translateY(calc(-100% + 2.6rem))" : ""}`;
    }
  }

  function put(circle, place) {
    set(circle, "visibility", place < 0 ? "hidden" : "visible");
    if (place < 0) return;
    set(circle, "cx", left(points.x[place]).toFixed(1));
    set(circle, "cy", top(points.y[place]).toFixed(1));
  }

  // What stays as it is need not be drawn again.
  function set(node, name, value) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }

  function schedule() {
    if (scheduled || signal.aborted) return;
    scheduled = true;
    requestAnimationFrame(draw);
  }

  function moved() {
    camera.x = Math.min(1.1, Math.max(-0.1, camera.x));
    camera.y = Math.min(1.1, Math.max(-0.1, camera.y));
    schedule();
    clearTimeout(resting);
    resting = setTimeout(() => !signal.aborted && view.dispatchEvent(new Event("moved")), REST_MS);
  }

  function zoomAt(by, px, py) {
    const [x, y] = [worldX(px), worldY(py)];
    camera.scale = Math.min(whole * MOST, Math.max(whole * 0.7, camera.scale * by));
    camera.x += x - worldX(px);
    camera.y += y - worldY(py);
    moved();
  }

  function focus(place, isTold = true) {
    if (place === focused) return;
    focused = place;
    if (isTold) view.dispatchEvent(new CustomEvent("point", { detail: { place } }));
    schedule();
  }

  function at(event) {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function under(px, py) {
    return points.nearest(worldX(px), worldY(py), Math.max(NEAR_PX, radius() + 4) / camera.scale, isOn);
  }

  // What was dimmed is not in the way.
  let isOn = () => true;
  view.only = (test) => (isOn = test);

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    drag = { from: at(event), moved: pointers.size > 1 };
  });
  element.addEventListener("pointermove", (event) => {
    const [px, py] = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      focus(under(px, py));
      return;
    }
    if (pointers.size === 2) {
      const [, other] = [...pointers].find(([id]) => id !== event.pointerId);
      const by = Math.hypot(px - other[0], py - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1]));
      zoomAt(by, (px + other[0]) / 2, (py + other[1]) / 2);
    } else if (drag.moved || Math.hypot(px - drag.from[0], py - drag.from[1]) > DRAGGED_PX) {
      drag.moved = true;
      camera.x -= (px - before[0]) / camera.scale;
      camera.y += (py - before[1]) / camera.scale;
      element.classList.add("dragged");
      moved();
    } else return;
    pointers.set(event.pointerId, [px, py]);
  });
  element.addEventListener("pointerup", (event) => {
    const wasAlone = pointers.delete(event.pointerId) && pointers.size === 0;
    element.classList.remove("dragged");
    if (!wasAlone || !drag || drag.moved) return;
    const [px, py] = at(event);
    const place = under(px, py);
    focus(place);
    if (place >= 0) view.dispatchEvent(new CustomEvent("choose", { detail: { place } }));
    else {
      // Nothing there: it becomes the middle, so that nobody has to drag.
      Object.assign(camera, { x: worldX(px), y: worldY(py) });
      moved();
    }
  });
  element.addEventListener("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    element.classList.remove("dragged");
    // Nothing was chosen by what was broken off.
    if (drag) drag.moved = true;
  });
  element.addEventListener("pointerleave", () => pointers.size || focus(-1));
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : event.deltaMode ? 0.05 : 0.0016)), ...at(event));
    },
    { passive: false },
  );
  element.addEventListener("keydown", (event) => {
    // Those are the browser's: back, and how large everything is.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (direction) {
      const next = focused < 0 ? (view.inView(1)[0] ?? -1) : points.towards(focused, ...direction, isOn);
      if (next >= 0) {
        focus(next);
        bringIn(next);
      }
    } else if (event.key === "Enter" && focused >= 0) view.dispatchEvent(new CustomEvent("choose", { detail: { place: focused } }));
    else if (event.key === "+" || event.key === "=") view.zoom(1.5);
    else if (event.key === "-") view.zoom(1 / 1.5);
    else if (event.key === "Home" || event.key === "0") view.whole();
    else return;
    event.preventDefault();
  });

  function bringIn(place) {
    const [px, py] = [left(points.x[place]), top(points.y[place])];
    const edge = EDGE_PX - 4;
    if (px > edge && py > edge && px < element.clientWidth - edge && py < element.clientHeight - edge) return;
    Object.assign(camera, { x: points.x[place], y: points.y[place] });
    moved();
  }

  const observer = new ResizeObserver(() => {
    const former = whole;
    const [wide, high] = [element.clientWidth - 2 * EDGE_PX, element.clientHeight - 2 * EDGE_PX];
    whole = Math.max(50, Math.min(wide / Math.max(0.05, points.across.size), high / Math.max(0.05, points.upright.size)));
    camera.scale = former ? (camera.scale / former) * whole : whole;
    moved();
  });
  observer.observe(element);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    clearTimeout(resting);
    brush.close();
  });
  return view;
}
