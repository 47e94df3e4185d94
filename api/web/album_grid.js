// All albums, as covers.

import { cover } from "./cover.js";
import { h, inPixels, replace } from "./dom.js";
import { ask } from "./graphql.js";
import { Paged } from "./paged.js";
import { addressOf } from "./routes.js";
import { empty, filled } from "./states.js";
import { texts } from "./texts.js";
import { virtualList } from "./virtual_list.js";

// While there is nothing, it is looked again.
const LOOK_MS = 5_000;

let albums = null;

export async function showAlbums(_, { page, signal, titled }) {
  const place = h("div", { class: "fill" });
  const count = h("p", { class: "count" }, "\u00a0");
  replace(page, h("div", { class: "heading" }, h("h1", { tabindex: "-1" }, texts.albums), count), place);
  titled("");
  const read = async () => {
    if (!albums?.isFresh) albums = new Paged(async (variables) => (await ask("albums", variables)).albums);
    if (!albums.items.length) await albums.more();
    return albums;
  };
  const show = (paged) => {
    if (!paged.items.length) {
      void look();
      return empty(texts.emptyArchive, texts.emptyArchiveRemedy);
    }
    count.textContent = texts.albumCount(paged.total);
    return virtualList(paged, { label: texts.albums, layout, render: tile, className: "album-grid", signal });
  };
  // Nothing changes for who reads meanwhile, until there is something.
  const look = async () => {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (signal.aborted) return;
    const found = await read().catch(() => null);
    if (signal.aborted) return;
    if (found?.items.length) replace(place, show(found));
    else void look();
  };
  await filled(place, read, show, signal);
}

function layout(width) {
  const gap = width < 500 ? 14 : 24;
  const least = width < 500 ? 140 : width > 1800 ? 240 : 176;
  const columns = Math.max(2, Math.floor((width + gap) / (least + gap)));
  const side = (width - gap * (columns - 1)) / columns;
  return { columns, width: side, height: side + captionHeight(), gap };
}

// Two lines of title and one below, in the reader's own size of type.
function captionHeight() {
  return inPixels(4.9);
}

function tile(album) {
  return h(
    "a",
    { class: "tile", href: addressOf("album", album.id) },
    cover(album),
    h("span", { class: "tile-title" }, album.title),
    h("span", { class: "tile-about" }, [album.artist, album.dateText].filter(Boolean).join(" · ")),
  );
}
