// Durations and points in time, for people.

import { texts } from "./texts.js";

/** 65.4 → "1:05"; with hours where there are any. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** 65.4 → "1:05.4", 65 → "1:05": for points that were chosen, which are kept to a tenth. */
export function exactClock(seconds) {
  const tenths = Math.max(0, Math.round(seconds * 10));
  return clock(Math.floor(tenths / 10)) + (tenths % 10 ? `.${tenths % 10}` : "");
}

/** 65.4 → "1 minute 5 seconds", for those who hear it. */
export function spoken(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return texts.spokenTime(Math.floor(whole / 60), whole % 60);
}

/** "1:05", "65" → 65; null for anything else. */
export function parsedClock(text) {
  if (!/^\s*\d{1,3}(:\d{1,2}){0,2}([.,]\d+)?\s*$/.test(text)) return null;
  return text
    .replace(",", ".")
    .split(":")
    .reduce((total, part) => total * 60 + Number(part), 0);
}

/** An ISO 8601 time as the reader's own clock says it. */
export function moment(iso) {
  const when = new Date(iso);
  const isToday = when.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(texts.language, isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" }).format(when);
}
