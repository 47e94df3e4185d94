// Covers: the archive's own, or one drawn from the title, always the same for the same album.

import { h, s } from "./dom.js";

/** A square with the cover of `of` ({title, coverUrl}); it says nothing to who hears the page, since a title is beside it. */
export function cover(of, className = "") {
  const frame = h("span", { class: `cover ${className}`, "aria-hidden": "true" });
  const drawn = drawnCover(of.title ?? "");
  frame.append(drawn);
  if (of.coverUrl) {
    const image = h("img", { src: of.coverUrl, alt: "", loading: "lazy", decoding: "async" });
    image.addEventListener("error", () => image.remove());
    frame.append(image);
  }
  return frame;
}

/** Strings in vibration: lines whose number, bend and colours follow from the title. */
function drawnCover(title) {
  const random = randomFrom(title);
  const hue = Math.floor(random() * 360);
  const other = (hue + 25 + random() * 50) % 360;
  const lines = 5 + Math.floor(random() * 6);
  const bend = 8 + random() * 22;
  const turn = Math.floor(random() * 4) * 45;
  const nodes = 1 + Math.floor(random() * 3);
  const picture = s(
    "svg",
    { viewBox: "0 0 100 100", preserveAspectRatio: "xMidYMid slice", focusable: "false" },
    s("rect", { width: 100, height: 100, fill: `hsl(${hue} 38% 26%)` }),
  );
  const strings = s("g", { fill: "none", "stroke-linecap": "round", transform: `rotate(${turn} 50 50) translate(50 50) scale(1.3) translate(-50 -50)` });
  for (let line = 0; line < lines; line++) {
    const share = lines === 1 ? 0 : line / (lines - 1);
    const swing = bend * Math.sin(Math.PI * (share * 1.4 + random() * 0.12));
    strings.append(
      s("path", {
        d: wave(14 + share * 72, swing, nodes),
        stroke: `hsl(${hue + (other - hue) * share} ${52 + share * 20}% ${50 + share * 26}%)`,
        "stroke-width": 1 + 3.4 * Math.sin(Math.PI * (0.15 + share * 0.7)),
        "stroke-opacity": 0.45 + share * 0.5,
      }),
    );
  }
  picture.append(strings);
  return picture;
}

function wave(y, swing, nodes) {
  const width = 120 / nodes;
  let path = `M-10 ${y.toFixed(1)}`;
  for (let node = 0; node < nodes; node++) {
    const side = node % 2 ? -1 : 1;
    const x = -10 + node * width;
    path += `C${(x + width / 3).toFixed(1)} ${(y + side * swing).toFixed(1)} ${(x + (2 * width) / 3).toFixed(1)} ${(y + side * swing).toFixed(1)} ${(x + width).toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}

// FNV-1a, then mulberry32: numbers from 0 to 1 that depend on the text alone.
function randomFrom(text) {
  let state = 2166136261;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
