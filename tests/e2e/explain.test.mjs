// `gateway explain` says what the running gateway does: the same statuses, and the same fields at the origin.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { startBed, users } from "./support/bed.mjs";
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

/// Fields of identity as the origin got them.
const identityFields = (pairs) => pairs.filter(([name]) => /^x-forwarded-(user|email|groups|preferred-username)$/i.test(name)).map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort();

test("explain says of people who are signed in what the running gateway does", async (t) => {
  const bed = await startBed(t, {
    policies: { mixed: { deny: [{ email: [users.bob.email], method: ["POST"] }], allow: [{ group: ["staff"] }, { email_domain: "elsewhere.test" }] } },
    routes: (origin) => [
      { host: "app.test", to: origin.url, policy: "signed-in", identity: "oauth2-proxy", except: [{ path: "/public", public: true }, { path: "/admins", policy: "admins" }, { path: "/mine", policy: "alice" }, { path: "/mixed", policy: "mixed" }] },
    ],
  });
  const verdicts = new Set();
  for (const name of ["alice", "bob", "carol", "mallory"]) {
    const visitor = await bed.signedIn(name);
    for (const [method, target] of [["GET", "/x"], ["GET", "/public/x"], ["GET", "/admins/x"], ["GET", "/mine"], ["GET", "/mixed"], ["POST", "/mixed"]]) {
      const url = bed.url("app.test", target);
      const before = bed.origin.requests.length;
      const served = await visitor.request(method, url, { headers: { Origin: bed.url("app.test") } });
      const reached = bed.origin.requests.length > before;
      const claims = Object.entries(users[name]).flatMap(([claim, value]) => ["--claim", `${claim}=${JSON.stringify(value)}`]);
      const said = explained(bed, url, "--method", method, "--header", `Origin: ${bed.url("app.test")}`, ...claims);
      assert.equal(said.origin !== undefined, reached, `${name} ${method} ${target}: ${served.status}`);
      verdicts.add(`${target} ${reached}`);
      if (!reached) assert.equal(said.answers.browser.status, served.status);
      else assert.deepEqual(identityFields(said.origin.adds.map((field) => [field.name, field.value])), identityFields(bed.origin.lastRequest.fields));
    }
  }
  for (const verdict of ["/admins/x true", "/admins/x false", "/mine false", "/mixed true", "/mixed false"]) assert.ok(verdicts.has(verdict), verdict);
});

test("explain refuses a bad question with one sentence and status 2", async (t) => {
  const bed = await startBed(t);
  for (const words of [["ftp://app.test/"], [], ["app.test/", "--from", "x"], ["app.test/", "--header", "Host: x"]]) {
    const run = runGateway(["explain", ...words, "--config", path.join(bed.gateway.folder, "gateway.yaml")]);
    assert.equal(run.status, 2, words.join(" "));
    assert.equal(run.stderr.trim().split("\n").length, 1);
  }
});
