// Traces: which a request belongs to (W3C Trace Context), what its spans say (OpenTelemetry), and a collector that is slow, full or gone.
import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startCollector } from "./support/collector.mjs";
import { answer } from "./support/origin.mjs";
import { fieldOf, fieldsOf } from "./support/http_message.mjs";
import { startBed } from "./support/bed.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { until } from "./support/wait.mjs";
import { startWatched } from "./support/watched.mjs";

const given = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" };
const traceparent = (flags = "01") => `00-${given.trace}-${given.span}-${flags}`;
const parsed = (value) => {
  const [, trace, span, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(00|01)$/.exec(value);
  return { trace, span, flags };
};
const of = (path) => (span) => span.attributes["url.path"] === path;

async function startTraced(t, tracing = {}, options = {}) {
  const collector = await startCollector(t);
  const change = options.change ?? ((parts) => parts);
  const bed = await startBed(t, { ...options, config: (parts, made, ports) => change({ ...parts, tracing: { otlp: collector.url, ...tracing } }, ports) });
  return { bed, collector };
}

test("a request is a span, what its origin is asked another, and log, origin and collector name one trace", async (t) => {
  const { bed, collector } = await startTraced(t, { service_name: "edge" });
  const alice = await bed.signedIn("alice");
  await alice.get(bed.url("app.test", "/traced/page?secret=in-the-query"), { headers: { "User-Agent": "agent/1" } }).expect(200);
  const [server] = await collector.wanted(of("/traced/page"));
  const [client] = await collector.wanted((span) => span.kind === "client" && span.parent === server.id);
  assert.equal(server.trace, client.trace);
  assert.deepEqual([server.kind, server.parent, server.name, server.failed], ["server", "", "GET app.test/", false]);
  const port = Number(new URL(bed.url("app.test")).port);
  assert.deepEqual(server.attributes, {
    "http.request.method": "GET", "url.scheme": "https", "url.path": "/traced/page", "server.address": "app.test", "server.port": port, "http.route": "app.test/",
    "http.response.status_code": 200, "client.address": "127.0.0.1", "network.protocol.version": "1.1", "user_agent.original": "agent/1",
  });
  const origin = new URL(bed.origin.url);
  assert.deepEqual(client.attributes, { "http.request.method": "GET", "server.address": origin.hostname, "server.port": Number(origin.port), "http.response.status_code": 200 });
  assert.ok(client.began >= server.began && client.ended <= server.ended, "asked outside the request");
  assert.deepEqual(parsed(fieldOf(bed.origin.lastRequest, "traceparent")), { trace: server.trace, span: client.id, flags: "01" });
  const line = await bed.gateway.accessLine((entry) => entry.trace_id === server.trace);
  assert.deepEqual([line.span_id, line["gateway.request_id"]], [server.id, server.trace]);
  assert.equal(collector.requests[0].resource["service.name"], "edge");
  assert.equal(collector.requests[0].path, "/v1/traces");
  for (const word of ["in-the-query", "alice", "code=", "state="]) assert.ok(!collector.text.includes(word), word);
});

test("what a stranger sends is text in a span, whatever it is", async (t) => {
  const { bed, collector } = await startTraced(t);
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "other.test" });
  for (const agent of ["agent-\xff\xfe", `${"x".repeat(1023)}\xc3\xa9`]) {
    await wire.send(`GET /odd HTTP/1.1\r\nHost: other.test:${bed.gateway.ports.https}\r\nUser-Agent: ${agent}\r\n\r\n`);
    await wire.response();
  }
  const spans = await collector.wanted(of("/odd"), 2);
  assert.deepEqual(spans.map((span) => span.attributes["user_agent.original"]), ["agent-\ufffd\ufffd", "x".repeat(1023)]);
});

