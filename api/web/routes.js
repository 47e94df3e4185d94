// Addresses within the page: `#/album/ID`. They work wherever the page lies, and hold no secrets.

const routes = [];

/** `pattern` such as "album/:id"; `show(parameters, signal)` fills the page until `signal` is aborted. */
export function route(pattern, show) {
  routes.push({ parts: pattern.split("/"), show });
}

export function addressOf(kind, id) {
  return `#/${kind}/${encodeURIComponent(id)}`;
}

/** What the present address asks for: `{show, parameters, name}`; null where nothing does. */
export function found(hash = location.hash) {
  const parts = hash.replace(/^#\/?/, "").split("?")[0].split("/").map(decoded);
  for (const { parts: pattern, show } of routes) {
    if (pattern.length !== parts.length) continue;
    const parameters = {};
    const fits = pattern.every((part, at) => {
      if (!part.startsWith(":")) return part === parts[at];
      parameters[part.slice(1)] = parts[at];
      return parts[at] !== "";
    });
    if (fits) return { show, parameters, name: pattern[0] };
  }
  return null;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
