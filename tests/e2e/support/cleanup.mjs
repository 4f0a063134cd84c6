// What a test started ends in the opposite order: the gateway before the origin it talks to. (node:test runs its own
// after-hooks first in, first out.)
import { seconds, within } from "./wait.mjs";

const stacks = new WeakMap();

/// Runs `end` when the test is over; the last one registered runs first, and all run even if one fails. One that does not come to
/// an end fails with its text, for a file that waits for ever says nothing.
export function cleanup(t, end) {
  if (!stacks.has(t)) {
    const stack = [];
    stacks.set(t, stack);
    t.after(() => unwind(stack));
  }
  stacks.get(t).push(end);
}

async function unwind(stack) {
  const failures = [];
  while (stack.length) {
    try {
      const end = stack.pop();
      await within(`the end of what a test started: ${end}`, Promise.resolve(end()), seconds(60));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length) throw failures[0];
}
