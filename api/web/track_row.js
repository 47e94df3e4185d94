// A track in a list: play, its title, whose it is, how long it lasts.

import { cover } from "./cover.js";
import { h, icon, iconButton } from "./dom.js";
import { player } from "./player.js";
import { addressOf } from "./routes.js";
import { texts } from "./texts.js";
import { clock } from "./time.js";

/**
 * `play()` begins it; `about` are nodes or texts of the second line, `reasons` facts that speak for it. It shows by
 * itself whether it plays.
 */
export function trackRow(track, { play, about = aboutOf(track), reasons = [], number = null, pictured = false, lasts = true, marks = [] }) {
  const button = iconButton("play", texts.playTrack(track.title), () => (player.isCurrent(track.id) ? void player.toggle() : void play()), {
    class: "row-play",
  });
  const row = h(
    "div",
    { class: "track-row", "data-track": track.id, "data-title": track.title },
    number !== null && h("span", { class: "row-number", "aria-hidden": "true" }, number),
    pictured && cover({ title: track.album?.title ?? track.title, coverUrl: track.coverUrl }, "small"),
    button,
    h(
      "div",
      { class: "row-text" },
      h("a", { class: "row-title", href: addressOf("track", track.id) }, track.title),
      h("span", { class: "row-about" }, about),
      reasons.length > 0 && h("ul", { class: "reasons" }, reasons.map((reason) => h("li", {}, reason.text))),
    ),
    marks,
    lasts && h("span", { class: "row-time" }, clock(track.durationSeconds)),
  );
  tell(row);
  return row;
}

/** Composer and album, each with its page. */
export function aboutOf(track) {
  const parts = [];
  if (track.composer) parts.push(h("a", { href: addressOf("composer", track.composer.id) }, track.composer.name));
  if (track.album) parts.push(h("a", { href: addressOf("album", track.album.id) }, track.album.title));
  return parts.flatMap((part, at) => (at ? [" · ", part] : [part]));
}

// One listener for all rows: long lists make and drop them as they are scrolled.
for (const event of ["track", "state"]) {
  player.addEventListener(event, () => document.querySelectorAll(".track-row").forEach(tell));
}

function tell(row) {
  const { track: id, title } = row.dataset;
  const button = row.querySelector(".row-play");
  const plays = player.isCurrent(id) && player.isPlaying;
  row.classList.toggle("current", player.isCurrent(id));
  const label = plays ? texts.pauseTrack(title) : texts.playTrack(title);
  if (button.title === label) return;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.replaceChildren(icon(plays ? "pause" : "play"));
}
