// A track's outline, to be played from and selected in.
//
// Events of its element: `seek` (detail: seconds) and `select` (detail: {from, to} in seconds, or null).

import { h } from "./dom.js";
import { texts } from "./texts.js";
import { spoken } from "./time.js";

const BAR = 3;
const GAP = 1;
const DRAGGED_PX = 4;
const STEP = 5;
const FAR = 30;
const LEAST_SECONDS = 1;

const tenth = (seconds) => Math.round(seconds * 10) / 10;

/** `peaks` from 0 to 1, over `seconds`; it lives until `signal` is aborted. */
export function waveform(peaks, seconds, title, signal) {
  const canvas = h("canvas", { class: "wave-canvas", "aria-hidden": "true" });
  const element = h(
    "div",
    {
      class: "wave",
      role: "slider",
      tabindex: "0",
      "aria-label": texts.positionIn(title),
      "aria-valuemin": "0",
      "aria-valuemax": Math.round(seconds),
      "aria-describedby": "wave-help",
    },
    canvas,
  );
  const loudest = Math.max(0.05, ...peaks);
  let at = 0;
  let hover = null;
  let selected = null;
  let drag = null;
  let scheduled = false;

  const wave = {
    element,
    get selection() {
      return selected;
    },
    set time(value) {
      if (at === value) return;
      at = value;
      element.setAttribute("aria-valuenow", Math.round(value));
      element.setAttribute("aria-valuetext", texts.positionText(spoken(value), spoken(seconds)));
      schedule();
    },
    /** Selects from and to seconds, or nothing. */
    select(range, isTold = true) {
      selected = range && ordered(range.from, range.to);
      if (isTold) element.dispatchEvent(new CustomEvent("select", { detail: selected }));
      schedule();
    },
  };

  function ordered(one, other) {
    const from = Math.max(0, tenth(Math.min(one, other)));
    const to = Math.min(seconds, tenth(Math.max(one, other)));
    return to - from < LEAST_SECONDS ? { from: Math.max(0, Math.min(from, seconds - LEAST_SECONDS)), to: Math.min(seconds, from + LEAST_SECONDS) } : { from, to };
  }

  function draw() {
    scheduled = false;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const style = getComputedStyle(element);
    const colour = (name) => style.getPropertyValue(name).trim();
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const x = (time) => (time / seconds) * width;
    if (selected) {
      context.fillStyle = colour("--wave-selection");
      context.fillRect(x(selected.from), 0, x(selected.to) - x(selected.from), height);
    }
    const bars = Math.max(1, Math.floor(width / (BAR + GAP)));
    const middle = height * 0.62;
    for (let bar = 0; bar < bars; bar++) {
      const [first, last] = [Math.floor((bar * peaks.length) / bars), Math.floor(((bar + 1) * peaks.length) / bars)];
      let peak = 0;
      for (let point = first; point < Math.max(first + 1, last); point++) peak = Math.max(peak, peaks[point] ?? 0);
      const time = ((bar + 0.5) / bars) * seconds;
      const isSelected = selected && time >= selected.from && time <= selected.to;
      context.fillStyle = colour(time <= at ? "--wave-played" : isSelected ? "--wave-selected" : "--wave");
      const size = Math.max(0.012, peak / loudest);
      context.fillRect(bar * (BAR + GAP), middle - size * middle * 0.96, BAR, size * middle * 0.96);
      context.globalAlpha = 0.45;
      context.fillRect(bar * (BAR + GAP), middle + 1, BAR, size * (height - middle) * 0.85);
      context.globalAlpha = 1;
    }
    if (selected) {
      context.fillStyle = colour("--accent");
      for (const edge of [selected.from, selected.to]) context.fillRect(x(edge) - 1, 0, 2, height);
    }
    if (hover !== null && !drag) {
      context.fillStyle = colour("--soft");
      context.fillRect(x(hover), 0, 1, height);
    }
    context.fillStyle = colour("--text");
    context.fillRect(x(at) - 0.75, 0, 1.5, height);
  }

  function schedule() {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
  }

  function timeOf(event) {
    const { left, width } = element.getBoundingClientRect();
    return Math.min(Math.max(0, (event.clientX - left) / width), 1) * seconds;
  }

  function seek(time) {
    element.dispatchEvent(new CustomEvent("seek", { detail: Math.min(Math.max(0, time), seconds) }));
  }

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, from: timeOf(event), moved: false, before: selected };
  });
  element.addEventListener("pointermove", (event) => {
    hover = timeOf(event);
    if (drag && (drag.moved || Math.abs(event.clientX - drag.x) > DRAGGED_PX)) {
      drag.moved = true;
      wave.select({ from: Math.round(drag.from), to: Math.round(hover) }, false);
    }
    schedule();
  });
  element.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { moved, from } = drag;
    drag = null;
    // A pointer chooses whole seconds, as far as there are: a pixel is often a third of one.
    if (moved) wave.select({ from: Math.round(from), to: Math.round(timeOf(event)) });
    else seek(from);
  });
  element.addEventListener("pointercancel", () => {
    if (drag?.moved) wave.select(drag.before);
    drag = null;
  });
  element.addEventListener("pointerleave", () => {
    hover = null;
    schedule();
  });
  element.addEventListener("keydown", (event) => {
    // Those are the browser's: back, for one.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -FAR, PageUp: FAR }[event.key];
    if (by && event.shiftKey) {
      const range = selected ?? { from: at, to: at };
      wave.select(ordered(range.from, Math.max(range.from + LEAST_SECONDS, range.to + Math.sign(by))));
    } else if (by) seek(at + by);
    else if (event.key === "Home") seek(0);
    else if (event.key === "End") seek(seconds);
    else if (event.key === " " || event.key === "Enter") element.dispatchEvent(new Event("toggle"));
    else if (event.key === "Escape" && selected) wave.select(null);
    else return;
    event.preventDefault();
  });
  const observer = new ResizeObserver(schedule);
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", schedule, { signal });
  wave.time = 0;
  element.setAttribute("aria-valuenow", "0");
  element.setAttribute("aria-valuetext", texts.positionText(spoken(0), spoken(seconds)));
  schedule();
  return wave;
}
