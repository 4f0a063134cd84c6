// The npm package oidc-provider over HTTPS: an independent, certified implementation, with a sign-in form of ours.
// Any user of provider_users.mjs signs in with his name as password.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";

import Provider from "oidc-provider";

import { cleanup } from "./cleanup.mjs";
import { keyPair } from "./key_pair.mjs";
import { client, providerConfiguration, users } from "./provider_users.mjs";
import { authority, certificateFor } from "./run_folder.mjs";
import { Visitor } from "./visitor.mjs";

const names = ["op.localhost"];

/// A machine, and an API whose tokens are JWTs or opaque as the resource's name says.
export const robot = { client_id: "robot", client_secret: "robot-secret-of-the-tests", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };
const machineFeatures = {
  clientCredentials: { enabled: true },
  introspection: { enabled: true, allowedPolicy: () => true },
  revocation: { enabled: true, allowedPolicy: () => true },
  resourceIndicators: { enabled: true, getResourceServerInfo: (_, resource) => ({
    scope: "read write", audience: resource.startsWith("urn:other") ? "other-api" : "gateway-api", accessTokenTTL: 600,
    accessTokenFormat: resource.endsWith(":opaque") ? "opaque" : "jwt", jwt: { sign: { alg: "RS256" } } }) },
};

export class RealProvider {
  /// options: logoutUris, client (what is registered of the client besides), clientAuthority (certificate of an authority whose clients
  /// may sign in by TLS; their subject is in `client`), machines (true: it writes tokens for `robot`, see machineToken()), refreshes (true:
  /// it gives refresh tokens, each good for once: who uses one again ends all of that sign-in).
  constructor(redirectUris, { logoutUris = [], backchannel, client: registered = {}, clientAuthority, machines = false, refreshes = false } = {}) {
    this.machines = machines;
    this.refreshes = refreshes;
    this.disabled = new Set(); // subjects whose accounts are gone
    this.people = users;
    this.registered = registered;
    this.clientAuthority = clientAuthority;
    this.redirectUris = redirectUris;
    this.logoutUris = logoutUris;
    this.backchannel = backchannel; // where it posts logout tokens; undefined: nowhere
    this.requests = []; // "METHOD path"
  }

  async listen(port = 0) {
    const files = certificateFor(names);
    this.server = https.createServer({ cert: readFileSync(files.certificate), key: readFileSync(files.key), ...this.asksForCertificates() }, (request, response) => this.serve(request, response));
    this.server.on("tlsClientError", () => {});
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.issuer = `https://op.localhost:${this.port}`;
    this.provider = new Provider(this.issuer, this.settings());
    return this;
  }

  asksForCertificates() {
    return this.clientAuthority ? { requestCert: true, rejectUnauthorized: false, ca: readFileSync(this.clientAuthority) } : {};
  }

  /// RFC 8705: who the client is says the certificate of its connection.
  clientCertificates() {
    if (!this.clientAuthority) return {};
    return { mTLS: { enabled: true, tlsClientAuth: true, getCertificate: (context) => context.socket.getPeerX509Certificate?.(),
      certificateAuthorized: (context) => context.socket.authorized,
      certificateSubjectMatches: (context, property, expected) => property === "tls_client_auth_san_dns" && (context.socket.getPeerX509Certificate().subjectAltName ?? "").includes(`DNS:${expected}`) } };
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /// An access token of `robot` for the API that `resource` names: urn:gateway:jwt, urn:gateway:opaque, urn:other:jwt.
  async machineToken(resource = "urn:gateway:jwt", scope = "read") {
    const answer = await this.askAsRobot("/token", { grant_type: "client_credentials", resource, scope });
    return answer.expect(200).json().access_token;
  }

  revokeToken(token) { return this.askAsRobot("/token/revocation", { token }).then((answer) => answer.expect(200)); }

  askAsRobot(path, fields) {
    const headers = { Authorization: `Basic ${Buffer.from(`${robot.client_id}:${robot.client_secret}`).toString("base64")}`, "Content-Type": "application/x-www-form-urlencoded" };
    return new Visitor({ navigates: false }).post(this.issuer + path, { headers, body: new URLSearchParams(fields).toString() }).promise;
  }

  configuration(more) { return providerConfiguration(this.issuer, more); }

  settings() {
    const key = keyPair("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
    return {
      clients: [{
        client_id: client.id, client_secret: client.secret, redirect_uris: this.redirectUris, post_logout_redirect_uris: this.logoutUris,
        grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
        ...(this.backchannel ? { backchannel_logout_uri: this.backchannel, backchannel_logout_session_required: true } : {}), ...this.registered,
      }, ...(this.machines ? [robot] : [])],
      ...(this.clientAuthority ? { clientAuthMethods: ["tls_client_auth", "client_secret_basic"] } : {}),
      jwks: { keys: [{ ...key, use: "sig", alg: "RS256", kid: "real-1" }] },
      cookies: { keys: [randomBytes(16).toString("hex")] },
      scopes: ["openid", "email", "profile", "groups", "offline_access"],
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"], groups: ["groups"] },
      conformIdTokenClaims: false,
      pkce: { required: () => true, methods: ["S256"] },
      features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true }, ...this.clientCertificates(), ...(this.machines ? machineFeatures : {}) },
      httpOptions: () => ({ agent: new https.Agent({ ca: authority().pem }), dnsLookup: (_name, options, done) => (options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)) }),
      interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
      findAccount: (_, id) => (this.disabled.has(id) ? undefined : { accountId: id, claims: () => Object.values(this.people).find((user) => user.sub === id) }),
      ...(this.refreshes ? { issueRefreshToken: () => true, rotateRefreshToken: true } : {}),
      loadExistingGrant: (context) => this.grant(context),
      renderError: (context, out) => { context.type = "text"; context.body = `provider: ${out.error} ${out.error_description ?? ""}`; },
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600, RefreshToken: 3600 },
    };
  }

  /// Consent is given at once: the tests are about the gateway.
  async grant(context) {
    const grant = new context.oidc.provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId });
    grant.addOIDCScope("openid email profile groups offline_access");
    await grant.save();
    return grant;
  }

  async serve(request, response) {
    this.requests.push(`${request.method} ${new URL(request.url, this.issuer).pathname}`);
    if (!request.url.startsWith("/sign-in/")) return this.provider.callback()(request, response);
    if (request.method === "GET") return showForm(response, request.url, "");
    const parts = [];
    for await (const part of request) parts.push(part);
    const fields = new URLSearchParams(Buffer.concat(parts).toString());
    const user = users[fields.get("login")];
    if (!user || fields.get("password") !== fields.get("login")) return showForm(response, request.url, "Wrong name or password.");
    return this.provider.interactionFinished(request, response, { login: { accountId: user.sub } }, { mergeWithLastSubmission: false });
  }
}

function showForm(response, action, message) {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
  response.end(`<!doctype html><html lang="en"><title>Sign in at the provider</title><h1>Sign in at the provider</h1><p>${message}</p>
<form method="post" action="${action}"><label>Name <input name="login" autofocus></label> <label>Password <input name="password" type="password"></label>
<button>Sign in</button></form></html>`);
}

/// Starts one that closes with the test.
export async function startRealProvider(t, redirectUris, options) {
  const provider = await new RealProvider(redirectUris, options).listen();
  cleanup(t, () => provider.close());
  return provider;
}
