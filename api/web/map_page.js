// The archive on a plane: what sounds alike lies together.

import { h, icon, iconButton, replace, styled } from "./dom.js";
import { Refused, ask, askAsCurator } from "./graphql.js";
import { followed } from "./job_progress.js";
import { MapPoints } from "./map_points.js";
import { mapView } from "./map_view.js";
import { player } from "./player.js";
import { announce, empty, filled, saidOf, tryAgain } from "./states.js";
import { texts } from "./texts.js";
import { trackRow } from "./track_row.js";

const COLOURS = 12;
const SHOWN_IN_VIEW = 10;
// By what is heard, since that is what brings tracks together here; by composer where no model hears anything.
const [FIRST_BY, OTHER_BY] = ["TAG", "COMPOSER"];
const tracks = new Map();

export async function show(_, { page, signal, titled }) {
  const read = async () => {
    const [{ spaces }] = await Promise.all([ask("maps", {}, { signal }), styled("map")]);
    const [best] = spaces.filter((space) => space.map).sort((one, other) => other.trackCount - one.trackCount);
    return { spaces, points: best && (await pointsOf(best, signal)), space: best };
  };
  const draw = ({ spaces, space, points }) => {
    requestAnimationFrame(() => titled(texts.map));
    if (points) return mapped(spaces, space, points, signal);
    const drawable = spaces.filter(({ trackCount }) => trackCount > 0);
    if (!drawable.length) return [h("h1", { tabindex: "-1" }, texts.mapTitle), empty(texts.mapNone, texts.mapNothing)];
    return [h("h1", { tabindex: "-1" }, texts.mapTitle), unmapped(drawable, () => show(_, { page, signal, titled }), signal)];
  };
  await filled(page, read, draw, signal);
}

async function pointsOf(space, signal) {
  const { node } = await ask("map_points", { id: space.id }, { signal });
  return new MapPoints(node.map.points, innerWidth > innerHeight);
}

function unmapped(spaces, again, signal) {
  const largest = spaces.reduce((best, space) => (space.trackCount > best.trackCount ? space : best));
  const told = h("p", { class: "note", role: "status" });
  const button = h("button", { type: "button", class: "button main", onclick: begin }, texts.drawMap);
  async function begin() {
    button.disabled = true;
    told.textContent = texts.drawing;
    try {
      const { drawMap } = await askAsCurator("draw_map", { space: largest.name }, { signal });
      const job = await followed(drawMap.id, () => {}, signal);
      if (job.status !== "SUCCEEDED") throw new Refused(job.error ?? texts.jobStatus[job.status], "JOB_FAILED");
      again();
    } catch (error) {
      if (signal.aborted) return;
      button.disabled = false;
      replace(told, saidOf(error), " ", h("a", { href: "#/curators" }, texts.curatorTitle));
    }
  }
  return empty(texts.mapNone, texts.mapNoneRemedy, button, told);
}