test("a stranger's trace is linked and not gone on with, and nothing of it reaches the app", async (t) => {
  const { bed, collector } = await startTraced(t);
  const headers = { traceparent: traceparent("00"), tracestate: "evil=1" };
  await bed.visitor().get(bed.url("other.test", "/linked"), { headers }).expect(200);
  const [span] = await collector.wanted(of("/linked"));
  assert.notEqual(span.trace, given.trace);
  assert.deepEqual([span.parent, span.state], ["", ""]);
  assert.deepEqual(span.links.map(({ trace, span }) => ({ trace, span })), [given]);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "traceparent").map((value) => parsed(value).trace), [span.trace]);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "tracestate"), []);
});

test("traces are gone on with if the file says so, with their state, and as they were sampled", async (t) => {
  const { bed, collector } = await startTraced(t, { inbound: "continue", sample: "0" });
  const ask = (path, headers) => bed.visitor().get(bed.url("other.test", path), { headers }).expect(200);
  await ask("/unsampled", { traceparent: traceparent("00"), tracestate: "a=1" });
  const passed = bed.origin.lastRequest;
  assert.deepEqual([parsed(fieldOf(passed, "traceparent")).trace, parsed(fieldOf(passed, "traceparent")).flags, fieldOf(passed, "tracestate")], [given.trace, "00", "a=1"]);
  assert.notEqual(parsed(fieldOf(passed, "traceparent")).span, given.span);
  await ask("/begun", {});
  assert.equal(parsed(fieldOf(bed.origin.lastRequest, "traceparent")).flags, "00");
  await ask("/broken-state", { traceparent: traceparent(), tracestate: "not a state" });
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "tracestate"), []);
  for (const wrong of ["00-abc", `00-${"0".repeat(32)}-${given.span}-01`, traceparent().toUpperCase(), `ff${traceparent().slice(2)}`, `${traceparent()}, ${traceparent()}`]) {
    await ask("/wrong", { traceparent: wrong });
    assert.notEqual(parsed(fieldOf(bed.origin.lastRequest, "traceparent")).trace, given.trace, wrong);
  }
  await ask("/gone-on", { traceparent: traceparent(), tracestate: "a=1,b=2" });
  const [span] = await collector.wanted(of("/gone-on"));
  assert.deepEqual([span.trace, span.parent, span.state], [given.trace, given.span, "a=1,b=2"]);
  assert.deepEqual(collector.spans.filter((one) => one.kind === "server").map((one) => one.attributes["url.path"]).sort(), ["/broken-state", "/gone-on"]);
});

test("where there are trusted proxies, they alone say which trace it is", async (t) => {
  for (const [trusted, goesOn] of [["192.0.2.1", false], ["127.0.0.1", true]]) {
    const change = (parts, ports) => ({ ...parts, listen: { https: `127.0.0.1:${ports.https}`, http: `127.0.0.1:${ports.http}`, trusted_proxies: [trusted] } });
    const { bed } = await startTraced(t, { inbound: "continue" }, { change });
    await bed.visitor().get(bed.url("other.test", "/"), { headers: { traceparent: traceparent() } }).expect(200);
    assert.equal(parsed(fieldOf(bed.origin.lastRequest, "traceparent")).trace === given.trace, goesOn, trusted);
  }
});

test("refusals, failures of the origin and clients that hang up are spans that say so", async (t) => {
  const { bed, collector } = await startTraced(t);
  await bed.visitor().get(bed.url("app.test", "/refused")).expect(302);
  const [refused] = await collector.wanted(of("/refused"));
  assert.deepEqual([refused.attributes["http.response.status_code"], refused.failed], [302, false]);
  bed.origin.reply = () => answer(500, "");
  await bed.visitor().get(bed.url("other.test", "/fails")).expect(500);
  bed.origin.reply = (request, connection) => { connection.socket.destroy(); };
  await bed.visitor({ retries: 0 }).post(bed.url("other.test", "/dies"), { body: "x" }).expect(502);
  const [fails] = await collector.wanted(of("/fails"));
  assert.deepEqual([fails.failed, fails.attributes["error.type"]], [true, "500"]);
  const [dies] = await collector.wanted(of("/dies"));
  const [asked] = await collector.wanted((span) => span.kind === "client" && span.parent === dies.id);
  assert.deepEqual([dies.attributes["http.response.status_code"], asked.failed, asked.attributes["error.type"], asked.attributes["http.response.status_code"]], [502, true, "closed", undefined]);
});

