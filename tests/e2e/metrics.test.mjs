// What /metrics tells of sign-ins, sessions, policies, storage, pools, limits and handshakes, and that Prometheus takes it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import tls from "node:tls";
import { test } from "node:test";

import { missing, startApp } from "./support/app.mjs";
import { answer } from "./support/origin.mjs";
import { reservePort, scratch } from "./support/run_folder.mjs";
import { seconds, until } from "./support/wait.mjs";
import { startWatched } from "./support/watched.mjs";

const routes = (origin) => [
  { host: "app.test", to: origin.url, policy: "signed-in" },
  { host: "wiki.test", to: origin.url, policy: "alice" },
  { host: "other.test", to: origin.url, public: true },
  { host: "other.test", path: "/few", to: origin.url, public: true, limits: { rate: { requests: "2/h", per: "route" } } },
];

test("sign-ins are counted by provider and outcome, and what follows them, and nobody is named", async (t) => {
  const bed = await startWatched(t, { routes });
  const alice = await bed.signedIn("alice");
  const bob = await bed.signedIn("bob");
  assert.equal((await bob.open(bed.url("wiki.test"))).status, 403);
  await alice.request("POST", bed.url("auth.test", "/oauth2/sign_out"), { headers: { Origin: bed.url("auth.test"), "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded" }, body: "" });
  await bed.visitor().get(bed.url("auth.test", "/oauth2/callback?code=x&state=y"));
  const text = (await bed.admin("/metrics")).body;
  const counted = await bed.metrics();
  assert.equal(counted.get('gateway_sign_ins_total{provider="main",outcome="ok"}'), 2);
  assert.equal([...counted].filter(([key]) => key.startsWith('gateway_sign_ins_total{provider="",')).reduce((sum, [, value]) => sum + value, 0), 1);
  assert.equal(counted.get('gateway_audit_events_total{act="sign_in"}'), 2);
  assert.equal(counted.get('gateway_audit_events_total{act="sign_in_failed"}'), 1);
  assert.equal(counted.get('gateway_audit_events_total{act="denied"}'), 1);
  assert.equal(counted.get('gateway_session_ends_total{by="person"}'), 1);
  for (const word of ["alice", "bob", "example.com", "code=x"]) assert.ok(!text.includes(word), word);
});

test("a provider that refuses is counted as that", async (t) => {
  const bed = await startWatched(t, { routes });
  const visitor = bed.visitor();
  const start = await visitor.get(bed.url("app.test"));
  let location = start.headers.location;
  for (let hops = 0; hops < 4 && new URL(location).origin !== bed.provider.issuer; ++hops) location = (await visitor.get(location)).headers.location;
  const state = new URL(location).searchParams.get("state");
  await visitor.get(`${new URL(location).searchParams.get("redirect_uri")}?error=access_denied&state=${encodeURIComponent(state)}&iss=${encodeURIComponent(bed.provider.issuer)}`);
  const counted = await bed.metrics();
  assert.equal(counted.get('gateway_sign_ins_total{provider="main",outcome="ok"}'), undefined);
  const failures = [...counted].filter(([key]) => key.startsWith('gateway_sign_ins_total{provider="main",'));
  assert.equal(failures.length, 1, failures.join());
});

test("connections to origins, those used again, and requests over a limit are counted", async (t) => {
  const bed = await startWatched(t, { routes, more: { workers: 1 }, origin: { reply: () => answer(200, "ok") } });
  const visitor = bed.visitor({ navigates: false });
  for (let i = 0; i < 4; ++i) assert.equal((await visitor.get(bed.url("other.test", `/${i}`))).status, 200);
  let counted = await bed.metrics();
  assert.equal(counted.get("gateway_upstream_connections_total"), 1, [...counted].filter(([key]) => key.includes("upstream_conn")).join(" "));
  assert.equal(counted.get("gateway_upstream_connections_reused_total"), 3);
  assert.equal(counted.get('gateway_upstream_connections{state="idle"}'), 1);
  assert.equal(counted.get('gateway_upstream_connections{state="in_use"}'), 0);
  const statuses = [];
  for (let i = 0; i < 4; ++i) statuses.push((await visitor.get(bed.url("other.test", "/few"))).status);
  counted = await bed.metrics();
  const limited = statuses.filter((status) => status === 429).length;
  assert.ok(limited >= 1, statuses.join());
  assert.equal(counted.get('gateway_rate_limited_total{route="other.test/few"}'), limited);
});

