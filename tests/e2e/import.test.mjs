// `gateway import`: what it writes of another program's files passes `gateway check`, and the gateway that runs with it answers as
// that program did.
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { Bed, client, users } from "./support/bed.mjs";
import { reservePorts, runGateway, startGateway } from "./support/gateway.mjs";
import { startLyingProvider } from "./support/lying_provider.mjs";
import { startOrigin } from "./support/origin.mjs";
import { authority, certificateFor, scratch } from "./support/run_folder.mjs";

/// Writes `files` (name to text), imports them together and gives the run.
function imported(files, options = []) {
  const folder = scratch("import");
  const names = Object.entries(files).map(([name, text]) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  });
  const output = path.join(folder, "gateway.yaml");
  const run = runGateway(["import", ...options, ...names, "--output", output]);
  return { run, output, text: run.status === 0 || run.status === 3 ? readFileSync(output, "utf8") : "" };
}

/// A provider, an origin, and the ports of a gateway to come.
async function partsOf(t) {
  const bed = new Bed();
  const ports = await reservePorts();
  bed.origin = await startOrigin(t);
  bed.provider = await startLyingProvider(t);
  const secret = path.join(scratch("secret"), "client");
  writeFileSync(secret, `${client.secret}\n`);
  return { bed, ports, secret, tls: certificateFor(["app.test", "wiki.test", "auth.test"]) };
}

/// Runs what was written, on ports of the test and with a storage of its own.
async function run(t, { bed, ports, tls }, text) {
  bed.gateway = await startGateway(t, ({ folder }) => {
    const own = `storage: ${JSON.stringify(path.join(folder, "storage"))}\nworkers: 1\nlisten: {https: "127.0.0.1:${ports.https}", http: "off", public_port: ${ports.https}}\n`;
    const file = own + text.replace(/^listen:\n( .*\n)+/m, "").replaceAll("/etc/gateway/tls/tls.crt", tls.certificate).replaceAll("/etc/gateway/tls/tls.key", tls.key);
    const name = path.join(folder, "imported.yaml");
    writeFileSync(name, file);
    const checked = runGateway(["check", name]);
    assert.equal(checked.status, 0, checked.stderr);
    return file;
  }, { ports });
  await bed.gateway.event("provider is ready");
  return bed;
}

test("an oauth2-proxy is imported whole, checked and run: sign-in, public paths, groups and header names are the same", async (t) => {
  const parts = await partsOf(t);
  const { bed, ports, secret, tls } = parts;
  const { run: imports, text } = imported({ "oauth2-proxy.cfg": `# from before
provider = "oidc"
oidc_issuer_url = "${bed.provider.issuer}"
provider_ca_files = ["${authority().certificate}"]
redirect_url = "https://app.test:${ports.https}/oauth2/callback"
client_id = "${client.id}"
client_secret_file = "${secret}"
cookie_secret = "planted-cookie-secret"
scope = "openid email profile groups"
email_domains = [
  "example.test", # ours
]
allowed_groups = ["staff"]
skip_auth_routes = ["^/public/", "^/health$"]
upstreams = ["${bed.origin.url}/"]
tls_cert_file = "${tls.certificate}"
tls_key_file = "${tls.key}"
` });
  assert.equal(imports.status, 0, imports.stderr);
  assert.equal(imports.stderr, "");
  assert.ok(!text.includes("planted"));
  await run(t, parts, text);
  const stranger = bed.visitor();
  await stranger.get(bed.url("app.test", "/x")).expect(302);
  await stranger.get(bed.url("app.test", "/public/x")).expect(200);
  await stranger.get(bed.url("app.test", "/health")).expect(200);
  assert.equal((await stranger.get(bed.url("app.test", "/public"))).status, 302, "its expression did not match this");
  assert.ok(!bed.origin.lastRequest.fields.some(([name]) => /^x-forwarded-(user|email)$/i.test(name)));
  const alice = await bed.signedIn("alice");
  await alice.get(bed.url("app.test", "/y")).expect(200);
  const fields = new Map(bed.origin.lastRequest.fields);
  assert.equal(fields.get("X-Forwarded-Email"), "alice@example.test");
  assert.equal(fields.get("X-Forwarded-User"), "u-alice");
  assert.equal(fields.get("X-Forwarded-Preferred-Username"), "alice");
  assert.equal(fields.get("X-Forwarded-Groups"), "staff,admins");
  const carol = await bed.signedIn("carol");
  await carol.get(bed.url("app.test", "/y")).expect(403);
});

