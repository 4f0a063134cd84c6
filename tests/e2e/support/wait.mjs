// Waiting without sleeping: for a condition, or for a promise with a limit. A limit that passes is a failure with a reason.
import { setTimeout as pause } from "node:timers/promises";

// Sanitizer builds on a busy machine are many times slower; the limit only matters when something is broken.
const patience = Number(process.env.GATEWAY_E2E_PATIENCE ?? 1);
export const seconds = (count) => count * 1000 * patience;

/// Waits until `condition` gives something true, and gives it back.
export async function until(what, condition, limit = seconds(10)) {
  const end = Date.now() + limit;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(5);
  }
}

/// The value of `promise`, or a failure after `limit`.
export async function within(what, promise, limit = seconds(10)) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/// Lets the other side act before asserting that it did NOT: long enough for a loopback round trip, short enough for a suite.
export const quiet = () => pause(150 * patience);
