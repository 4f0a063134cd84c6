// Messages of HTTP/2: every rule of RFC 9113 section 8, RFC 8441 and RFC 9218 that a client can break or use (rows B01 to B13, B19,
// C04, N09). Nothing malformed reaches the origin.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connectFrames, endHeaders, endStream, frame, number, request } from "./support/h2_client.mjs";
import { authority, bedFor, code, connectionError, data, evil, fieldsOf, get, headers, host, port, post, priority, priorityUpdate, section, served, streamError } from "./support/h2_rows.mjs";
import { until } from "./support/wait.mjs";

section("RFC 9113 sections 8.1, 8.1.1: messages", () => [
  ["HEADERS behind the end of the request", [get(1), headers(1, evil)], connectionError(code.streamClosed)],
  ["trailers that do not end the stream", [post(1, evil), data(1, "x"), headers(1, [["x", "y"]], endHeaders)], streamError(code.protocol)],
  ["pseudo-header fields in trailers", [post(1, evil), data(1, "x"), headers(1, [[":path", "/"]])], streamError(code.protocol)],
  ["connection-specific fields in trailers", [post(1, evil), data(1, "x"), headers(1, [["transfer-encoding", "chunked"]])], streamError(code.protocol)],
  ["trailers", [post(1), data(1, "x"), headers(1, [["x-sum", "y"]])], served()],
  ["content-length and no body", [headers(1, fieldsOf([["content-length", "1"], ...evil], "POST"))], streamError(code.protocol)],
  ["one byte less than content-length", [post(1, [["content-length", "2"]]), data(1, "x", endStream)], streamError(code.protocol)],
  ["one byte more", [post(1, [["content-length", "1"]]), data(1, "xy", endStream)], streamError(code.protocol)],
  ["one byte more, in another frame", [post(1, [["content-length", "1"]]), data(1, "x"), data(1, "y", endStream)], streamError(code.protocol)],
  ["two lengths", [post(1, [["content-length", "1"], ["content-length", "1"], ...evil])], streamError(code.protocol)],
  ["a list of lengths", [post(1, [["content-length", "1, 1"], ...evil])], streamError(code.protocol)],
  ["a length that is no number", [post(1, [["content-length", "+1"], ...evil])], streamError(code.protocol)],
  ["content-length 0", [headers(1, fieldsOf([["content-length", "0"]], "POST"))], served()],
]);

section("RFC 9113 sections 8.2.1, 8.2.2: fields", () => {
  const field = (name, value) => [[`${JSON.stringify(name)}: ${JSON.stringify(value)}`], [get(1, [[name, value], ...evil])], streamError(code.protocol)];
  const names = ["", "X-Upper", "x y", "x\ty", "x:y", "x\r\ny", "x\0y", "x\x7fy", "x\x80y", "\xff", "x(y"].map((name) => field(name, "v"));
  const values = ["a\nb", "a\rb", "a\r\nb: c", "a\0b", " a", "a ", "\ta", "a\t", " "].map((value) => field("x", value));
  const specific = [["connection", "close"], ["proxy-connection", "keep-alive"], ["keep-alive", "1"], ["transfer-encoding", "chunked"], ["transfer-encoding", ""], ["upgrade", "h2c"], ["te", "gzip"], ["te", "trailers, gzip"], ["te", "Trailers "]].map(([n, v]) => field(n, v));
  return [...names, ...values, ...specific, ["te: trailers", [get(1, [["te", "trailers"]])], served()], ["an empty value", [get(1, [["x", ""]])], served()], ["bytes over 0x7f in a value", [get(1, [["x", "\xe4\xff"]])], served()]];
});

section("RFC 9113 sections 8.3, 8.3.1: pseudo-header fields", () => {
  const usual = Object.fromEntries(fieldsOf());
  const without = (name) => fieldsOf(evil).filter(([n]) => n !== name);
  const changed = (name, value) => fieldsOf(evil).map(([n, v]) => [n, n === name ? value : v]);
  const bad = (name, fields) => [name, [headers(1, fields)], streamError(code.protocol)];
  return [
    ...[":method", ":scheme", ":path", ":authority"].map((name) => bad(`no ${name}`, without(name))),
    ...Object.keys(usual).map((name) => bad(`${name} twice`, [[name, usual[name]], ...fieldsOf(evil)])),
    ...Object.keys(usual).map((name) => bad(`${name} behind a field`, [...without(name), [name, usual[name]]])),
    bad("one of responses", [[":status", "200"], ...fieldsOf(evil)]), bad("an unknown one", [[":unknown", "x"], ...fieldsOf(evil)]), bad("one in upper case", [[":Method", "GET"], ...without(":method")]),
    bad("an empty path", changed(":path", "")), bad("a path without a slash", changed(":path", "x")), bad("* for GET", changed(":path", "*")), bad("absolute form", changed(":path", `https://${authority()}/x`)),
    bad("a fragment", changed(":path", "/x#y")), bad("a blank in the path", changed(":path", "/x y")), bad("CR LF in the path", changed(":path", "/x\r\ny")), bad("a blank in the method", changed(":method", "GET /y")), bad("an empty method", changed(":method", "")),
    bad("scheme http", changed(":scheme", "http")), bad("scheme HTTPS", changed(":scheme", "HTTPS")), bad("scheme ftp", changed(":scheme", "ftp")),
    bad("userinfo", changed(":authority", `user@${authority()}`)), bad("an empty authority", changed(":authority", "")), bad("a path in the authority", changed(":authority", `${authority()}/x`)),
    bad("another Host", fieldsOf([["host", "app.test"], ...evil])), bad("Host with another port", fieldsOf([["host", `${host}:1`], ...evil])), bad("Host in another case", fieldsOf([["host", authority().toUpperCase()], ...evil])), bad("two Hosts", [...without(":authority"), ["host", authority()], ["host", authority()]]),
    ["Host alone", [headers(1, [...fieldsOf().filter(([n]) => n !== ":authority"), ["host", authority()]])], served()], ["the same Host", [get(1, [["host", authority()]])], served()],
  ];
});

