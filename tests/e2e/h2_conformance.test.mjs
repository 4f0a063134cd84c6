// Frames, states, windows and field blocks of HTTP/2: every rule of RFC 9113 sections 3 to 6 and of RFC 7541 that a client can
// break or use, with exactly the error that the RFC names (messages are in h2_messages.test.mjs; rows N05, N12, N16). After each
// stream error, and after all that is to be ignored, the same connection serves a request.
import assert from "node:assert/strict";
import { test } from "node:test";

import { block, connectFrames, endHeaders, endStream, frame, number, request, types } from "./support/h2_client.mjs";
import { authority, bedFor, code, connectionError, continuation, data, evil, fieldsOf, get, goaway, headers, host, pad, padded, ping, port, post, priority, priorityFrame, reset, section, served, settings, streamError, whole, windowUpdate } from "./support/h2_rows.mjs";
import { answer } from "./support/origin.mjs";
import { until } from "./support/wait.mjs";

test("RFC 9113 section 3.4: a preface that is none, or is not followed by SETTINGS, ends the connection", async (t) => {
  const bed = await bedFor(t);
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const rows = [["another version", "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n"], ["HTTP/1.1", `GET / HTTP/1.1\r\nHost: ${authority()}\r\n\r\n`], ["one byte is wrong", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"], ["PING first", Buffer.concat([Buffer.from(preface), ping()])], ["HEADERS first", Buffer.concat([Buffer.from(preface), get(1)])], ["an acknowledgement first", Buffer.concat([Buffer.from(preface), frame(types.settings, 1, 0)])]];
  for (const [name, bytes] of rows) {
    const client = await connectFrames(t, port, host, null);
    await client.send(Buffer.from(bytes));
    await client.ended();
    assert.ok([undefined, code.protocol].includes(client.goaway), `${name}: ${client.goaway}`);
  }
  assert.equal(bed.origin.text, "");
  const client = await connectFrames(t, port, host, null);
  await until("SETTINGS of the server, which waits for nobody", () => client.frames[0]?.type === types.settings && client.frames[0].flags === 0);
  await client.send(Buffer.from(preface), settings());
  await until("the acknowledgement of ours", () => client.frames.some(({ type, flags }) => type === types.settings && flags === 1));
});

section("RFC 9113 section 4.1: unknown types and flags and the reserved bit are ignored", () => [
  ["an unknown type on no stream", [frame(0x55, 0xff, 0, Buffer.alloc(100)), get(1)], served()],
  ["an unknown type on an open stream", [post(1), frame(0x0b, 0, 1, Buffer.alloc(16384)), data(1, "x", endStream)], served()],
  ["unknown flags of DATA", [post(1), data(1, "x", endStream | 0xf2 & ~padded)], served()],
  ["unknown flags of HEADERS", [headers(1, fieldsOf(), whole | 0x92)], served()],
  ["unknown flags of PING", [ping("flagged!", 0xfe), get(1)], served()],
  ["the reserved bit of a stream", [frame(types.headers, whole, 0x80000001, block(fieldsOf()))], served()],
  ["the reserved bit of a window", [get(1), windowUpdate(0, 0x80000001)], served()],
]);

section("RFC 9113 section 4.2: a frame over SETTINGS_MAX_FRAME_SIZE is FRAME_SIZE_ERROR", () => [
  ["DATA", [post(1, evil), data(1, Buffer.alloc(16385))], connectionError(code.frameSize)],
  ["HEADERS", [headers(1, Buffer.concat([block(fieldsOf(evil)), Buffer.alloc(16385)]))], connectionError(code.frameSize)],
  ["an unknown type", [frame(0x55, 0, 0, Buffer.alloc(16385))], connectionError(code.frameSize)],
  ["DATA of exactly the size", [post(1), data(1, Buffer.alloc(16384)), data(1, "", endStream)], served()],
]);

section("RFC 9113 section 4.3, RFC 7541: a field block that cannot be decoded is COMPRESSION_ERROR", () => {
  const bad = (...bytes) => [headers(1, Buffer.concat([block(fieldsOf(evil)), Buffer.of(...bytes)]))];
  return [
    ["index 0", bad(0x80), connectionError(code.compression)],
    ["an index behind the table", bad(0xff, 0x70), connectionError(code.compression)],
    ["a name's index behind the table", bad(0x7f, 0x70, 1, 0x61), connectionError(code.compression)],
    ["a table larger than agreed", [headers(1, Buffer.concat([Buffer.of(0x3f, 0xe2, 0x1f), block(fieldsOf(evil))]))], connectionError(code.compression)],
    ["a change of the table behind fields", bad(0x20), connectionError(code.compression)],
    ["the end inside a string", bad(0x00, 0x05, 0x61), connectionError(code.compression)],
    ["a length without end", bad(0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), connectionError(code.compression)],
    ["Huffman: EOS", bad(0x00, 0x01, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff), connectionError(code.compression)],
    ["Huffman: more than seven bits of padding", bad(0x00, 0x01, 0x61, 0x82, 0x1f, 0xff), connectionError(code.compression)],
    ["Huffman: padding with zeros", bad(0x00, 0x01, 0x61, 0x81, 0x18), connectionError(code.compression)],
    ["a table changed twice in front", [headers(1, Buffer.concat([Buffer.of(0x20, 0x3f, 0xe1, 0x1f), block(fieldsOf())]))], served()],
    ["a table of nothing, and an entry for it", [headers(1, Buffer.concat([Buffer.of(0x20), block(fieldsOf()), Buffer.of(0x40, 0x01, 0x61, 0x01, 0x62)]))], served()],
    ["Huffman as it should be", [headers(1, Buffer.concat([block(fieldsOf()), Buffer.of(0x00, 0x01, 0x61, 0x81, 0x1f)]))], served()],
  ];
});

section("RFC 9113 sections 4.3, 5.5, 6.10: nothing comes between the frames of a field block", () => {
  const open = () => headers(1, fieldsOf(evil), endStream);
  const last = () => continuation(1, block([["x", "y"]]));
  return [
    ["DATA", [open(), data(1, "x"), last()], connectionError(code.protocol)],
    ["PING", [open(), ping(), last()], connectionError(code.protocol)],
    ["PRIORITY", [open(), priorityFrame(1, 0), last()], connectionError(code.protocol)],
    ["SETTINGS", [open(), settings(), last()], connectionError(code.protocol)],
    ["WINDOW_UPDATE", [open(), windowUpdate(0, 1), last()], connectionError(code.protocol)],
    ["RST_STREAM", [open(), reset(1), last()], connectionError(code.protocol)],
    ["GOAWAY", [open(), goaway(), last()], connectionError(code.protocol)],
    ["HEADERS of another stream", [open(), get(3, evil), last()], connectionError(code.protocol)],
    ["HEADERS of the same stream", [open(), get(1, evil), last()], connectionError(code.protocol)],
    ["CONTINUATION of another stream", [open(), continuation(3, block([["x", "y"]]))], connectionError(code.protocol)],
    ["an unknown type", [open(), frame(0x55, 0, 1), last()], connectionError(code.protocol)],
    ["CONTINUATION of no stream", [open(), continuation(0, block([["x", "y"]]))], connectionError(code.protocol)],
    ["CONTINUATION without HEADERS", [continuation(1, block(fieldsOf(evil)))], connectionError(code.protocol)],
    ["CONTINUATION behind the end of the block", [post(1), continuation(1, block([["x", "y"]]))], connectionError(code.protocol)],
    ["CONTINUATION behind DATA", [post(1), data(1, "x"), continuation(1, block([["x", "y"]]))], connectionError(code.protocol)],
    ["three, an empty one among them", [headers(1, fieldsOf(), endStream), continuation(1, block([["x", "y"]]), 0), continuation(1, Buffer.alloc(0), 0), last()], served()],
    ["a block cut anywhere", [() => { const all = block(fieldsOf([["cookie", "a=b"]])); return Buffer.concat([headers(1, all.subarray(0, 7), endStream), continuation(1, all.subarray(7, 30), 0), continuation(1, all.subarray(30))]); }], served()],
  ];
});

section("RFC 9113 section 5.1: frames on a stream in a state that does not have them", () => [
  ["idle: DATA", [data(1, "x")], connectionError(code.protocol)],
  ["idle: RST_STREAM", [reset(1)], connectionError(code.protocol)],
  ["idle: WINDOW_UPDATE", [windowUpdate(1, 1)], connectionError(code.protocol)],
  ["half-closed: DATA", [get(1), data(1, "x")], connectionError(code.streamClosed)],
  ["half-closed: HEADERS", [get(1), get(1, evil)], connectionError(code.streamClosed)],
  ["half-closed: WINDOW_UPDATE", [get(1), windowUpdate(1, 1)], served()],
  ["half-closed: PRIORITY", [get(1), priorityFrame(1, 0)], served()],
  ["closed: PRIORITY, WINDOW_UPDATE, RST_STREAM", [post(1), reset(1), priorityFrame(1, 0), windowUpdate(1, 1), reset(1)], served("none")],
]);

test("RFC 9113 section 5.1: what comes on a stream that the client has closed is an error or dropped, and reaches nobody", async (t) => {
  const bed = await bedFor(t);
  for (const late of [() => data(1, "evil"), () => get(1, evil), () => headers(1, [["x-evil", "1"]])]) {
    const client = await connectFrames(t, port, host);
    await client.send(post(1), reset(1), late(), get(3));
    await until("an answer or an end", () => client.status(3) === "200" || client.goaway !== undefined);
    if (client.goaway !== undefined) assert.equal(client.goaway, code.streamClosed);
    client.socket.destroy();
  }
  assert.doesNotMatch(bed.origin.text, /evil/);
});

section("RFC 9113 section 5.1.1: numbers of streams", () => [
  ["an even one", [get(2, evil)], connectionError(code.protocol)],
  ["none", [get(0, evil)], connectionError(code.protocol)],
  ["one that was passed over", [get(5), get(3, evil)], connectionError(code.protocol)],
  ["one that was passed over long ago", [get(41), (c) => until("an answer", () => c.status(41)).then(() => get(43)), get(39, evil)], connectionError(code.protocol)],
  ["a jump", [get(1), get(99)], served()],
]);

test("RFC 9113 section 5.1.2: a stream over the limit is an error, and the origin never has more", async (t) => {
  const bed = await bedFor(t, { origin: { reply: () => undefined } });
  const client = await connectFrames(t, port, host);
  const all = [];
  for (let id = 1; id < 2 * 101; id += 2) all.push(get(id));
  await client.send(...all);
  await until("an error", () => client.resets.some(({ stream, code: c }) => stream === 201 && c === code.refused) || client.goaway === code.protocol);
  assert.ok(bed.origin.requests.length <= 100);
});

section("RFC 9113 sections 6.1, 6.2: DATA and HEADERS, their padding and priority", () => [
  ["DATA on no stream", [data(0, "x")], connectionError(code.protocol)],
  ["DATA: padding as long as the frame", [post(1, evil), frame(types.data, padded | endStream, 1, pad(5, "12345").subarray(0, 5))], connectionError(code.protocol)],
  ["DATA: padding longer than the frame", [post(1, evil), frame(types.data, padded | endStream, 1, pad(255, "12345"))], connectionError(code.protocol)],
  ["DATA: padded, and nothing for its length", [post(1, evil), frame(types.data, padded | endStream, 1)], connectionError(code.protocol)],
  ["DATA: nothing but padding", [post(1), frame(types.data, padded | endStream, 1, pad(4, "\0\0\0\0"))], served()],
  ["DATA: padding behind a body", [post(1, [["content-length", "2"]]), frame(types.data, padded | endStream, 1, pad(3, "hi\0\0\0"))], served()],
  ["HEADERS: padding longer than the frame", [frame(types.headers, whole | padded, 1, pad(200, block(fieldsOf(evil))))], connectionError(code.protocol)],
  ["HEADERS: padded, and nothing for its length", [frame(types.headers, whole | padded, 1)], connectionError(code.frameSize, code.protocol)],
  ["HEADERS: padding behind the block", [frame(types.headers, whole | padded, 1, Buffer.concat([pad(5, block(fieldsOf())), Buffer.alloc(5)]))], served()],
  ["HEADERS: half a priority", [frame(types.headers, whole | priority, 1, Buffer.of(0, 0, 0))], connectionError(code.frameSize)],
  ["HEADERS: a priority", [frame(types.headers, whole | priority, 1, Buffer.concat([number(0), Buffer.of(15), block(fieldsOf())]))], served()],
]);

section("RFC 9113 sections 6.3, 6.4: PRIORITY and RST_STREAM", () => [
  ["PRIORITY on no stream", [priorityFrame(0, 1)], connectionError(code.protocol)],
  ["PRIORITY of four bytes", [post(1, evil), priorityFrame(1, 0, 4)], connectionError(code.frameSize)],
  ["PRIORITY of an idle stream", [priorityFrame(9, 0), get(1)], served()],
  ["PRIORITY of a stream on another that is not there", [priorityFrame(1, 77), get(1)], served()],
  ["RST_STREAM on no stream", [reset(0)], connectionError(code.protocol)],
  ["RST_STREAM of three bytes", [post(1, evil), reset(1, Buffer.alloc(3))], connectionError(code.frameSize)],
  ["RST_STREAM of five bytes", [post(1, evil), reset(1, Buffer.alloc(5))], connectionError(code.frameSize)],
  ["RST_STREAM with a code nobody knows", [post(1), reset(1, number(0xffffffff))], served("none")],
]);

test("RFC 9113 section 5.3: a stream that depends on itself ends nothing but itself", async (t) => {
  await bedFor(t);
  const self = [frame(types.headers, whole | priority, 1, Buffer.concat([number(1), Buffer.of(15), block(fieldsOf())])), Buffer.concat([priorityFrame(1, 1), get(1)])];
  for (const frames of self) {
    const client = await connectFrames(t, port, host);
    await client.send(frames);
    await until("an answer or a reset", () => client.status(1) || client.resets.length || client.goaway !== undefined);
    assert.ok(client.status(1) === "200" || (client.resets[0]?.code ?? client.goaway) === code.protocol);
    client.socket.destroy();
  }
});

section("RFC 9113 section 6.5: SETTINGS", () => [
  ["on a stream", [frame(types.settings, 0, 1)], connectionError(code.protocol)],
  ["an acknowledgement with a payload", [frame(types.settings, 1, 0, Buffer.alloc(6))], connectionError(code.frameSize)],
  ["half an entry", [frame(types.settings, 0, 0, Buffer.alloc(3))], connectionError(code.frameSize)],
  ["ENABLE_PUSH 2", [settings([2, 2])], connectionError(code.protocol)],
  ["INITIAL_WINDOW_SIZE 2^31", [settings([4, 0x80000000])], connectionError(code.flowControl)],
  ["MAX_FRAME_SIZE 16383", [settings([5, 16383])], connectionError(code.protocol)],
  ["MAX_FRAME_SIZE 2^24", [settings([5, 0x1000000])], connectionError(code.protocol)],
  ["RFC 8441 section 3: ENABLE_CONNECT_PROTOCOL 2", [settings([8, 2])], connectionError(code.protocol)],
  ["RFC 9218 section 2.1: NO_RFC7540_PRIORITIES 2", [settings([9, 2])], connectionError(code.protocol)],
  ["MAX_FRAME_SIZE 16384 and 2^24-1", [settings([5, 16384], [5, 0xffffff]), get(1)], served()],
  ["one nobody knows", [settings([0x4242, 0xffffffff], [0, 1]), get(1)], served()],
  ["HEADER_TABLE_SIZE 0 and 2^32-1", [settings([1, 0]), get(1), settings([1, 0xffffffff])], served()],
  ["MAX_CONCURRENT_STREAMS 0 bounds nobody but us", [settings([3, 0]), get(1)], served()],
]);

test("RFC 9113 section 6.5.3: each SETTINGS is acknowledged once, in order", async (t) => {
  await bedFor(t);
  const client = await connectFrames(t, port, host);
  const acknowledged = () => client.frames.filter(({ type, flags }) => type === types.settings && (flags & 1)).length;
  await until("the first", () => acknowledged() === 1);
  await client.send(settings([4, 100]), ping("between1"), settings([4, 200]), ping("between2"));
  await until("both", () => client.pongs.length === 2);
  assert.equal(acknowledged(), 3);
});

section("RFC 9113 sections 6.6 to 6.8, 8.4: PUSH_PROMISE, PING, GOAWAY", () => [
  ["PUSH_PROMISE of a client", [post(1, evil), frame(5, endHeaders, 1, Buffer.concat([number(2), block(fieldsOf())]))], connectionError(code.protocol)],
  ["PING of seven bytes", [ping("1234567")], connectionError(code.frameSize)],
  ["PING of nine bytes", [ping("123456789")], connectionError(code.frameSize)],
  ["PING on a stream", [ping("12345678", 0, 1)], connectionError(code.protocol)],
  ["an answer to no PING", [ping("unasked!", 1), get(1)], served()],
  ["GOAWAY on a stream", [goaway(1)], connectionError(code.protocol)],
  ["GOAWAY of seven bytes", [goaway(0, Buffer.alloc(7))], connectionError(code.frameSize)],
]);

test("RFC 9113 section 6.8: what was asked before a client's GOAWAY is answered behind it", async (t) => {
  let finish;
  await bedFor(t, { origin: { reply: (_, connection) => { finish = () => connection.write(answer(200, "late")); return undefined; } } });
  const client = await connectFrames(t, port, host);
  await client.send(get(1), goaway(0, Buffer.concat([Buffer.alloc(8), Buffer.from("debug")])), ping());
  await until("PING", () => client.pongs.length === 1);
  await until("the request", () => finish);
  finish();
  await until("its answer", () => client.status(1) === "200" && client.dataOf(1).toString() === "late");
});

section("RFC 9113 section 6.9: WINDOW_UPDATE", () => [
  ["nothing, on the connection", [windowUpdate(0, 0)], connectionError(code.protocol)],
  ["nothing, on a stream", [post(1, evil), windowUpdate(1, 0)], connectionError(code.protocol)],
  ["of three bytes", [frame(types.windowUpdate, 0, 0, Buffer.alloc(3))], connectionError(code.frameSize)],
  ["of five bytes", [frame(types.windowUpdate, 0, 0, Buffer.alloc(5))], connectionError(code.frameSize)],
  ["over 2^31-1, on the connection", [windowUpdate(0, 0x7fffffff), windowUpdate(0, 0x7fffffff)], connectionError(code.flowControl)],
  ["over 2^31-1, on a stream", [post(1, evil), windowUpdate(1, 0x7fffffff)], streamError(code.flowControl)],
  ["over 2^31-1 by SETTINGS", [post(1, evil), windowUpdate(1, 0x7fff0000), settings([4, 0x7fffffff])], connectionError(code.flowControl)],
  ["to 2^31-1 exactly", [windowUpdate(0, 0x7fffffff - 65535), get(1)], served()],
  ["DATA over the window of the stream", [post(1, evil), ...Array.from({ length: 50 }, () => data(1, Buffer.alloc(16384)))], streamError(code.flowControl)],
]);

test("RFC 9113 sections 5.2, 6.9.2: answers keep within windows that shrink below nothing and grow again", async (t) => {
  await bedFor(t);
  const client = await connectFrames(t, port, host, Buffer.concat([Buffer.of(0, 4), number(1)]));
  const length = () => client.dataOf(1).length;
  const settle = async () => { const pongs = client.pongs.length; await client.send(ping()); await until("PING", () => client.pongs.length > pongs); };
  await client.send(get(1));
  await until("one byte", () => length() === 1);
  await client.send(settings([4, 4]));
  await until("three more", () => length() === 4);
  await client.send(settings([4, 0]));
  await settle();
  await client.send(windowUpdate(1, 4)); // from -4 to 0
  await settle();
  assert.equal(length(), 4);
  await client.send(windowUpdate(1, 1));
  await until("one more", () => length() === 5);
  await client.send(settings([4, 100]));
  await until("the rest", () => client.dataOf(1).toString() === "0123456789");
});

