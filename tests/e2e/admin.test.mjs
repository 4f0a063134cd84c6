// listen.admin: whether the process lives, whether it is ready, what it counts (rows P04, P05, P06, G18).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { runGateway, writeConfig } from "./support/gateway.mjs";
import { ask, connectH2 } from "./support/h2_client.mjs";
import { answer } from "./support/origin.mjs";
import { connectPlain } from "./support/raw_client.mjs";
import { certificateFor, checkout } from "./support/run_folder.mjs";
import { until } from "./support/wait.mjs";
import { parseMetrics as parse, startWatched } from "./support/watched.mjs";

const open = { routes: (origin) => [{ host: "app.test", to: origin.url, policy: "signed-in" }, { host: "other.test", to: origin.url, public: true }] };

test("P04: it lives and is ready, for those who name it by an address or localhost and ask with GET", async (t) => {
  const bed = await startWatched(t, open);
  for (const target of ["/livez", "/readyz", "/readyz?verbose", "/metrics"]) {
    assert.equal((await bed.admin(target)).status, 200, target);
    assert.equal((await bed.admin(target, { method: "POST" })).status, 405, target);
  }
  for (const host of ["localhost", `localhost:${bed.adminPort}`, "127.0.0.1", "[::1]:9901", "10.1.2.3"])
    assert.equal((await bed.admin("/livez", { host })).status, 200, host);
  for (const host of ["evil.test", `evil.test:${bed.adminPort}`, "app.test", "localhost.evil.test", "127.0.0.1.evil.test", "0x7f000001"]) {
    const answer = await bed.admin("/metrics", { host });
    assert.ok(answer.status === 421 || answer.status === 400, `${host}: ${answer.status}`);
    assert.ok(!answer.body.includes("gateway_"), host);
  }
  for (const target of ["/metrics/", "/x/../metrics", "//metrics", "/%6detrics", "/metrics;x", "/status/"])
    assert.equal((await bed.admin(target)).status, 404, target);
  const page = await bed.admin("/metrics", { headers: { origin: "https://evil.test" } });
  assert.equal(page.headers["access-control-allow-origin"], undefined);
  assert.equal(page.headers["cache-control"], "no-store");
});

test("it says in time that the end has begun, and lives until then", async (t) => {
  let release;
  const bed = await startWatched(t, { ...open, more: { shutdown: { delay: "300ms", timeout: "10s" } },
    origin: { reply: (_, connection) => { release = () => connection.write(answer(200, "late")); } } });
  const late = bed.visitor({ navigates: false }).get(bed.url("other.test", "/late"));
  await until("the request at the origin", () => bed.origin.requests.length === 1);
  assert.equal((await bed.metrics()).get("gateway_requests_in_flight"), 1);
  bed.gateway.signal("SIGTERM");
  const draining = await until("not ready", async () => {
    const answer = await bed.admin("/readyz");
    return answer.status === 503 && answer;
  });
  assert.match(draining.body, /^not ready\ntold to end/);
  assert.equal((await bed.admin("/livez")).status, 200);
  assert.equal((await bed.metrics()).get("gateway_ready"), 0);
  release();
  assert.equal((await late).status, 200);
});

test("what was served is counted by route, method and class of status, on all workers, and nobody is named", async (t) => {
  const bed = await startWatched(t, { ...open, origin: { reply: (request) => answer(request.target.startsWith("/bad") ? 500 : 200, "12345") } });
  const visitor = bed.visitor({ navigates: false });
  for (let i = 0; i < 5; ++i) assert.equal((await visitor.get(bed.url("other.test", `/secret-path-${i}?token=abc`))).status, 200);
  await visitor.get(bed.url("other.test", "/bad"));
  assert.equal((await visitor.get(bed.url("app.test", "/"))).status, 401);
  const session = await connectH2(t, bed.gateway.ports.https, "other.test");
  await ask(session, { ":path": "/", ":method": "DELETE" });
  const wire = await connectPlain(t, bed.gateway.ports.http);
  await wire.send("GET / HTTP/1.1\r\nHost: bad host\r\n\r\n");
  await wire.response();
  const text = (await bed.admin("/metrics")).body;
  const counted = parse(text);
  assert.equal(counted.get('gateway_requests_total{route="other.test/",method="GET",code="2xx"}'), 5);
  assert.equal(counted.get('gateway_requests_total{route="other.test/",method="GET",code="5xx"}'), 1);
  assert.equal(counted.get('gateway_requests_total{route="other.test/",method="DELETE",code="2xx"}'), 1);
  assert.equal(counted.get('gateway_requests_total{route="app.test/",method="GET",code="4xx"}'), 1);
  assert.equal(counted.get('gateway_request_duration_seconds_count{route="other.test/"}'), 7);
  assert.equal(counted.get('gateway_request_duration_seconds_bucket{route="other.test/",le="+Inf"}'), 7);
  assert.equal(counted.get('gateway_response_body_bytes_total{route="other.test/"}'), 35);
  assert.equal(counted.get('gateway_authorization_decisions_total{route="app.test/",decision="refused"}'), 1);
  assert.equal(counted.get('gateway_authorization_decisions_total{route="other.test/",decision="admitted"}'), 7);
  assert.equal(counted.get('gateway_upstream_requests_total{route="other.test/"}'), 7);
  assert.equal(counted.get('gateway_upstream_failures_total{route="other.test/"}'), undefined);
  assert.ok([...counted.keys()].some((key) => key.startsWith('gateway_requests_total{route="",') && key.includes('"4xx"')), text);
  assert.equal(counted.get("gateway_requests_in_flight"), 0);
  assert.ok(counted.get('gateway_tls_handshakes_total{result="ok",version="1.3",resumed="no"}') >= 1);
  assert.ok(counted.get('gateway_connections_total{listener="http"}') >= 1);
  assert.ok(counted.get('gateway_certificate_not_after_timestamp_seconds{name="app.test"}') > Date.now() / 1000);
  assert.ok(counted.get("process_resident_memory_bytes") > 1e6);
  assert.ok(counted.get("process_open_fds") > 5);
  assert.ok(Math.abs(counted.get("process_start_time_seconds") - Date.now() / 1000) < 600);
  for (const word of ["secret-path", "token=", "127.0.0.1\""]) assert.ok(!text.includes(word), word);
  await until("how late the loops are", async () => (await bed.metrics()).get('gateway_event_loop_lag_seconds_count{worker="1"}') > 0);
});

