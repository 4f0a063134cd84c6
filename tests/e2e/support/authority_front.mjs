// What Pebble 2.4 lacks, in front of the real one: renewal advice (RFC 9773), profiles, rate limits, failures, standing records
// (draft-ietf-acme-dns-persist), and certificates of any dates, for clocks that tests move. It refuses what those documents refuse, and
// keeps what it was asked.
import dns from "node:dns";
import https from "node:https";
import { readFileSync } from "node:fs";

import { cleanup } from "./cleanup.mjs";
import { authority as runAuthority, certificateFor, issueFor } from "./run_folder.mjs";

const problem = (status, type, detail, headers = {}) => ({ status, headers: { "Content-Type": "application/problem+json", ...headers }, body: JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail, status }) });
const json = (status, body, headers = {}) => ({ status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });

/// The payload of a signed request; null for a POST-as-GET.
function payloadOf(body) {
  const text = Buffer.from(JSON.parse(body).payload, "base64url").toString();
  return text ? JSON.parse(text) : null;
}

class Front {
  constructor(authority) {
    this.authority = authority;
    this.asked = []; // {method, path, payload}
    this.refuse = []; // answers to give to the next new orders, instead of asking
    this.profiles = undefined; // name → description
    this.identities = undefined; // what it is called in CAA and standing records
    this.window = undefined; // {start, end} as Dates: renewal advice; or a text given as it is
    this.retryAfter = "60";
    this.adviceAsked = [];
    this.persist = undefined; // {issuer, resolver}: dns-01 becomes dns-persist-01
    this.onAsked = undefined; // awaited with the number of each request, and the request, before it goes on
    this.instead = undefined; // asked with path and payload: an answer, or nothing
    this.dates = undefined; // gives {from, to} (Dates): certificates are the run's authority's own, and say that
    this.requests = new Map(); // certificate signing request by order
    this.renamed = new Map(); // challenge path → identifier
  }

  get directory() { return `https://127.0.0.1:${this.port}/dir`; }
  url(path) { return `https://127.0.0.1:${this.port}${path}`; }

  async answer(request, body) {
    const path = request.url;
    const payload = request.method === "POST" ? payloadOf(body) : null;
    this.asked.push({ method: request.method, path, payload, at: new Date().toISOString().slice(11, 23) });
    if (this.onAsked) await this.onAsked(this.asked.length, request);
    const instead = this.instead?.(path, payload, request);
    if (instead) return instead;
    if (path.startsWith("/renewal-info/")) return this.advice(request, path.slice("/renewal-info/".length));
    if (path === "/order-plz") {
      if (this.refuse.length) return this.refuse.shift();
      if (payload.profile !== undefined && !(payload.profile in (this.profiles ?? {}))) return problem(400, "invalidProfile", `no profile ${payload.profile}`);
      if (payload.replaces !== undefined && this.replaced?.has(payload.replaces)) return problem(409, "alreadyReplaced", "there is a newer one");
      (this.replaced ??= new Set()).add(payload.replaces);
    }
    if (this.renamed.has(path) && payload !== null) {
      const refused = await this.standing(this.renamed.get(path), body);
      if (refused) return refused;
    }
    const answer = this.edit(path, await this.pass(request, body));
    return this.dates ? this.redate(path, payload, answer) : answer;
  }

  /// GET without a signature; the id is key id and serial in base64url, a dot between.
  advice(request, id) {
    if (request.method !== "GET") return problem(405, "malformed", "advice is fetched by GET");
    const parts = id.split(".");
    if (parts.length !== 2 || parts.some((part) => !/^[A-Za-z0-9_-]+$/.test(part))) return problem(404, "malformed", "no id of a certificate");
    this.adviceAsked.push(id);
    if (!this.window) return problem(404, "malformed", "unknown certificate");
    if (typeof this.window === "string") return { status: 200, headers: {}, body: this.window };
    return json(200, { suggestedWindow: { start: this.window.start.toISOString(), end: this.window.end.toISOString() } }, { "Retry-After": this.retryAfter });
  }