test("Ingresses and the oauth2-proxy that they ask are imported together: the same answers, under the same header names", async (t) => {
  const parts = await partsOf(t);
  const { bed, ports, secret } = parts;
  const ingress = (name, host, annotations, paths) => JSON.stringify({
    apiVersion: "networking.k8s.io/v1", kind: "Ingress",
    metadata: { name, namespace: "apps", annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value])) },
    spec: { rules: [{ host, http: { paths: paths.map(([path, service]) => ({ path, pathType: "Prefix", backend: { service: { name: service, port: { number: 80 } } } })) } }] },
  });
  const auth = { "auth-url": "http://oauth2-proxy.apps.svc:4180/oauth2/auth", "auth-signin": "https://auth.test/oauth2/start?rd=$escaped_request_uri" };
  const { run: imports, text } = imported({
    "ingress.yaml": [
      ingress("app", "app.test", { ...auth, "auth-response-headers": "X-Auth-Request-User,X-Auth-Request-Email" }, [["/", "app"]]),
      ingress("open", "app.test", {}, [["/open", "app"], ["/oauth2", "oauth2-proxy"]]),
      ingress("wiki", "wiki.test", { ...auth, "auth-url": `${auth["auth-url"]}?allowed_groups=staff` }, [["/", "app"]]),
    ].join("\n---\n"),
    "proxy.env": `OAUTH2_PROXY_PROVIDER=oidc
OAUTH2_PROXY_OIDC_ISSUER_URL=${bed.provider.issuer}
OAUTH2_PROXY_PROVIDER_CA_FILES=${authority().certificate}
OAUTH2_PROXY_CLIENT_ID=${client.id}
OAUTH2_PROXY_CLIENT_SECRET_FILE=${secret}
OAUTH2_PROXY_REDIRECT_URL=https://auth.test:${ports.https}/oauth2/callback
OAUTH2_PROXY_SCOPE=openid email profile groups
OAUTH2_PROXY_EMAIL_DOMAINS=*
OAUTH2_PROXY_UPSTREAMS=static://202
`,
  });
  assert.equal(imports.status, 0, imports.stderr);
  assert.match(text, /to: "http:\/\/app\.apps\.svc:80"/);
  await run(t, parts, text.replaceAll("http://app.apps.svc:80", bed.origin.url));
  const stranger = bed.visitor();
  await stranger.get(bed.url("app.test", "/open/x")).expect(200);
  assert.equal(new URL((await stranger.get(bed.url("app.test", "/x")).expect(302)).location).host, `auth.test:${ports.https}`);
  const alice = await bed.signedIn("alice");
  await alice.get(bed.url("app.test", "/x")).expect(200);
  const fields = new Map(bed.origin.lastRequest.fields);
  assert.equal(fields.get("X-Auth-Request-Email"), "alice@example.test");
  assert.equal(fields.get("X-Auth-Request-User"), "u-alice");
  assert.ok(!fields.has("X-Auth-Request-Groups"));
  const carol = await bed.signedIn("carol");
  await carol.get(bed.url("app.test", "/x")).expect(200);
  assert.equal((await carol.open(bed.url("wiki.test", "/"))).status, 403);
});

