// What follows: the listener's own queue, then what the archive recommends, and how it changed.

import { h, iconButton, replace } from "./dom.js";
import { player } from "./player.js";
import { commonReason, reasonOf } from "./reasons.js";
import { announce } from "./states.js";
import { texts } from "./texts.js";
import { trackRow } from "./track_row.js";
import { visitor } from "./visitor.js";

const QUEUE_SHOWN = 5;
// What the line above the list says it follows; a skip or a dislike leads away from what it names.
const FOLLOWED = new Set(["afterBegin", "afterHeard", "afterLike"]);

/** Its element, and whether it is open where there is no room for it beside the page. */
export function followPanel() {
  const reason = h("p", { class: "because" });
  const common = h("p", { class: "common" });
  const list = h("ol", { class: "follow-list", tabindex: "-1", "aria-label": texts.follows });
  const about = h("p", { class: "follow-about" });
  const forget = h("button", { type: "button", class: "link", onclick: forgotten }, texts.forget);
  const privacy = h("p", { class: "privacy", hidden: true }, texts.privacy, " ", forget);
  const close = iconButton("close", texts.hideFollows, () => panel.toggle(false), { class: "panel-close" });
  const title = h("h2", { id: "follows-title", tabindex: "-1" }, texts.follows);
  const element = h(
    "aside",
    { class: "follow", id: "follows", "aria-labelledby": "follows-title" },
    h("div", { class: "follow-head" }, title, close),
    reason,
    common,
    list,
    about,
    privacy,
  );
  // Places in the newest list, and in that of before what changed it last: what is said to have changed, changed since.
  let ranks = null;
  let former = null;
  let because = null;

  const panel = {
    element,
    get isOpen() {
      return element.classList.contains("open");
    },
    toggle(open = !panel.isOpen) {
      element.classList.toggle("open", open);
      element.dispatchEvent(new Event("toggle"));
      if (open) close.focus();
      else document.getElementById("follows-button")?.focus();
    },
  };
  element.addEventListener("keydown", (event) => event.key === "Escape" && panel.isOpen && panel.toggle(false));

  function take() {
    const { follows } = player;
    if (follows && follows.because !== because) {
      former = ranks;
      because = follows.because;
    }
    ranks = follows && new Map(follows.items.map((item, rank) => [item.track.id, rank]));
    if (!follows) [former, because] = [null, null];
    draw();
  }

  function draw() {
    const { follows, queue } = player;
    const places = placesOf(list);
    privacy.hidden = !visitor.isKnown;
    if (!follows && !queue.length) {
      replace(reason);
      replace(common);
      replace(list);
      tellAbout(texts.followsEmpty);
      return;
    }
    const items = follows?.items ?? [];
    const focused = focusIn(list);
    const fresh = former ? items.filter((item) => !former.has(item.track.id)).length : 0;
    const sentences = items.map((item) => reasonOf(item, FOLLOWED.has(because?.text) ? because.id : null));
    const shared = commonReason(sentences);
    replace(common, shared);
    replace(
      list,
      queue.slice(0, QUEUE_SHOWN).map((track, at) => {
        const play = () => player.play(track, { queue: queue.slice(at + 1) });
        return row(`queue ${track.id}`, track, { about: texts.followsQueue, play });
      }),
      items.map(({ track }, at) => {
        const mark = markOf(track.id, ranks.get(track.id));
        const play = () => player.play(track, { listId: follows.id });
        const reasons = shared || !sentences[at] ? [] : [{ text: sentences[at] }];
        return row(track.id, track, { reasons, marks: mark ? h("span", { class: "mark" }, mark) : [], play });
      }),
    );
    focused?.();
    move(list, places);
    if (!follows) {
      replace(reason);
      tellAbout(null);
      return;
    }
    const why = texts[because.text](because.title);
    const what = former ? (fresh ? texts.changes(fresh) : texts.noChange) : null;
    const said = [why, what].filter(Boolean).join(" — ");
    if (reason.textContent !== said) {
      reason.textContent = said;
      announce(said);
    }
    tellAbout(foundBy(follows), [follows.strategyReason, follows.fallbackReason].filter(Boolean).join(" "));
  }

  /** How the list was found: for visitors in a sentence, for curators in the API's terms when they point at it. */
  function tellAbout(text, terms = "") {
    replace(about, text);
    about.title = terms;
  }

  function markOf(id, rank) {
    if (!former) return null;
    if (!former.has(id)) return texts.isNew;
    // What stood before it and has gone since, because it plays, does not count.
    const gone = [...former].filter(([other, at]) => at < former.get(id) && player.isCurrent(other)).length;
    return rank < former.get(id) - gone ? texts.moved : null;
  }

  async function forgotten() {
    player.pause();
    try {
      await visitor.forget();
    } catch {
      announce(texts.notForgotten);
      tellAbout(texts.notForgotten);
      return;
    }
    player.forget();
    announce(texts.forgotten);
    // The button is gone with what it was for.
    title.focus();
  }

  player.addEventListener("follow", take);
  player.addEventListener("track", draw);
  draw();
  return panel;
}

function foundBy({ items, strategy }) {
  if (!items.length) return texts.followsNone;
  if (!strategy) return texts.followsAny;
  return texts.followsBy[strategy] ?? texts.followsByModel;
}

function row(key, track, options) {
  const about = track.composer?.name ?? texts.unknownComposer;
  return h("li", { "data-key": key }, trackRow(track, { pictured: true, lasts: false, about, ...options }));
}

/** What gives the focus back after the list was made anew: to the same control of the same track, or to the list. */
function focusIn(list) {
  const item = document.activeElement?.closest(".follow-list > li");
  if (!item) return null;
  const { className } = document.activeElement;
  return () => {
    const same = [...list.children].find((other) => other.dataset.key === item.dataset.key);
    (same?.getElementsByClassName(className)[0] ?? list).focus();
  };
}

function placesOf(list) {
  return new Map([...list.children].map((item) => [item.dataset.key, item.getBoundingClientRect().top]));
}

/** What stays slides to its new place, what is new fades in. */
function move(list, places) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || !places.size) return;
  for (const item of list.children) {
    const before = places.get(item.dataset.key);
    const by = before === undefined ? null : before - item.getBoundingClientRect().top;
    if (by === 0) continue;
    const from = by === null ? { opacity: 0, transform: "translateX(12px)" } : { transform: `translateY(${by}px)` };
    item.animate([from, { opacity: 1, transform: "none" }], { duration: 320, easing: "cubic-bezier(.2, .8, .2, 1)" });
  }
}
