// What clients sent and what origins saw, request by request. Each is settled when its client has its end; what cannot be is a
// difference, and a soak has none.
import { createHash } from "node:crypto";

const keptDifferences = 20;
const keptLeft = 10_000;
const keptLatencies = 4096; // of each quarter; older ones give way at random

export const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

export class Ledger {
  constructor() {
    this.next = 1;
    this.open = new Map(); // id → what origins saw of it: {arrived, answered, broken}
    this.left = new Map(); // the same of requests whose clients left; origins may still see their ends
    this.counts = {}; // "LANE OUTCOME" → how many
    this.differences = [];
    this.differenceCount = 0;
    this.latencies = []; // of each quarter, milliseconds
    this.quarter = 0;
  }

  get settled() { return Object.values(this.counts).reduce((sum, count) => sum + count, 0); }

  /// A new request: its id, which the origin finds in it.
  begin() {
    const id = `r${this.next++}`;
    this.open.set(id, { arrived: 0, answered: 0, broken: 0 });
    return id;
  }

  // ---- the origin's side

  /// `what`: arrived, answered, broken.
  seen(id, what) {
    const entry = this.open.get(id) ?? this.left.get(id);
    if (entry) entry[what] += 1;
    else if (what !== "broken") this.differ(`${id} ${what} at an origin, and its client had its end, or never began`);
    if (this.left.has(id) && entry.arrived > 1) this.differ(`${id}, whose client left, came to an origin again`);
  }

  // ---- the client's side

  /// Its client has an answer, or knows that there will be none. `expected` says in words what is wrong about what the origin saw, or
  /// nothing.
  settle(lane, id, outcome, expected) {
    const entry = this.open.get(id);
    this.open.delete(id);
    this.count(lane, outcome);
    const wrong = expected(entry);
    if (wrong) this.differ(`${lane} ${id} (${outcome}): ${wrong}; at the origin: ${JSON.stringify(entry)}`);
  }

  /// Its client left without waiting: at an origin it may be once, or not.
  leave(lane, id) {
    this.left.set(id, this.open.get(id));
    this.open.delete(id);
    if (this.left.size > keptLeft) this.left.delete(this.left.keys().next().value);
    this.count(lane, "left");
  }

  count(lane, outcome) { this.counts[`${lane} ${outcome}`] = (this.counts[`${lane} ${outcome}`] ?? 0) + 1; }

  differ(text) {
    this.differenceCount += 1;
    if (this.differences.length < keptDifferences) this.differences.push(text);
  }

  took(milliseconds) {
    const kept = (this.latencies[this.quarter] ??= []);
    if (kept.length < keptLatencies) kept.push(milliseconds);
    else kept[Math.floor(Math.random() * keptLatencies)] = milliseconds;
  }

  /// Median and 99th percentile of each quarter of the run.
  latencyTable() {
    return this.latencies.map((kept) => {
      const sorted = [...kept].sort((a, b) => a - b);
      const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1);
      return { p50: at(0.5), p99: at(0.99) };
    });
  }
}

/// What a request must have been to its origin, by the end that its client saw.
export const rules = {
  /// A steady origin: answered means that it was there once, whole.
  answeredOnce: (entry) => (entry.arrived !== 1 || entry.answered !== 1 ? "answered, but not by one request at the origin" : ""),
  /// An origin that breaks off: an answer is its answer, and a retry is of what was broken.
  answeredAfterBreaks: (entry) => (entry.answered < 1 || entry.arrived !== entry.answered + entry.broken ? "answered, but not by the origin" : ""),
  /// The gateway said that there is no answer.
  unanswered: (entry) => (entry.arrived > entry.broken + entry.answered ? "the origin still has it" : ""),
  /// What may be sent once only.
  atMostOnce: (entry) => (entry.arrived > 1 ? "a request that must not be repeated was" : ""),
  never: () => "lost",
};
