// examples/: each file passes `gateway check --strict` with the secrets that it leaves out, its manifests are valid and fit it, `gateway
// explain` says of it what its README does. They are run in examples_run.test.mjs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import YAML from "yaml";

import { copyExample, explained, identityOf, linesFor, mountExample, outcome, top } from "./support/examples.mjs";
import { runGateway } from "./support/gateway.mjs";
import { documents, idOf, isKustomization, render } from "./support/kustomize.mjs";
import { findings } from "./support/manifest_rules.mjs";
import { typeFaults } from "./support/manifest_types.mjs";
import { certificateFor, checkout, scratch } from "./support/run_folder.mjs";
import { balancerFindings } from "./support/scaleway_balancer.mjs";

const files = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(path.join(folder, entry.name)) : [path.join(folder, entry.name)]));
const named = (file) => path.relative(top, file);
const kustomizations = () => files(top).filter((file) => path.basename(file) === "kustomization.yaml").map((file) => path.dirname(file));

const people = {
  alice: { provider: "google", as: "alice@example.com" },
  eve: { provider: "google", as: "eve@example.com" },
  guest: { provider: "google", as: "guest@example.com" },
};
const inFamily = { provider: "authelia", groups: ["family"], claims: { sub: "1", preferred_username: "ada" } };
const ofKeycloak = (roles, claims = {}) => ({ provider: "keycloak", claims: { sub: "1", preferred_username: "ada", ...claims, resource_access: { gateway: { roles } } } });
const scout = { user: ofKeycloak(["scout-user"]), admin: ofKeycloak(["scout-admin"]), newcomer: ofKeycloak([]) };

const grafana = "http://grafana.monitoring.svc.cluster.local";
const wiki = "http://wiki.wiki.svc.cluster.local:8080";
const member = { provider: "oidc", as: "ada@example.com", groups: ["staff"], claims: { sub: "u-1" } };
const told = { "X-Auth-Request-User": "u-1", "X-Auth-Request-Email": "ada@example.com" };
const ofImport = [
  ["https://grafana.example.com/d/home", undefined, 302],
  ["https://grafana.example.com/d/home", member, grafana, told],
  ["https://grafana.example.com/d/home", { ...member, as: "ada@elsewhere.com" }, 403],
  ["https://wiki.example.com/", { ...member, groups: [] }, 403],
  ["https://wiki.example.com/", member, wiki, { ...told, "X-Auth-Request-Groups": "staff" }],
  ["https://wiki.example.com/public/x", undefined, wiki],
  ["https://wiki.example.com/publicity", undefined, 302],
  ["https://auth.example.com/", undefined, 404],
];

