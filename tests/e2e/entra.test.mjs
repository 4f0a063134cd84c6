// Signing in with Microsoft Entra ID: a server in its shape (the issuer's template, tid, overage of groups) that says what the test wants (attack rows K07, K11, K18, K24).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { runGateway, reservePorts, usualConfig, writeConfig } from "./support/gateway.mjs";
import { fieldsOf } from "./support/http_message.mjs";
import { users } from "./support/provider_users.mjs";

const ours = "11111111-2222-3333-4444-555555555555";
const other = "66666666-7777-8888-9999-aaaaaaaaaaaa";

/// A bed whose provider is of type entra. The lying provider speaks for every tenant; `bed.tenant` is whose people sign in.
async function startEntra(t, { tenant, allow = [{ authenticated: true }], more = {} }) {
  const shared = Array.isArray(tenant) ? "organizations" : tenant;
  const bed = await startBed(t, {
    loginHost: "app.test",
    config: (parts, made) => {
      const { provider } = made;
      provider.groups = [];
      provider.graphPages = [];
      const template = /^[0-9a-f-]{36}$/.test(shared) ? shared : "{tenantid}";
      provider.metadata = (document) => ({ ...document, issuer: `${provider.issuer}/${template}/v2.0`, msgraph_host: new URL(provider.issuer).host, authorization_response_iss_parameter_supported: false });
      provider.broken.unknown = (request, response) => {
        const json = (body) => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
        if (request.url === `/${shared}/v2.0/.well-known/openid-configuration`) return json(provider.metadata(provider.document()));
        if (!request.url.startsWith("/v1.0/me/transitiveMemberOf")) return response.writeHead(404).end();
        const page = Number(new URL(request.url, provider.issuer).searchParams.get("$skiptoken") ?? 0);
        const next = page + 1 < provider.graphPages.length ? { "@odata.nextLink": `${provider.issuer}/v1.0/me/transitiveMemberOf?$skiptoken=${page + 1}` } : {};
        return json({ value: provider.graphPages[page], ...next });
      };
      provider.claims = (claims) => ({ ...claims, iss: `${provider.issuer}/${made.tenant}/v2.0`, tid: made.tenant });
      provider.callback = ({ iss: _, ...parameters }) => parameters;
      const { scopes: _, issuer, ...usual } = provider.configuration({ type: "entra" });
      return { ...parts, login: { host: "app.test", providers: { main: { ...usual, issuer, tenant, ...more } } }, policies: { it: { allow } },
        routes: [{ host: "app.test", to: made.origin.url, policy: "it", identity: "oauth2-proxy" }] };
    },
  });
  bed.tenant = ours;
  bed.provider.user = { ...users.alice };
  return bed;
}

const visit = (bed) => bed.visitor().open(bed.url("app.test", "/"));

test("people of the tenants that are named get in, and of no other", async (t) => {
  const bed = await startEntra(t, { tenant: [ours, other] });
  assert.equal((await visit(bed)).status, 200);
  bed.tenant = other;
  assert.equal((await visit(bed)).status, 200);
  bed.tenant = "00000000-0000-0000-0000-000000000000";
  assert.ok((await visit(bed)).status >= 400);
  bed.tenant = ours;
  const usual = bed.provider.claims;
  for (const [what, change] of Object.entries({ "tid of another": { tid: other }, "no tid": { tid: undefined }, "the template": { iss: `${bed.provider.issuer}/{tenantid}/v2.0`, tid: "{tenantid}" }, "another host": { iss: `https://evil.test/${ours}/v2.0` } })) {
    bed.provider.claims = (claims) => ({ ...usual(claims), ...change });
    assert.ok((await visit(bed)).status >= 400, what);
  }
});

test("one tenant is an issuer like any other", async (t) => {
  const bed = await startEntra(t, { tenant: ours });
  assert.equal((await visit(bed)).status, 200);
  bed.tenant = other;
  assert.ok((await visit(bed)).status >= 400);
});

test("an e-mail of a tenant counts with xms_edov, whatever email_verified says", async (t) => {
  const bed = await startEntra(t, { tenant: "organizations", allow: [{ email: [users.alice.email] }] });
  assert.equal((await visit(bed)).status, 403);
  bed.provider.user = { ...users.alice, xms_edov: true };
  assert.equal((await visit(bed)).status, 200);
});

test("groups that do not fit the token come from Graph, page by page", async (t) => {
  const bed = await startEntra(t, { tenant: ours, allow: [{ group: ["cc-3"] }] });
  const group = (id) => ({ "@odata.type": "#microsoft.graph.group", id });
  bed.provider.graphPages = [[group("aa-1"), { "@odata.type": "#microsoft.graph.directoryRole", id: "bb-2" }], [group("cc-3")]];
  bed.provider.user = { ...users.alice, groups: undefined, hasgroups: true };
  assert.equal((await visit(bed)).status, 200);
  assert.deepEqual(fieldsOf(bed.origin.lastRequest, "x-auth-request-groups"), ["aa-1,cc-3"]);
  const asked = bed.provider.to("unknown").filter((request) => request.url.pathname.includes("transitiveMemberOf"));
  assert.equal(asked.length, 2);
  bed.provider.graphPages = [[{ id: 7 }]];
  assert.ok((await visit(bed)).status >= 400);
});

test("gateway check refuses tenants that are none, and an e-mail that anybody could claim", async () => {
  const ports = await reservePorts();
  const check = (provider) => runGateway(["check", "--config", writeConfig({ ...usualConfig(ports, "/tmp"), login: { host: "app.test", providers: { main: { type: "entra", client_id: "a", client_secret: "b", ...provider } } },
    policies: { it: { allow: [{ group: ["x"] }] } }, routes: [{ host: "app.test", to: "http://127.0.0.1:1", policy: "it" }] })]);
  assert.equal(check({ tenant: ours }).status, 0);
  assert.match(check({}).stderr, /tenant: is missing/);
  assert.match(check({ tenant: "contoso.onmicrosoft.com" }).stderr, /tenant.*id/);
  assert.match(check({ tenant: "organizations", email: "trusted" }).stderr, /claim any address/);
  assert.match(check({ tenant: [ours, "organizations"] }).stderr, /different tenant ids/);
});
