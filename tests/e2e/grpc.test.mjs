// gRPC end to end: @grpc/grpc-js on both sides, the gateway between them.
import assert from "node:assert/strict";
import { test } from "node:test";
import grpc from "@grpc/grpc-js";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { ask, connectH2 } from "./support/h2_client.mjs";
import { startH2Origin } from "./support/h2_origin.mjs";
import { authority } from "./support/run_folder.mjs";
import { until, within } from "./support/wait.mjs";

const same = (bytes) => bytes;
const method = (name, requestStream, responseStream) => ({
  path: `/test.Echo/${name}`, requestStream, responseStream,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same,
});
const service = { unary: method("unary", false, false), fails: method("fails", false, false), both: method("both", true, true), many: method("many", false, true), hangs: method("hangs", false, false) };

/// A server of gRPC without TLS; `calls` is what it saw.
async function startService(t) {
  const calls = { cancelled: 0, metadata: [] };
  const server = new grpc.Server();
  server.addService(service, {
    unary: (call, done) => {
      calls.metadata.push(call.metadata);
      const trailer = new grpc.Metadata();
      trailer.set("x-trailer", "t");
      done(null, Buffer.concat([Buffer.from("re:"), call.request]), trailer);
    },
    fails: (_, done) => done({ code: grpc.status.FAILED_PRECONDITION, details: "not now, später" }),
    both: (call) => {
      call.on("data", (bytes) => call.write(Buffer.concat([Buffer.from("re:"), bytes])));
      call.on("end", () => call.end());
    },
    many: (call) => {
      for (let i = 0; i < 1000; ++i) call.write(Buffer.from(`${i}`));
      call.end();
    },
    hangs: (call) => call.on("cancelled", () => { ++calls.cancelled; }),
  });
  calls.port = await new Promise((resolve, reject) => server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))));
  cleanup(t, () => server.forceShutdown());
  return calls;
}

function clientOf(t, bed, host) {
  const client = new grpc.Client(`127.0.0.1:${bed.gateway.ports.https}`, grpc.credentials.createSsl(Buffer.from(authority().pem)),
    { "grpc.ssl_target_name_override": host, "grpc.default_authority": `${host}:${bed.gateway.ports.https}`, "grpc.enable_retries": 0 });
  cleanup(t, () => client.close());
  return client;
}

/// {error, value, metadata, status} of a unary call.
const unary = (client, name, bytes, options = {}, metadata = new grpc.Metadata()) => within(`the call ${name}`, new Promise((resolve) => {
  const seen = {};
  const call = client.makeUnaryRequest(service[name].path, same, same, bytes, metadata, options, (error, value) => { seen.error = error; seen.value = value; });
  seen.call = call;
  call.on("metadata", (head) => { seen.metadata = head; });
  call.on("status", (status) => { seen.status = status; setImmediate(() => resolve(seen)); });
}));

async function openBed(t, routes, config = {}) {
  const calls = await startService(t);
  const bed = await startBed(t, { routes: () => routes(`h2c://127.0.0.1:${calls.port}`), config: (parts) => ({ ...parts, ...config }) });
  return { calls, bed };
}

const usual = (to) => [{ host: "other.test", public: true, to }];

test("a unary call passes with metadata, message and trailers, and so does its failure", async (t) => {
  const { calls, bed } = await openBed(t, usual);
  const client = clientOf(t, bed, "other.test");
  const metadata = new grpc.Metadata();
  metadata.set("x-call", "1");
  metadata.set("x-data-bin", Buffer.of(0, 255));
  const good = await unary(client, "unary", Buffer.from("hi"), {}, metadata);
  assert.equal(good.error, null);
  assert.equal(good.value.toString(), "re:hi");
  assert.equal(good.status.code, grpc.status.OK);
  assert.deepEqual(good.status.metadata.get("x-trailer"), ["t"]);
  assert.deepEqual(calls.metadata[0].get("x-call"), ["1"]);
  assert.deepEqual(calls.metadata[0].get("x-data-bin"), [Buffer.of(0, 255)]);
  const bad = await unary(client, "fails", Buffer.from("hi"));
  assert.equal(bad.error.code, grpc.status.FAILED_PRECONDITION);
  assert.equal(bad.error.details, "not now, später");
  const unknown = await within("an answer", new Promise((resolve) => {
    client.makeUnaryRequest("/test.Echo/nothing", same, same, Buffer.from("x"), resolve);
  }));
  assert.equal(unknown.code, grpc.status.UNIMPLEMENTED);
});

