// packaging/kubernetes: what a cluster of 1.27 to 1.34 is given is what it takes, and fits the gateway.yaml that comes with it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";
import YAML from "yaml";

import { reservePorts, runGateway, startGateway, usualConfig } from "./support/gateway.mjs";
import { documents, idOf, isKustomization, render } from "./support/kustomize.mjs";
import { findings } from "./support/manifest_rules.mjs";
import { typeFaults } from "./support/manifest_types.mjs";
import { answer, startOrigin } from "./support/origin.mjs";
import { confined, mountPod, notConfined } from "./support/pod_mounts.mjs";
import { connectPlain } from "./support/raw_client.mjs";
import { startReplicas } from "./support/replicas.mjs";
import { checkout, reservePort, scratch } from "./support/run_folder.mjs";
import { balancerFindings } from "./support/scaleway_balancer.mjs";
import { startKubernetes } from "./support/stores.mjs";
import { seconds, until, within } from "./support/wait.mjs";

const top = path.join(checkout, "packaging/kubernetes");
const overlays = ["scaleway", "plain"];
const read = (...names) => documents(readFileSync(path.join(top, ...names), "utf8"), names.join("/"));
const files = (folder = top) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(path.join(folder, entry.name)) : [path.join(folder, entry.name)]));
const kustomizations = () => files().filter((file) => path.basename(file) === "kustomization.yaml").map((file) => path.dirname(file));
const named = (folder) => path.relative(top, folder);

/// The Secret with values that could be those of a real cluster.
function filledSecret() {
  const [secret] = read("secrets/plain/secret.yaml");
  return { ...secret, stringData: { ...secret.stringData, "storage-key": randomBytes(32).toString("base64") } };
}

/// The ways to bring the Secret: its name, and the keys it has then.
function secretVariants() {
  const [plain] = read("secrets/plain/secret.yaml");
  const external = read("secrets/external-secrets/external-secret.yaml").find((one) => one.kind === "ExternalSecret");
  return [
    { name: "secrets/plain", secret: plain.metadata.name, keys: Object.keys(plain.stringData) },
    { name: "secrets/external-secrets", secret: external.spec.target.name, keys: external.spec.data.map((one) => one.secretKey) },
  ];
}

/// An overlay as a cluster gets it, its files as a pod sees them, and what `gateway check` says of them.
function clusterOf(overlay) {
  const objects = render(path.join(top, "overlays", overlay));
  const deployment = objects.find((one) => one.kind === "Deployment");
  const pod = mountPod(deployment, [...objects, filledSecret()]);
  const check = runGateway(["check", "--strict", "--print", pod.file]);
  const config = check.status === 0 ? YAML.parse(pod.remote(check.stdout)) : undefined;
  return { objects, deployment, pod, check, config, secrets: secretVariants() };
}

test("every file is read by Kubernetes as it is by people, and belongs to something", () => {
  const used = new Set();
  for (const folder of kustomizations()) {
    const [kustomization] = read(named(folder), "kustomization.yaml");
    const all = [...(kustomization.resources ?? []), ...(kustomization.patches ?? []).map((one) => one.path), ...(kustomization.configMapGenerator ?? []).flatMap((one) => one.files)];
    for (const name of all) used.add(path.join(folder, name));
  }
  for (const file of files().filter((one) => one.endsWith(".yaml"))) {
    documents(readFileSync(file, "utf8"), named(file));
    const isExample = named(file).startsWith("secrets/");
    assert.ok(isExample || used.has(file) || path.basename(file) === "kustomization.yaml", `${named(file)} is in no kustomization`);
  }
});

for (const overlay of [...overlays, undefined]) {
  test(overlay ? `what the overlay ${overlay} makes is valid from 1.27 to 1.34` : "so is what is optional, and what is an example", async () => {
    const rest = () => [...kustomizations().filter((one) => named(one).startsWith("options/")).flatMap(render), ...["secrets/plain/secret.yaml", "secrets/sops/flux.yaml", "secrets/external-secrets/external-secret.yaml"].flatMap((name) => read(name))];
    const objects = overlay ? render(path.join(top, "overlays", overlay)) : rest();
    assert.ok(objects.length >= 6);
    for (const object of objects) assert.deepEqual(await typeFaults(object), [], idOf(object));
  });
}

