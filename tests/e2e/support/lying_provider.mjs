// An OpenID provider of our own that signs whatever the test says: wrong claims, wrong keys, wrong algorithms, broken or slow
// endpoints. Left alone it is correct and strict (client authentication, PKCE, one use a code), and signs in without a form.
import { createHash, createHmac, randomBytes, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";

import { cleanup } from "./cleanup.mjs";
import { keyPair } from "./key_pair.mjs";
import { client, providerConfiguration, users } from "./provider_users.mjs";
import { certificateFor } from "./run_folder.mjs";

const base64url = (value) => Buffer.from(value).toString("base64url");
const tokenLifeSeconds = 300;

/// A signing key with its public JWK. type: "rsa" (RS256) or "ec" (ES256).
export function newKey(kid, type = "rsa") {
  const pair = type === "rsa" ? keyPair("rsa", { modulusLength: 2048 }) : keyPair("ec", { namedCurve: "P-256" });
  const algorithm = type === "rsa" ? "RS256" : "ES256";
  return { kid, algorithm, privateKey: pair.privateKey, publicKey: pair.publicKey, jwk: { ...pair.publicKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" } };
}

/// A compact JWS over `claims`; header fields in `header` win. "none" gives an empty signature, HS256 needs `secret`.
export function signToken(claims, key, { header = {}, secret } = {}) {
  const head = { alg: key.algorithm, kid: key.kid, typ: "JWT", ...header };
  for (const name of Object.keys(head)) if (head[name] === undefined) delete head[name];
  const input = `${base64url(JSON.stringify(head))}.${base64url(typeof claims === "string" ? claims : JSON.stringify(claims))}`;
  if (String(head.alg).toLowerCase() === "none") return `${input}.`;
  if (secret !== undefined) return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  const options = key.algorithm === "ES256" ? { key: key.privateKey, dsaEncoding: "ieee-p1363" } : key.privateKey;
  return `${input}.${sign("sha256", Buffer.from(input), options).toString("base64url")}`;
}

export class LyingProvider {
  constructor() {
    this.user = users.alice; // who signs in next
    this.keys = [newKey("key-1")];
    this.published = () => this.keys.map((key) => key.jwk);
    this.metadata = (document) => document; // changes the discovery document
    this.claims = (claims) => claims; // changes the ID token's claims
    this.token = (claims) => signToken(claims, this.keys[0]); // makes the ID token
    this.tokenAnswer = (body) => body; // changes the token endpoint's body
    this.userinfo = (claims) => claims;
    this.callback = (parameters) => parameters; // changes what the browser brings back
    this.takesTokens = "header"; // or "body": where userinfo looks for the access token
    this.broken = {}; // endpoint name → function (request, response) that answers instead
    this.requests = []; // {endpoint, method, url, headers, body, parameters}
    this.codes = new Map();
    this.accessTokens = new Map();
    this.refreshTokens = undefined; // a Map: refresh tokens are given, each good for once
  }

  /// With `host` the issuer has that name, which nobody resolves, and its certificate has no other.
  async listen(port = 0, host = undefined) {
    const files = certificateFor(host ? [host] : ["op.localhost", "127.0.0.1", "*.op.localhost"]);
    this.server = https.createServer({ cert: readFileSync(files.certificate), key: readFileSync(files.key) }, (request, response) => this.serve(request, response));
    this.server.on("tlsClientError", () => {});
    this.sockets = new Set();
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.issuer = `https://${host ?? "op.localhost"}:${this.port}`;
    return this;
  }

  async close() {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    // closeAllConnections() knows none that is still in its TLS handshake.
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /// The requests that one endpoint got: discovery, keys, authorize, token, userinfo, logout.
  to(endpoint) { return this.requests.filter((request) => request.endpoint === endpoint); }

  /// What goes into a provider's place in gateway.yaml.
  configuration(more) { return providerConfiguration(this.issuer, more); }

  document() {
    const at = (path) => `${this.issuer}${path}`;
    return {
      issuer: this.issuer, authorization_endpoint: at("/authorize"), token_endpoint: at("/token"), userinfo_endpoint: at("/userinfo"),
      jwks_uri: at("/keys"), end_session_endpoint: at("/logout"), response_types_supported: ["code"], subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256", "ES256"], scopes_supported: ["openid", "email", "profile", "groups"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"], code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
    };
  }

  async serve(request, response) {
    const url = new URL(request.url, this.issuer);
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const endpoint = { "/.well-known/openid-configuration": "discovery", "/keys": "keys", "/authorize": "authorize", "/token": "token", "/userinfo": "userinfo", "/logout": "logout" }[url.pathname] ?? "unknown";
    const parameters = new URLSearchParams(request.method === "POST" ? body : url.search);
    const seen = { endpoint, method: request.method, url, headers: request.headers, body, parameters };
    this.requests.push(seen);
    if (this.broken[endpoint]) return this.broken[endpoint](request, response);
    if (endpoint === "unknown") return reply(response, 404, { error: "not_found" });
    return this[endpoint === "logout" ? "endSession" : `serve_${endpoint}`](seen, response);
  }

  serve_discovery(_, response) { reply(response, 200, this.metadata(this.document())); }
  serve_keys(_, response) { reply(response, 200, { keys: this.published() }); }

  serve_authorize({ parameters }, response) {
    const code = randomBytes(16).toString("hex");
    this.codes.set(code, { user: this.user, asked: Object.fromEntries(parameters) });
    const target = new URL(parameters.get("redirect_uri"));
    const brought = Object.entries(this.callback({ code, state: parameters.get("state"), iss: this.issuer })).filter(([, value]) => value !== undefined && value !== null);
    if (parameters.get("response_mode") === "form_post") return postedForm(response, target, brought);
    for (const [name, value] of brought) target.searchParams.set(name, value);
    return response.writeHead(302, { Location: target.href, "Cache-Control": "no-store" }).end();
  }

  serve_token({ parameters, headers }, response) {
    const fault = this.tokenFault(parameters, headers);
    if (fault) return reply(response, fault === "invalid_client" ? 401 : 400, { error: fault });
    const { user, asked } = this.codes.get(parameters.get("code")) ?? this.refreshTokens.get(parameters.get("refresh_token"));
    this.codes.delete(parameters.get("code"));
    this.refreshTokens?.delete(parameters.get("refresh_token"));
    const now = Math.floor(Date.now() / 1000);
    const claims = this.claims({ ...user, iss: this.issuer, aud: client.id, iat: now, exp: now + tokenLifeSeconds, nonce: asked.nonce });
    const accessToken = randomBytes(16).toString("hex");
    this.accessTokens.set(accessToken, user);
    const more = this.refreshTokens ? { refresh_token: `refresh-${randomBytes(16).toString("hex")}` } : {};
    if (more.refresh_token) this.refreshTokens.set(more.refresh_token, { user, asked });
    return reply(response, 200, this.tokenAnswer({ access_token: accessToken, token_type: "Bearer", expires_in: tokenLifeSeconds, id_token: this.token(claims), ...more }));
  }

  tokenFault(parameters, headers) {
    const basic = Buffer.from((headers.authorization ?? "").replace(/^Basic /i, ""), "base64").toString().split(":").map(decodeURIComponent);
    const [id, secret] = headers.authorization ? basic : [parameters.get("client_id"), parameters.get("client_secret")];
    if (id !== client.id || secret !== client.secret) return "invalid_client";
    if (parameters.get("grant_type") === "refresh_token") return this.refreshTokens?.has(parameters.get("refresh_token")) ? undefined : "invalid_grant";
    const grant = this.codes.get(parameters.get("code"));
    if (parameters.get("grant_type") !== "authorization_code" || !grant) return "invalid_grant";
    const challenge = createHash("sha256").update(parameters.get("code_verifier") ?? "").digest("base64url");
    if (grant.asked.code_challenge_method !== "S256" || grant.asked.code_challenge !== challenge) return "invalid_grant";
    if (grant.asked.redirect_uri !== parameters.get("redirect_uri")) return "invalid_grant";
    return undefined;
  }

  serve_userinfo({ method, headers, parameters }, response) {
    const brought = this.takesTokens === "body" ? method === "POST" && parameters.get("access_token") : (headers.authorization ?? "").replace(/^Bearer /i, "");
    const user = this.accessTokens.get(brought);
    if (!user) return reply(response, 401, { error: "invalid_token" });
    return reply(response, 200, this.userinfo({ ...user }));
  }

  endSession({ parameters }, response) {
    const target = parameters.get("post_logout_redirect_uri");
    if (!target) return reply(response, 200, { signed: "out" });
    const url = new URL(target);
    if (parameters.has("state")) url.searchParams.set("state", parameters.get("state"));
    return response.writeHead(302, { Location: url.href }).end();
  }
}

function reply(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" }).end(typeof body === "string" ? body : JSON.stringify(body));
}

/// OAuth 2.0 Form Post Response Mode: a page that sends itself.
function postedForm(response, target, parameters) {
  const inputs = parameters.map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`).join("");
  response.writeHead(200, { "Content-Type": "text/html", "Cache-Control": "no-store" })
    .end(`<!doctype html><form method="post" action="${target.href}">${inputs}</form><script>document.forms[0].submit()</script>`);
}

/// Starts one that closes with the test.
export async function startLyingProvider(t, port, host) {
  const provider = await new LyingProvider().listen(port, host);
  cleanup(t, () => provider.close());
  return provider;
}
