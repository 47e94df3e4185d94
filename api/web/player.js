// What plays, and what follows from it.
//
// Events: `track` (another one), `state` (playing, paused, waiting, failed), `time`, `follow` (another list), `judged`.

import { ask } from "./graphql.js";
import { visitor } from "./visitor.js";

const STEP_SECONDS = 5;
// Who heard so much of a track and goes on has heard it.
const HEARD_SHARE = 0.9;
// What follows is waited for no longer: then what followed before follows.
const PATIENCE_MS = 4000;

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
  // Whether `#audio` has this track already; until then, from where it will play, and whether it will.
  #holds = false;
  #from = 0;
  #wants = false;
  #until = null;
  // What led to this track, until it is recorded that it sounds.
  #begins = null;
  // Numbers: of tracks that were begun, the one that is being left, the one whose address was asked for anew.
  #asked = 0;
  #leaving = 0;
  #renewed = 0;
  #done = 0;
  // Tracks that could not be played: nothing leads to them again by itself.
  #broken = new Set();

  constructor() {
    super();
    this.#audio.preload = "auto";
    this.#audio.hidden = true;
    for (const event of ["play", "playing", "pause", "waiting", "canplay", "loadedmetadata"]) {
      this.#audio.addEventListener(event, () => this.#tell("state"));
    }
    this.#audio.addEventListener("playing", () => this.#sounds());
    for (const event of ["timeupdate", "seeked", "durationchange"]) this.#audio.addEventListener(event, () => this.#at());
    this.#audio.addEventListener("ended", () => void this.#leave("COMPLETE", "afterHeard"));
    this.#audio.addEventListener("error", () => void this.#failed());
    this.#takeMediaKeys();
  }

  /** To be put into the document, where assistive technology and browsers' own controls find it. */
  get element() {
    return this.#audio;
  }

  get isPlaying() {
    return this.#holds ? !this.#audio.paused && !this.#audio.ended : this.#wants;
  }

  get isWaiting() {
    return this.isPlaying && (!this.#holds || this.#audio.readyState < 3);
  }

  get time() {
    return this.#holds ? this.#audio.currentTime || 0 : this.#from;
  }

  get duration() {
    const known = this.#holds ? this.#audio.duration : NaN;
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
    this.#let();
    this.track = track;
    this.listId = listId;
    this.error = null;
    [this.#from, this.#until, this.#wants] = [from, until, true];
    this.#begins = because ?? this.#because("afterBegin");
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
    if (known.audioUrl) await this.#load(known.audioUrl);
    else this.#fail("notAtHand");
  }

  async toggle() {
    if (!this.track) return;
    // What failed is tried anew, from where it was.
    if (this.error) await this.play({ ...this.track, audioUrl: null }, { listId: this.listId, queue: this.queue, from: this.time });
    else if (this.isPlaying) this.pause();
    else await this.#start();
  }

  pause() {
    this.#wants = false;
    if (this.#holds) this.#audio.pause();
    else this.#tell("state");
  }

  /** To a place in seconds; it plays on from there if it played. */
  seek(seconds) {
    if (!this.track) return;
    this.#until = null;
    const to = Math.min(Math.max(0, seconds), Math.max(0, this.duration - 0.05));
    if (this.#holds) this.#audio.currentTime = to;
    else this.#from = to;
    this.#tell("time");
  }

  step(direction) {
    this.seek(this.time + direction * STEP_SECONDS);
  }

  /** Goes on before the end: the archive learns that this was not it. */
  async next() {
    if (!this.track || this.error) {
      await this.#goOn();
      return;
    }
    const isHeard = this.time >= this.duration * HEARD_SHARE;
    await this.#leave(isHeard ? "COMPLETE" : "SKIP", isHeard ? "afterHeard" : "afterSkip");
  }

  /** LIKE or DISLIKE; a dislike goes on to what follows. */
  async judge(kind) {
    const { track } = this;
    if (!track || this.judgements.get(track.id) === kind) return;
    this.judgements.set(track.id, kind);
    this.#tell("judged");
    if (kind === "DISLIKE") await this.#leave(kind, "afterDislike");
    else await this.#did(kind, this.#because("afterLike"));
  }

  /** Nobody knows any more what was heard. */
  forget() {
    // What is being asked in the name of who was forgotten is not shown.
    this.#done++;
    this.follows = null;
    this.judgements.clear();
    this.#tell("judged");
    this.#tell("follow");
  }

  /** Lets go of what was heard: nothing of it sounds, or counts, under another track's name. */
  #let() {
    this.#holds = false;
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  async #load(address) {
    this.#audio.src = address;
    this.#holds = true;
    if (this.#from) this.#audio.currentTime = this.#from;
    if (this.#wants) await this.#start();
  }

  async #start() {
    this.#wants = true;
    if (!this.#holds) {
      this.#tell("state");
      return;
    }
    try {
      await this.#audio.play();
    } catch (error) {
      // Interrupted by another track, or the browser waits for a gesture; what the file is at fault for comes as `error`.
      if (error.name !== "AbortError" && error.name !== "NotAllowedError" && error.name !== "NotSupportedError") throw error;
    }
  }

  /** Only what sounds was played, and nothing else is asked for before it does. */
  #sounds() {
    if (!this.#holds) return;
    this.#renewed = 0;
    this.#broken.delete(this.track.id);
    const because = this.#begins;
    this.#begins = null;
    if (because) void this.#did("PLAY", because);
  }

  #at() {
    if (!this.#holds) return;
    if (this.#until !== null && this.time >= this.#until) {
      this.pause();
      this.#until = null;
    }
    this.#tell("time");
  }

  /** Records why a track is left, once, and goes on to what follows from that. */
  async #leave(kind, text) {
    const number = this.#asked;
    if (this.#leaving === number) return;
    this.#leaving = number;
    this.pause();
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([this.#did(kind, this.#because(text)), patience]);
    if (this.#leaving === number) this.#leaving = 0;
    if (number === this.#asked) await this.#goOn();
  }

  async #goOn() {
    const [chosen, ...rest] = this.queue;
    if (chosen) {
      await this.play(chosen, { queue: rest });
      return;
    }
    const { id, items, because } = this.follows ?? { items: [] };
    const following = items.find(({ track }) => !this.isCurrent(track.id) && !this.#broken.has(track.id));
    if (following) await this.play(following.track, { listId: id, because });
  }

  /** Records what was done, and asks what follows from it. */
  async #did(kind, because) {
    const { track, listId } = this;
    const playedSeconds = kind === "PLAY" ? null : this.time;
    const number = ++this.#done;
    try {
      await visitor.record(kind, track.id, { playedSeconds, listId });
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
    return { text, id: this.track.id, title: this.track.title };
  }

  async #failed() {
    if (!this.#holds) return;
    const number = this.#asked;
    // An address that has expired is asked for anew, once.
    if (this.#audio.error?.code === MediaError.MEDIA_ERR_DECODE || this.#renewed === number) {
      this.#fail(this.#renewed === number ? "audioGone" : "cannotPlay");
      return;
    }
    this.#renewed = number;
    const [address, at] = [this.#audio.src, this.time];
    let text = "audioGone";
    try {
      const response = await fetch(address, { headers: { range: "bytes=0-1" }, credentials: "omit" });
      if (response.ok) text = "cannotPlay";
      else {
        const { track } = await ask("playing", { id: this.track.id });
        if (number !== this.#asked) return;
        if (track.audioUrl && track.audioUrl !== address) {
          this.#from = at;
          await this.#load(track.audioUrl);
          return;
        }
      }
    } catch {
      // It is gone, as far as one can tell.
    }
    if (number === this.#asked) this.#fail(text);
  }

  #fail(text) {
    this.#from = this.time;
    this.#wants = false;
    this.#let();
    this.error = text;
    this.#broken.add(this.track.id);
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