test("streams of both directions go on side by side, each message as it comes", async (t) => {
  const { bed } = await openBed(t, usual);
  const client = clientOf(t, bed, "other.test");
  const call = client.makeBidiStreamRequest(service.both.path, same, same);
  const seen = [];
  call.on("data", (bytes) => seen.push(bytes.toString()));
  const ended = new Promise((resolve) => call.on("status", resolve));
  for (let i = 0; i < 50; ++i) {
    call.write(Buffer.from(`${i}`));
    await until("the echo of a message", () => seen.length === i + 1);
    assert.equal(seen[i], `re:${i}`);
  }
  call.write(Buffer.alloc(300_000, "x"));
  await until("a large one", () => seen[50]?.length === 300_003);
  call.write(Buffer.alloc(0));
  await until("an empty one", () => seen.length === 52);
  call.end();
  assert.equal((await within("the end", ended)).code, grpc.status.OK);
});

test("a stream of many messages arrives whole, and many calls share the way", async (t) => {
  const { bed } = await openBed(t, usual);
  const client = clientOf(t, bed, "other.test");
  const count = () => new Promise((resolve, reject) => {
    let messages = 0;
    const call = client.makeServerStreamRequest(service.many.path, same, same, Buffer.alloc(0));
    call.on("data", () => ++messages);
    call.on("error", reject);
    call.on("end", () => resolve(messages));
  });
  assert.deepEqual(await within("streams", Promise.all([count(), count(), count(), count()])), [1000, 1000, 1000, 1000]);
  const all = await Promise.all(Array.from({ length: 200 }, () => unary(client, "unary", Buffer.alloc(0))));
  assert.ok(all.every(({ value }) => value.toString() === "re:"));
});

test("a call that its client cancels, or whose deadline passes, is cancelled at the origin", async (t) => {
  const { calls, bed } = await openBed(t, usual);
  const client = clientOf(t, bed, "other.test");
  const late = await unary(client, "hangs", Buffer.alloc(0), { deadline: Date.now() + 300 });
  assert.equal(late.error.code, grpc.status.DEADLINE_EXCEEDED);
  await until("the cancellation", () => calls.cancelled === 1);
});

test("the gateway's own refusals are grpc-status", async (t) => {
  const dead = await startH2Origin(t, () => {});
  const { bed } = await openBed(t, (to) => [
    { host: "other.test", public: true, to, path: "/test.Echo", limits: { body: "1KiB" }, timeouts: { response: "300ms" } },
    { host: "other.test", public: true, to: `h2c://127.0.0.1:${dead.port}`, path: "/test.Dead" },
    { host: "other.test", public: true, to, path: "/test.Post", methods: ["GET"] },
    { host: "app.test", policy: "staff", to },
  ]);
  await dead.close();
  const open = clientOf(t, bed, "other.test");
  const call = (client, path, bytes = Buffer.alloc(0)) => within("an answer", new Promise((resolve) => {
    client.makeUnaryRequest(path, same, same, bytes, resolve);
  }));
  assert.equal((await call(open, "/test.Nowhere/x")).code, grpc.status.UNIMPLEMENTED, "404");
  assert.equal((await call(open, "/test.Post/x")).code, grpc.status.UNIMPLEMENTED, "405");
  assert.equal((await call(open, "/test.Dead/x")).code, grpc.status.UNAVAILABLE, "502");
  assert.equal((await call(open, service.unary.path, Buffer.alloc(2000))).code, grpc.status.RESOURCE_EXHAUSTED, "413");
  assert.equal((await call(open, service.hangs.path)).code, grpc.status.DEADLINE_EXCEEDED, "504");
  const error = await call(clientOf(t, bed, "app.test"), service.unary.path);
  assert.equal(error.code, grpc.status.UNAUTHENTICATED, "401");
  assert.ok(await bed.gateway.accessLine((line) => line["http.response.status_code"] === 200 && /grpc-status 16/.test(line["gateway.reason"])));
  const session = await connectH2(t, bed.gateway.ports.https);
  const raw = await ask(session, { ":method": "POST", ":path": "/test.Nowhere/x", "content-type": "application/grpc-web+proto" }, "");
  assert.equal(raw.status, 200);
  assert.equal(raw.head["grpc-status"], "12");
  assert.equal(raw.head["content-type"], "application/grpc-web");
  assert.equal(raw.body.length, 0);
  assert.equal((await ask(session, { ":method": "POST", ":path": "/test.Nowhere/x", "content-type": "application/grpcx" }, "")).status, 404);
});
