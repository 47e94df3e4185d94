// What a page shows while it waits, when there is nothing, and when something failed.

import { Refused, Unreachable, line } from "./graphql.js";
import { h, replace } from "./dom.js";
import { texts } from "./texts.js";

const NOT_FOUND = /_NOT_FOUND$|^INVALID_ID$/;

/** Says a sentence to who hears the page, without moving anything. */
export function announce(text) {
  const region = document.getElementById("announcements");
  if (region) region.textContent = text;
}

export function loading() {
  return h("p", { class: "state loading", role: "status" }, texts.loading);
}

/** `title` is words, or the page's heading itself. */
export function empty(title, remedy, ...more) {
  return h("div", { class: "state" }, typeof title === "string" ? h("p", { class: "state-title" }, title) : title, remedy && h("p", {}, remedy), more);
}

/** What went wrong, in a sentence for who reads the page. */
export function saidOf(error) {
  if (error instanceof Unreachable) return texts.offline;
  return error instanceof Refused ? error.message : texts.errorUnknown;
}

/** What failed, in words, and the way on. */
export function failed(error, again) {
  const isGone = error instanceof Refused && NOT_FOUND.test(error.code ?? "");
  const text = isGone ? texts.notFoundRemedy : saidOf(error);
  return h(
    "div",
    { class: "state failed", role: "alert" },
    h("p", { class: "state-title" }, isGone ? texts.notFound : texts.errorTitle),
    h("p", {}, text),
    isGone ? h("a", { class: "button", href: "#/" }, texts.toAlbums) : h("button", { type: "button", class: "button", onclick: again }, texts.tryAgain),
  );
}

/**
 * Fills a place with what `read` returns and `show` makes of it: waiting, failed and tried again by itself when the
 * archive is back, until `signal` is aborted.
 */
export async function filled(place, read, show, signal) {
  const waiting = setTimeout(() => signal?.aborted || replace(place, loading()), 150);
  try {
    const found = await read();
    clearTimeout(waiting);
    if (!signal?.aborted) replace(place, show(found));
  } catch (error) {
    clearTimeout(waiting);
    if (signal?.aborted || error.name === "AbortError") return;
    if (!(error instanceof Refused || error instanceof Unreachable)) console.error(error);
    tryAgain(place, error, () => filled(place, read, show, signal), signal);
  }
}

/** Says what failed; `again` is done once, on demand or, where the archive was away, as soon as it is back. */
export function tryAgain(place, error, again, signal) {
  let isDone = false;
  const once = () => {
    if (isDone || signal?.aborted) return;
    isDone = true;
    line.removeEventListener("reachable", once);
    void again();
  };
  replace(place, failed(error, once));
  if (error instanceof Unreachable) line.addEventListener("reachable", once, { once: true, signal });
}

/** A banner for as long as the archive cannot be reached; it looks for it until it is back. */
export function offlineBanner() {
  const banner = h("p", { class: "banner", role: "status", hidden: true });
  let timer;
  const look = async () => {
    clearTimeout(timer);
    try {
      const response = await fetch(new URL("healthz", document.baseURI), { cache: "no-store" });
      if (response.ok) {
        line.dispatchEvent(new Event("answers"));
        return;
      }
    } catch {
      // It is still away.
    }
    timer = setTimeout(look, 2000);
  };
  line.addEventListener("unreachable", () => {
    banner.textContent = texts.offline;
    banner.hidden = false;
    announce(texts.offline);
    clearTimeout(timer);
    timer = setTimeout(look, 1000);
  });
  line.addEventListener("reachable", () => {
    if (!banner.hidden) announce(texts.online);
    banner.hidden = true;
    clearTimeout(timer);
  });
  addEventListener("online", look);
  return banner;
}
