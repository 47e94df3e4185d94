// The bar at the bottom: what plays, and what can be done about it. It is always there, so that nothing moves.

import { cover } from "./cover.js";
import { h, icon, iconButton, replace } from "./dom.js";
import { player } from "./player.js";
import { addressOf } from "./routes.js";
import { announce } from "./states.js";
import { texts } from "./texts.js";
import { clock, spoken } from "./time.js";

export function playerBar(panel) {
  const what = h("div", { class: "bar-what" });
  const play = iconButton("play", texts.play, () => void player.toggle(), { class: "bar-play" });
  const back = iconButton("back", texts.back, () => player.step(-1), { class: "wide" });
  const forward = iconButton("forward", texts.forward, () => player.step(1), { class: "wide" });
  const next = iconButton("next", texts.next, () => void player.next());
  const like = iconButton("like", texts.like, () => void player.judge("LIKE"), { "aria-pressed": "false", class: "judge" });
  const dislike = iconButton("dislike", texts.dislike, () => void player.judge("DISLIKE"), { class: "judge" });
  const follows = iconButton("list", texts.showFollows, () => panel.toggle(), { id: "follows-button", class: "bar-follows", "aria-expanded": "false", "aria-controls": "follows" });
  const at = h("span", { class: "bar-time" }, clock(0));
  const of = h("span", { class: "bar-time" }, clock(0));
  const position = h("input", { type: "range", class: "bar-position", min: 0, max: 1000, step: 1, value: "0", "aria-label": texts.position });
  const controls = [play, back, forward, next, like, dislike, position];

  function drawTrack() {
    const { track } = player;
    for (const control of controls) control.disabled = !track;
    if (!track) {
      replace(what, h("p", { class: "bar-nothing" }, texts.nothingPlaying, " ", h("span", { class: "wide" }, texts.nothingPlayingRemedy)));
      return;
    }
    const on = { title: track.album?.title ?? track.title, coverUrl: track.coverUrl };
    replace(
      what,
      cover(on, "small"),
      h(
        "div",
        { class: "bar-text" },
        h("a", { class: "bar-title", href: addressOf("track", track.id) }, track.title),
        h("span", { class: "bar-about" }, player.error ? texts[player.error] : (track.composer?.name ?? texts.unknownComposer)),
      ),
    );
    drawJudgement();
    drawTime();
  }

  function drawState() {
    const label = player.isPlaying ? texts.pause : texts.play;
    if (play.title !== label) {
      play.title = label;
      play.setAttribute("aria-label", label);
      play.replaceChildren(icon(player.isPlaying ? "pause" : "play"));
    }
    bar.classList.toggle("waits", player.isWaiting);
    bar.classList.toggle("fails", Boolean(player.error));
    const about = what.querySelector(".bar-about");
    if (player.error && about && about.textContent !== texts[player.error]) {
      about.textContent = texts[player.error];
      announce(texts[player.error]);
    }
  }

  function drawTime() {
    const { time, duration } = player;
    at.textContent = clock(time);
    of.textContent = clock(Math.round(duration));
    position.value = String(Math.round((duration ? time / duration : 0) * 1000));
    position.style.setProperty("--done", `${duration ? (100 * time) / duration : 0}%`);
    position.setAttribute("aria-valuetext", texts.positionText(spoken(time), spoken(duration)));
  }

  function drawJudgement() {
    const isLiked = player.track && player.judgements.get(player.track.id) === "LIKE";
    like.setAttribute("aria-pressed", String(Boolean(isLiked)));
    like.title = isLiked ? texts.liked : texts.like;
  }

  // A range's own arrows would move by a thousandth.
  position.addEventListener("keydown", (event) => {
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    player.step(direction);
  });
  position.addEventListener("input", () => player.seek((Number(position.value) / 1000) * player.duration));
  panel.element.addEventListener("toggle", () => {
    follows.setAttribute("aria-expanded", String(panel.isOpen));
    follows.title = panel.isOpen ? texts.hideFollows : texts.showFollows;
    follows.setAttribute("aria-label", follows.title);
  });

  const bar = h(
    "section",
    { class: "bar", "aria-label": texts.player },
    what,
    h("div", { class: "bar-middle" }, h("div", { class: "bar-buttons" }, dislike, back, play, forward, next, like), h("div", { class: "bar-line" }, at, position, of)),
    follows,
  );
  let told = null;
  player.addEventListener("track", () => {
    drawTrack();
    drawState();
    if (told !== player.track.id) announce(texts.nowPlaying(player.track.title, player.track.composer?.name));
    told = player.track.id;
  });
  player.addEventListener("state", drawState);
  player.addEventListener("time", drawTime);
  player.addEventListener("judged", drawJudgement);
  drawTrack();
  return bar;
}