test("fields that do not exist, that came later, and versions that are gone are noticed", async () => {
  const bad = {
    Deployment: [[(one) => { one.spec.template.spec.containers[0].livenesProbe = {}; }, /livenesProbe: there is no such field/], [(one) => { one.spec.template.spec.terminationGracePeriodSeconds = "90"; }, /terminationGracePeriodSeconds/],
      [(one) => { one.spec.template.spec.containers[0].lifecycle = { preStop: { sleep: { seconds: 5 } } }; }, /sleep: is not there before 1\.30/], [(one) => { delete one.spec.selector; }, /selector/], [(one) => { one.apiVersion = "apps/v1beta2"; }, /apps\/v1beta2 Deployment is not served/],
      [(one) => { one.spec.strategy = null; }, /strategy: has no value/], [(one) => { one.spec.template.spec.containers[0].resources.limits.memory = { huge: true }; }, /memory/]],
    PodDisruptionBudget: [[(one) => { one.apiVersion = "policy/v1beta1"; }, /policy\/v1beta1/], [(one) => { one.spec.unhealthyPodEvictionPolicy = "Always"; }, /unhealthyPodEvictionPolicy/]],
    HorizontalPodAutoscaler: [[(one) => { one.apiVersion = "autoscaling/v2beta2"; }, /v2beta2/], [(one) => { one.spec.behavior.scaleDown.tolerance = "0.1"; }, /tolerance/]],
    NetworkPolicy: [[(one) => { one.spec.ingres = []; }, /ingres: there is no such field/]],
    Service: [[(one) => { one.spec.ports[0].targtPort = 1; }, /targtPort/], [(one) => { one.spec.trafficDistribution = "PreferClose"; }, /trafficDistribution/]],
    Role: [[(one) => { one.rules[0].verb = ["get"]; }, /verb: there is no such field/]],
  };
  for (const [kind, changes] of Object.entries(bad)) {
    for (const [change, complaint] of changes) {
      const object = render(path.join(top, "overlays/plain")).find((one) => one.kind === kind);
      change(object);
      assert.match((await typeFaults(object)).join("\n"), complaint);
    }
  }
});

test("what YAML 1.1 reads differently, and what kustomize alone would understand, is refused here", () => {
  for (const text of ["a: on", "a: 0440", "a: 1\na: 2", "a: &x 1\nb: *x", "- 1", "a: !t 1", "a: [", "a: 12:30:45"]) assert.throws(() => documents(text, "x"), text);
  const folder = scratch("kustomization");
  const head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
  writeFileSync(path.join(folder, "one.yaml"), "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: one, namespace: x}\n");
  writeFileSync(path.join(folder, "list.yaml"), "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: one, namespace: x}\nsecrets: [{name: a}]\n");
  for (const rest of ["commonLabels: {a: b}\n", "resources: [one.yaml, one.yaml]\n", "resources: [one.yaml]\npatches: [{path: list.yaml}]\n", "resources: [one.yaml]\nimages: [{name: a, newTag: b}]\n", "resources: [one.yaml]\npatches: [{patch: x}]\n", "resources: [one.yaml]\nconfigMapGenerator: [{name: a, files: [one.yaml]}]\n"]) {
    writeFileSync(path.join(folder, "kustomization.yaml"), head + rest);
    assert.throws(() => render(folder), rest);
  }
  assert.ok(isKustomization(folder));
});

const kustomize = [["kustomize", "build"], ["kubectl", "kustomize"]].find(([program]) => spawnSync(program, ["--help"]).status === 0);

