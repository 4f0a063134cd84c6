// What a test started ends in the opposite order: the gateway before the origin it talks to. (node:test runs its own
// after-hooks first in, first out.)
const stacks = new WeakMap();

/// Runs `end` when the test is over; the last one registered runs first, and all run even if one fails.
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
      await stack.pop()();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length) throw failures[0];
}
