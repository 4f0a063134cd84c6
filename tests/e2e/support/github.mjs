// A server in GitHub's shape: the sign-in of an OAuth app and as much of the REST interface as a sign-in asks for, in the layout of
// GitHub Enterprise Server (/login/oauth, /api/v3). Answers as GitHub does: errors of the token endpoint with 200, lists in
// pages with Link, 401 for a token that was taken back, 403 and 429 for rate limits. Strict about what it is sent.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";

import { cleanup } from "./cleanup.mjs";
import { client, providerConfiguration } from "./provider_users.mjs";
import { certificateFor } from "./run_folder.mjs";

const pageSize = 2; // whatever per_page asks for: pages are what is tested
const api = "/api/v3";

export const octocat = {
  user: { login: "Octo-Cat", id: 583231, node_id: "MDQ6VXNlcjU4MzIzMQ==", name: "Mona Octocat", email: "public@evil.test" },
  emails: [
    { email: "octocat@users.noreply.github.test", primary: false, verified: true, visibility: null },
    { email: "old@example.test", primary: false, verified: true, visibility: null },
    { email: "octo@example.test", primary: true, verified: true, visibility: "private" },
  ],
  orgs: ["One", "Two", "Example"].map((login, id) => ({ login, id })),
  teams: [["One", "a"], ["Two", "b"], ["Example", "platform"]].map(([login, slug], id) => ({ id, slug, name: `Team ${slug}`, organization: { login } })),
};

export class Github {
  constructor() {
    this.person = octocat;
    this.granted = (scopes) => scopes; // what the person's organisation leaves of the scopes
    this.tokenAnswer = (body) => body;
    this.broken = {}; // path below /api/v3, or "token" → function (request, response, url) that answers instead
    this.requests = []; // {path, url, method, headers, parameters}
    this.codes = new Map();
    this.tokens = new Map();
  }

  async listen() {
    const files = certificateFor(["op.localhost"]);
    this.server = https.createServer({ cert: readFileSync(files.certificate), key: readFileSync(files.key) }, (request, response) => this.serve(request, response));
    this.server.on("tlsClientError", () => {});
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.issuer = `https://op.localhost:${this.server.address().port}`;
    return this;
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  configuration(more = {}) {
    const { scopes: _, ...usual } = providerConfiguration(this.issuer, { type: "github" });
    return { ...usual, ...more };
  }

  to(path) { return this.requests.filter((request) => request.path === path); }

  async serve(request, response) {
    const url = new URL(request.url, this.issuer);
    const parts = [];
    for await (const part of request) parts.push(part);
    const parameters = new URLSearchParams(request.method === "POST" ? Buffer.concat(parts).toString() : url.search);
    this.requests.push({ path: url.pathname, url, method: request.method, headers: request.headers, parameters });
    if (url.pathname === "/login/oauth/authorize") return this.authorize(parameters, response);
    if (url.pathname === "/login/oauth/access_token") return this.broken.token ? this.broken.token(request, response, url) : this.token(request, parameters, response);
    if (url.pathname.startsWith(`${api}/`)) return this.rest(request, response, url);
    return answer(response, 404, { message: "Not Found" });
  }

  authorize(parameters, response) {
    const code = randomBytes(10).toString("hex");
    this.codes.set(code, Object.fromEntries(parameters));
    const target = new URL(parameters.get("redirect_uri"));
    target.searchParams.set("code", code);
    target.searchParams.set("state", parameters.get("state"));
    response.writeHead(302, { Location: target.href }).end();
  }

  token(request, parameters, response) {
    const error = this.tokenFault(request, parameters);
    if (error) return answer(response, 200, { error, error_description: "planted description", error_uri: "https://docs.github.test" });
    const asked = this.codes.get(parameters.get("code"));
    this.codes.delete(parameters.get("code"));
    const token = `gho_${randomBytes(18).toString("hex")}`;
    const scopes = this.granted(asked.scope.split(" "));
    this.tokens.set(token, scopes);
    return answer(response, 200, this.tokenAnswer({ access_token: token, scope: scopes.join(","), token_type: "bearer" }));
  }

  tokenFault(request, parameters) {
    if (!/application\/json/.test(request.headers.accept ?? "")) return "not_acceptable"; // GitHub would answer as a form
    if (parameters.get("client_id") !== client.id || parameters.get("client_secret") !== client.secret) return "incorrect_client_credentials";
    const asked = this.codes.get(parameters.get("code"));
    if (!asked) return "bad_verification_code";
    if (asked.redirect_uri !== parameters.get("redirect_uri")) return "redirect_uri_mismatch";
    const challenge = createHash("sha256").update(parameters.get("code_verifier") ?? "").digest("base64url");
    return asked.code_challenge_method === "S256" && asked.code_challenge === challenge ? undefined : "bad_verification_code";
  }

  rest(request, response, url) {
    const path = url.pathname.slice(api.length);
    if (this.broken[path]) return this.broken[path](request, response, url);
    if (!request.headers["user-agent"]) return answer(response, 403, "Request forbidden by administrative rules.");
    const scopes = this.tokens.get((request.headers.authorization ?? "").replace(/^Bearer /, ""));
    if (!scopes) return answer(response, 401, { message: "Bad credentials" });
    if (path === "/user") return answer(response, 200, this.person.user, { "X-OAuth-Scopes": scopes.join(", ") });
    if (path === "/user/emails") return scopes.includes("user:email") ? this.page(response, url, this.person.emails) : answer(response, 404, { message: "Not Found" });
    if (path === "/user/orgs") return this.page(response, url, scopes.includes("read:org") ? this.person.orgs : []);
    if (path === "/user/teams") return scopes.includes("read:org") ? this.page(response, url, this.person.teams) : answer(response, 403, { message: "Resource not accessible" });
    return answer(response, 404, { message: "Not Found" });
  }

  page(response, url, entries) {
    const number = Number(url.searchParams.get("page") ?? 1);
    const at = (page, rel) => {
      const there = new URL(url);
      there.searchParams.set("page", page);
      return `<${there.href}>; rel="${rel}"`;
    };
    const last = Math.max(1, Math.ceil(entries.length / pageSize));
    const links = [];
    if (number > 1) links.push(at(number - 1, "prev"));
    if (number < last) links.push(at(number + 1, "next"), at(last, "last"));
    return answer(response, 200, entries.slice((number - 1) * pageSize, number * pageSize), links.length ? { Link: links.join(", ") } : {});
  }
}

export function answer(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8", "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4987", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/// Starts one that closes with the test.
export async function startGithub(t) {
  const github = await new Github().listen();
  cleanup(t, () => github.close());
  return github;
}