test("kustomize itself makes the same of it", { skip: !kustomize && "there is no kustomize here" }, () => {
  const sorted = (objects) => objects.slice().sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
  for (const folder of kustomizations()) {
    const run = spawnSync(kustomize[0], [kustomize[1], folder], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(sorted(render(folder)), sorted(documents(run.stdout, named(folder))), named(folder));
  }
});

test("callers in the cluster have listeners of their own, as options/internal and the lines that it wants say", () => {
  const { pod, config } = clusterOf("scaleway");
  const said = readFileSync(path.join(top, "options/internal/kustomization.yaml"), "utf8");
  const lines = Object.fromEntries([...said.matchAll(/(https|http|except): (\[[^\]]*\])/g)].map(([, key, list]) => [key, YAML.parse(list)]));
  const listen = { ...config.listen, https: lines.https, http: lines.http, proxy_protocol: { ...config.listen.proxy_protocol, except: lines.except } };
  const file = path.join(scratch("internal"), "gateway.yaml");
  writeFileSync(file, JSON.stringify({ ...YAML.parse(readFileSync(pod.file, "utf8")), listen }));
  const check = runGateway(["check", "--strict", file]);
  assert.equal(check.status, 0, check.stderr);
  const objects = render(path.join(top, "options/internal"));
  const service = objects.find((one) => one.kind === "Service");
  const policy = objects.find((one) => one.kind === "NetworkPolicy");
  const target = (port) => `:${service.spec.ports.find((one) => one.port === port).targetPort}`;
  assert.deepEqual([target(443), target(80)], lines.except);
  assert.ok(lines.https.includes(target(443)) && lines.http.includes(target(80)));
  assert.deepEqual(policy.spec.ingress[0].ports.map((one) => `:${one.port}`), lines.except);
  const pods = render(path.join(top, "overlays/scaleway")).find((one) => one.kind === "Deployment").spec.template.metadata.labels;
  for (const selector of [service.spec.selector, policy.spec.podSelector.matchLabels]) for (const [key, value] of Object.entries(selector)) assert.equal(pods[key], value);
});

for (const overlay of overlays) {
  test(`the gateway.yaml of ${overlay} is right as a pod sees it, without a warning`, () => {
    const { check } = clusterOf(overlay);
    assert.equal(check.status, 0, check.stderr);
    assert.match(check.stderr, /0 errors, 0 warnings/);
  });

  test(`the objects of ${overlay} fit one another and its gateway.yaml`, () => {
    const cluster = clusterOf(overlay);
    assert.deepEqual(findings(cluster), []);
    if (overlay === "scaleway") assert.deepEqual(balancerFindings(cluster), []);
  });
}

test("without PROXY protocol no node stands between the client's address and the gateway", () => {
  const { objects, config } = clusterOf("plain");
  assert.equal(objects.find((one) => one.kind === "Service").spec.externalTrafficPolicy, "Local");
  assert.equal(config.listen.proxy_protocol, "off");
});

test("a Secret with the values of the example starts nothing", () => {
  for (const overlay of overlays) {
    const { objects, deployment } = clusterOf(overlay);
    const check = runGateway(["check", mountPod(deployment, [...objects, ...read("secrets/plain/secret.yaml")]).file]);
    assert.notEqual(check.status, 0);
    assert.match(check.stderr, /storage_key/);
  }
});

