// Rows of frames that break or use a rule of HTTP/2, and what must come of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./bed.mjs";
import { ask, block, connectFrames, connectH2, endHeaders, endStream, frame, number, types } from "./h2_client.mjs";
import { answer } from "./origin.mjs";
import { until } from "./wait.mjs";

export const code = { none: 0, protocol: 1, flowControl: 3, streamClosed: 5, frameSize: 6, refused: 7, compression: 9, calm: 11 };
export const padded = 8;
export const priority = 0x20;
export const whole = endHeaders | endStream;
export const host = "other.test";

/// Of the bed that bedFor() started last: a file has one at a time.
export let port;
export const authority = () => `${host}:${port}`;

// What may be said. Field blocks are literals without indexing; `raw` blocks are bytes.
export const headers = (stream, fields, flags = whole) => frame(types.headers, flags, stream, Buffer.isBuffer(fields) ? fields : block(fields));
export const fieldsOf = (more = [], method = "GET") => [[":method", method], [":scheme", "https"], [":authority", authority()], [":path", "/x"], ...more];
export const get = (stream, more = []) => headers(stream, fieldsOf(more));
export const post = (stream, more = []) => headers(stream, fieldsOf(more, "POST"), endHeaders);
export const data = (stream, bytes = "", flags = 0) => frame(types.data, flags, stream, Buffer.from(bytes));
export const pad = (length, rest) => Buffer.concat([Buffer.of(length), Buffer.from(rest)]);
export const settings = (...pairs) => frame(types.settings, 0, 0, Buffer.concat(pairs.map(([id, value]) => Buffer.concat([Buffer.of(id >> 8, id & 255), number(value)]))));
export const windowUpdate = (stream, by) => frame(types.windowUpdate, 0, stream, number(by));
export const ping = (payload = "12345678", flags = 0, stream = 0) => frame(types.ping, flags, stream, Buffer.from(payload));
export const continuation = (stream, bytes, flags = endHeaders) => frame(types.continuation, flags, stream, bytes);
export const reset = (stream, payload = number(8)) => frame(types.reset, 0, stream, payload);
export const goaway = (stream = 0, payload = Buffer.alloc(8)) => frame(types.goaway, 0, stream, payload);
export const priorityFrame = (stream, on, length = 5) => frame(types.priority, 0, stream, Buffer.concat([number(on), Buffer.of(15)]).subarray(0, length));
export const priorityUpdate = (on, text, stream = 0) => frame(16, 0, stream, Buffer.concat([number(on), Buffer.from(text)]));

// What must come of it.
export const connectionError = (...codes) => ({ kind: "connection", codes });
export const streamError = (...codes) => ({ kind: "stream", codes });
/// Stream 1 is answered with that status; "none": there is no stream 1.
export const served = (status = "200") => ({ kind: "served", status });

/// Runs one row: [name, frames or functions of the client that give them, what must come of it].
async function run(t, bed, [name, frames, expected]) {
  const client = await connectFrames(t, port, host);
  // A window that overflows in the turn in which SETTINGS came may be of their making, and ends the connection (section 6.9.2).
  if (expected.kind === "stream") {
    await client.send(ping());
    await until(`${name}: PING`, () => client.pongs.length > 0);
  }
  // What stands side by side leaves in one write: no answer comes between.
  let together = [];
  for (const part of frames) {
    if (Buffer.isBuffer(part)) { together.push(part); continue; }
    await client.send(...together);
    together = [await part(client)];
  }
  await client.send(...together);
  const resetOf = () => client.resets.find(({ stream, code: c }) => stream === 1 && c !== code.none);
  const at = `${name}: `;
  if (expected.kind === "connection") {
    await until(`${at}GOAWAY`, () => client.goaway !== undefined || client.closed);
    assert.ok(expected.codes.includes(client.goaway), `${at}GOAWAY with ${client.goaway}`);
    await client.ended();
    return;
  }
  if (expected.kind === "served") {
    if (expected.status !== "none") await until(`${at}an answer`, () => client.status(1) !== undefined || resetOf() || client.goaway !== undefined);
    assert.deepEqual([client.goaway, resetOf()], [undefined, undefined], at);
    if (expected.status !== "none") assert.equal(client.status(1), expected.status, at);
  } else {
    // RFC 9113 section 5.4.2 would let it end the connection; the other requests of it are not to blame.
    await until(`${at}a reset`, () => resetOf() || client.goaway !== undefined || client.closed);
    assert.ok(expected.codes.includes(resetOf()?.code), `${at}RST_STREAM with ${resetOf()?.code}, GOAWAY with ${client.goaway}`);
  }
  const pings = client.pongs.length;
  await client.send(ping("innocent"), headers(101, [...fieldsOf(), ["x-innocent", "1"]]));
  await until(`${at}the next request of the connection`, () => client.status(101) === "200");
  assert.equal(client.pongs[pings], "innocent", at);
  client.socket.destroy();
}

/// A bed whose origin answers /x with ten digits.
export async function bedFor(t, options) {
  const bed = await startBed(t, { origin: { reply: (r) => answer(200, r.target === "/x" ? "0123456789" : "ok") }, ...options });
  port = bed.gateway.ports.https;
  return bed;
}

/// One test a section: its rows side by side, then a look at what reached the origin.
export function section(title, rows) {
  test(title, async (t) => {
    const bed = await bedFor(t);
    const all = rows();
    for (let i = 0; i < all.length; i += 10) await Promise.all(all.slice(i, i + 10).map((row) => run(t, bed, row)));
    const refused = all.filter(([, , { kind }]) => kind !== "served").length;
    const odd = bed.origin.requests.filter((r) => r.fields.some(([n]) => /^x-evil/i.test(n)));
    assert.ok(refused === 0 || odd.length === 0, `the origin saw ${odd.map((r) => r.target)}`);
    const session = await connectH2(t, port, host);
    assert.equal((await ask(session, { ":path": "/last" })).status, 200);
  });
}

/// A field that marks what must not reach the origin.
export const evil = [["x-evil", "1"]];