test("without tracing a client's trace passes to the app, and with it a share is sampled", async (t) => {
  const plain = await startBed(t);
  await plain.visitor().get(plain.url("other.test", "/"), { headers: { traceparent: traceparent(), tracestate: "a=1" } }).expect(200);
  assert.deepEqual([fieldOf(plain.origin.lastRequest, "traceparent"), fieldOf(plain.origin.lastRequest, "tracestate")], [traceparent(), "a=1"]);

  const { bed, collector } = await startTraced(t, { sample: "0.5" });
  const asked = 200;
  let sampled = 0;
  const visitor = bed.visitor();
  for (let i = 0; i < asked; ++i) {
    await visitor.get(bed.url("other.test", "/some")).expect(200);
    sampled += parsed(fieldOf(bed.origin.lastRequest, "traceparent")).flags === "01" ? 1 : 0;
  }
  assert.ok(sampled > asked / 4 && sampled < (3 * asked) / 4, `${sampled} of ${asked}`);
  assert.equal((await collector.wanted(of("/some"), sampled)).length, sampled);
});

test("a collector that hangs, refuses or is gone keeps no request, and is told what is left when it is back", async (t) => {
  const collector = await startCollector(t);
  const bed = await startWatched(t, { more: { tracing: { otlp: collector.url, headers: { Authorization: "Bearer of-the-collector" } } } });
  const ask = (path) => bed.visitor().get(bed.url("other.test", path)).expect(200);
  const counted = async (result) => (await bed.metrics()).get(`gateway_trace_spans_total{result="${result}"}`);
  const tries = [];
  collector.respond = (request, response) => { tries.push(request.headers.authorization); response.writeHead(503, { "Retry-After": "0" }).end(); };
  await ask("/first");
  await until("a second try", () => tries.length >= 2);
  assert.deepEqual([...new Set(tries)], ["Bearer of-the-collector"]);
  collector.respond = undefined;
  await collector.wanted(of("/first"));
  await until("it to be counted", async () => (await counted("exported")) >= 2);
  assert.equal(await counted("refused"), 0);

  collector.respond = (request, response) => response.writeHead(400).end("planted-answer");
  await ask("/not-taken");
  assert.match((await bed.gateway.event("does not take spans")).error, /^status 400$/);
  await until("it to be counted", async () => (await counted("refused")) >= 2);
  collector.respond = undefined;
  await ask("/taken");
  await collector.wanted(of("/taken"));
  await bed.gateway.event("takes spans again");
  assert.ok(!bed.gateway.stderr.text.includes("of-the-collector"), bed.gateway.stderr.text);

  const hanging = [];
  collector.respond = (request, response) => hanging.push(response);
  await ask("/hangs");
  await until("the collector to hang", () => hanging.length === 1);
  for (let i = 0; i < 20; ++i) await ask("/meanwhile");
  collector.respond = undefined;
  hanging[0].writeHead(200).end();
  assert.equal((await collector.wanted(of("/meanwhile"), 20)).length, 20);
});

test("a reload changes the collector, and the end of the process sends what is left", async (t) => {
  const second = await startCollector(t);
  const { bed, collector } = await startTraced(t);
  await bed.visitor().get(bed.url("other.test", "/before")).expect(200);
  await collector.wanted(of("/before"));
  const file = path.join(bed.gateway.folder, "gateway.yaml");
  writeFileSync(`${file}.new`, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), tracing: { otlp: second.url } }));
  renameSync(`${file}.new`, file);
  await bed.gateway.event("reloaded", (event) => event.message === "reloaded");
  await bed.visitor().get(bed.url("other.test", "/after")).expect(200);
  await second.wanted(of("/after"));
  await bed.visitor().get(bed.url("other.test", "/last")).expect(200);
  await bed.gateway.stop();
  assert.equal(second.spans.filter(of("/last")).length, 1);
  assert.deepEqual(collector.spans.filter(of("/after")), []);
});
