// What plays, and what follows from it.
//
// Events: `track` (another one), `state` (playing, paused, waiting, failed), `time`, `follow` (another list), `judged`.

import { ask } from "./graphql.js";
import { visitor } from "./visitor.js";

const STEP_SECONDS = 5;
// Who heard so much of a track and goes on has heard it.
const HEARD_SHARE = 0.9;

class Player extends EventTarget {
  track = null;
  /** The list of recommendations that the track was taken from. */
  listId = null;
  /** Tracks that the listener chose to come first, such as the rest of an album. */
  queue = [];
  /** `{id, strategy, strategyReason, fallbackReason, items, because}` */
  follows = null;
  /** LIKE or DISLIKE by track. */
  judgements = new Map();
  error = null;
  #audio = new Audio();
  #until = null;
  #asked = 0;
  #done = 0;
  #again = false;

  constructor() {
    super();
    this.#audio.preload = "auto";
    this.#audio.hidden = true;
    for (const event of ["play", "playing", "pause", "waiting", "canplay", "loadedmetadata"]) {
      this.#audio.addEventListener(event, () => this.#tell("state"));
    }
    for (const event of ["timeupdate", "seeked", "durationchange"]) this.#audio.addEventListener(event, () => this.#at());
    this.#audio.addEventListener("ended", () => void this.#ended());
    this.#audio.addEventListener("error", () => void this.#failed());
    this.#takeMediaKeys();
  }

  /** To be put into the document, where assistive technology and browsers' own controls find it. */
  get element() {
    return this.#audio;
  }

  get isPlaying() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  get isWaiting() {
    return this.isPlaying && this.#audio.readyState < 3;
  }

  get time() {
    return this.#audio.currentTime || 0;
  }

  get duration() {
    const known = this.#audio.duration;
    return Number.isFinite(known) && known > 0 ? known : (this.track?.durationSeconds ?? 0);
  }

  isCurrent(id) {
    return this.track?.id === id;
  }

  /**
   * Begins a track, at a place in seconds, until another one if it is named. `queue` are tracks that the listener chose
   * to come after it; `because` is what led on to it, where nobody chose it.
   */
  async play(track, { listId = null, from = 0, until = null, queue = [], because = null } = {}) {
    this.queue = queue;
    if (this.isCurrent(track.id) && !this.error) {
      this.seek(from);
      this.#until = until;
      await this.#start();
      return;
    }
    const number = ++this.#asked;
    this.track = track;
    this.listId = listId;
    this.error = null;
    this.#until = until;
    this.#audio.pause();
    this.#tell("track");
    this.#tell("state");
    let known;
    try {
      known = track.audioUrl ? track : (await ask("playing", { id: track.id })).track;
    } catch {
      if (number === this.#asked) this.#fail("audioGone");
      return;
    }
    if (number !== this.#asked) return;
    this.track = { ...track, ...known };
    this.#tell("track");
    if (!known.audioUrl) {
      this.#fail("notAtHand");
      return;
    }
    this.#audio.src = known.audioUrl;
    if (from) this.#audio.currentTime = from;
    void this.#did("PLAY", { listId }, because ?? this.#because("afterBegin"));
    await this.#start();
  }

  async toggle() {
    if (!this.track) return;
    if (this.isPlaying) this.#audio.pause();
    else await this.#start();
  }

  pause() {
    this.#audio.pause();
  }

  /** To a place in seconds; it plays on from there if it played. */
  seek(seconds) {
    if (!this.track) return;
    this.#until = null;
    this.#audio.currentTime = Math.min(Math.max(0, seconds), Math.max(0, this.duration - 0.05));
    this.#tell("time");
  }

  step(direction) {
    this.seek(this.time + direction * STEP_SECONDS);
  }

  /** Goes on before the end: the archive learns that this was not it. */
  async next() {
    const left = this.track;
    if (left && !this.error) {
      const kind = this.time >= this.duration * HEARD_SHARE ? "COMPLETE" : "SKIP";
      this.#audio.pause();
      const because = this.#because(kind === "SKIP" ? "afterSkip" : "afterHeard");
      await this.#did(kind, { playedSeconds: this.time, listId: this.listId }, because);
      if (this.track !== left) return;
    }
    await this.#goOn();
  }

  /** LIKE or DISLIKE; a dislike goes on to what follows. */
  async judge(kind) {
    const { track } = this;
    if (!track || this.judgements.get(track.id) === kind) return;
    this.judgements.set(track.id, kind);
    this.#tell("judged");
    const because = this.#because(kind === "LIKE" ? "afterLike" : "afterDislike");
    await this.#did(kind, { playedSeconds: this.time, listId: this.listId }, because);
    if (kind === "DISLIKE" && this.track === track) await this.#goOn();
  }

  /** Nobody knows any more what was heard. */
  forget() {
    this.follows = null;
    this.judgements.clear();
    this.#tell("judged");
    this.#tell("follow");
  }

  async #start() {
    try {
      await this.#audio.play();
    } catch (error) {
      // Interrupted by another track, or the browser waits for a gesture; what the file is at fault for comes as `error`.
      if (error.name !== "AbortError" && error.name !== "NotAllowedError" && error.name !== "NotSupportedError") throw error;
    }
  }

  #at() {
    if (this.#until !== null && this.time >= this.#until) {
      this.#audio.pause();
      this.#until = null;
    }
    this.#tell("time");
  }