section("RFC 9113 section 8.5, RFC 8441: CONNECT", () => {
  const extended = (more = [], protocol = "websocket") => [[":method", "CONNECT"], [":protocol", protocol], ...fieldsOf(more).slice(1)];
  return [
    ["CONNECT", [headers(1, [[":method", "CONNECT"], [":authority", "127.0.0.1:1"]], endHeaders), data(1, "evil")], served("501")],
    ["CONNECT with a path", [headers(1, [[":method", "CONNECT"], ...fieldsOf(evil).slice(1)], endHeaders)], streamError(code.protocol)],
    ["CONNECT to nowhere", [headers(1, [[":method", "CONNECT"]], endHeaders)], streamError(code.protocol)],
    [":protocol of a GET", [get(1, [])].map(() => headers(1, [[":protocol", "websocket"], ...fieldsOf(evil)])), streamError(code.protocol)],
    ["another protocol", [headers(1, extended([], "connect-udp"), endHeaders)], served("501")],
    ["extended CONNECT without a path", [headers(1, extended(evil).filter(([n]) => n !== ":path"), endHeaders)], streamError(code.protocol)],
    ["extended CONNECT without a scheme", [headers(1, extended(evil).filter(([n]) => n !== ":scheme"), endHeaders)], streamError(code.protocol)],
    ["extended CONNECT without an authority", [headers(1, extended(evil).filter(([n]) => n !== ":authority"), endHeaders)], streamError(code.protocol)],
    ["extended CONNECT with a length", [headers(1, extended([["content-length", "5"], ...evil]), endHeaders)], streamError(code.protocol)],
    ["extended CONNECT with Upgrade", [headers(1, extended([["upgrade", "websocket"], ...evil]), endHeaders)], streamError(code.protocol)],
    ["a WebSocket where the origin has none", [headers(1, extended(), endHeaders)], served("502")],
  ];
});

section("RFC 9218: priorities are a hint, and never an error of the request", () => [
  ["a priority field that cannot be read", [get(1, [["priority", "u=99, =;,"]])], served()],
  ["a priority field", [get(1, [["priority", "u=1, i"]])], served()],
  ["PRIORITY_UPDATE of an idle stream", [priorityUpdate(1, "u=0"), get(1)], served()],
  ["PRIORITY_UPDATE of an open stream", [get(1), priorityUpdate(1, "u=7, i")], served()],
  ["PRIORITY_UPDATE that cannot be read", [get(1), priorityUpdate(1, "\xff=(")], served()],
  ["section 7.1: PRIORITY_UPDATE on a stream", [priorityUpdate(1, "u=0", 1)], connectionError(code.protocol)],
  ["section 7.1: PRIORITY_UPDATE of no stream", [priorityUpdate(0, "u=0")], connectionError(code.protocol)],
  ["section 7.1: PRIORITY_UPDATE of three bytes", [frame(16, 0, 0, Buffer.alloc(3))], connectionError(code.frameSize)],
]);

test("RFC 9113 section 8.2.3: crumbs of a cookie are one field at the origin", async (t) => {
  const bed = await bedFor(t);
  const client = await connectFrames(t, port, host);
  await client.send(get(1, [["cookie", "a=b"], ["x", "y"], ["cookie", "c=d; e=f"]]));
  await until("an answer", () => client.status(1) === "200");
  assert.deepEqual(bed.origin.lastRequest.fields.filter(([n]) => n.toLowerCase() === "cookie").map(([, v]) => v), ["a=b; c=d; e=f"]);
});

test("RFC 9110 section 7.4: a host of another connection is answered with 421, on the same connection", async (t) => {
  await bedFor(t);
  const client = await connectFrames(t, port, host);
  await client.send(headers(1, request("GET", `nobody.test:${port}`, "/")), get(3));
  await until("both", () => client.status(1) && client.status(3));
  assert.deepEqual([client.status(1), client.status(3)], ["421", "200"]);
});