function mapped(spaces, space, points, whole) {
  // Another space's map takes the place of this one, and all that belongs to it.
  const leaving = new AbortController();
  const signal = AbortSignal.any([whole, leaving.signal]);
  const view = mapView(points, signal);
  const legend = h("div", { class: "legend", role: "group", "aria-label": texts.legend });
  const by = h("select", { id: "colour-by", onchange: () => void colour() }, Object.entries(texts.colours).map(([value, name]) => h("option", { value }, name)));
  by.value = FIRST_BY;
  const near = h("ul", { class: "plain near" });
  const way = wayAcross(points, view, space, signal);
  const others = spaces.filter((other) => other.map);
  const which = h("select", { id: "which-space", onchange: () => void change() }, others.map((other) => h("option", { value: other.id }, other.name)));
  which.value = space.id;
  const root = h(
    "div",
    { class: "map" },
    h(
      "div",
      { class: "heading" },
      h("div", {}, h("h1", { tabindex: "-1" }, texts.mapTitle), h("p", { class: "count", title: `${space.name}, ${space.map.method}` }, texts.mapSubtitle(points.length))),
      h(
        "div",
        { class: "map-tools" },
        others.length > 1 && h("span", {}, h("label", { for: "which-space" }, texts.space), " ", which),
        h("span", {}, h("label", { for: "colour-by" }, texts.colourBy), " ", by),
        way.button,
        h("span", { class: "zooms" }, iconButton("minus", texts.zoomOut, () => view.zoom(1 / 1.6)), iconButton("plus", texts.zoomIn, () => view.zoom(1.6)), iconButton("whole", texts.zoomWhole, () => view.whole())),
      ),
    ),
    h("div", { class: "map-stage" }, view.element, way.hint),
    legend,
    h("div", { class: "map-lists" }, way.list, h("section", {}, h("h2", {}, texts.inView), h("p", { class: "help" }, texts.inViewHint), near)),
  );

  async function change() {
    const chosen = others.find(({ id }) => id === which.value);
    try {
      const found = await pointsOf(chosen, signal);
      if (which.value !== chosen.id || signal.aborted) return;
      leaving.abort();
      root.replaceWith(mapped(spaces, chosen, found, whole));
      document.getElementById("which-space").focus();
    } catch (error) {
      if (signal.aborted) return;
      which.value = space.id;
      announce(saidOf(error));
    }
  }

  let coloured = 0;
  async function colour() {
    const number = ++coloured;
    try {
      let { node } = await ask("map_groups", { id: space.id, by: by.value }, { signal });
      if (!legend.childElementCount && !node.map.groups.length && by.value === FIRST_BY) {
        by.value = OTHER_BY;
        ({ node } = await ask("map_groups", { id: space.id, by: by.value }, { signal }));
      }
      if (number === coloured && !signal.aborted) paint(node.map.groups.slice(0, COLOURS));
    } catch (error) {
      if (!signal.aborted) tryAgain(legend, error, colour, signal);
    }
  }

  function paint(groups) {
    const numbers = new Uint8Array(points.length);
    groups.forEach((group, at) => group.places.forEach((place) => (numbers[place] = at + 1)));
    const style = getComputedStyle(document.documentElement);
    const colours = ["others", ...groups.keys()].map((name) => style.getPropertyValue(`--map-${name}`).trim());
    view.colour(numbers, colours);
    let chosen = -1;
    const left = points.length - groups.reduce((sum, group) => sum + group.places.length, 0);
    const entries = [...groups.map((group, at) => [group.name, at + 1, group.places.length]), ...(left > 0 ? [[texts.others, 0, left]] : [])];
    replace(
      legend,
      entries.map(([name, number, count]) => {
        const swatch = h("span", { class: `swatch swatch-${number}`, "aria-hidden": "true" });
        return h("button", { type: "button", class: "legend-entry", "aria-pressed": "false", onclick: (event) => only(number, event.currentTarget) }, swatch, name, h("span", { class: "legend-count" }, count));
      }),
    );
    view.only(() => true);
    view.choose(-1);
    function only(number, button) {
      chosen = chosen === number ? -1 : number;
      for (const other of legend.children) other.setAttribute("aria-pressed", String(other === button && chosen >= 0));
      view.choose(chosen);
      view.only((place) => chosen < 0 || numbers[place] === chosen);
    }
  }

  let looked = 0;
  async function showNear() {
    const number = ++looked;
    const ids = view.inView(SHOWN_IN_VIEW).map((place) => points.ids[place]);
    const found = await Promise.all(ids.map((id) => trackOf(id).catch(() => null)));
    if (signal.aborted || number !== looked) return;
    const row = (track) => h("li", {}, trackRow(track, { pictured: true, play: () => player.play(track) }));
    replace(near, found.filter(Boolean).map(row));
  }

  let pointed = 0;
  view.addEventListener("point", async ({ detail: { place } }) => {
    const number = ++pointed;
    if (place < 0) {
      view.tip.hidden = true;
      return;
    }
    // Only where the pointer rests: it crosses hundreds on its way.
    await new Promise((resolve) => setTimeout(resolve, tracks.has(points.ids[place]) ? 0 : 70));
    if (number !== pointed) return;
    const track = await trackOf(points.ids[place]).catch(() => null);
    if (number !== pointed || !track) return;
    replace(view.tip, h("strong", {}, track.title), h("span", {}, [track.composer?.name, track.album?.title].filter(Boolean).join(" · ")));
    view.tip.hidden = false;
    announce([track.title, track.composer?.name].filter(Boolean).join(", "));
  });
  view.addEventListener("choose", async ({ detail: { place } }) => {
    try {
      const track = await trackOf(points.ids[place]);
      if (!way.takes(place, track)) await player.play(track);
    } catch (error) {
      announce(saidOf(error));
    }
  });
  view.addEventListener("moved", () => void showNear());
  const showPlaying = () => view.play(points.place.get(player.track?.id) ?? -1);
  player.addEventListener("track", showPlaying, { signal });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void colour(), { signal });
  showPlaying();
  void colour();
  return root;
}

