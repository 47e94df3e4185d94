// Search as you type: a box with a list that arrows go through (the combobox pattern of ARIA).

import { h, icon, iconButton, replace } from "./dom.js";
import { ask } from "./graphql.js";
import { addressOf } from "./routes.js";
import { announce, saidOf } from "./states.js";
import { texts } from "./texts.js";

const WAIT_MS = 120;

export function searchBox() {
  const list = h("div", { id: "search-results", role: "listbox", "aria-label": texts.search, hidden: true });
  const note = h("p", { class: "search-note", hidden: true });
  const popup = h("div", { class: "search-results", hidden: true }, list, note);
  const input = h("input", {
    id: "search",
    type: "search",
    role: "combobox",
    placeholder: texts.searchHint,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: "200",
    "aria-label": texts.search,
    "aria-expanded": "false",
    "aria-controls": "search-results",
    "aria-autocomplete": "list",
  });
  const clear = iconButton("close", texts.searchClear, () => reset(true), { class: "search-clear", hidden: true });
  let asking = new AbortController();
  let timer;
  let chosen = -1;

  async function search() {
    const text = input.value.trim();
    asking.abort();
    clear.hidden = !input.value;
    if (!text) {
      close();
      return;
    }
    asking = new AbortController();
    const { signal } = asking;
    try {
      const { search: found } = await ask("search", { text }, { signal });
      if (!signal.aborted) show(found, text);
    } catch (error) {
      if (signal.aborted) return;
      say(saidOf(error));
    }
  }

  function show(found, text) {
    const groups = [
      [texts.tracks, found.tracks, "track", (track) => [track.composer?.name, track.album?.title]],
      [texts.albums, found.albums, "album", (album) => [album.artist, album.dateText]],
      [texts.composers, found.composers, "composer", () => []],
    ].filter(([, items]) => items.length);
    if (!groups.length) {
      say(texts.searchNothing(text));
      return;
    }
    // What was gone to with the arrows stays chosen when a newer answer still has it.
    const former = list.querySelector("[aria-selected=true]")?.dataset.href;
    open(true);
    let number = 0;
    replace(
      list,
      groups.map(([title, items, kind, about]) => {
        const label = `search-${kind}`;
        return h(
          "div",
          { role: "group", "aria-labelledby": label },
          h("span", { id: label, class: "search-kind", role: "presentation" }, title),
          items.map((item) =>
            h(
              "div",
              { role: "option", id: `search-option-${number++}`, class: "search-option", "aria-selected": "false", "data-href": addressOf(kind, item.id), onclick: go },
              h("span", { class: "search-title" }, item.title ?? item.name),
              h("span", { class: "search-about" }, about(item).filter(Boolean).join(" · ")),
            ),
          ),
        );
      }),
    );
    const again = [...list.querySelectorAll("[role=option]")].findIndex(({ dataset }) => dataset.href === former);
    if (again >= 0) choose(again);
    announce(texts.searchFound(number));
  }

  function go(event) {
    location.hash = event.currentTarget.dataset.href;
    reset(false);
  }

  function choose(to) {
    const options = [...list.querySelectorAll("[role=option]")];
    if (!options.length) return;
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = (to + options.length) % options.length;
    options[chosen].setAttribute("aria-selected", "true");
    options[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen].id);
  }

  /** Shows the list, or the note in its place. */
  function open(isList) {
    popup.hidden = false;
    list.hidden = !isList;
    note.hidden = isList;
    chosen = -1;
    input.setAttribute("aria-expanded", String(isList));
    input.removeAttribute("aria-activedescendant");
  }

  function say(text) {
    replace(list);
    note.textContent = text;
    announce(text);
    open(false);
  }

  function close() {
    open(false);
    popup.hidden = true;
    replace(list);
  }

  function reset(stay) {
    asking.abort();
    input.value = "";
    clear.hidden = true;
    close();
    if (stay) input.focus();
    else input.blur();
  }

  // The box keeps the focus while one points at the list: without it, the list would be gone before the click.
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (popup.hidden) void search();
      else choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
    } else if (event.key === "Enter") {
      const option = list.querySelectorAll("[role=option]")[Math.max(0, chosen)];
      if (!option) return;
      location.hash = option.dataset.href;
      reset(false);
    } else if (event.key === "Escape") {
      reset(true);
    }
  });
  input.addEventListener("focus", () => input.value && void search());
  input.addEventListener("blur", () => setTimeout(() => document.activeElement !== input && close(), 100));
  return h("search", { class: "search" }, icon("search"), input, clear, popup);
}
