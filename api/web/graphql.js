// Asks the public GraphQL API. Operations are documents of `queries/`, sent by their hash; a server that does not know
// one gets its text.

import { keep, kept } from "./kept.js";

const ADDRESS = new URL("graphql", document.baseURI);
// Where a gateway asks who it is, tokens of an organization are taken here only.
const CURATOR_ADDRESS = new URL("curator/graphql", document.baseURI);
const CURATOR_KEY = "segue.curator";
// A server that takes longer does not answer.
const PATIENCE_MS = 30_000;

/** The server said no; `code` is stable. */
export class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** The server did not answer. */
export class Unreachable extends Error {}

/**
 * Tells `reachable` or `unreachable` whenever that changes. Who finds out that the server answers again, or does not, tells
 * it `answers` or `silent`.
 */
export const line = new EventTarget();

let hashes;
let takesHashes = true;
let isReachable = true;

line.addEventListener("answers", () => tell(true));
line.addEventListener("silent", () => tell(false));

/**
 * The data of an operation. `token`: whom it speaks for. What has none and is not `posted` is anybody's question, which
 * may be cached. Raises Refused, Unreachable, and what aborts `signal`.
 */
export async function ask(name, variables = {}, { token, signal, posted = Boolean(token) } = {}) {
  const content = await sent(name, variables, token, signal, posted);
  if (content.errors?.length) {
    const [error] = content.errors;
    throw new Refused(error.message, error.extensions?.code);
  }
  return content.data;
}

/** Asks as a curator: with the key, where one was given. */
export function askAsCurator(name, variables, options = {}) {
  return ask(name, variables, { ...options, token: curatorKey(), posted: true });
}

export function curatorKey() {
  return kept(CURATOR_KEY);
}

export function keepCuratorKey(key) {
  keep(CURATOR_KEY, key || null);
}

/** The answers of a subscription, as server-sent events. Ends with it; raises as `ask` does. */
export async function* follow(name, variables, { token, signal }) {
  const response = await fetched(
    addressFor(token),
    {
      method: "POST",
      headers: { ...headersOf(token), accept: "text/event-stream", "content-type": "application/json" },
      body: JSON.stringify({ query: await textOf(name), variables }),
      signal,
    },
    signal,
  );
  if (!response.ok || !response.body) throw new Refused(response.statusText, "SUBSCRIPTIONS_UNAVAILABLE");
  for await (const event of events(response.body)) {
    if (event.type === "complete") return;
    const content = JSON.parse(event.data);
    if (content.errors?.length) throw new Refused(content.errors[0].message, content.errors[0].extensions?.code);
    yield content.data;
  }
}

async function sent(name, variables, token, signal, isPosted) {
  const hash = takesHashes ? await hashOf(name) : undefined;
  if (hash) {
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
    const found = isPosted ? await post({ variables, extensions }, token, signal) : await get(variables, extensions, signal);
    if (found) return found;
  }
  const query = await textOf(name);
  const extensions = hash && { persistedQuery: { version: 1, sha256Hash: hash } };
  const content = await post({ query, variables, extensions }, token, signal);
  if (!content) throw new Refused(name, "BAD_REQUEST");
  return content;
}

async function get(variables, extensions, signal) {
  const address = new URL(ADDRESS);
  address.searchParams.set("variables", JSON.stringify(variables));
  address.searchParams.set("extensions", JSON.stringify(extensions));
  return content(await fetched(address, { headers: headersOf(), signal: patient(signal) }, signal));
}

async function post(operation, token, signal) {
  const options = {
    method: "POST",
    headers: { ...headersOf(token), "content-type": "application/json" },
    body: JSON.stringify(operation),
    keepalive: Boolean(operation.variables?.entries),
    signal: patient(signal),
  };
  return content(await fetched(addressFor(token), options, signal));
}

function patient(signal) {
  const late = AbortSignal.timeout(PATIENCE_MS);
  return signal ? AbortSignal.any([signal, late]) : late;
}

// Tokens of an organization are JWTs, in three parts; ours and API keys are not.
function addressFor(token) {
  return token?.split(".").length === 3 ? CURATOR_ADDRESS : ADDRESS;
}

function headersOf(token) {
  return { accept: "application/json", ...(token && { authorization: `Bearer ${token}` }) };
}

async function fetched(address, options, signal) {
  try {
    const response = await fetch(address, { ...options, credentials: "omit" });
    if (response.status === 502 || response.status === 503 || response.status === 504) throw new Unreachable(response.statusText);
    tell(true);
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    tell(false);
    throw error instanceof Unreachable ? error : new Unreachable(String(error));
  }
}

/** Null where the server wants the document's text. */
async function content(response) {
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw new Unreachable(response.statusText);
  }
  const [error] = answer.errors ?? [];
  const code = error?.extensions?.code;
  if (code === "PERSISTED_QUERY_NOT_FOUND" || error?.message === "PersistedQueryNotFound") return null;
  if (response.status === 400 && !answer.data && /query/i.test(error?.message ?? "")) {
    takesHashes = false;
    return null;
  }
  return answer;
}

function tell(reachable) {
  if (reachable === isReachable) return;
  isReachable = reachable;
  line.dispatchEvent(new Event(reachable ? "reachable" : "unreachable"));
}

async function hashOf(name) {
  hashes ??= fetch(new URL("queries.json", import.meta.url)).then((response) => (response.ok ? response.json() : {}));
  try {
    return (await hashes)[name];
  } catch {
    hashes = undefined;
    return undefined;
  }
}

const documents = new Map();

async function textOf(name) {
  if (!documents.has(name)) {
    const response = await fetched(new URL(`queries/${name}.graphql`, import.meta.url), {});
    if (!response.ok) throw new Unreachable(response.statusText);
    documents.set(name, await response.text());
  }
  return documents.get(name);
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      waiting += value;
      const parts = waiting.split("\n\n");
      waiting = parts.pop();
      for (const part of parts) {
        const fields = Object.fromEntries(part.split("\n").map((row) => [row.slice(0, row.indexOf(":")), row.slice(row.indexOf(":") + 1).trim()]));
        if (fields.event) yield { type: fields.event, data: fields.data };
      }
    }
  } catch (error) {
    throw error.name === "AbortError" ? error : new Unreachable(String(error));
  } finally {
    // Who stops listening gives the connection back: a browser has few of them.
    void reader.cancel().catch(() => {});
  }
}
