// Why a track follows, in a visitor's words: one sentence, made of facts that the API states.

import { texts } from "./texts.js";

// What says most comes first: that it sounds alike goes without saying where there is more to say.
const KINDS = ["SAME_WORK", "SAME_COMPOSER", "SAME_ALBUM", "HEARD_BEFORE", "POPULAR_HERE", "SHARED_TAGS", "NEAR_HEARD", "SOUNDS_ALIKE"];

/**
 * The sentence for one entry of a list; empty where the API gives no reason. What is named beside the list, the track
 * `named`, is not named again.
 */
export function reasonOf({ track, reasons }, named = null) {
  const reason = KINDS.map((kind) => reasons.find((other) => other.kind === kind)).find(Boolean) ?? reasons[0];
  if (!reason) return "";
  if (reason.track.id === track.id) return texts.reasonsOfItself[reason.kind]?.(track.composer?.name) ?? reason.text;
  // What is in common, or a kind that is new to this page, is said in the API's own words.
  return texts.reasons[reason.kind]?.(reason.track.id === named ? null : reason.track.title) ?? reason.text;
}

/** The one sentence that all entries have, where they have the same: it is said once. */
export function commonReason(sentences) {
  return sentences.length > 1 && sentences.every((sentence) => sentence === sentences[0]) ? sentences[0] : "";
}