test("Authelia's rules are imported with Authelia as the provider: bypass, one factor and two factors", async (t) => {
  const parts = await partsOf(t);
  const { bed, secret } = parts;
  const { run: imports, text } = imported({ "configuration.yml": `session:
  cookies: [{domain: test, authelia_url: "${bed.provider.issuer}"}]
access_control:
  default_policy: deny
  rules:
    - {domain: app.test, resources: ["^/public/.*$"], policy: bypass}
    - {domain: app.test, resources: ["^/admin(/.*)?$"], subject: "group:admins", policy: two_factor}
    - {domain: app.test, resources: ["^/admin(/.*)?$"], policy: deny}
    - {domain: app.test, policy: one_factor}
` });
  assert.equal(imports.status, 3, imports.stderr);
  await run(t, parts, text.replaceAll("http://change-me.invalid", bed.origin.url).replace("/etc/gateway/secrets/oidc-client-secret", secret)
    .replace("client_id: gateway", `client_id: ${client.id}\n      ca: ${JSON.stringify(authority().certificate)}`));
  const stranger = bed.visitor();
  await stranger.get(bed.url("app.test", "/public/x")).expect(200);
  await stranger.get(bed.url("app.test", "/x")).expect(302);
  const alice = await bed.signedIn("alice");
  await alice.get(bed.url("app.test", "/x")).expect(200);
  assert.equal(new Map(bed.origin.lastRequest.fields).get("Remote-User"), "alice");
  await alice.get(bed.url("app.test", "/admin/x")).expect(403);
  bed.provider.user = { ...users.alice, amr: ["pwd", "otp", "mfa"] };
  const sure = bed.visitor();
  await sure.open(bed.url("app.test", "/x"));
  await sure.get(bed.url("app.test", "/admin/x")).expect(200);
  bed.provider.user = { ...users.bob, amr: ["pwd", "otp", "mfa"] };
  const bob = bed.visitor();
  await bob.open(bed.url("app.test", "/x"));
  await bob.get(bed.url("app.test", "/admin/x")).expect(403);
});

test("an HTTPRoute with a SecurityPolicy is imported: its provider, and its rules in their order", async (t) => {
  const parts = await partsOf(t);
  const { bed, ports, secret } = parts;
  const { run: imports, text } = imported({ "routes.yaml": `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: app}
spec:
  hostnames: [app.test]
  rules:
    - {name: open, matches: [{path: {type: PathPrefix, value: /open}}], backendRefs: [{name: app, port: 80}]}
    - {name: all, backendRefs: [{name: app, port: 80}]}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: guard}
spec:
  targetRefs: [{kind: HTTPRoute, name: app, sectionName: all}]
  oidc: {provider: {issuer: "${bed.provider.issuer}"}, clientID: "${client.id}", clientSecret: {name: oidc}, redirectURL: "https://app.test:${ports.https}/oauth2/callback", scopes: [email, profile, groups]}
  authorization:
    defaultAction: Deny
    rules:
      - {action: Deny, principal: {jwt: {provider: x, claims: [{name: email, values: [bob@example.test]}]}}}
      - {action: Allow, principal: {jwt: {provider: x, claims: [{name: groups, valueType: StringArray, values: [staff]}]}}}
` });
  assert.equal(imports.status, 3, imports.stderr);
  assert.equal(imports.stderr.trim().split("\n").length, 2, "the secret alone has to be put somewhere");
  await run(t, parts, text.replaceAll("http://app.default.svc:80", bed.origin.url).replaceAll("/etc/gateway/secrets/guard-client-secret", secret)
    .replace("type: oidc", `type: oidc\n      ca: ${JSON.stringify(authority().certificate)}`));
  await bed.visitor().get(bed.url("app.test", "/open/x")).expect(200);
  await bed.visitor().get(bed.url("app.test", "/x")).expect(302);
  for (const [name, status] of [["alice", 200], ["bob", 403], ["carol", 403]]) await (await bed.signedIn(name)).get(bed.url("app.test", "/x")).expect(status);
});

