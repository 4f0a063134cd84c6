// A folder of examples/ as whoever takes it would have it: with the secrets that it leaves out, in a copy; rendered and mounted where
// it is for Kubernetes; asked what it makes of requests; and run, with what is this machine's in place of what is not.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import YAML from "yaml";

import { Bed } from "./bed.mjs";
import { reservePorts, runGateway, startGateway, usualConfig } from "./gateway.mjs";
import { documents, render } from "./kustomize.mjs";
import { startOrigin } from "./origin.mjs";
import { client } from "./provider_users.mjs";
import { mountPod } from "./pod_mounts.mjs";
import { certificateFor, checkout, scratch } from "./run_folder.mjs";

export const top = path.join(checkout, "examples");

/// What stands in an example's secrets here, by the end of their names; a client secret is that of the tests' providers.
export function secretFor(name) {
  if (name === "storage-key") return randomBytes(32).toString("base64");
  if (name.endsWith("people")) return `# one a line\n${(name.startsWith("guest") ? ["bob", "guest"] : ["alice"]).flatMap((one) => [`${one}@example.test`, `${one}@example.com`]).join("\n")}\n`;
  const origin = name.endsWith(".key") || name.endsWith(".crt") ? certificateFor(["apps.example.com"]) : undefined;
  if (origin) return readFileSync(name.endsWith(".key") ? origin.key : origin.certificate, "utf8");
  return client.secret;
}

const filled = (secret) => ({ ...secret, stringData: Object.fromEntries(Object.keys(secret.stringData).map((name) => [name, secretFor(name)])) });

/// An example for Kubernetes: its objects, the files that its pod sees, and what manifest_rules.mjs wants to know.
/// `folder` holds kustomization.yaml, gateway.yaml and secret.yaml. withText(change): another gateway.yaml, of changed text.
export function mountExample(folder) {
  const place = path.join(top, folder);
  const objects = render(place);
  const [secret] = documents(readFileSync(path.join(place, "secret.yaml"), "utf8"), "secret.yaml");
  const deployment = objects.find((one) => one.kind === "Deployment");
  const pod = mountPod(deployment, [...objects, filled(secret)]);
  const check = runGateway(["check", "--strict", "--print", pod.file]);
  const config = check.status === 0 ? YAML.parse(pod.remote(check.stdout)) : undefined;
  const withText = (change) => {
    const other = path.join(scratch("example"), "gateway.yaml");
    writeFileSync(other, change(readFileSync(pod.file, "utf8")));
    return other;
  };
  return { objects, deployment, file: pod.file, withText, check, config, secrets: [{ name: "secret.yaml", secret: secret.metadata.name, keys: Object.keys(secret.stringData) }] };
}

/// An example for one machine: a copy, with secrets by systemd's name for their folder.
export function copyExample(folder, credentials) {
  const place = scratch("example");
  cpSync(path.join(top, folder), place, { recursive: true });
  const secrets = scratch("credentials");
  for (const name of credentials) writeFileSync(path.join(secrets, name), secretFor(name), { mode: 0o600 });
  const file = path.join(place, "gateway.yaml");
  const environment = { CREDENTIALS_DIRECTORY: secrets, STATE_DIRECTORY: scratch("state"), RUNTIME_DIRECTORY: path.join(scratch("runtime"), "own") };
  writeFileSync(file, readFileSync(file, "utf8").replaceAll("/etc/gateway/", `${place}/`));
  writeFileSync(path.join(place, "people"), secretFor("people"));
  const check = runGateway(["check", "--strict", "--print", file], { environment });
  return { place, file, environment, check, config: check.status === 0 ? YAML.parse(check.stdout) : undefined };
}

/// What `gateway explain` says of a URL to somebody: undefined is a stranger, else {provider, as, groups, claims}.
export function explained(file, url, who = {}, environment = {}) {
  const { provider, as, groups = [], claims = {}, from } = who;
  const words = [...(provider ? ["--provider", provider] : []), ...(as ? ["--as", as] : []), ...(from ? ["--from", from] : []), ...groups.flatMap((one) => ["--group", one]), ...Object.entries(claims).flatMap(([name, value]) => ["--claim", `${name}=${JSON.stringify(value)}`])];
  const run = runGateway(["explain", url, "--config", file, "--json", ...words], { environment });
  assert.equal(run.status, 0, `${url}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

/// Where a request comes to, in a word: the origin's URL, or the status that a browser gets.
export function outcome(answer) {
  return answer.origin?.to ?? answer.answers.browser.status;
}

/// The fields that the origin is sent beyond those that every origin is.
export function identityOf(answer) {
  const usual = /^(forwarded|x-forwarded-(for|proto|host|prefix)|x-real-ip|x-request-id)$/i;
  return Object.fromEntries((answer.origin?.adds ?? []).filter(({ name }) => !usual.test(name)).map(({ name, value }) => [name, value]));
}

/// The lines that `gateway check` prints for the app's own configuration of a route.
export function linesFor(file, route, environment = {}) {
  const run = runGateway(["check", file], { environment });
  const all = (run.stdout + run.stderr).split("\n");
  const at = all.findIndex((line) => line.startsWith(`note: ${route}: the configuration`));
  assert.ok(at >= 0, `${route}: nothing is said of its app`);
  const lines = all.slice(at + 1);
  return lines.slice(0, lines.findIndex((line) => !line.startsWith("  "))).map((line) => line.trim());
}

/// Runs an example's gateway.yaml: routes, policies, sign-in and sessions as they stand; addresses, certificate, storage, providers and
/// apps are this machine's. providers: what stands in place of those of the file, by name. change(config) goes last.
export async function startExample(t, file, { providers, change = (config) => config, environment }) {
  const bed = new Bed();
  const ports = await reservePorts();
  bed.origin = await startOrigin(t);
  bed.engine = await startOrigin(t);
  const config = YAML.parse(readFileSync(file, "utf8"));
  const hosts = [...new Set([config.login.host ?? config.routes[0].host, ...config.routes.map((route) => route.host)])];
  bed.gateway = await startGateway(t, ({ folder }) => {
    const ours = usualConfig(ports, folder);
    const routes = config.routes.map((route) => ({ ...route, ...(route.to ? { to: bed.origin.url } : {}), ...(route.authorize ? { authorize: { ...route.authorize, url: bed.engine.url + new URL(route.authorize.url).pathname } } : {}) }));
    const login = { ...config.login, providers: Object.fromEntries(Object.entries(config.login.providers).map(([name, one]) => [name, providers[name] ?? one])) };
    return change({ ...config, ...ours, tls: { certificates: [certificateFor(hosts)] }, login, routes });
  }, { ports, environment });
  await bed.gateway.event("provider is ready");
  return bed;
}
