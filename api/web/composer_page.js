// A composer's tracks.

import { h, inPixels } from "./dom.js";
import { Refused, ask } from "./graphql.js";
import { Paged } from "./paged.js";
import { player } from "./player.js";
import { filled } from "./states.js";
import { texts } from "./texts.js";
import { aboutOf, trackRow } from "./track_row.js";
import { virtualList } from "./virtual_list.js";

// In the reader's own size of type.
const ROW_REM = 3.75;

export async function show({ id }, { page, signal, titled }) {
  let composer = null;
  const tracks = new Paged(async (variables) => {
    composer = (await ask("composer", { id, ...variables }, { signal })).node;
    if (!composer?.tracks) throw new Refused(texts.notFoundRemedy, "INVALID_ID");
    return composer.tracks;
  });
  const show = (found) => {
    requestAnimationFrame(() => titled(found.name));
    const whose = { id: found.id, name: found.name };
    const render = (track) => trackRow(track, { about: aboutOf(track), play: () => player.play({ ...track, composer: whose }) });
    return [
      h("div", { class: "heading" }, h("h1", { tabindex: "-1" }, found.name), h("p", { class: "count" }, texts.trackCount(tracks.total))),
      virtualList(tracks, { label: texts.tracks, layout: (width) => ({ columns: 1, width, height: inPixels(ROW_REM), gap: 0 }), render, className: "rows", signal }),
    ];
  };
  await filled(page, () => tracks.more().then(() => composer), show, signal);
}