test("a connection that is in use is no idle one", async (t) => {
  let release;
  const bed = await startWatched(t, { routes, more: { workers: 1 }, origin: { reply: (_, connection) => { release = () => connection.write(answer(200, "late")); } } });
  const late = bed.visitor({ navigates: false }).get(bed.url("other.test"));
  await until("the request at the origin", () => bed.origin.requests.length === 1);
  assert.equal((await bed.metrics()).get('gateway_upstream_connections{state="in_use"}'), 1);
  release();
  await late;
  assert.equal((await bed.metrics()).get('gateway_upstream_connections{state="in_use"}'), 0);
});

test("handshakes are counted by version and by how they ended", async (t) => {
  const bed = await startWatched(t, { routes });
  const shake = (options) => new Promise((resolve) => {
    const socket = tls.connect({ host: "127.0.0.1", port: bed.gateway.ports.https, rejectUnauthorized: false, ...options });
    socket.on("secureConnect", () => { socket.end(); resolve("ok"); });
    socket.on("error", () => resolve("failed"));
  });
  const before = await bed.metrics();
  assert.equal(await shake({ servername: "app.test", maxVersion: "TLSv1.2" }), "ok");
  assert.equal(await shake({ servername: "app.test" }), "ok");
  assert.equal(await shake({ servername: "nobody.test" }), "failed");
  const grown = (after, labels) => after.get(`gateway_tls_handshakes_total{${labels}}`) - before.get(`gateway_tls_handshakes_total{${labels}}`);
  const after = await until("all three counted", async () => {
    const now = await bed.metrics();
    return grown(now, 'result="ok",version="1.3",resumed="no"') === 1 && now;
  });
  assert.equal(grown(after, 'result="ok",version="1.2",resumed="no"'), 1);
  assert.equal(grown(after, 'result="refused"'), 1);
});

test("what storage was asked is counted and timed", async (t) => {
  const bed = await startWatched(t, { routes });
  await bed.signedIn("alice");
  const counted = await bed.metrics();
  assert.ok(counted.get('gateway_storage_operations_total{operation="put",result="ok"}') >= 1);
  assert.equal(counted.get('gateway_storage_operations_total{operation="put",result="failed"}'), 0);
  assert.equal(counted.get('gateway_storage_operation_duration_seconds_count{operation="put"}'), counted.get('gateway_storage_operations_total{operation="put",result="ok"}'));
  // A sanitizer's heap is not the C library's.
  assert.ok(Number(process.env.GATEWAY_E2E_PATIENCE ?? 1) > 1 || counted.get('gateway_heap_bytes{state="used"}') > 1e5);
});

test("Prometheus scrapes it, and answers queries from it", { skip: missing("/usr/bin/prometheus") }, async (t) => {
  const bed = await startWatched(t, { routes });
  await bed.signedIn("alice");
  const [folder, port] = [scratch("prometheus"), await reservePort()];
  writeFileSync(path.join(folder, "prometheus.yml"), `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: gateway, static_configs: [{targets: ["127.0.0.1:${bed.adminPort}"]}]}]\n`);
  await startApp(t, "prometheus", [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`], port);
  // It listens before it is ready: 503 until then.
  const ask = async (query) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
    return answer.status === 503 ? [] : (await answer.json()).data.result;
  };
  const [up] = await until("the first scrape", async () => {
    const found = await ask('up{job="gateway"} == 1');
    return found.length > 0 && found;
  }, seconds(30));
  assert.equal(up.metric.instance, `127.0.0.1:${bed.adminPort}`);
  const [signIns] = await ask('gateway_sign_ins_total{provider="main",outcome="ok"}');
  assert.equal(signIns.value[1], "1");
  const [requests] = await ask('sum by (route) (gateway_requests_total{route="app.test/",code="2xx"})');
  assert.ok(Number(requests.value[1]) >= 1);
  for (const family of ["gateway_storage_operation_duration_seconds_bucket", "gateway_tls_handshakes_total", "gateway_upstream_connections", "process_cpu_seconds_total", "gateway_event_loop_lag_seconds_bucket", "gateway_certificate_not_after_timestamp_seconds"])
    assert.ok((await ask(family)).length > 0, family);
  const lint = spawnSync("promtool", ["check", "metrics"], { input: (await bed.admin("/metrics")).body, encoding: "utf8" });
  assert.equal(lint.status, 0, lint.stdout + lint.stderr);
});