  async #ended() {
    const left = this.track;
    await this.#did("COMPLETE", { playedSeconds: this.duration, listId: this.listId }, this.#because("afterHeard"));
    if (this.track === left) await this.#goOn();
  }

  async #goOn() {
    const [chosen, ...rest] = this.queue;
    if (chosen) {
      await this.play(chosen, { queue: rest });
      return;
    }
    const { id, items, because } = this.follows ?? { items: [] };
    if (items.length) await this.play(items[0].track, { listId: id, because });
  }

  /** Records what was done, and asks what follows from it. */
  async #did(kind, about, because) {
    const { track } = this;
    const number = ++this.#done;
    try {
      await visitor.record(kind, track.id, about);
      const { recommendNext } = await visitor.ask("follow");
      // Something was done since: what follows from that is on its way.
      if (number !== this.#done) return;
      this.follows = { ...recommendNext, because };
      this.#tell("follow");
    } catch {
      // What followed before follows still; that the archive is away is said by the page.
    }
  }

  #because(text) {
    return { text, title: this.track.title };
  }

  async #failed() {
    const code = this.#audio.error?.code;
    if (!this.track || !this.#audio.getAttribute("src")) return;
    // An address that has expired, or that cannot be decoded: asked for anew once.
    if (code !== MediaError.MEDIA_ERR_DECODE && !this.#again) {
      this.#again = true;
      try {
        const response = await fetch(this.#audio.src, { headers: { range: "bytes=0-1" }, credentials: "omit" });
        if (response.ok) this.#fail("cannotPlay");
        else {
          const { track } = await ask("playing", { id: this.track.id });
          if (!track.audioUrl || track.audioUrl === this.#audio.src) this.#fail("audioGone");
          else {
            const at = this.time;
            this.#audio.src = track.audioUrl;
            this.#audio.currentTime = at;
            await this.#start();
          }
        }
      } catch {
        this.#fail("audioGone");
      } finally {
        this.#again = false;
      }
      return;
    }
    this.#fail("cannotPlay");
  }

  #fail(text) {
    this.error = text;
    this.#audio.removeAttribute("src");
    this.#tell("state");
  }

  #tell(event) {
    this.dispatchEvent(new Event(event));
    if (event === "track") this.#showOnKeys();
  }

  #takeMediaKeys() {
    const keys = navigator.mediaSession;
    if (!keys) return;
    keys.setActionHandler("play", () => void this.toggle());
    keys.setActionHandler("pause", () => this.pause());
    keys.setActionHandler("seekbackward", () => this.step(-1));
    keys.setActionHandler("seekforward", () => this.step(1));
    keys.setActionHandler("nexttrack", () => void this.next());
  }

  #showOnKeys() {
    if (!navigator.mediaSession || !this.track) return;
    const { title, composer, album, coverUrl } = this.track;
    navigator.mediaSession.metadata = new MediaMetadata({
      title,
      artist: composer?.name ?? "",
      album: album?.title ?? "",
      artwork: coverUrl ? [{ src: coverUrl }] : [],
    });
  }
}

export const player = new Player();
