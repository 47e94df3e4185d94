// A track: its outline, what it is, what sounds like it, and who else plays it.

import { cover } from "./cover.js";
import { h, icon, iconButton, replace } from "./dom.js";
import { ask } from "./graphql.js";
import { passage } from "./passage.js";
import { player } from "./player.js";
import { addressOf } from "./routes.js";
import { filled } from "./states.js";
import { texts } from "./texts.js";
import { clock } from "./time.js";
import { trackRow } from "./track_row.js";
import { waveform } from "./waveform.js";

export async function show({ id }, { page, signal, titled }) {
  const draw = (track) => {
    requestAnimationFrame(() => titled(track.title));
    const { shape, found } = outline(track, signal);
    return [
      head(track),
      notes(track),
      shape,
      found,
      h(
        "div",
        { class: "track-lists" },
        likeThese(track),
        track.otherPerformances.length > 0 && performances(track),
        track.tags.length > 0 && heardIn(track),
      ),
    ];
  };
  await filled(page, async () => (await ask("track", { id }, { signal })).track, draw, signal);
}

function head(track) {
  return h(
    "header",
    { class: "track-head" },
    cover({ title: track.album?.title ?? track.title, coverUrl: track.coverUrl }, "medium"),
    h(
      "div",
      {},
      track.composer ? h("a", { class: "kind", href: addressOf("composer", track.composer.id) }, track.composer.name) : h("p", { class: "kind" }, texts.unknownComposer),
      h("h1", { tabindex: "-1" }, track.title),
      h("p", { class: "facts" }, facts(track)),
    ),
  );
}

function facts(track) {
  const parts = [];
  if (track.performers.length) parts.push(track.performers.slice(0, 6).map(({ name, instrument, role }) => (instrument || role ? `${name} (${instrument || role})` : name)).join(", "));
  if (track.arranger) parts.push(texts.arrangedBy(track.arranger));
  if (track.work) parts.push([track.work.title, track.work.catalogueNumber].filter(Boolean).join(", "));
  if (track.album) parts.push([`${texts.onAlbum} `, h("a", { href: addressOf("album", track.album.id) }, track.album.title), track.album.dateText && ` (${track.album.dateText})`]);
  return parts.flatMap((part, at) => (at ? [h("span", { class: "dot" }, " · "), part] : [part]));
}

function notes(track) {
  const said = [texts.status[track.status], track.truncated && texts.truncated, !track.audioUrl && texts.notAtHand].filter(Boolean);
  return said.length > 0 && h("p", { class: "note" }, said.join(" "));
}

function outline(track, signal) {
  const wave = waveform(track.waveform ?? [], track.durationSeconds, track.title, signal);
  const button = iconButton("play", texts.playTrack(track.title), toggle, { class: "big-play" });
  const at = h("span", { class: "wave-time" }, clock(0));
  const parts = passage(track, wave, { play: (from, until) => player.play(track, { from, until, listId: player.isCurrent(track.id) ? player.listId : null }), signal });

  function toggle() {
    if (player.isCurrent(track.id)) void player.toggle();
    else void player.play(track, { from: Math.min(begin, track.durationSeconds) });
  }

  // Where it begins when it does not play yet.
  let begin = 0;
  wave.element.addEventListener("seek", (event) => {
    if (player.isCurrent(track.id)) player.seek(event.detail);
    else {
      begin = event.detail;
      show();
    }
  });
  wave.element.addEventListener("toggle", toggle);

  function show() {
    const isCurrent = player.isCurrent(track.id);
    wave.time = isCurrent ? player.time : begin;
    at.textContent = clock(isCurrent ? player.time : begin);
  }

  function showState() {
    const plays = player.isCurrent(track.id) && player.isPlaying;
    const label = plays ? texts.pauseTrack(track.title) : texts.playTrack(track.title);
    if (button.title !== label) {
      button.title = label;
      button.setAttribute("aria-label", label);
      replace(button, icon(plays ? "pause" : "play"));
    }
    show();
    if (plays) requestAnimationFrame(glide);
  }

  // Times come four times a second; between them the line goes on evenly.
  let gliding = false;
  function glide() {
    if (gliding) return;
    gliding = true;
    const frame = () => {
      gliding = player.isCurrent(track.id) && player.isPlaying && !signal.aborted;
      if (!gliding) return;
      show();
      requestAnimationFrame(frame);
    };
    frame();
  }

  for (const event of ["track", "state"]) player.addEventListener(event, showState, { signal });
  player.addEventListener("time", show, { signal });
  showState();
  const steps = [iconButton("back", texts.back, () => step(-1)), iconButton("forward", texts.forward, () => step(1))];
  function step(direction) {
    if (player.isCurrent(track.id)) player.step(direction);
    else {
      begin = Math.min(Math.max(0, begin + 5 * direction), track.durationSeconds);
      show();
    }
  }
  const shape = h(
    "section",
    { class: "outline", "aria-label": texts.waveform },
    h("div", { class: "outline-row" }, h("div", { class: "outline-buttons" }, button, steps), h("div", { class: "outline-wave" }, wave.element, h("div", { class: "wave-times" }, at, h("span", { class: "wave-time" }, clock(track.durationSeconds))))),
    !track.waveform && h("p", { class: "note" }, texts.noWaveform),
    h("p", { class: "help", id: "wave-help" }, texts.waveformHelp),
    parts.form,
  );
  return { shape, found: parts.found };
}

function likeThese(track) {
  const { similar } = track;
  const items = similar?.items ?? [];
  const row = ({ track: other, reasons }) => h("li", {}, trackRow(other, { pictured: true, reasons: reasons.slice(0, 2), play: () => player.play(other, { listId: similar.id }) }));
  return h(
    "section",
    { class: "like-these" },
    h("h2", {}, texts.youMayLike),
    similar?.fallbackReason && h("p", { class: "note", title: similar.fallbackReason }, texts.youMayLikeUnheard),
    items.length ? h("ol", { class: "plain" }, items.map(row)) : h("p", { class: "note" }, texts.youMayLikeNone),
  );
}

function performances(track) {
  const row = (other) => {
    const who = other.performers.map(({ name }) => name).join(", ");
    const about = [who, other.album && h("a", { href: addressOf("album", other.album.id) }, other.album.title), other.album?.dateText].filter(Boolean);
    return h("li", {}, trackRow(other, { about: about.flatMap((part, at) => (at ? [" · ", part] : [part])), play: () => player.play(other) }));
  };
  return h("section", { class: "performances" }, h("h2", {}, texts.otherPerformances), h("ul", { class: "plain" }, track.otherPerformances.slice(0, 20).map(row)));
}

function heardIn(track) {
  const tags = track.tags.map(({ name }) => h("li", {}, name));
  return h("section", { class: "heard" }, h("h2", {}, texts.heard), h("ul", { class: "tags" }, tags), h("p", { class: "help" }, texts.heardNote));
}