test("an origin that is not there is counted as that", async (t) => {
  const bed = await startWatched(t, { routes: () => [{ host: "other.test", to: "http://127.0.0.1:1", public: true }] });
  assert.equal((await bed.visitor({ navigates: false }).get(bed.url("other.test"))).status, 502);
  const counted = await bed.metrics();
  assert.equal(counted.get('gateway_upstream_failures_total{route="other.test/"}'), 1);
  assert.equal(counted.get('gateway_upstream_up{route="other.test/",origin="127.0.0.1:1"}'), 1);
});

test("reloads are counted, and counts go on", async (t) => {
  const bed = await startWatched(t, open);
  const file = path.join(bed.gateway.folder, "gateway.yaml");
  assert.equal((await bed.visitor({ navigates: false }).get(bed.url("other.test"))).status, 200);
  bed.gateway.signal("SIGHUP");
  await bed.gateway.event("reloaded");
  let counted = await bed.metrics();
  assert.equal(counted.get('gateway_config_reloads_total{result="ok"}'), 1);
  assert.equal(counted.get('gateway_requests_total{route="other.test/",method="GET",code="2xx"}'), 1);
  writeFileSync(file, "listen: {adnim: x}\n");
  bed.gateway.signal("SIGHUP");
  await bed.gateway.event("not reloaded");
  counted = await bed.metrics();
  assert.ok(counted.get('gateway_config_reloads_total{result="failed"}') >= 1);
  assert.equal(counted.get("gateway_config_last_reload_successful"), 0);
});

test("P05: no route may lead to it", async (t) => {
  const config = (to, admin = "127.0.0.1:9901") => writeConfig({
    listen: { https: "127.0.0.1:8443", http: "off", admin },
    tls: { certificates: [certificateFor(["app.test"])] },
    routes: [{ host: "app.test", to, public: true }],
  });
  for (const to of ["http://127.0.0.1:9901", "http://localhost:9901"]) {
    const run = runGateway(["check", "--config", config(to)]);
    assert.notEqual(run.status, 0, to);
    assert.match(run.stdout + run.stderr, /own listen\.admin/);
  }
  assert.match(((run) => run.stdout + run.stderr)(runGateway(["check", "--config", config("http://[::1]:9901", ":9901")])), /own listen\.admin/);
  assert.doesNotMatch(((run) => run.stdout + run.stderr)(runGateway(["check", "--config", config("http://127.0.0.1:9902")])), /own listen\.admin/);
});

test("idle strangers do not keep a probe from its answer", async (t) => {
  const bed = await startWatched(t, open);
  const idle = [];
  for (let i = 0; i < 40; ++i) idle.push(await connectPlain(t, bed.adminPort));
  assert.equal((await bed.admin("/livez")).status, 200);
});

const promtool = spawnSync("promtool", ["--version"]).status === 0;
const skip = !promtool && "no promtool";
test("promtool finds nothing wrong with the metrics", { skip }, async (t) => {
  const bed = await startWatched(t, open);
  await bed.visitor({ navigates: false }).get(bed.url("other.test"));
  const run = spawnSync("promtool", ["check", "metrics"], { input: (await bed.admin("/metrics")).body, encoding: "utf8" });
  assert.equal(run.status, 0, run.stdout + run.stderr);
});

const packaging = path.join(checkout, "packaging");
test("the alerts fire when they should and not else", { skip }, () => {
  for (const args of [["check", "rules", "gateway.rules.yaml"], ["test", "rules", "gateway.rules.test.yaml"]]) {
    const run = spawnSync("promtool", args, { cwd: path.join(packaging, "prometheus"), encoding: "utf8" });
    assert.equal(run.status, 0, run.stdout + run.stderr);
  }
});

test("alerts and dashboard ask for metrics that there are", async (t) => {
  const bed = await startWatched(t, open);
  const text = (await bed.admin("/metrics")).body;
  const families = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]));
  const dashboard = JSON.parse(readFileSync(path.join(packaging, "grafana/gateway.json"), "utf8"));
  const asked = [readFileSync(path.join(packaging, "prometheus/gateway.rules.yaml"), "utf8"), ...dashboard.panels.map((panel) => panel.targets[0].expr)].join("\n");
  const names = new Set([...asked.matchAll(/\b(?:gateway|process)_[a-z_]+/g)].map((match) => match[0].replace(/_bucket$/, "")));
  assert.ok(names.size > 15);
  for (const name of names) assert.ok(families.has(name), name);
});