/// Changes that each break one thing, and what must be said of them.
const breakages = [
  [(c) => { c.config.listen.https = [":9443"]; }, /listen\.https/], [(c) => { c.config.listen.public_port = 8443; }, /public_port/],
  [(c) => { c.of("Service").spec.selector = { app: "other" }; }, /nobody has its labels/], [(c) => { c.of("Service").spec.ports[0].targetPort = "tls"; }, /called tls/],
  [(c) => { c.of("Service").spec.ports.push({ name: "quic", port: 443, targetPort: "https", protocol: "UDP" }); }, /UDP/], [(c) => { c.of("Service").spec.ports[1].targetPort = "admin"; }, /nobody's outside/],
  [(c) => { c.objects.push(structuredClone(c.of("Service"))); }, /2 Services/], [(c) => { c.container.livenessProbe.httpGet.path = "/readyz"; }, /livenessProbe/],
  [(c) => { c.container.readinessProbe.httpGet.port = "https"; }, /readinessProbe/], [(c) => { c.container.readinessProbe.periodSeconds = 10; }, /readiness is lost after 22 s/],
  [(c) => { c.spec.terminationGracePeriodSeconds = 60; }, /ends a drain of 70 s/], [(c) => { c.container.lifecycle = { preStop: { sleep: { seconds: 30 } } }; }, /drain of 100 s/],
  [(c) => { c.of("Deployment").spec.replicas = 3; }, /both say/], [(c) => { c.of("HorizontalPodAutoscaler").spec.minReplicas = 1; }, /fewer than two/], [(c) => { c.of("HorizontalPodAutoscaler").spec.scaleTargetRef.name = "x"; }, /no autoscaler/],
  [(c) => { c.of("PodDisruptionBudget").spec.selector.matchLabels = { app: "x" }; }, /no disruption budget/], [(c) => { c.of("Deployment").spec.strategy.rollingUpdate.maxUnavailable = 1; }, /a rollout/],
  [(c) => { c.spec.topologySpreadConstraints.pop(); }, /not spread by kubernetes\.io\/hostname/], [(c) => { c.of("RoleBinding").subjects[0].namespace = "default"; }, /there is no ServiceAccount gateway/],
  [(c) => { c.of("Role").rules[0].resources = ["*"]; }, /everything of a kind/], [(c) => { c.of("Role").kind = "ClusterRole"; }, /beyond the namespace/], [(c) => { c.spec.securityContext.runAsNonRoot = false; }, /as root/],
  [(c) => { c.container.securityContext.capabilities.add = ["NET_BIND_SERVICE"]; }, /capabilities/], [(c) => { c.container.securityContext.readOnlyRootFilesystem = false; }, /root file system/], [(c) => { delete c.spec.securityContext.seccompProfile; }, /seccomp/],
  [(c) => { c.container.securityContext.allowPrivilegeEscalation = true; }, /privileges/], [(c) => { c.spec.volumes[2] = { name: "run", hostPath: { path: "/run" } }; }, /restricted kinds/], [(c) => { delete c.container.resources.limits; }, /resources/],
  [(c) => { c.container.volumeMounts[0].subPath = "gateway.yaml"; }, /subPath/], [(c) => { c.config.storage_key = [{ file: "/run/secrets/gateway/other" }]; }, /secrets\/plain has no other/], [(c) => { c.config.storage_key = [{ file: "/etc/key" }]; }, /\/etc\/key is not mounted/],
  [(c) => { c.secrets[1].secret = "x"; }, /makes another Secret/], [(c) => { c.config.listen.control = "/var/run/control.sock"; }, /nothing can be written/], [(c) => { c.policy("nobody").spec.podSelector = { matchLabels: { a: "b" } }; }, /not refused/],
  [(c) => { delete c.policy("gateway").spec.ingress[1].from; }, /everybody may ask/], [(c) => { c.policy("gateway").spec.ingress.shift(); }, /cannot get to https/], [(c) => { c.policy("apps").spec.egress = []; }, /reach monitoring/],
  [(c) => { delete c.policy("apps").spec.egress[0].ports; }, /every port/], [(c) => { c.config.routes.push({ host: "new.example.com", to: "http://a.monitoring.svc" }); }, /does not name the hosts/],
  [(c) => { c.annotate("proxy-protocol-v2", "443"); }, /not all ports/], [(c) => { c.annotate("timeout-server"); }, /timeout-server/], [(c) => { c.annotate("timeout-tunnel", "2m"); }, /timeout-tunnel/], [(c) => { c.annotate("timeout-connect"); }, /timeout-connect/],
  [(c) => { c.annotate("timout-queue", "1s"); }, /timout-queue: no annotation/], [(c) => { c.annotate("health-check-delay", "3"); }, /cannot read 3/], [(c) => { c.annotate("health-check-send-proxy"); }, /health checks/], [(c) => { c.annotate("ip-ids"); }, /the address/],
  [(c) => { c.config.listen.proxy_protocol = "off"; }, /does not require/], [(c) => { c.of("Service").spec.externalTrafficPolicy = "Local"; }, /matter of nodes/],
];

test("each of these rules notices what breaks it", () => {
  const whole = clusterOf("scaleway");
  for (const [change, complaint] of breakages) {
    const cluster = structuredClone({ objects: whole.objects, config: whole.config, secrets: whole.secrets });
    cluster.of = (kind) => cluster.objects.find((one) => one.kind === kind);
    cluster.policy = (name) => cluster.objects.find((one) => one.kind === "NetworkPolicy" && one.metadata.name === name);
    cluster.spec = cluster.of("Deployment").spec.template.spec;
    cluster.container = cluster.spec.containers[0];
    cluster.annotate = (name, value) => {
      const all = cluster.of("Service").metadata.annotations;
      if (value === undefined) delete all[`service.beta.kubernetes.io/scw-loadbalancer-${name}`];
      else all[`service.beta.kubernetes.io/scw-loadbalancer-${name}`] = value;
    };
    change(cluster);
    assert.match([...findings(cluster), ...balancerFindings(cluster)].join("\n"), complaint, String(change));
  }
});

test("options are about the gateway's pods, account and port", () => {
  const { objects, deployment } = clusterOf("scaleway");
  const { labels } = deployment.spec.template.metadata;
  const [monitor] = render(path.join(top, "options/pod-monitor"));
  assert.deepEqual(monitor.spec.selector.matchLabels, labels);
  assert.equal(labels[monitor.spec.jobLabel], "gateway", "alerts and dashboard ask for this job");
  assert.deepEqual(monitor.spec.podMetricsEndpoints.map((one) => [one.port, one.path]), [["admin", "/metrics"]]);
  assert.equal(monitor.metadata.namespace, deployment.metadata.namespace);
  const [policy] = render(path.join(top, "options/app"));
  assert.deepEqual(policy.spec.ingress[0].from, [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": deployment.metadata.namespace } }, podSelector: { matchLabels: labels } }]);
  const [to] = objects.find((one) => one.kind === "NetworkPolicy" && one.metadata.name === "apps").spec.egress;
  assert.deepEqual(to.to[0].podSelector, policy.spec.podSelector, "what the gateway may reach is what admits it");
  assert.deepEqual(to.ports, policy.spec.ingress[0].ports);
  const [role, binding] = render(path.join(top, "options/services"));
  assert.deepEqual(role.rules, [{ apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["get", "list", "watch"] }]);
  assert.deepEqual(binding.subjects, [{ kind: "ServiceAccount", name: deployment.spec.template.spec.serviceAccountName, namespace: deployment.metadata.namespace }]);
  assert.equal(binding.roleRef.name, role.metadata.name);
});

/// An overlay's gateway.yaml as a pod has it, but for what is this machine's: ports, addresses, certificate, provider and app.
/// options: delay (of its drain), wrapped (runs as confined as in the pod).
async function startPod(t, overlay, { delay = "0s", wrapped = false } = {}) {
  const kubernetes = await startKubernetes(t);
  const { objects, deployment, config } = clusterOf(overlay);
  const origin = await startOrigin(t, { reply: () => answer(200, "app") });
  const [ports, admin] = [await reservePorts(), await reservePort()];
  const ours = usualConfig(ports, scratch("unused"));
  const change = (text, name) => {
    if (name !== "gateway.yaml") return text;
    const file = YAML.parse(text);
    const balancers = file.listen.proxy_protocol && { proxy_protocol: { ...file.listen.proxy_protocol, from: ["127.0.0.0/8"] } };
    const providers = { main: { type: "oidc", issuer: "https://op.localhost:1", client_id: "x", client_secret: Object.values(file.login.providers)[0].client_secret } };
    return JSON.stringify({
      ...file, storage: kubernetes.storage, tls: ours.tls, shutdown: { ...file.shutdown, delay }, listen: { ...file.listen, ...ours.listen, admin: `127.0.0.1:${admin}`, ...balancers },
      login: { host: "auth.test", providers }, policies: { people: { allow: [{ email: file.policies.people.allow[0].email }] } }, routes: file.routes.map((route) => ({ ...route, host: "app.test", to: origin.url })),
    });
  };
  const pod = mountPod(deployment, [...objects, filledSecret()], change);
  const gateway = await startGateway(t, readFileSync(pod.file, "utf8"), { ports, environment: kubernetes.environment, wrapper: wrapped ? confined(pod.scratch) : [] });
  const ask = (place) => new Promise((resolve, reject) => {
    http.get({ host: "127.0.0.1", port: admin, path: place, agent: false }, (response) => { response.resume().on("end", () => resolve(response.statusCode)); }).on("error", reject);
  });
  return { gateway, pod, ports, ask, config, container: deployment.spec.template.spec.containers[0] };
}

test("probes are answered, and a pod that is told to end is not ready while it still accepts", async (t) => {
  const { gateway, ports, ask, container } = await startPod(t, "plain", { delay: "1m" });
  for (const name of ["startupProbe", "readinessProbe", "livenessProbe"]) assert.equal(await ask(container[name].httpGet.path), 200, name);
  gateway.signal("SIGTERM");
  await gateway.event("told to end");
  assert.equal(await ask(container.readinessProbe.httpGet.path), 503);
  assert.equal(await ask(container.livenessProbe.httpGet.path), 200, "it would be started again over its drain");
  const late = await connectPlain(t, ports.http);
  await late.send("GET /x HTTP/1.1\r\nHost: app.test\r\n\r\n", ["GET"]);
  assert.equal((await late.response()).status, 308);
  gateway.signal("SIGTERM"); // at once
  assert.deepEqual(await within("the end", gateway.exited, seconds(20)), { code: 0, signal: null });
});

test("without capabilities, on a root that nobody can write to, it serves and answers an operator in the pod", { skip: notConfined() ?? false }, async (t) => {
  const { gateway, pod, ask, config } = await startPod(t, "scaleway", { wrapped: true });
  assert.match(readFileSync(`/proc/${gateway.pid}/status`, "utf8"), /CapEff:\t0+$/m);
  assert.equal(await ask("/readyz"), 200);
  const status = runGateway(["status", "--control", pod.local(config.listen.control)]);
  assert.equal(status.status, 0, status.stderr);
  assert.match(status.stdout, /app\.test/);
});

const verbs = { GET: "get", POST: "create", PUT: "update", DELETE: "delete", PATCH: "patch" };

/// What the API server would have asked the Role for, of "CODE METHOD URL". An apply that makes the object needs `create` as well.
function permissionsOf(line) {
  const [code, method, target] = line.split(" ");
  const [, group, space, resource, name] = /^\/(?:api|apis\/([^/]+))\/v1\/namespaces\/([^/]+)\/([a-z]+)(\/[^?]+)?/.exec(target);
  const verb = method === "GET" && !name ? "list" : verbs[method];
  return [verb, ...(method === "PATCH" && code === "201" ? ["create"] : [])].map((one) => `${space} ${group ?? ""}/${resource} ${one}`);
}

test("the Role allows what replicas ask the API for, and nothing else", async (t) => {
  const kubernetes = await startKubernetes(t);
  const isRenewed = () => kubernetes.answers.some((line) => /^200 PUT .*\/leases\//.test(line));
  // An order that takes its time, so that its lock is renewed.
  const prepare = (front) => { front.onAsked = async (_, request) => { if (request.url.startsWith("/finalize-order")) await until("the lock to be renewed", isRenewed, seconds(20)); }; };
  const replicas = await startReplicas(t, { count: 2, storage: kubernetes.storage, environment: kubernetes.environment, prepare });
  await replicas.agreed();
  const asked = new Set(kubernetes.answers.flatMap(permissionsOf));
  const role = render(path.join(top, "base")).find((one) => one.kind === "Role");
  const allowed = new Set(role.rules.flatMap(({ apiGroups: [group], resources: [resource], verbs: all }) => all.map((verb) => `edge ${group}/${resource} ${verb}`)));
  assert.deepEqual([...asked].sort(), [...allowed].sort());
});
