// The usual bed of a test: an origin, a provider, a gateway between them, and visitors.
//   const bed = await startBed(t);                                   app.test and wiki.test behind a sign-in
//   const alice = await bed.signedIn("alice");
//   await alice.get(bed.url("app.test", "/x")).expect(200);
import { client, users } from "./provider_users.mjs";
import { startGateway, reservePorts } from "./gateway.mjs";
import { startLyingProvider } from "./lying_provider.mjs";
import { startOrigin } from "./origin.mjs";
import { startRealProvider } from "./real_provider.mjs";
import { Visitor } from "./visitor.mjs";

/// Policies every bed has: staff and admins by group, alice by e-mail, anyone who is signed in.
export const policies = {
  staff: { allow: [{ group: ["staff"] }] },
  admins: { allow: [{ group: ["admins"] }] },
  alice: { allow: [{ email: [users.alice.email] }] },
  "signed-in": { allow: [{ authenticated: true }] },
};

/// Two protected hosts with the oauth2-proxy headers, and a public path on the first.
export function usualRoutes(origin) {
  return [
    { host: "app.test", to: origin.url, policy: "signed-in", identity: "oauth2-proxy", except: [{ path: "/public", public: true }] },
    { host: "wiki.test", to: origin.url, policy: "staff", identity: "oauth2-proxy" },
    { host: "other.test", to: origin.url, public: true },
  ];
}

export class Bed {
  url(host, rest = "") { return this.gateway.url(host, rest); }

  visitor(options) { return new Visitor(options); }

  /// A visitor who has signed in on app.test (or another host) as that user of provider_users.mjs.
  async signedIn(name = "alice", host = "app.test") {
    const visitor = this.visitor();
    await this.signIn(visitor, name, this.url(host, "/"));
    return visitor;
  }

  /// Opens `url` and gets through the sign-in; gives the last page. The choice among several providers is the test's.
  async signIn(visitor, name, url) {
    if (!this.real) this.provider.user = users[name];
    let page = await visitor.open(url);
    if (this.real && new URL(page.url).host === new URL(this.provider.issuer).host) page = await visitor.submit(page, { login: name, password: name });
    return page;
  }
}

/// Starts the bed. options: real (the npm provider instead of the lying one; true, or its options), origin (options of startOrigin),
/// issuerHost (another name of the lying provider), providerReady (false: do not wait until the gateway has read the provider's metadata), routes(origin), login, policies (laid over the usual), config(parts, bed, ports) for anything else of the file.
export async function startBed(t, options = {}) {
  const bed = new Bed();
  bed.real = Boolean(options.real);
  const ports = await reservePorts();
  const loginHost = options.loginHost ?? "auth.test";
  const callback = `https://${loginHost}:${ports.https}/oauth2/callback`;
  bed.origin = await startOrigin(t, options.origin);
  bed.provider = bed.real
    ? await startRealProvider(t, [callback], { logoutUris: [`https://${loginHost}:${ports.https}/oauth2/signed_out`], backchannel: `https://${loginHost}:${ports.https}/oauth2/backchannel_logout`, ...(options.real === true ? {} : options.real) })
    : await startLyingProvider(t, 0, options.issuerHost);
  bed.gateway = await startGateway(t, () => {
    const parts = {
      login: { host: loginHost, providers: { main: bed.provider.configuration() }, ...options.login },
      policies: { ...policies, ...options.policies },
      routes: options.routes ? options.routes(bed.origin) : usualRoutes(bed.origin),
    };
    return options.config ? options.config(parts, bed, ports) : parts;
  }, { ports, ...options.start });
  if (options.providerReady !== false) await bed.gateway.event("provider is ready");
  return bed;
}

export { client, users };
