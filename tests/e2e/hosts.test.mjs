// Which host a request is for: one name, ours, the certificate's, or nothing (attack rows H01-H08, H10, B19 in spirit).
import assert from "node:assert/strict";
import http2 from "node:http2";
import { test } from "node:test";
import tls from "node:tls";

import { startBed } from "./support/bed.mjs";
import { startGateway } from "./support/gateway.mjs";
import { providerConfiguration } from "./support/provider_users.mjs";
import { connectPlain, connectTls } from "./support/raw_client.mjs";
import { authority, certificateFor } from "./support/run_folder.mjs";
import { within } from "./support/wait.mjs";

async function ask(t, bed, host, { servername = "app.test", lines, version = "1.1" } = {}) {
  bed.origin.forget();
  const wire = await connectTls(t, bed.gateway.ports.https, { servername });
  const fields = lines ?? [`Host: ${host}`];
  await wire.send(`GET /x HTTP/${version}\r\n${fields.map((line) => `${line}\r\n`).join("")}\r\n`);
  const response = await wire.response();
  wire.close();
  return { status: response.status, response, silent: bed.origin.text === "" };
}

test("malformed Host fields are refused with 400 and the origin hears nothing", async (t) => {
  const bed = await startBed(t);
  const p = bed.gateway.ports.https;
  const hosts = ["", " ", "app.test,evil.test", "app.test/evil", "u@app.test", "app.test#x", "app.test?x", "app test", "app.test:a", "app.test:99999", "app.test:", "[::1", "a%2eb", "app.test\x01", "app..test", ".app.test", "-", "*", "[::ffff:7f00:1%25x]", `app.test:${p}:${p}`, "app.test:-1", "\xe4pp.test", "a".repeat(300)];
  for (const host of hosts) {
    const { status, silent } = await ask(t, bed, host);
    assert.ok(status === 400 || (status === 421 && /^[-a.]+$/.test(host)), `${JSON.stringify(host)} gave ${status}`);
    assert.ok(silent, host);
  }
});

test("no Host, or two of them, is refused", async (t) => {
  const bed = await startBed(t);
  const own = `Host: other.test:${bed.gateway.ports.https}`;
  for (const lines of [[], [own, own], [own, "Host: evil.test"], ["Host:", own]]) {
    const { status, silent } = await ask(t, bed, "", { lines, servername: "other.test" });
    assert.equal(status, 400, lines.join());
    assert.ok(silent);
  }
  assert.equal((await ask(t, bed, "", { lines: [], version: "1.0" })).status, 400);
});

test("a host that is not ours is 421, whatever the name in the handshake", async (t) => {
  const bed = await startBed(t);
  const p = bed.gateway.ports.https;
  for (const host of [`evil.test:${p}`, `app.test.evil.test:${p}`, `xapp.test:${p}`, `appxtest:${p}`, `127.0.0.1:${p}`, `localhost:${p}`, "app.test:1", "app.test:80", `sub.app.test:${p}`]) {
    const { status, silent } = await ask(t, bed, host);
    assert.ok(status === 421 || status === 400, `${host} gave ${status}`);
    assert.ok(silent, host);
  }
});

test("case and one trailing dot change nothing", async (t) => {
  const bed = await startBed(t);
  const p = bed.gateway.ports.https;
  for (const host of [`OTHER.TEST:${p}`, `Other.Test:${p}`, `other.test.:${p}`]) {
    const { status } = await ask(t, bed, host, { servername: "other.test" });
    assert.ok([200, 400, 421].includes(status));
    assert.equal(status, 200, host);
  }
  for (const host of [`APP.TEST:${p}`, `app.test.:${p}`]) {
    const { status, silent } = await ask(t, bed, host);
    assert.ok([302, 401].includes(status), `${host} gave ${status}: protected is protected in every spelling`);
    assert.ok(silent);
  }
});

test("a wildcard stands for exactly one label", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [{ host: "*.wild.test", to: origin.url, public: true }, { host: "auth.test", to: origin.url, policy: "staff" }] });
  const p = bed.gateway.ports.https;
  assert.equal((await ask(t, bed, `a.wild.test:${p}`, { servername: "a.wild.test" })).status, 200);
  for (const host of ["wild.test", "a.b.wild.test", "x.awild.test"]) {
    const { status } = await ask(t, bed, `${host}:${p}`, { servername: "a.wild.test" });
    assert.equal(status, 421, host);
  }
});

test("a handshake without a name, or with a foreign one, shows no certificate of somebody else", async (t) => {
  const bed = await startBed(t);
  for (const servername of ["evil.test", "a.b.wild.test", "", "xapp.test"]) {
    const outcome = await within("a handshake", new Promise((resolve) => {
      const socket = tls.connect({ port: bed.gateway.ports.https, host: "127.0.0.1", servername: servername || undefined, rejectUnauthorized: false }, () => resolve("accepted"));
      socket.on("error", (error) => resolve(error.code ?? error.message));
      t.after(() => socket.destroy());
    }));
    if (servername) assert.notEqual(outcome, "accepted", `a certificate was shown for ${servername}`);
  }
});