test("labels of a compose file whose forwardAuth asks an oauth2-proxy of the same file are imported together", async (t) => {
  const parts = await partsOf(t);
  const { bed, ports, secret } = parts;
  const { run: imports, text } = imported({ "compose.yaml": `services:
  proxy:
    image: quay.io/oauth2-proxy/oauth2-proxy:v7.6.0
    environment:
      OAUTH2_PROXY_PROVIDER: oidc
      OAUTH2_PROXY_OIDC_ISSUER_URL: "${bed.provider.issuer}"
      OAUTH2_PROXY_PROVIDER_CA_FILES: "${authority().certificate}"
      OAUTH2_PROXY_CLIENT_ID: "${client.id}"
      OAUTH2_PROXY_CLIENT_SECRET_FILE: "${secret}"
      OAUTH2_PROXY_REDIRECT_URL: "https://auth.test:${ports.https}/oauth2/callback"
      OAUTH2_PROXY_SCOPE: openid email
      OAUTH2_PROXY_EMAIL_DOMAINS: example.test
      OAUTH2_PROXY_UPSTREAMS: static://202
  app:
    image: app
    labels:
      - traefik.enable=true
      - traefik.http.routers.app.rule=Host(\`app.test\`)
      - traefik.http.routers.app.middlewares=auth@docker
      - traefik.http.routers.open.rule=Host(\`app.test\`) && Path(\`/open\`)
      - traefik.http.services.app.loadbalancer.server.port=8080
      - traefik.http.middlewares.auth.forwardauth.address=http://oauth2-proxy:4180/oauth2/auth
      - traefik.http.middlewares.auth.forwardauth.authResponseHeaders=X-Auth-Request-Email
` });
  assert.equal(imports.status, 0, imports.stderr);
  await run(t, parts, text.replaceAll("http://app:8080", bed.origin.url));
  await bed.visitor().get(bed.url("app.test", "/open")).expect(200);
  await bed.visitor().get(bed.url("app.test", "/x")).expect(302);
  const alice = await bed.signedIn("alice");
  await alice.get(bed.url("app.test", "/x")).expect(200);
  assert.equal(new Map(bed.origin.lastRequest.fields).get("X-Auth-Request-Email"), "alice@example.test");
  await (await bed.signedIn("carol")).get(bed.url("app.test", "/x")).expect(403);
});

test("import ends with 3 and a line for each thing that was not carried over, and never writes over a file", () => {
  const files = { "proxy.cfg": `client_id = "x"\nclient_secret = "planted-secret"\nbanner = "hi"\nemail_domains = ["*"]\n` };
  const { run, output, text } = imported(files);
  assert.equal(run.status, 3, run.stderr);
  assert.match(run.stderr, /proxy\.cfg:3: not carried over: banner/);
  assert.match(text, /# not carried over: banner \(.*proxy\.cfg:3\)/);
  assert.ok(!(run.stderr + text).includes("planted"));
  assert.equal(statSync(output).mode & 0o007, 0, "others may read it");
  const again = runGateway(["import", path.join(path.dirname(output), "proxy.cfg"), "--output", output]);
  assert.equal(again.status, 2);
  assert.match(again.stderr, /there already/);
});

test("import reads standard input, and says of a bad one where it is wrong", () => {
  const good = runGateway(["import", "--from", "oauth2-proxy", "-"], { input: `client_id = "x"\n` });
  assert.equal(good.status, 3, good.stderr);
  assert.match(good.stdout, /^routes:$/m);
  const bad = runGateway(["import", "-"], { input: `client_id = "x"\nclient_secret = planted secret\n` });
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /^standard input:2:\d+: error: /);
  assert.ok(!bad.stderr.includes("planted"));
  assert.equal(bad.stdout, "");
  assert.equal(runGateway(["import", "--from", "nginx", "-"], { input: "" }).status, 2);
  assert.equal(runGateway(["import"]).status, 2);
  assert.equal(runGateway(["import", "/nowhere/at/all"]).status, 2);
});
