// Follows a job: as it happens where the server can, else by asking now and then.

import { Refused, Unreachable, askAsCurator, curatorKey, follow } from "./graphql.js";

const ASK_MS = 2000;
const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);

export function hasEnded(job) {
  return ENDED.has(job.status);
}

/**
 * Calls `told` with a job each time it has changed; returns it when it has ended. Raises Refused, and what aborts
 * `signal`. While the server is away, it waits.
 */
export async function followed(id, told, signal) {
  let job = null;
  try {
    for await (const { jobProgress } of follow("job_progress", { id }, { token: curatorKey(), signal })) {
      job = jobProgress;
      told(job);
    }
    if (job && hasEnded(job)) return job;
  } catch (error) {
    if (signal?.aborted) throw error;
    if (error instanceof Refused && /NOT_FOUND|CURATOR|TOKEN/.test(error.code ?? "")) throw error;
  }
  while (!signal?.aborted) {
    try {
      ({ job } = await askAsCurator("job", { id }, { signal }));
      told(job);
      if (hasEnded(job)) return job;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
  throw new DOMException("left", "AbortError");
}
