// Applications as Debian has them behind routes with `app`, each configured by the very lines that `gateway check` prints.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { missing, startApp } from "./support/app.mjs";
import { startBed } from "./support/bed.mjs";
import { runGateway } from "./support/gateway.mjs";
import { reservePort, scratch } from "./support/run_folder.mjs";

/// What `gateway check` prints for the configuration of the application of a route.
function linesFor(bed, route) {
  const run = runGateway(["check", path.join(bed.gateway.folder, "gateway.yaml")]);
  assert.equal(run.status, 0, run.stderr);
  const shown = run.stdout + run.stderr;
  const at = shown.split("\n").findIndex((line) => line.includes(route) && line.includes("configuration"));
  assert.ok(at >= 0, shown);
  const lines = shown.split("\n").slice(at + 1);
  const end = lines.findIndex((line) => !line.startsWith("  "));
  return lines.slice(0, end < 0 ? lines.length : end).map((line) => line.trim()).filter(Boolean);
}

test("Radicale knows each person, and nobody else's calendar", { skip: missing("/usr/bin/radicale") }, async (t) => {
  const port = await reservePort();
  const bed = await startBed(t, { routes: () => [{ host: "app.test", to: `http://127.0.0.1:${port}`, app: "radicale", policy: "signed-in" }] });
  const folder = scratch("radicale");
  mkdirSync(path.join(folder, "collections"));
  writeFileSync(path.join(folder, "config"), [`[server]`, `hosts = 127.0.0.1:${port}`, `[storage]`, `filesystem_folder = ${folder}/collections`, ...linesFor(bed, "app.test/")].join("\n"));
  await startApp(t, "radicale", ["--config", path.join(folder, "config")], port);

  const [alice, bob] = [await bed.signedIn("alice"), await bed.signedIn("bob")];
  const principalOf = async (visitor, headers = {}) => {
    const page = await visitor.request("PROPFIND", bed.url("app.test", "/"), { headers: { Depth: "0", "Content-Type": "application/xml", Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin", ...headers }, body: '<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>' });
    assert.equal(page.status, 207, page.body);
    return decodeURIComponent(/<href>\/([^<]*)\/<\/href>\s*<\/current-user-principal>/.exec(page.body)?.[1] ?? page.body);
  };
  const names = [await principalOf(alice), await principalOf(bob)];
  assert.match(names[0], /alice/);
  assert.match(names[1], /bob/);
  for (const name of ["X-Remote-User", "X_Remote_User", "Remote-User", "x-remote.user"]) assert.equal(await principalOf(bob, { [name]: names[0] }), names[1], name);

  const same = { headers: { Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" } };
  const calendar = bed.url("app.test", `/${encodeURIComponent(names[0])}/private/`);
  assert.equal((await alice.request("MKCALENDAR", calendar, same)).status, 201);
  const event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101T000000Z\r\nSUMMARY:dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
  assert.equal((await alice.request("PUT", `${calendar}1.ics`, { headers: { ...same.headers, "Content-Type": "text/calendar" }, body: event })).status, 201);
  assert.match((await alice.get(`${calendar}1.ics`)).body, /dentist/);
  const other = await bob.get(`${calendar}1.ics`);
  assert.ok(other.status === 403 || other.status === 404, `${other.status}`);
  assert.doesNotMatch(other.body, /dentist/);
  assert.equal((await bed.visitor({ navigates: false }).get(`${calendar}1.ics`)).status, 401, "a stranger does not reach it");
});

test("Prometheus works below a path, and is nobody's who is not signed in", { skip: missing("/usr/bin/prometheus") }, async (t) => {
  const port = await reservePort();
  const bed = await startBed(t, { routes: (origin) => [{ host: "app.test", path: "/prom", to: `http://127.0.0.1:${port}`, app: "prometheus", policy: "signed-in" }, { host: "app.test", to: origin.url, policy: "signed-in" }] });
  const folder = scratch("prometheus");
  writeFileSync(path.join(folder, "prometheus.yml"), "global: {scrape_interval: 15s}\n");
  await startApp(t, "prometheus", [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, ...linesFor(bed, "app.test/prom")], port);
  const alice = await bed.signedIn("alice");
  let page = await alice.get(bed.url("app.test", "/prom/"));
  for (let hops = 0; page.status >= 300 && page.status < 400 && hops < 3; ++hops) {
    assert.ok(page.location.startsWith(bed.url("app.test", "/prom/")), page.location);
    page = await alice.get(page.location);
  }
  assert.equal(page.status, 200);
  assert.match(page.body, /Prometheus/);
  const asset = /(?:src|href)="([^"]*\.(?:js|css)[^"]*)"/.exec(page.body)[1];
  assert.equal((await alice.get(new URL(asset, page.url).href)).status, 200, asset);
  const answer = JSON.parse((await alice.get(bed.url("app.test", "/prom/api/v1/query?query=vector(7)"))).body);
  assert.equal(answer.data.result[0].value[1], "7");
  assert.equal((await bed.visitor({ navigates: false }).get(bed.url("app.test", "/prom/api/v1/query?query=vector(7)"))).status, 401);
});
