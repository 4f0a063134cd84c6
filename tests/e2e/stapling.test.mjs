// What a certificate's authority says of it, stapled: a real responder (openssl ocsp), a real client (openssl s_client -status),
// and responders that answer anything but that (attack rows D05, Q07).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";

import { respond, shown } from "./support/acme_bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { startGateway } from "./support/gateway.mjs";
import { authority, certificateFor, reservePort, scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";

const allowance = (Number(process.env.GATEWAY_E2E_PATIENCE ?? 1) > 1 ? 200 : 32) << 20; // a sanitizer keeps freed memory back

/// A certificate of app.test whose responder is at that port.
function leaf(port, more = []) {
  return certificateFor(["app.test"], { own: true, chain: true, extensions: [`authorityInfoAccess=OCSP;URI:http://127.0.0.1:${port}/ocsp`, ...more] });
}

function startResponder(t, port, certificate, minutes = "1") {
  const ca = authority();
  const child = spawn("openssl", ["ocsp", "-port", String(port), "-index", path.join(path.dirname(certificate), "index.txt"), "-CA", ca.certificate,
    "-rsigner", ca.certificate, "-rkey", ca.key, "-nmin", minutes], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("close", resolve));
  cleanup(t, () => { child.kill("SIGKILL"); return ended; });
  return child;
}

/// What openssl s_client -status says.
function status(port) {
  return new Promise((resolve) => {
    const child = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "app.test", "-status", "-CAfile", authority().certificate], { stdio: ["pipe", "pipe", "ignore"] });
    let text = "";
    child.stdout.on("data", (part) => { text += part; });
    child.on("close", () => resolve(text));
    child.stdin.end("Q\n");
  });
}

test("a must-staple certificate gets its answer from a real responder, fresh ones at half of its life, and none after its end", async (t) => {
  const port = await reservePort();
  const given = leaf(port, ["tlsfeature=status_request"]);
  const responder = startResponder(t, port, given.certificate);
  const gateway = await startGateway(t, { tls: { certificates: [given] }, routes: [respond("app.test")] });
  const stapled = await until("a stapled answer", async () => { const text = await status(gateway.ports.https); return text.includes("Cert Status: good") && text; }, seconds(90));
  assert.match(stapled, /OCSP Response Status: successful/);
  assert.match(stapled, /Verify return code: 0/);
  const date = (text) => /Next Update: (.*)/.exec(text)[1];
  const fresh = await until("a fresh answer", async () => { const text = await status(gateway.ports.https); return text.includes("Next Update") && date(text) !== date(stapled) && text; }, seconds(60));
  responder.kill("SIGKILL");
  await gateway.event("the one before is stapled until its end", undefined, seconds(60));
  await until("its end", async () => (await status(gateway.ports.https)).includes("OCSP response: no response sent"), seconds(90));
  assert.ok(Date.parse(date(fresh)) <= Date.now() + 1000, "it was shown until its end");
  assert.ok((await shown(gateway.ports.https, "app.test")).certificate, "handshakes go on");
});

test("responders that lie, hang, flood or refuse staple nothing and hold up nobody", async (t) => {
  for (const answer of [
    (response) => response.end("no answer"),
    (response) => { response.statusCode = 500; response.end(); },
    (response) => { response.writeHead(302, { Location: "http://127.0.0.1:1/" }); response.end(); },
    (response) => { const flood = () => { while (!response.destroyed && response.write(Buffer.alloc(65536))); }; response.on("drain", flood); flood(); },
    () => {},
  ]) {
    const server = http.createServer((request, response) => answer(response)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    cleanup(t, () => { server.closeAllConnections(); server.close(); });
    const gateway = await startGateway(t, { tls: { certificates: [{ ...leaf(server.address().port), ocsp: true }] }, routes: [respond("app.test")] });
    assert.ok((await shown(gateway.ports.https, "app.test")).certificate);
    const before = gateway.residentBytes();
    await gateway.event("nothing is stapled", undefined, seconds(20));
    assert.match(await status(gateway.ports.https), /OCSP response: no response sent/);
    assert.ok(gateway.residentBytes() - before < allowance);
    await gateway.stop();
  }
});

test("an answer outlives a restart: a must-staple certificate is shown with it in the first handshake, though its responder is gone", async (t) => {
  const port = await reservePort();
  const given = leaf(port, ["tlsfeature=status_request"]);
  const responder = startResponder(t, port, given.certificate, "60");
  const config = { storage: path.join(scratch("staples"), "storage"), tls: { certificates: [given] }, routes: [respond("app.test")] };
  const first = await startGateway(t, config);
  await until("a stapled answer", async () => (await status(first.ports.https)).includes("Cert Status: good"), seconds(90));
  await first.stop();
  responder.kill("SIGKILL");
  const second = await startGateway(t, config);
  assert.match(await status(second.ports.https), /Cert Status: good/);
  await second.stop();
  // What cannot be read is asked for again, and holds up nobody.
  const [file] = readdirSync(path.join(config.storage, "ocsp"));
  writeFileSync(path.join(config.storage, "ocsp", file), "damaged");
  const third = await startGateway(t, config);
  assert.match(await status(third.ports.https), /no response sent/);
  await third.event("cannot be read; it is asked for again");
});

test("storage that cannot be opened for answers alone holds up no start", async (t) => {
  const port = await reservePort();
  const storage = path.join(scratch("staples"), "a-file");
  writeFileSync(storage, "");
  const gateway = await startGateway(t, { storage, tls: { certificates: [{ ...leaf(port), ocsp: true }] }, routes: [respond("app.test")] });
  await gateway.event("OCSP answers are not kept over restarts");
  assert.ok((await shown(gateway.ports.https, "app.test")).certificate);
});

test("ocsp for a certificate that has no responder or no issuer stops the start with the reason", async (t) => {
  for (const [given, why] of [[certificateFor(["app.test"], { own: true, chain: true }), /names no OCSP responder/], [certificateFor(["app.test"], { own: true }), /no issuer behind it; append the chain/]]) {
    const gateway = await startGateway(t, { tls: { certificates: [{ ...given, ocsp: true }] }, routes: [respond("app.test")] }, { expectReady: false });
    await until("its end", () => gateway.end, seconds(10));
    assert.match(gateway.stderr.text, why);
    gateway.end = { code: 0, signal: null }; // it was meant to
  }
});
