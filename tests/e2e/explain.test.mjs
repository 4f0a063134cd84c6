// `gateway explain` says what the running gateway does: the same statuses, and the same fields at the origin.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { runGateway } from "./support/gateway.mjs";
import { connectTls } from "./support/raw_client.mjs";

function explained(bed, target, ...options) {
  const run = runGateway(["explain", target, "--config", path.join(bed.gateway.folder, "gateway.yaml"), "--json", ...options]);
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

async function statusOf(t, bed, host, target) {
  const wire = await connectTls(t, bed.gateway.ports.https, { servername: "app.test" });
  await wire.send(`GET ${target} HTTP/1.1\r\nHost: ${host}:${bed.gateway.ports.https}\r\n\r\n`);
  const { status } = await wire.response();
  wire.close();
  return status;
}

test("explain says the status that a stranger gets, and asks nobody", async (t) => {
  const bed = await startBed(t);
  for (const target of ["/", "/a/../b", "/%2e%2e/x", "/public;x/y", "/public/%2e%2e/x", "/oauth2/nothing"]) {
    const served = await statusOf(t, bed, "app.test", target);
    const before = bed.origin.requests.length;
    const said = explained(bed, `https://app.test:${bed.gateway.ports.https}${target}`);
    assert.equal(bed.origin.requests.length, before, "the origin was asked");
    assert.equal(said.answers.program.status, served, target);
  }
});

test("explain refuses a bad question with one sentence and status 2", async (t) => {
  const bed = await startBed(t);
  for (const words of [["ftp://app.test/"], [], ["app.test/", "--from", "x"], ["app.test/", "--header", "Host: x"]]) {
    const run = runGateway(["explain", ...words, "--config", path.join(bed.gateway.folder, "gateway.yaml")]);
    assert.equal(run.status, 2, words.join(" "));
    assert.equal(run.stderr.trim().split("\n").length, 1);
  }
});
