// A part of a track: chosen on the waveform or by its times, played by itself, and found again elsewhere.

import { h, icon, replace } from "./dom.js";
import { ask } from "./graphql.js";
import { player } from "./player.js";
import { announce, filled } from "./states.js";
import { texts } from "./texts.js";
import { aboutOf, trackRow } from "./track_row.js";
import { clock, exactClock, parsedClock } from "./time.js";

/** The fields under the waveform, and the place where passages like it appear. `play(from, until)` plays a part. */
export function passage(track, wave, { play, signal }) {
  const from = timeField(texts.from, texts.setFromHere);
  const to = timeField(texts.to, texts.setToHere);
  const hear = h("button", { type: "button", class: "button", onclick: () => play(wave.selection.from, wave.selection.to) }, icon("play"), texts.playPassage);
  const find = h("button", { type: "button", class: "button main", onclick: search }, icon("search"), texts.findPassages);
  const clear = h("button", { type: "button", class: "link", onclick: () => wave.select(null) }, texts.clearPassage);
  const problem = h("p", { class: "problem", role: "alert" });
  const found = h("section", { class: "passages", "aria-live": "polite" });
  const form = h(
    "form",
    { class: "passage", "aria-label": texts.passage, onsubmit: (event) => event.preventDefault() },
    h("div", { class: "passage-times" }, from.element, to.element),
    h("div", { class: "passage-actions" }, hear, find, clear),
    problem,
  );

  let asking = null;

  function draw(range) {
    // What is on its way is about another passage.
    if (asking) replace(found);
    asking?.abort();
    asking = null;
    for (const control of [hear, find, clear]) control.disabled = !range;
    form.classList.toggle("chosen", Boolean(range));
    from.input.value = range ? exactClock(range.from) : "";
    to.input.value = range ? exactClock(range.to) : "";
    problem.textContent = "";
    if (range) announce(texts.passageSelected(exactClock(range.from), exactClock(range.to)));
    else replace(found);
  }

  function read() {
    const [begin, end] = [parsedClock(from.input.value), parsedClock(to.input.value)];
    if (begin === null || end === null) {
      problem.textContent = from.input.value && to.input.value ? texts.passageWrong : "";
      return;
    }
    if (end <= begin || begin >= track.durationSeconds) problem.textContent = texts.passageWrong;
    else wave.select({ from: begin, to: end });
  }

  async function search() {
    asking?.abort();
    asking = new AbortController();
    const here = AbortSignal.any([signal, asking.signal]);
    const { from: start, to: end } = wave.selection;
    const show = ({ similarSegments: list }) => {
      const title = h("h2", {}, texts.passagesTitle(exactClock(start), exactClock(end)));
      if (!list?.items.length) return [title, h("p", { class: "note" }, texts.passagesNone)];
      return [title, h("ol", { class: "plain" }, list.items.map(({ score, segment }) => h("li", {}, row(segment, score, list.id))))];
    };
    await filled(found, () => ask("passages", { id: track.id, start, end }, { signal: here }), show, here);
    if (here.aborted) return;
    asking = null;
    found.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  for (const { input } of [from, to]) input.addEventListener("change", read);
  from.here.addEventListener("click", () => {
    const begin = here();
    wave.select({ from: begin, to: Math.max(begin + 1, wave.selection?.to ?? begin + 15) });
  });
  to.here.addEventListener("click", () => {
    const end = Math.max(1, here());
    wave.select({ from: Math.min(end - 1, wave.selection?.from ?? Math.max(0, end - 15)), to: end });
  });
  wave.element.addEventListener("select", (event) => draw(event.detail));
  draw(null);
  return { form, found };

  function here() {
    return player.isCurrent(track.id) ? player.time : 0;
  }
}

function timeField(label, hint) {
  const input = h("input", { type: "text", inputmode: "numeric", size: "6", autocomplete: "off", placeholder: "0:00" });
  const here = h("button", { type: "button", class: "link", "aria-label": hint, title: hint }, texts.setHere);
  return { input, here, element: h("span", { class: "time-field" }, h("label", {}, h("span", {}, label), input), here) };
}

function row(segment, score, listId) {
  const { track, startSeconds, endSeconds } = segment;
  const play = () => player.play(track, { listId, from: startSeconds, until: endSeconds });
  const times = `${clock(startSeconds)} – ${clock(endSeconds)}`;
  const about = [h("span", { class: "times" }, times), " · ", texts.similarity(score), " · ", aboutOf(track)];
  return trackRow(track, { pictured: true, lasts: false, about, play });
}