/// folder: of the kustomization; faults: what the rules of packaging/kubernetes say of it, and why it is so says its README;
/// questions: [URL, who, where the request comes to, identity that the app is told].
const examples = [
  {
    folder: "grafana-scaleway/platform/scaleway/gateway", faults: [], balancer: true,
    questions: [
      ["https://grafana.example.com/d/home", undefined, 302],
      ["https://grafana.example.com/d/home", people.alice, "http://grafana.monitoring.svc.cluster.local", { "X-JWT-Assertion": /./ }],
      ["https://grafana.example.com/", people.eve, 403],
      ["https://grafana.example.com/", { provider: "github", claims: { login: "octocat", sub: "583231" } }, "http://grafana.monitoring.svc.cluster.local", { "X-JWT-Assertion": /./ }],
      ["https://grafana.example.com/", { provider: "github", claims: { login: "mallory", sub: "666", email: "alice@example.com", email_verified: true } }, 403],
      ["https://demo.example.com/x", { provider: "github", claims: { login: "octocat", sub: "583231" } }, "http://demo.demo.svc.cluster.local", { "X-User-Id": "github:583231" }],
      ["https://demo.example.com/x", { ...people.alice, claims: { name: "Alice" } }, "http://demo.demo.svc.cluster.local", { "X-User-Id": /^google:/, "X-User-Name": "Alice" }],
      ["https://other.example.com/", people.alice, 421],
    ],
    apps: [["grafana.example.com/", "grafana-scaleway/platform/scaleway/grafana/grafana.ini"]],
  },
  {
    folder: "dex-entra-tunnel",
    // Nobody but the tunnel comes in, and no name leads here.
    faults: ["0 Services of type LoadBalancer", "clients cannot get to https", "clients cannot get to http", "external-dns.kubernetes.io/hostname does not name the hosts of gateway.yaml", "external-dns.alpha.kubernetes.io/hostname does not name the hosts of gateway.yaml"],
    questions: [
      ["https://apps.example.com/", undefined, 302],
      ["https://apps.example.com/gemini-rl/", undefined, 302],
      ["https://apps.example.com/gemini-rl/", { provider: "dex", as: "ada@example.com", claims: { sub: "Cgx" } }, "http://gemini-rl.apps.svc.cluster.local:8000", { "X-Auth-Request-User": "Cgx", "X-Auth-Request-Email": "ada@example.com" }],
      ["https://apps.example.com/gemini-rl/", { provider: "dex", as: "ada@elsewhere.com" }, 403],
      ["https://apps.example.com/reports/", { provider: "dex", as: "ada@example.com" }, 403],
      ["https://apps.example.com/reports/", { provider: "dex", as: "ada@elsewhere.com", groups: ["analysts"] }, 403],
      ["https://apps.example.com/reports/", { provider: "dex", as: "ada@example.com", groups: ["analysts"], claims: { sub: "Cgx", preferred_username: "ada" } }, "http://reports.apps.svc.cluster.local:8000", { "X-Auth-Request-User": "Cgx", "X-Auth-Request-Email": "ada@example.com", "X-Auth-Request-Groups": "analysts", "X-Auth-Request-Preferred-Username": "ada" }],
      ["https://apps.example.com/dex/auth", undefined, "http://dex.dex.svc.cluster.local:5556"],
      ["https://apps.example.com/gemini-rlx", undefined, 404],
    ],
  },
  { folder: "from-ingress-nginx/cluster", faults: [], questions: ofImport },
  {
    folder: "google-allow-list", faults: [],
    questions: [
      ["https://home.example.com/", undefined, 302],
      ["https://home.example.com/", people.alice, "http://home-assistant.home.svc.cluster.local:8123", { "X-Forwarded-User": "alice@example.com", "X-Forwarded-Email": "alice@example.com", "X-Forwarded-Preferred-Username": "alice@example.com" }],
      ["https://home.example.com/", people.guest, 403],
      ["https://home.example.com/", people.eve, 403],
      ["https://photos.example.com/library", people.guest, "http://photos.home.svc.cluster.local:2342", { "X-User-Email": "guest@example.com" }],
      ["https://photos.example.com/library", people.alice, "http://photos.home.svc.cluster.local:2342", { "X-User-Email": "alice@example.com" }],
      ["https://photos.example.com/library", people.eve, 403],
      // Whoever said the address, Google has to have verified it.
      ["https://photos.example.com/library", { provider: "google", claims: { sub: "1", email: "guest@example.com", email_verified: false } }, 403],
      ["https://photos.example.com/s/abc", undefined, "http://photos.home.svc.cluster.local:2342"],
      ["https://photos.example.com/secret", undefined, 302],
      ["https://www.example.com/", undefined, "http://www.home.svc.cluster.local:8080"],
    ],
    apps: [["home.example.com/", "google-allow-list/apps/home-assistant.yaml"]],
  },
  {
    folder: "navidrome-authelia", faults: [],
    questions: [
      ["https://music.example.com/app/", undefined, 302],
      ["https://music.example.com/app/", inFamily, "http://navidrome.music.svc.cluster.local:4533", { "Remote-User": "ada", "Remote-Groups": "family" }],
      ["https://music.example.com/app/", { ...inFamily, groups: ["colleagues"] }, 403],
      ["https://music.example.com/rest/ping.view", undefined, "http://navidrome.music.svc.cluster.local:4533"],
      ["https://music.example.com/share/x", inFamily, "http://navidrome.music.svc.cluster.local:4533"],
      ["https://music.example.com/restless", undefined, 302],
      ["https://files.example.com/a", undefined, "http://files.files.svc.cluster.local:8080"], // if the engine agrees
      ["https://photos.example.com/", undefined, "http://photos.photos.svc.cluster.local:2342"],
      ["https://auth.example.com/api/oidc/authorization", undefined, "http://authelia.auth.svc.cluster.local:9091"],
    ],
    apps: [["music.example.com/", "navidrome-authelia/apps/navidrome.env"]],
  },
  {
    folder: "keycloak-approval", faults: [],
    questions: [
      ["https://superset.example.com/dashboard", undefined, 302],
      ["https://superset.example.com/dashboard", scout.newcomer, 403],
      ["https://superset.example.com/dashboard", scout.user, "http://superset.scout.svc.cluster.local:8088", { "Remote-User": "ada" }],
      ["https://jupyter.example.com/user/ada/lab", ofKeycloak(["scout-user"], { name: "Ada" }), "http://jupyterhub.scout.svc.cluster.local:8000", { "Remote-User": "ada", "Remote-Name": "Ada" }],
      ["https://temporal.example.com/", scout.user, "http://temporal-ui.scout.svc.cluster.local:8080", { Authorization: /^/ }],
      ["https://minio.example.com/", scout.user, "http://minio.scout.svc.cluster.local:9001"],
      ["https://ollama.example.com/api/tags", scout.user, "http://ollama.scout.svc.cluster.local:11434"],
      ["https://ollama.example.com/api/tags", scout.newcomer, 403],
      ["https://prometheus.example.com/", scout.user, 403],
      ["https://prometheus.example.com/", scout.admin, "http://prometheus.scout.svc.cluster.local:9090"],
      // Roles of another client, and of the realm, are none of ours.
      ["https://superset.example.com/", { provider: "keycloak", claims: { sub: "1", realm_access: { roles: ["scout-user"] }, resource_access: { other: { roles: ["scout-user"] } } } }, 403],
      ["https://keycloak.example.com/realms/scout/protocol/openid-connect/auth", undefined, "http://keycloak.keycloak.svc.cluster.local:8080"],
      ["https://keycloak.example.com/admin/master/console/", undefined, 302],
      ["https://keycloak.example.com/admin/master/console/", scout.user, 403],
      ["https://keycloak.example.com/admin/master/console/", scout.admin, "http://keycloak.keycloak.svc.cluster.local:8080"],
    ],
    apps: [["superset.example.com/", "keycloak-approval/apps/superset_config.py"], ["jupyter.example.com/", "keycloak-approval/apps/jupyterhub_config.py"]],
  },
];

