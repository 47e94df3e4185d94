// An album: its tracks, who plays, when it was.

import { cover } from "./cover.js";
import { h, icon, inPixels } from "./dom.js";
import { ask } from "./graphql.js";
import { Paged } from "./paged.js";
import { player } from "./player.js";
import { addressOf } from "./routes.js";
import { empty, filled } from "./states.js";
import { texts } from "./texts.js";
import { trackRow } from "./track_row.js";
import { virtualList } from "./virtual_list.js";

// In the reader's own size of type.
const ROW_REM = 3.75;

export async function show({ id }, { page, signal, titled }) {
  let album = null;
  const tracks = new Paged(async (variables) => {
    album = (await ask("album", { id, ...variables }, { signal })).album;
    return album.tracks;
  });
  await filled(
    page,
    () => tracks.more().then(() => album),
    (found) => {
      requestAnimationFrame(() => titled(found.title));
      return [head(found, tracks), tracks.items.length ? list(found, tracks, signal) : empty(texts.emptyAlbum)];
    },
    signal,
  );
}

function head(album, tracks) {
  const performers = new Map();
  for (const track of tracks.items) for (const { name, role, instrument } of track.performers) performers.set(name, instrument ?? role);
  return h(
    "header",
    { class: "album-head" },
    cover(album, "large"),
    h(
      "div",
      { class: "album-about" },
      h("p", { class: "kind" }, texts.album),
      h("h1", { tabindex: "-1" }, album.title),
      album.artist && h("p", { class: "artist" }, album.artist),
      h("p", { class: "facts" }, [texts.trackCount(tracks.total ?? tracks.items.length), minutesOf(tracks), album.dateText].filter(Boolean).join(" · ")),
      performers.size > 0 &&
        h("p", { class: "performers" }, [...performers].slice(0, 12).map(([name, what]) => (what ? `${name} (${what})` : name)).join(", ")),
      tracks.items.length > 0 &&
        h("button", { type: "button", class: "button main", onclick: () => void playFrom(album, tracks, 0) }, icon("play"), texts.playAlbum),
    ),
  );
}

// Of an album that is longer than what was read, the sum would be wrong.
function minutesOf(tracks) {
  if (!tracks.isWhole) return null;
  const seconds = tracks.items.reduce((sum, track) => sum + track.durationSeconds, 0);
  return texts.minutes(Math.max(1, Math.round(seconds / 60)));
}

function list(album, tracks, signal) {
  const discs = new Set(tracks.items.map((track) => track.disc)).size > 1;
  const render = (track, index) =>
    trackRow(track, {
      number: discs && track.disc ? `${track.disc}.${track.position ?? index + 1}` : (track.position ?? index + 1),
      about: track.composer ? h("a", { href: addressOf("composer", track.composer.id) }, track.composer.name) : texts.unknownComposer,
      play: () => playFrom(album, tracks, index),
    });
  return virtualList(tracks, { label: texts.tracks, layout: (width) => ({ columns: 1, width, height: inPixels(ROW_REM), gap: 0 }), render, className: "rows", signal });
}

function playFrom(album, tracks, index) {
  const on = { id: album.id, title: album.title };
  const [first, ...rest] = tracks.items.slice(index).map((track) => ({ ...track, album: on, coverUrl: album.coverUrl }));
  return player.play(first, { queue: rest });
}
