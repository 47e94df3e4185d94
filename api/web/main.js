// The page: its frame, and what fills it.

import { showAlbums } from "./album_grid.js";
import { h, replace } from "./dom.js";
import { followPanel } from "./follow_panel.js";
import { Unreachable, line } from "./graphql.js";
import { player } from "./player.js";
import { playerBar } from "./player_bar.js";
import { found, route } from "./routes.js";
import { searchBox } from "./search_box.js";
import { empty, offlineBanner, tryAgain } from "./states.js";
import { texts } from "./texts.js";

route("", showAlbums);
route("album/:id", lazy(() => import("./album_page.js")));
route("track/:id", lazy(() => import("./track_page.js")));
route("composer/:id", lazy(() => import("./composer_page.js")));
route("tracks", lazy(() => import("./tracks_page.js")));
route("map", lazy(() => import("./map_page.js")));
route("curators", lazy(() => import("./curator_page.js")));

const main = h("main", { id: "content", tabindex: "-1" });
const links = [
  ["", texts.albums],
  ["tracks", texts.tracks],
  ["map", texts.map],
  ["curators", texts.curators],
].map(([name, text]) => h("a", { href: `#/${name}`, "data-name": name }, text));
const panel = followPanel();
const scrolled = new Map();
let leaving = new AbortController();
let shown = null;

/** A page whose module is loaded when it is first shown. */
function lazy(load) {
  return async (parameters, context) => {
    const { show } = await load().catch((error) => {
      line.dispatchEvent(new Event("silent"));
      throw new Unreachable(String(error));
    });
    if (!context.signal.aborted) await show(parameters, context);
  };
}

/** Fills the page with what the address says. The heading gets the focus, so that who hears the page hears where it is. */
async function navigate() {
  const here = location.hash;
  if (shown !== null) scrolled.set(shown, scrollY);
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const target = found();
  for (const link of links) {
    if (link.dataset.name === target?.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const isFirst = shown === null;
  shown = here;
  const page = h("div", { class: `page page-${target?.name || "albums"}` });
  replace(main, page);
  const context = {
    page,
    signal,
    /** The page's name, once it is known. */
    titled(title) {
      if (signal.aborted) return;
      document.title = texts.title(title);
      // Who searches meanwhile goes on typing.
      if (!isFirst && document.activeElement?.id !== "search") main.querySelector("h1")?.focus({ preventScroll: true });
    },
  };
  try {
    if (target) await target.show(target.parameters, context);
    else showNowhere(context);
  } catch (error) {
    if (!(error instanceof Unreachable)) console.error(error);
    if (!signal.aborted) tryAgain(page, error, navigate, signal);
  }
  if (!signal.aborted) requestAnimationFrame(() => scrollTo(0, scrolled.get(here) ?? 0));
}

function showNowhere({ page, titled }) {
  const way = h("a", { class: "button", href: "#/" }, texts.toAlbums);
  replace(page, empty(h("h1", { tabindex: "-1" }, texts.notFound), texts.notFoundRemedy, way));
  titled(texts.notFound);
}

/** Space and arrows move what plays, wherever they mean nothing else. */
function takeKeys(event) {
  if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    document.getElementById("search")?.focus();
    return;
  }
  const isFree = [document.body, document.documentElement, main].includes(event.target) || event.target.matches?.("h1");
  if (!isFree || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !player.track) return;
  const action = { " ": () => void player.toggle(), ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1) }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

document.documentElement.lang = texts.language;
document.body.replaceChildren(
  h("a", { class: "skip", href: "#content", onclick: skip }, texts.skipToContent),
  h(
    "header",
    { class: "top" },
    h("a", { class: "wordmark", href: "#/", "aria-label": `${texts.name}, ${texts.tagline}` }, h("span", { "aria-hidden": "true" }, texts.name)),
    h("nav", { "aria-label": texts.navigation }, links),
    searchBox(),
  ),
  offlineBanner(),
  h("div", { class: "frame" }, main, panel.element),
  playerBar(panel),
  player.element,
  h("p", { id: "announcements", class: "unseen", role: "status", "aria-live": "polite" }),
);
addEventListener("hashchange", navigate);
addEventListener("keydown", takeKeys);
history.scrollRestoration = "manual";
void navigate();

// The address stays: it says what is shown.
function skip(event) {
  event.preventDefault();
  main.focus();
}