  /// What the authority would look at: a record that names it and this account.
  async standing(name, body) {
    const header = JSON.parse(Buffer.from(JSON.parse(body).protected, "base64url"));
    const records = await this.persist.resolver.resolveTxt(`_validation-persist.${name}`).catch(() => []);
    const wanted = records.map((strings) => strings.join("")).some((text) => text.startsWith(`${this.persist.issuer};`) && text.includes(`accounturi=${header.kid}`));
    return wanted ? null : problem(403, "unauthorized", "no standing record for this account");
  }

  /// A certificate for the same request, with other dates; the same one whenever it is fetched.
  redate(path, payload, answer) {
    if (payload?.csr) this.requests.set(path.split("/").at(-1), payload.csr);
    if (/^\/(my-order|finalize-order)\//.test(path) && answer.status === 200) {
      const { certificate } = JSON.parse(answer.body);
      const csr = this.requests.get(path.split("/").at(-1));
      if (certificate && csr && !this.requests.has(certificate)) this.requests.set(certificate, issueFor(Buffer.from(csr, "base64url"), this.dates()));
    }
    if (!path.startsWith("/certZ/") || answer.status !== 200) return answer;
    const chain = this.requests.get([...this.requests.keys()].find((key) => key.endsWith(path)));
    return { status: 200, headers: { "Content-Type": "application/pem-certificate-chain", "Replay-Nonce": answer.headers["replay-nonce"] }, body: chain };
  }

  edit(path, answer) {
    if (path === "/dir") {
      const directory = JSON.parse(answer.body);
      directory.renewalInfo = this.url("/renewal-info");
      if (this.profiles) directory.meta.profiles = this.profiles;
      if (this.identities) directory.meta.caaIdentities = this.identities;
      return { ...answer, body: JSON.stringify(directory) };
    }
    if (this.persist && path.startsWith("/authZ/")) {
      const authorization = JSON.parse(answer.body);
      for (const challenge of authorization.challenges ?? []) {
        if (challenge.type !== "dns-01") continue;
        challenge.type = "dns-persist-01";
        challenge["issuer-domain-names"] = [this.persist.issuer];
        delete challenge.token;
        this.renamed.set(new URL(challenge.url).pathname, authorization.identifier.value);
      }
      return { ...answer, body: JSON.stringify(authorization) };
    }
    return answer;
  }

  pass(request, body) {
    return new Promise((resolve, reject) => {
      const { host, connection, ...headers } = request.headers;
      const outgoing = https.request({ host: "127.0.0.1", port: this.authority.port, path: request.url, method: request.method, ca: runAuthority().pem, agent: false, headers: { ...headers, host } }, (answer) => {
        let text = "";
        answer.on("data", (part) => { text += part; });
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: text }));
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

export { json, problem };

/// A front of `authority`; give its `directory` to the gateway.
export async function startFront(t, authority, { dnsPort } = {}) {
  const front = new Front(authority);
  const { certificate, key } = certificateFor(["127.0.0.1", "localhost"], { days: 900 }); // clocks are moved
  const server = https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", async () => {
      const answer = await front.answer(request, body).catch((error) => problem(500, "serverInternal", String(error)));
      if (answer.raw) return answer.raw(request.socket); // bytes of the test's own
      const { "content-length": length, "transfer-encoding": coding, ...headers } = answer.headers;
      response.writeHead(answer.status, headers);
      response.end(request.method === "HEAD" ? undefined : answer.body);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  front.port = server.address().port;
  if (dnsPort) {
    const resolver = new dns.promises.Resolver();
    resolver.setServers([`127.0.0.1:${dnsPort}`]);
    front.resolver = resolver;
  }
  cleanup(t, () => { server.closeAllConnections?.(); server.close(); });
  return front;
}