test("the http listener sends our own hosts to https and knows no others", async (t) => {
  const bed = await startBed(t);
  const plain = async (host, target = "/a?b=c") => {
    const wire = await connectPlain(t, bed.gateway.ports.http);
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const response = await wire.response();
    wire.close();
    return { status: response.status, location: response.fields.find(([n]) => n.toLowerCase() === "location")?.[1] };
  };
  const https = bed.gateway.ports.https;
  for (const host of ["app.test", `app.test:${bed.gateway.ports.http}`, "APP.test"]) {
    const { status, location } = await plain(host);
    assert.equal(status, 308, host);
    assert.equal(location, `https://app.test:${https}/a?b=c`);
  }
  for (const host of ["evil.test", "app.test.evil.test", "127.0.0.1", "x@app.test"]) {
    const { status, location } = await plain(host);
    assert.ok(status >= 400, `${host} gave ${status}`);
    assert.equal(location, undefined);
  }
  for (const target of ["//evil.test/..;/", "/%5c%5cevil.test/%252e%252e%252f", "/%0d%0aSet-Cookie:x=1", "/\\evil.test", "//evil.test"]) {
    const { location, status } = await plain("app.test", target);
    if (status === 308) assert.ok(location.startsWith(`https://app.test:${https}/`) && !/[\r\n]/.test(location), location);
    else assert.equal(status, 400);
  }
});

test("every URL that a sign-in is built from comes from the configuration", async (t) => {
  const bed = await startBed(t);
  const visitor = bed.visitor();
  const page = await visitor.get(bed.url("app.test", "/"), { headers: { "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http", Forwarded: "host=evil.test", "X-Forwarded-Prefix": "/evil", "X-Auth-Request-Redirect": "https://evil.test" } });
  let next = page;
  while (!next.location.includes("/authorize")) next = await visitor.follow(next, { headers: { "X-Forwarded-Host": "evil.test" } });
  assert.ok(!next.location.includes("evil"));
  assert.equal(new URL(next.location).searchParams.get("redirect_uri"), bed.url("auth.test", "/oauth2/callback"));
});

/// A gateway whose hosts have certificates of their own: one open, one protected, a wildcard with two hosts, and one whose
/// name begins like another's. Nobody signs in, so the provider may be absent.
async function startApart(t) {
  const certificates = [["open.test"], ["app.test"], ["*.wild.test"], ["open.test.company.test"]].map((names) => certificateFor(names));
  const hosts = ["open.test", "app.test", "a.wild.test", "b.wild.test", "open.test.company.test"];
  return startGateway(t, {
    tls: { certificates }, login: { host: "app.test", providers: { main: providerConfiguration("https://op.localhost:1") } },
    policies: { someone: { allow: [{ authenticated: true }] } },
    routes: hosts.map((host) => (host === "app.test" ? { host, to: "http://127.0.0.1:1", policy: "someone" } : { host, respond: { status: 200, body: host } })),
  });
}

const covered = (name, host) => name === host || (name.endsWith(".wild.test") && host.endsWith(".wild.test"));
const statusOf = (host) => (host === "app.test" ? 401 : 200);

test("of every two hosts on one connection only those of its certificate are served, first and later", async (t) => {
  const gateway = await startApart(t);
  const port = gateway.ports.https;
  const hosts = ["open.test", "app.test", "a.wild.test", "b.wild.test", "open.test.company.test"];
  const strangers = ["x.wild.test", "company.test", "test", "evil.test"];
  for (const servername of hosts) {
    const wire = await connectTls(t, port, { servername });
    const ask = async (host) => {
      await wire.send(`GET / HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
      return (await wire.response()).status;
    };
    for (const host of [servername, ...hosts, ...strangers, servername]) {
      const expected = hosts.includes(host) && covered(servername, host) ? statusOf(host) : 421;
      assert.equal(await ask(host), expected, `${host} on a connection to ${servername}`);
    }
    wire.close();
  }
});

test("an HTTP/2 connection is shared by no other host than its certificate's, nor is a resumed one", async (t) => {
  const gateway = await startApart(t);
  const port = gateway.ports.https;
  const hosts = ["open.test", "app.test", "a.wild.test", "b.wild.test"];
  for (const servername of hosts) {
    const socket = await within("a handshake", new Promise((resolve, reject) => {
      const made = tls.connect({ port, host: "127.0.0.1", servername, ca: authority().pem, ALPNProtocols: ["h2"] }, () => resolve(made));
      made.on("error", reject);
    }));
    const session = http2.connect(`https://${servername}:${port}`, { createConnection: () => socket });
    t.after(() => session.destroy());
    for (const host of [...hosts, servername]) {
      const request = session.request({ ":authority": `${host}:${port}`, ":path": "/" });
      const status = await within("an answer", new Promise((resolve, reject) => request.on("response", (fields) => resolve(fields[":status"])).on("error", reject)));
      request.close();
      assert.equal(status, covered(servername, host) ? statusOf(host) : 421, `${host} on a connection to ${servername}`);
    }
  }
  // A ticket of the open host opens the protected one no more than its own handshake would.
  const first = await connectTls(t, port, { servername: "open.test" });
  const ticket = new Promise((resolve) => first.socket.once("session", resolve));
  await first.send(`GET / HTTP/1.1\r\nHost: open.test:${port}\r\n\r\n`);
  assert.equal((await first.response()).status, 200);
  const resumed = await connectTls(t, port, { servername: "open.test", session: await within("a ticket", ticket) });
  assert.equal(resumed.socket.isSessionReused(), true, "the ticket is not taken: this test proves nothing");
  for (const [host, status] of [["app.test", 421], ["open.test", 200], ["a.wild.test", 421]]) {
    await resumed.send(`GET / HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    assert.equal((await resumed.response()).status, status, `${host} on a resumed connection to open.test`);
  }
});
