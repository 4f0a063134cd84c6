// What replicas share: a real redis-server, and a Kubernetes API server of our own as far as Secrets and Leases of one
// namespace go (paths, objects, lists, statuses, conflicts and tokens as the real one has them), and EndpointSlices of all.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { promisify } from "node:util";

import { cleanup } from "./cleanup.mjs";
import { EndpointSlices } from "./endpoint_slices.mjs";
import { authority, certificateFor, reservePort, scratch } from "./run_folder.mjs";
import { seconds, until } from "./wait.mjs";

class Redis {
  constructor(port, args) {
    this.port = port;
    this.args = args;
  }

  async start() {
    const child = spawn("redis-server", ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", scratch("redis"), ...this.args], { stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { words += part; });
    this.ended = new Promise((resolve) => child.on("close", resolve).on("error", resolve));
    let isOver = false;
    this.ended.then(() => { isOver = true; });
    this.child = child;
    await until("redis-server", () => isOver || words.includes("Ready to accept connections"), seconds(10));
    if (isOver) throw new Error(`redis-server did not start: ${words}`);
  }

  /// As a crash does: everything in it is gone.
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /// As a machine that swaps or hangs: connected, and silent until it goes on.
  hang() { this.child.kill("SIGSTOP"); }
  goOn() { this.child.kill("SIGCONT"); }

  /// Room for nothing more; reading and deleting go on.
  async fill() { await promisify(execFile)("redis-cli", ["-p", String(this.port), "config", "set", "maxmemory", "1"]); }

  get url() { return `redis://127.0.0.1:${this.port}`; }

  /// Names that fit a pattern of Redis.
  async keys(pattern) {
    const { stdout } = await promisify(execFile)("redis-cli", ["-p", String(this.port), "--raw", "keys", pattern]);
    return stdout.split("\n").filter(Boolean);
  }
}

/// options: args (of redis-server).
export async function startRedis(t, { args = [] } = {}) {
  const redis = new Redis(await reservePort(), args);
  await redis.start();
  cleanup(t, () => redis.kill());
  return redis;
}

const status = (code, reason, message) => [code, { kind: "Status", apiVersion: "v1", metadata: {}, status: code < 300 ? "Success" : "Failure", message, reason, code }];

class Kubernetes {
  constructor() {
    this.objects = new Map(); // by path
    this.version = 100;
    this.requests = [];
    this.connections = 0;
    this.answers = []; // the same, with the status
    this.pairs = false; // two questions for a lease that is not there are answered at one moment, if the second comes soon
    this.held = [];
    this.pageSize = 3;
    this.down = false;
    this.slices = new EndpointSlices(this);
    this.forbidden = new Set(); // namespaces whose EndpointSlices nobody may see
    this.account = scratch("service-account");
    mkdirSync(this.account, { recursive: true });
    writeFileSync(path.join(this.account, "namespace"), "edge");
    writeFileSync(path.join(this.account, "ca.crt"), authority().pem);
    this.rotate("first");
    const files = certificateFor(["127.0.0.1"]);
    this.server = https.createServer({ cert: readFileSync(files.certificate), key: readFileSync(files.key) }, (request, response) => {
      let body = "";
      request.on("data", (part) => { body += part; });
      request.on("end", () => {
        if (this.down) return request.socket.destroy();
        if (this.mayFollow(request)) return this.slices.serve(new URL(request.url, "https://api"), response);
        const [code, answer] = this.answer(request, body);
        this.answers.push(`${code} ${request.method} ${request.url}`);
        const send = () => {
          response.writeHead(code, { "Content-Type": "application/json" });
          response.end(JSON.stringify(answer));
        };
        return code === 404 && this.pairs && request.url.includes("/leases/") ? this.hold(send) : send();
      });
    });
  }

  hold(send) {
    this.held.push(send);
    const release = () => { for (const one of this.held.splice(0)) one(); };
    if (this.held.length === 2) return release();
    setTimeout(release, 1000);
  }