const matches = (expected, found) => (expected instanceof RegExp ? expected.test(found ?? "") : expected === found);

/// Asks each question of an example, and tells which answers are not the expected ones.
function wrongAnswers(file, questions, environment) {
  return questions.flatMap(([url, who, where, identity = {}]) => {
    const answer = explained(file, url, who, environment);
    const told = identityOf(answer);
    const wrong = outcome(answer) === where ? [] : [`comes to ${outcome(answer)}`];
    for (const [name, value] of Object.entries(identity)) if (!matches(value, told[name])) wrong.push(`${name}: ${told[name]}`);
    for (const name of Object.keys(told)) if (!Object.hasOwn(identity, name)) wrong.push(`is sent ${name}: ${told[name]}`);
    return wrong.map((one) => `${url} of ${JSON.stringify(who)} ${one}`);
  });
}

/// Lines that the configuration of an app lacks. The gateway's address is whatever the file says in its place.
function missingLines(lines, text) {
  const there = text.split("\n").map((line) => line.trim().replace(/^- /, ""));
  const pattern = (line) => new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/ADDRESS-OF-THE-GATEWAY\/32/g, "[0-9./, ]+")}$`);
  return lines.filter((line) => !there.some((one) => pattern(line).test(one)));
}

for (const { folder, faults, balancer, questions, apps = [] } of examples) {
  const name = folder.split("/")[0];

  test(`${name}: the file is right as its pod sees it, and fits the manifests`, () => {
    const cluster = mountExample(folder);
    assert.equal(cluster.check.status, 0, cluster.check.stderr);
    assert.deepEqual(findings(cluster), faults);
    if (balancer) assert.deepEqual(balancerFindings(cluster), []);
  });

  test(`${name}: who comes where, and what the app is told`, () => {
    const { file } = mountExample(folder);
    assert.deepEqual(wrongAnswers(file, questions), []);
    for (const [route, place] of apps) assert.deepEqual(missingLines(linesFor(file, route), readFileSync(path.join(top, place), "utf8")), [], place);
  });
}

test("what the examples make is valid from 1.27 to 1.34, and every file of theirs is read as it is by people", async () => {
  for (const folder of kustomizations()) for (const object of render(folder)) assert.deepEqual(await typeFaults(object), [], `${named(folder)}: ${idOf(object)}`);
  for (const file of files(top).filter((one) => one.endsWith(".yaml") && path.dirname(one) !== top)) {
    for (const object of documents(readFileSync(file, "utf8"), named(file))) {
      if (["Secret", "Kustomization"].includes(object.kind) && object.metadata) assert.deepEqual(await typeFaults(object), [], `${named(file)}: ${idOf(object)}`);
    }
  }
});

const kustomize = [["kustomize", "build"], ["kubectl", "kustomize"]].find(([program]) => spawnSync(program, ["--help"]).status === 0);

test("kustomize itself makes the same of them", { skip: !kustomize && "there is no kustomize here" }, () => {
  const sorted = (objects) => objects.slice().sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
  for (const folder of kustomizations()) {
    const run = spawnSync(kustomize[0], [kustomize[1], folder], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(sorted(render(folder)), sorted(documents(run.stdout, named(folder))), named(folder));
  }
});

test("a namespace of an app admits the gateway to the ports that the gateway may reach, and nobody else", () => {
  const policies = kustomizations().flatMap(render).filter((one) => one.kind === "NetworkPolicy");
  const admits = (space, pods, port) => policies.some(({ metadata, spec }) => metadata.namespace === space && JSON.stringify(spec.podSelector.matchLabels) === JSON.stringify(pods)
    && spec.ingress?.some(({ from, ports }) => from.some((one) => one.namespaceSelector.matchLabels["kubernetes.io/metadata.name"] === "gateway" && one.podSelector.matchLabels["app.kubernetes.io/name"] === "gateway") && ports.some((one) => one.port === port)));
  const reached = policies.filter((one) => one.metadata.namespace === "gateway" && one.metadata.name === "apps").flatMap((one) => one.spec.egress);
  assert.ok(reached.length > 0);
  for (const { to: [{ namespaceSelector, podSelector }], ports } of reached) {
    const space = namespaceSelector.matchLabels["kubernetes.io/metadata.name"];
    for (const { port } of ports) assert.ok(admits(space, podSelector.matchLabels, port), `${space} ${JSON.stringify(podSelector.matchLabels)} ${port}`);
  }
});

test("Grafana by header fields is told what its own configuration wants", () => {
  const cluster = mountExample("grafana-scaleway/platform/scaleway/gateway");
  const ini = readFileSync(path.join(top, "grafana-scaleway/platform/scaleway/grafana/grafana.proxy.ini"), "utf8");
  const file = cluster.withText((text) => text.replace("app: grafana-jwt", "app: grafana"));
  assert.deepEqual(missingLines(linesFor(file, "grafana.example.com/"), ini), []);
  assert.deepEqual(wrongAnswers(file, [["https://grafana.example.com/", people.alice, "http://grafana.monitoring.svc.cluster.local", { "X-WEBAUTH-USER": "alice@example.com", "X-WEBAUTH-EMAIL": "alice@example.com" }]]), []);
});

test("from-ingress-nginx: the manifests of before are imported as gateway.yaml has it, and mean what the settled file means", () => {
  const folder = path.join(top, "from-ingress-nginx");
  const run = runGateway(["import", "before/ingresses.yaml", "before/oauth2-proxy.yaml"], { folder });
  assert.equal(run.status, 3, run.stderr);
  const text = readFileSync(path.join(folder, "gateway.yaml"), "utf8");
  assert.equal(run.stdout, text);
  assert.deepEqual(run.stderr.trim().split("\n").map((line) => line.split(": ").slice(0, 3).join(": ")), ["before/oauth2-proxy.yaml:20: not carried over: whitelist_domains .example.com names no single origin", "before/ingresses.yaml:43: not carried over: configuration-snippet", "2 things not carried over; each is a comment in the file"]);

  const tls = certificateFor(["auth.example.com", "grafana.example.com", "wiki.example.com"]);
  const file = path.join(scratch("imported"), "gateway.yaml");
  writeFileSync(file, text.replace("/etc/gateway/tls/tls.crt", tls.certificate).replace("/etc/gateway/tls/tls.key", tls.key));
  const environment = { OAUTH2_PROXY_CLIENT_SECRET: "x" };
  const check = runGateway(["check", "--strict", file], { environment });
  assert.equal(check.status, 0, check.stderr);
  const before = (where) => (typeof where === "string" ? where.replace(".svc.cluster.local", ".svc") : where);
  assert.deepEqual(wrongAnswers(file, ofImport.map(([url, who, where, identity]) => [url, who, before(where), identity]), environment), []);
});

test("dex-entra-tunnel without Dex: Entra ID itself lets the same people in", () => {
  const { withText } = mountExample("dex-entra-tunnel");
  const entra = "    dex:\n      type: entra\n      title: Company account\n      tenant: 00000000-0000-0000-0000-000000000000\n      email: trusted\n";
  const file = withText((text) => text.replace(/    dex:\n      type: dex\n.*\n.*issuer: .*\n/, entra));
  const check = runGateway(["check", file]);
  assert.equal(check.status, 0, check.stderr);
  const ada = { provider: "dex", as: "ada@example.com", claims: { tid: "00000000-0000-0000-0000-000000000000", sub: "Cgx" } };
  assert.deepEqual(wrongAnswers(file, [["https://apps.example.com/gemini-rl/", ada, "http://gemini-rl.apps.svc.cluster.local:8000", { "X-Auth-Request-User": "Cgx", "X-Auth-Request-Email": "ada@example.com" }]]), []);
});

const onMachine = [
  ["https://grafana.example.com/", undefined, 302],
  ["https://grafana.example.com/", people.alice, "http://127.0.0.1:3000", { "X-WEBAUTH-USER": "alice@example.com", "X-WEBAUTH-EMAIL": "alice@example.com" }],
  ["https://grafana.example.com/", people.eve, 403],
  ["https://prometheus.example.com/graph", people.alice, "http://127.0.0.1:9090"],
  ["https://prometheus.example.com/api/v1/query", undefined, 302],
  ["https://www.example.com/", undefined, 200],
];

test("one-machine: the file is right as systemd's unit and as the container have it, and leads to their apps", () => {
  const { place, file, environment, check } = copyExample("one-machine", ["google-client-secret"]);
  assert.equal(check.status, 0, check.stderr);
  assert.deepEqual(wrongAnswers(file, onMachine, environment), []);
  assert.deepEqual(missingLines(linesFor(file, "grafana.example.com/", environment), readFileSync(path.join(place, "grafana.ini"), "utf8")), []);

  const { services, networks, secrets, volumes } = YAML.parse(readFileSync(path.join(place, "compose.yaml"), "utf8"));
  const { environment: there, secrets: given, networks: joined } = services.gateway;
  const inContainer = { ...environment, GRAFANA: there.GRAFANA, PROMETHEUS: there.PROMETHEUS };
  assert.deepEqual(wrongAnswers(file, onMachine.map(([url, who, where, told]) => [url, who, typeof where === "string" ? where.replace("127.0.0.1", new URL(url).hostname.split(".")[0]) : where, told]), inContainer), []);
  assert.deepEqual([there.CREDENTIALS_DIRECTORY, given, Object.keys(secrets)], ["/run/secrets", ["google-client-secret"], ["google-client-secret"]]);
  assert.deepEqual(missingLines(linesFor(file, "prometheus.example.com/", environment), services.prometheus.command.join("\n")), []);
  for (const [name, service] of Object.entries(services)) {
    for (const source of (service.volumes ?? []).map((one) => one.split(":")[0])) assert.ok(source.startsWith("./") ? existsSync(path.join(place, source)) : Object.hasOwn(volumes, source), source);
    if (name === "gateway") continue;
    assert.equal(service.ports, undefined, `${name} has ports of the machine`);
    assert.deepEqual(Object.keys(services).filter((other) => services[other].networks.includes(service.networks[0])), ["gateway", name]);
    assert.ok(networks[service.networks[0]].internal && joined.includes(service.networks[0]));
  }
  assert.ok(readFileSync(path.join(place, "grafana.ini"), "utf8").includes(networks.grafana.ipam.config[0].subnet), "Grafana believes another network");
});

test("one-machine: the drop-in is one that systemd takes, and names the secret of the file", { skip: !existsSync("/usr/bin/systemd-analyze") && "no systemd-analyze" }, () => {
  const folder = scratch("unit");
  const { place, config } = copyExample("one-machine", ["google-client-secret"]);
  cpSync(path.join(place, "gateway.service.d"), path.join(folder, "gateway.service.d"), { recursive: true });
  const unit = readFileSync(path.join(checkout, "packaging/systemd/gateway.service"), "utf8");
  writeFileSync(path.join(folder, "gateway.service"), unit.replaceAll("/usr/local/bin/gateway", "/bin/true"));
  const run = spawnSync("systemd-analyze", ["verify", "--man=no", path.join(folder, "gateway.service")], { encoding: "utf8" });
  assert.deepEqual([run.status, run.stdout + run.stderr], [0, ""]);
  const { credential } = config.login.providers.google.client_secret;
  assert.match(readFileSync(path.join(place, "gateway.service.d/secrets.conf"), "utf8"), new RegExp(`^LoadCredential=${credential}:/`, "m"));
});

test("the small files to start from are right, with the files that they name", () => {
  const tls = certificateFor(["grafana.example.com"]);
  const secret = path.join(scratch("small"), "secret");
  writeFileSync(secret, "x", { mode: 0o600 });
  for (const name of ["one-app.yaml", "several-apps.yaml"]) {
    const text = readFileSync(path.join(top, name), "utf8").replaceAll("/etc/gateway/tls/tls.crt", tls.certificate).replaceAll("/etc/gateway/tls/tls.key", tls.key).replaceAll("/run/secrets/oidc-client-secret", secret);
    const file = path.join(scratch("small"), name);
    writeFileSync(file, text);
    const check = runGateway(["check", "--strict", file]);
    assert.equal(check.status, 0, check.stderr);
  }
});

test("every folder is in the table of examples/README.md, and has a README that names the tests", () => {
  const table = readFileSync(path.join(top, "README.md"), "utf8");
  const folders = readdirSync(top, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== "pages").map((entry) => entry.name);
  for (const name of folders) {
    assert.equal(table.split(`| ${name} |`).length, 2, `${name} takes the place of what?`);
    assert.ok(table.includes(`[${name}](${name}/README.md)`), name);
    const readme = readFileSync(path.join(top, name, "README.md"), "utf8");
    assert.match(readme, /examples\.test\.mjs/);
    for (const [, target] of readme.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) assert.ok(existsSync(path.join(top, name, target)), `${name}: ${target}`);
  }
});
