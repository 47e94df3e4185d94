// A list or grid of any length: only what is in view, and some around it, is in the document.

import { h } from "./dom.js";
import { tryAgain } from "./states.js";

const ROWS_AROUND = 4;

/**
 * A list of what `paged` reads. `layout(width)` returns `{columns, width, height, gap}` in pixels of one item; `render`
 * makes an item's content. It lives until `signal` is aborted.
 */
export function virtualList(paged, { label, layout, render, className = "", signal }) {
  const list = h("ul", { class: `virtual ${className}`, "aria-label": label, role: "list" });
  const end = h("div", { class: "virtual-end" });
  const there = new Map();
  let shape = null;
  let scheduled = false;
  let readError = null;

  function draw() {
    scheduled = false;
    if (!list.isConnected) return;
    const width = list.clientWidth;
    if (!width) return;
    if (shape?.of !== width) shape = { of: width, ...layout(width) };
    const step = shape.height + shape.gap;
    const rows = Math.ceil(paged.items.length / shape.columns);
    list.style.height = `${Math.max(0, rows * step - shape.gap)}px`;
    const top = -list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / step) - ROWS_AROUND) * shape.columns;
    const last = Math.min(paged.items.length, (Math.ceil((top + innerHeight) / step) + ROWS_AROUND) * shape.columns);
    for (const [index, item] of there) {
      if ((index < first || index >= last) && !item.contains(document.activeElement)) {
        item.remove();
        there.delete(index);
      }
    }
    // One that has the focus stays, wherever it is: in the document it keeps its place among the others.
    let before = there.get(Math.max(...[...there.keys()].filter((index) => index < first), -1)) ?? null;
    for (let index = first; index < last; index++) {
      if (!there.has(index)) {
        const item = h("li", { "aria-posinset": index + 1, "aria-setsize": paged.total ?? -1 }, render(paged.items[index], index));
        // In the document as in the list, for who goes from one to the next.
        if (before) before.after(item);
        else list.prepend(item);
        there.set(index, item);
      }
      before = there.get(index);
    }
    for (const [index, item] of there) place(item, index, step);
    if (last + 2 * shape.columns >= paged.items.length && !paged.isWhole && !readError) void more();
  }

  function place(item, index, step) {
    const column = index % shape.columns;
    item.style.width = `${shape.width}px`;
    item.style.height = `${shape.height}px`;
    item.style.transform = `translate(${column * (shape.width + shape.gap)}px, ${Math.floor(index / shape.columns) * step}px)`;
  }

  async function more() {
    try {
      await paged.more();
    } catch (error) {
      if (signal.aborted) return;
      readError = error;
      const again = () => {
        readError = null;
        end.replaceChildren();
        schedule();
      };
      tryAgain(end, error, again, signal);
      return;
    }
    schedule();
  }

  function schedule() {
    if (scheduled || signal.aborted) return;
    scheduled = true;
    requestAnimationFrame(draw);
  }

  addEventListener("scroll", schedule, { passive: true, signal });
  const observer = new ResizeObserver(schedule);
  observer.observe(list);
  signal.addEventListener("abort", () => observer.disconnect());
  schedule();
  return [list, end];
}