  /// Whether a question for EndpointSlices is answered by them.
  mayFollow(request) {
    const asked = /^\/apis\/discovery\.k8s\.io\/v1\/namespaces\/([^/]+)\/endpointslices\?/.exec(request.url);
    return asked && request.headers.authorization === `Bearer ${this.token}` && !this.forbidden.has(asked[1]) && request.method === "GET";
  }

  /// Away, with all its connections, as a server that is killed; and back.
  async kill() {
    this.down = true;
    this.slices.endWatches("broken");
    this.server.closeAllConnections();
  }
  back() { this.down = false; }

  /// What the kubelet does to a projected token.
  rotate(token) {
    this.token = token;
    writeFileSync(path.join(this.account, "token"), token);
  }

  get environment() {
    return { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(this.server.address().port) };
  }

  get storage() { return { kubernetes: "edge-gateway", service_account: this.account }; }

  answer(request, body) {
    const url = new URL(request.url, "https://api");
    this.requests.push(`${request.method} ${url.pathname}`);
    if (request.headers.authorization !== `Bearer ${this.token}`) return status(401, "Unauthorized", "Unauthorized");
    if (url.pathname.includes("/endpointslices")) return status(403, "Forbidden", `endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:edge:gateway" cannot list resource "endpointslices"`);
    const isList = /\/(secrets|leases)$/.test(url.pathname);
    if (request.method === "GET" && isList) return this.list(url, request);
    if (request.method === "POST" && isList) return this.create(url, JSON.parse(body));
    if (request.method === "PATCH") return this.apply(url, request, JSON.parse(body));
    const found = this.objects.get(url.pathname);
    if (!found) return status(404, "NotFound", "not found");
    if (request.method === "GET") return [200, found];
    if (request.method === "PUT") return this.replace(url, JSON.parse(body), found);
    const wanted = body === "" ? undefined : JSON.parse(body).preconditions?.resourceVersion;
    if (wanted !== undefined && wanted !== found.metadata.resourceVersion) return status(409, "Conflict", "the ResourceVersion in the precondition does not match");
    this.objects.delete(url.pathname);
    return status(200, "", "");
  }

  store(place, object, code) {
    const stored = { ...object, metadata: { ...object.metadata, uid: place, resourceVersion: String(++this.version) } };
    this.objects.set(place, stored);
    return [code, stored];
  }

  list(url, request) {
    const [label, value] = url.searchParams.get("labelSelector").split("=");
    const from = url.searchParams.get("continue") ?? "";
    const all = [...this.objects.keys()].sort().filter((place) => place.startsWith(`${url.pathname}/`) && place >= from && this.objects.get(place).metadata.labels?.[label] === value);
    const page = all.slice(0, this.pageSize);
    const whole = !/as=PartialObjectMetadataList/.test(request.headers.accept);
    const items = page.map((place) => (whole ? this.objects.get(place) : { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: this.objects.get(place).metadata }));
    return [200, { kind: whole ? "SecretList" : "PartialObjectMetadataList", apiVersion: whole ? "v1" : "meta.k8s.io/v1", metadata: { resourceVersion: String(this.version), continue: all[page.length] ?? "" }, items }];
  }

  create(url, object) {
    const place = `${url.pathname}/${object.metadata.name}`;
    return this.objects.has(place) ? status(409, "AlreadyExists", "already exists") : this.store(place, object, 201);
  }

  apply(url, request, object) {
    if (request.headers["content-type"] !== "application/apply-patch+yaml" || !url.searchParams.get("fieldManager")) return status(400, "BadRequest", "fieldManager: Required value");
    return this.store(url.pathname, object, this.objects.has(url.pathname) ? 200 : 201);
  }

  replace(url, object, found) {
    if (object.metadata.resourceVersion !== found.metadata.resourceVersion) return status(409, "Conflict", "the object has been modified; please apply your changes to the latest version");
    return this.store(url.pathname, object, 200);
  }
}

export async function startKubernetes(t) {
  const kubernetes = new Kubernetes();
  kubernetes.server.on("secureConnection", () => { ++kubernetes.connections; });
  await new Promise((resolve) => kubernetes.server.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => {
    kubernetes.server.closeAllConnections();
    return new Promise((resolve) => kubernetes.server.close(resolve));
  });
  return kubernetes;
}
