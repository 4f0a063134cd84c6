// A trace collector: takes OTLP over HTTP and reads it by OpenTelemetry's own definition of the messages.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import http from "node:http";

import { cleanup } from "./cleanup.mjs";
import { until } from "./wait.mjs";

const require = createRequire(import.meta.url);
const { opentelemetry } = require("@opentelemetry/otlp-transformer/build/src/generated/root.js");
const protobuf = createRequire(require.resolve("@opentelemetry/otlp-transformer/build/src/generated/root.js"))("protobufjs/minimal");
const Request = opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
const readable = { bytes: String, longs: String, enums: Number, defaults: false, arrays: true };

// Strings must be UTF-8. This reader takes anything; those of other languages refuse the whole message.
protobuf.BufferReader.prototype.string = function strictString() { return new TextDecoder("utf-8", { fatal: true }).decode(this.bytes()); };

const hex = (base64) => Buffer.from(base64 ?? "", "base64").toString("hex");
const valueOf = (value) => value.stringValue ?? (value.intValue === undefined ? undefined : Number(value.intValue));
const attributesOf = (list) => {
  const names = list.map(({ key }) => key);
  assert.deepEqual(names, [...new Set(names)], "an attribute stands twice");
  return Object.fromEntries(list.map(({ key, value }) => [key, valueOf(value)]));
};
const linkOf = ({ traceId, spanId, flags }) => ({ trace: hex(traceId), span: hex(spanId), flags });

/// A span as tests look at it.
function spanOf(span) {
  assert.match(hex(span.traceId), /^(?!0{32})[0-9a-f]{32}$/);
  assert.match(hex(span.spanId), /^(?!0{16})[0-9a-f]{16}$/);
  assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), "ends before it begins");
  return {
    trace: hex(span.traceId), id: hex(span.spanId), parent: hex(span.parentSpanId), state: span.traceState ?? "", name: span.name,
    kind: { 2: "server", 3: "client" }[span.kind], attributes: attributesOf(span.attributes), links: span.links.map(linkOf), failed: span.status?.code === 2,
    began: BigInt(span.startTimeUnixNano), ended: BigInt(span.endTimeUnixNano),
  };
}

class Collector {
  requests = []; // {headers, bytes, resource, spans}
  /// Called with (request, response) in place of the answer 200, if it is set.
  respond = undefined;

  get spans() {
    return this.requests.flatMap((request) => request.spans);
  }
  get url() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }
  /// All that was received, for what must not be in it.
  get text() {
    return this.requests.map(({ bytes }) => bytes.toString("latin1")).join("\n");
  }

  take(request, bytes) {
    assert.equal(request.method, "POST");
    assert.equal(request.headers["content-type"], "application/x-protobuf");
    const message = Request.decode(bytes);
    assert.equal(Request.verify(message), null);
    const { resourceSpans } = Request.toObject(message, readable);
    assert.equal(resourceSpans.length, 1);
    const [{ resource, scopeSpans }] = resourceSpans;
    this.requests.push({ path: request.url, headers: request.headers, bytes, resource: attributesOf(resource.attributes), spans: scopeSpans.flatMap(({ scope, spans }) => (assert.equal(scope.name, "gateway"), spans.map(spanOf))) });
  }

  /// Spans that fit, once there are so many.
  async wanted(fits, count = 1) {
    await until("spans", () => this.spans.filter(fits).length >= count);
    return this.spans.filter(fits);
  }
}

export async function startCollector(t) {
  const collector = new Collector();
  const faults = [];
  collector.server = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      if (collector.respond) return collector.respond(request, response, Buffer.concat(parts));
      try {
        collector.take(request, Buffer.concat(parts));
        response.writeHead(200, { "Content-Type": "application/x-protobuf" }).end();
      } catch (error) {
        faults.push(error);
        response.writeHead(400).end();
      }
    });
  });
  await new Promise((resolve) => collector.server.listen(0, "127.0.0.1", resolve));
  cleanup(t, async () => {
    collector.server.closeAllConnections();
    await new Promise((resolve) => collector.server.close(resolve));
    assert.deepEqual(faults, []);
  });
  return collector;
}
