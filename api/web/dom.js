// Makes elements. Text is always text: nothing here reads HTML.

const SVG = "http://www.w3.org/2000/svg";
// What an element has as a property only, or has otherwise as an attribute.
const PROPERTIES = new Set(["value", "checked", "disabled", "tabIndex", "hidden", "className"]);

/**
 * An element with attributes, listeners (`onclick: f`) and children; what is null or false is left out.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...unknown} children nodes, texts, or lists of them
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Puts children in place of what a node holds. */
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(9).filter(isThere));
  return node;
}

/** An icon of the set below; what it means is said by the control around it. */
export function icon(name) {
  return s(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    s("path", { d: ICONS[name] }),
  );
}

/** A button that is an icon, with its name for those who do not see it and as a tooltip. */
export function iconButton(name, label, onclick, attributes = {}) {
  const classes = ["icon-button", attributes.class].filter(Boolean).join(" ");
  return h("button", { type: "button", title: label, "aria-label": label, onclick, ...attributes, class: classes }, icon(name));
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(9).filter(isThere));
  return node;
}

function isThere(child) {
  return child !== undefined && child !== null && child !== false;
}

const ICONS = {
  play: "M8 5.1v13.8a.6.6 0 0 0 .92.5l10.6-6.9a.6.6 0 0 0 0-1L8.92 4.6A.6.6 0 0 0 8 5.1z",
  pause: "M7 5h3.4v14H7zM13.6 5H17v14h-3.4z",
  next: "M5 5.6v12.8a.6.6 0 0 0 .93.5L15 12.9V19h3V5h-3v6.1L5.93 5.1a.6.6 0 0 0-.93.5z",
  back: "M12 5V1.8L6.8 6 12 10.2V7a5.5 5.5 0 1 1-5.5 5.5h-2A7.5 7.5 0 1 0 12 5z",
  forward: "M12 5V1.8L17.2 6 12 10.2V7a5.5 5.5 0 1 0 5.5 5.5h2A7.5 7.5 0 1 1 12 5z",
  like: "M12 20.4 4.3 12.9a4.9 4.9 0 0 1 6.9-7l.8.8.8-.8a4.9 4.9 0 0 1 6.9 7z",
  dislike: "M15 3H6.8a2 2 0 0 0-1.9 1.3l-2.3 6A2 2 0 0 0 4.5 13H10l-.9 4.3a1.6 1.6 0 0 0 2.8 1.3L16.4 13V3zM18.4 3h3v10h-3z",
  list: "M4 6h12v2H4zM4 11h12v2H4zM4 16h8v2H4zM18 11v7.2a2.3 2.3 0 1 1-1.6-2.2V9.6H22V12h-2.4V11z",
  search: "M10.5 3.5a7 7 0 0 1 5.5 11.3l4.6 4.6-1.4 1.4-4.6-4.6A7 7 0 1 1 10.5 3.5zm0 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
  close: "m6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  minus: "M5 11h14v2H5z",
  whole: "M4 9V4h5v2H6v3zM15 4h5v5h-2V6h-3zM6 15v3h3v2H4v-5zM18 15h2v5h-5v-2h3z",
  way: "M6 15.5a2.5 2.5 0 1 1-1 4.8A2.5 2.5 0 0 1 6 15.5zm12-12a2.5 2.5 0 1 1-2.3 3.4H12a2.6 2.6 0 0 0 0 5.2h1.5a4.6 4.6 0 0 1 0 9.2H10v-2h3.500a2.600 2.600 0 0 0 0-5.200H12a4.600 4.600 0 0 1 0-9.200h3.700A2.500 2.500 0 0 1 18 3.500z",
};

const styles = new Map();

/** Resolves when a style of `style/` counts: what is shown before would jump. */
export function styled(name) {
  if (!styles.has(name)) {
    const link = h("link", { rel: "stylesheet", href: new URL(`style/${name}.css`, import.meta.url).href });
    const counts = new Promise((resolve) => {
      for (const event of ["load", "error"]) link.addEventListener(event, resolve, { once: true });
      // One that did not come is asked for again by the next page that wants it.
      link.addEventListener("error", () => styles.delete(name) && link.remove(), { once: true });
    });
    document.head.append(link);
    styles.set(name, counts);
  }
  return styles.get(name);
}

/** What so many rem are in pixels: they follow the reader's own size of type. */
export function inPixels(rem) {
  return rem * parseFloat(getComputedStyle(document.documentElement).fontSize);
}
