// All tracks by title.

import { h, inPixels, replace } from "./dom.js";
import { ask } from "./graphql.js";
import { Paged } from "./paged.js";
import { player } from "./player.js";
import { empty, filled } from "./states.js";
import { texts } from "./texts.js";
import { trackRow } from "./track_row.js";
import { virtualList } from "./virtual_list.js";

// In the reader's own size of type.
const ROW_REM = 3.75;
let tracks = null;

export async function show(_, { page, signal, titled }) {
  const place = h("div", { class: "fill" });
  const count = h("p", { class: "count" }, "\u00a0");
  replace(page, h("div", { class: "heading" }, h("h1", { tabindex: "-1" }, texts.tracks), count), place);
  titled(texts.tracks);
  if (!tracks?.isFresh) tracks = new Paged(async (variables) => (await ask("tracks", variables)).tracks);
  const read = async () => {
    if (!tracks.items.length) await tracks.more();
    return tracks;
  };
  const show = (paged) => {
    if (!paged.items.length) return empty(texts.emptyArchive, texts.emptyArchiveRemedy);
    count.textContent = texts.trackCount(paged.total);
    const render = (track) => trackRow(track, { play: () => player.play(track) });
    return virtualList(paged, { label: texts.tracks, layout: (width) => ({ columns: 1, width, height: inPixels(ROW_REM), gap: 0 }), render, className: "rows", signal });
  };
  await filled(place, read, show, signal);
}
