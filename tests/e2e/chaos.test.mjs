// Everything at once: clients that break off, stall and reset, origins that lie, cut and vanish, one gateway behind another, and
// beside them clients who want nothing but their own answers. Nobody may get another's, and nothing may stay behind.
// GATEWAY_CHAOS_SEED repeats the throws of a run, though not what the machine makes of them.
import assert from "node:assert/strict";
import https from "node:https";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { bodyOf, broken, Dice, RudeClient, startChaosOrigin, whole } from "./support/chaos.mjs";
import { reservePorts } from "./support/gateway.mjs";
import { connectH2 } from "./support/h2_client.mjs";
import { authority, certificateFor } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

const names = ["auth.test", "plain.test", "far.test", "small.test", "tight.test", "back.localhost"];
const sizes = [0, 10, 3000, 90000, 300000];

/// Two gateways, the second behind the first by HTTP/2 for far.test and small.test.
async function chaosBed(t, dice) {
  const origin = await startChaosOrigin(t, dice);
  const patient = { public: true, timeouts: { response: "5s" } };
  const [ports, backPorts] = [await reservePorts(), await reservePorts()];
  const tls = { certificates: [certificateFor(names)] };
  const back = await startBed(t, {
    start: { ports: backPorts },
    config: (parts) => ({ workers: 1, ...parts, tls, listen: { https: `127.0.0.1:${backPorts.https}`, http: "off", public_port: ports.https } }),
    routes: () => ["far.test", "small.test"].map((host) => ({ host, to: origin.url, ...patient })),
  });
  const behind = (host) => ({ host, to: `h2://back.localhost:${back.gateway.ports.https}`, tls: { ca: authority().certificate, server_name: host }, ...patient });
  const front = await startBed(t, { start: { ports }, config: (parts) => ({ workers: 1, ...parts, tls }), routes: () => [
    behind("far.test"),
    { ...behind("small.test"), compress: "on" },
    { host: "plain.test", to: origin.url, ...patient },
    { host: "tight.test", to: origin.url, circuit: { connections: 3, pending: 5 }, limits: { body: "30KiB" }, ...patient },
  ] });
  return { back: back.gateway, front: front.gateway };
}

/// What clients saw: whole answers, and every byte that was not theirs.
class Witness {
  constructor() { Object.assign(this, { whole: 0, wrong: [] }); }

  saw(id, bytes, body, isWhole) {
    const right = bodyOf(id, bytes);
    if (isWhole) ++this.whole;
    if (!body.equals(isWhole ? right : right.subarray(0, body.length))) this.wrong.push(`${id}: ${body.length} of ${bytes} bytes, ${body.subarray(0, 40)}`);
  }
}

const overH2 = (session, fields) => new Promise((resolve) => {
  const stream = session.request(fields);
  const seen = { body: [] };
  stream.on("response", (head) => { seen.status = head[":status"]; });
  stream.on("data", (bytes) => seen.body.push(bytes));
  stream.on("error", () => {});
  stream.on("close", () => resolve({ status: seen.status, body: Buffer.concat(seen.body), isWhole: stream.rstCode === 0 }));
  stream.setTimeout(seconds(10), () => stream.close(8));
});

/// A client who wants its answers and keeps to the rules: eight at once.
async function politely(t, port, host, dice, newPath, witness) {
  const session = await connectH2(t, port, host);
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let i = 0; i < 6 && !session.destroyed; ++i) {
      const path = newPath(dice.of(whole), dice.of(sizes));
      const [, id, , bytes] = path.split("/");
      const { status, body, isWhole } = await overH2(session, { ":authority": `${host}:${port}`, ":path": path });
      if (status === 200) witness.saw(id, Number(bytes), body, isWhole);
    }
  }));
  session.close();
}

const overH1 = (options, dice) => new Promise((resolve) => {
  const request = https.request(options, (response) => {
    const body = [];
    response.on("data", (bytes) => {
      body.push(bytes);
      if (dice.once(60)) request.destroy();
    });
    response.on("error", () => {});
    response.on("close", () => resolve({ status: response.statusCode, body: Buffer.concat(body), isWhole: response.complete }));
  });
  request.on("error", () => resolve({}));
  request.setTimeout(seconds(10), () => request.destroy());
  if (options.method === "GET") request.end();
  else {
    request.write(Buffer.alloc(dice.of([1, 5000, 40000])));
    setTimeout(() => request.end("x"), dice.below(20));
  }
  if (dice.once(20)) setTimeout(() => request.destroy(), dice.below(30));
});

/// A client of HTTP/1.1 that sometimes goes away in the middle.
async function impatiently(port, dice, newPath, witness) {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 4, ca: authority().pem });
  for (let i = 0; i < 60; ++i) {
    const host = dice.of(names.slice(1, 5));
    const conduct = dice.of([...whole, ...broken]);
    const path = newPath(conduct, dice.of(sizes));
    const [, id, , bytes] = path.split("/");
    const { status, body, isWhole } = await overH1({ agent, host: "127.0.0.1", port, servername: host, method: dice.of(["GET", "POST", "PUT"]), path, headers: { host: `${host}:${port}` } }, dice);
    if (status === 200) witness.saw(id, Number(bytes), body, isWhole && whole.includes(conduct));
  }
  agent.destroy();
}

test("amid chaos nobody gets another's answer, and nothing of it stays", async (t) => {
  const seed = Number(process.env.GATEWAY_CHAOS_SEED ?? Date.now() % 2 ** 32);
  t.diagnostic(`GATEWAY_CHAOS_SEED=${seed}`);
  const dice = new Dice(seed);
  const { front, back } = await chaosBed(t, dice);
  const port = front.ports.https;
  const witness = new Witness();
  let count = 0;
  const newPath = (conduct, bytes) => `/r${++count}/${conduct}/${bytes}`;
  const quietly = { front: front.descriptors(), back: back.descriptors() };
  const rudely = async () => {
    for (let i = 0; i < 10; ++i) await new RudeClient(port, dice.of(names.slice(1, 5)), dice, newPath).misbehave(5 + dice.below(15));
  };
  const times = async (number, action) => { for (let i = 0; i < number; ++i) await action(); };
  await Promise.all([
    ...Array.from({ length: 4 }, rudely),
    ...["far.test", "small.test", "plain.test"].map((host) => times(4, () => politely(t, port, host, dice, newPath, witness))),
    ...Array.from({ length: 3 }, () => impatiently(port, dice, newPath, witness)),
  ]);
  assert.deepEqual(witness.wrong, [], `with GATEWAY_CHAOS_SEED=${seed}`);
  assert.ok(witness.whole > 500, `only ${witness.whole} of some 700 answers came whole, with GATEWAY_CHAOS_SEED=${seed}`);
  // Connections between the two, and those kept to the origin, may stay a while.
  await until("descriptors to be given back", () => front.descriptors() <= quietly.front + 8 && back.descriptors() <= quietly.back + 8, seconds(10));
});
