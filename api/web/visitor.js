// Who listens: an anonymous user, known to this tab only, made when something is first played. What they do is sent in
// batches, and again after a failure, under the same names.

import { Refused, Unreachable, ask } from "./graphql.js";
import { keep, kept } from "./kept.js";

const KEPT = "segue.visitor";
const AGAIN_SECONDS = 5;
const MOST_AT_ONCE = 200;

class Visitor {
  #kept = read();
  #beginning;
  #outbox = [];
  #sending = Promise.resolve();
  #again;
  // What was begun before somebody was forgotten, or meanwhile, must not bring anybody back.
  #forgotten = 0;
  #isForgetting = false;

  constructor() {
    addEventListener("pagehide", () => void this.flush());
  }

  get isKnown() {
    return this.#kept !== null;
  }

  /** The token and the session, made when they are first needed. */
  async session() {
    if (this.#kept) return this.#kept;
    this.#beginning ??= this.#begin().finally(() => (this.#beginning = undefined));
    return this.#beginning;
  }

  /**
   * Writes down what was done with a track, PLAY, COMPLETE, SKIP, LIKE or DISLIKE; resolves when the archive knows it,
   * or when it cannot be reached now.
   */
  record(kind, trackId, { playedSeconds = null, listId = null } = {}) {
    this.#outbox.push({ clientId: randomName(), trackId, kind, playedSeconds, listId, occurredAt: new Date().toISOString() });
    return this.flush();
  }

  flush() {
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  /** Asks in the name of the session: `variables` gets its id. */
  async ask(name, variables = {}, isSecond = false) {
    const forgotten = this.#forgotten;
    const { token, sessionId } = await this.session();
    try {
      return await ask(name, { session: sessionId, ...variables }, { token });
    } catch (error) {
      if (isSecond || this.#isForgetting || forgotten !== this.#forgotten || !isUnknown(error)) throw error;
      // Two questions may find it out: only the first makes a new visitor.
      if (this.#kept?.sessionId === sessionId) this.#keep(null);
      return this.ask(name, variables, true);
    }
  }

  /** Lets the archive forget all that was done here. Raises what `ask` does; then nothing is forgotten yet. */
  async forget() {
    this.#outbox = [];
    this.#isForgetting = true;
    try {
      await Promise.allSettled([this.#sending, this.#beginning]);
      const { userId, token } = this.#kept ?? {};
      if (token) await ask("forget_visitor", { id: userId }, { token });
    } catch (error) {
      // Who is not known there is forgotten.
      if (!isUnknown(error)) throw error;
    } finally {
      this.#isForgetting = false;
    }
    this.#forgotten++;
    this.#outbox = [];
    this.#keep(null);
  }

  async #begin() {
    const { createUser } = await ask("create_visitor", {}, { posted: true });
    const { startSession } = await ask("start_session", {}, { token: createUser.token });
    this.#keep({ token: createUser.token, userId: createUser.user.id, sessionId: startSession.id });
    return this.#kept;
  }

  async #send() {
    while (this.#outbox.length) {
      const entries = this.#outbox.slice(0, MOST_AT_ONCE);
      try {
        await this.ask("record", { entries });
      } catch (error) {
        if (error instanceof Unreachable) {
          clearTimeout(this.#again);
          this.#again = setTimeout(() => void this.flush(), AGAIN_SECONDS * 1000);
          return;
        }
        if (!(error instanceof Refused)) throw error;
        console.warn("Not recorded:", error.code);
      }
      this.#outbox = this.#outbox.filter((entry) => !entries.includes(entry));
    }
  }

  #keep(known) {
    this.#kept = known;
    keep(KEPT, known && JSON.stringify(known));
  }
}

function read() {
  try {
    return JSON.parse(kept(KEPT) ?? "null");
  } catch {
    return null;
  }
}

// Somebody forgot this visitor, or the archive is another one now.
function isUnknown(error) {
  return error instanceof Refused && ["TOKEN_INVALID", "TOKEN_MISSING", "USER_NOT_FOUND", "SESSION_NOT_FOUND"].includes(error.code);
}

// `crypto.randomUUID` is there on HTTPS and this machine only; an archive's own network may have neither.
function randomName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const visitor = new Visitor();
