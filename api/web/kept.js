// What this tab keeps while it is open. Where a browser forbids that, it lasts until the page is left.

const here = new Map();

export function kept(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return here.get(name) ?? null;
  }
}

/** Null lets go of it. */
export function keep(name, text) {
  try {
    if (text === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, text);
  } catch {
    here.set(name, text);
  }
}