/** Two clicks draw a way from one track to another. `takes` says whether it took a click. */
function wayAcross(points, view, space, signal) {
  const button = h("button", { type: "button", class: "button", "aria-pressed": "false", onclick: () => (begun ? end() : begin()) }, icon("way"), texts.wayBegin);
  const hint = h("p", { class: "way-hint", role: "status", hidden: true });
  const list = h("section", { class: "way", hidden: true });
  let begun = false;
  let first = null;
  let asked = 0;

  function begin() {
    begun = true;
    first = null;
    say(texts.wayFrom);
  }

  function end() {
    begun = false;
    asked++;
    view.way([]);
    list.hidden = true;
    say(null);
  }

  function say(text) {
    hint.hidden = !text;
    hint.textContent = text ?? "";
    button.setAttribute("aria-pressed", String(begun));
    replace(button, icon("way"), begun ? texts.wayEnd : texts.wayBegin);
  }

  function takes(place, track) {
    if (!begun || list.hidden === false) return false;
    if (!first) {
      first = { place, track };
      view.way([place]);
      say(texts.wayTo);
    } else if (place !== first.place) void lead(track);
    return true;
  }

  async function lead(to) {
    const number = ++asked;
    say(texts.loading);
    try {
      const { pathBetween } = await ask("way", { from: first.track.id, to: to.id, space: space.name }, { signal });
      if (number !== asked) return;
      const way = pathBetween.items.map((item) => item.track);
      view.way(way.map((track) => points.place.get(track.id)).filter((place) => place !== undefined));
      const play = () => player.play(way[0], { queue: way.slice(1) });
      const row = ({ track, reasons }) => h("li", {}, trackRow(track, { pictured: true, reasons: reasons.slice(0, 1), play: () => player.play(track, { queue: way.slice(way.indexOf(track) + 1) }) }));
      const between = `${first.track.title} → ${to.title}`;
      replace(list, h("h2", {}, texts.wayTitle), h("p", { class: "help" }, between), h("button", { type: "button", class: "button main", onclick: play }, icon("play"), texts.wayPlay), h("ol", { class: "plain" }, pathBetween.items.map(row)));
      list.hidden = false;
      say(null);
      announce(between);
    } catch (error) {
      if (signal.aborted || number !== asked) return;
      say(saidOf(error));
      first = null;
    }
  }
  return { button, hint, list, takes };
}

/** What a track is, asked once. */
function trackOf(id) {
  if (!tracks.has(id)) {
    const asked = ask("playing", { id }).then(({ track }) => ({ ...track, audioUrl: undefined }));
    asked.catch(() => tracks.delete(id));
    tracks.set(id, asked);
  }
  return tracks.get(id);
}
