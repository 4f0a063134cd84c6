// Where a browser may be sent: our own origins and nothing else, in every place that takes a URL (attack rows J01-J08, D04, K28).
import assert from "node:assert/strict";
import { test } from "node:test";

import { startBed, users } from "./support/bed.mjs";

/// The list of ways in which a URL can look like ours; `e` is the attacker, `own` one of our origins.
function hostileTargets(own) {
  const e = "evil.test";
  const bare = own.replace("https://", "");
  return [
    `//${e}`, `///${e}`, `////${e}`, `/\\${e}`, `\\\\${e}`, `/\\/${e}`, `/%5c${e}`, `/%2f${e}`, `/\t/${e}`, `/\n/${e}`, `/%09/${e}`, "%0d%0aLocation:%20https://evil.test", `https:${e}`, `https:/${e}`, `https:///${e}`, `http:\\\\${e}`,
    `HtTpS://${e}`, `https://${bare}@${e}`, `https://${bare}:pw@${e}`, `https://${e}#${bare}`, `https://${e}?${bare}`, `https://app.test.${e}`, `https://app.testX${e}`, `https://${e}\\${bare}`, `https://app.test%00.${e}`, `https://app.test%2f@${e}`,
    `https://[${bare}]@${e}`, `https://${e}。test`, "https://ｅvil.test", "javascript:alert(1)", "data:text/html,x", "vbscript:x", "blob:https://evil.test/x", ` https://${e}`, `\u0001https://${e}`, `\ufeffhttps://${e}`, `\u200bhttps://${e}`,
    `.//${e}`, `..//${e}`, `?//${e}`, `;//${e}`, `https://u\\@${e}`, "https://app.test:0/", "https://app.test:99999/", "https://app.test:1/", `http://${bare}/`, "https://127.0.0.1/", `${own}/${"x".repeat(65536)}`, `${own}@${e}`, `${own}.${e}`,
    "https://app.test", "/..//evil.test", `${own}/..//${e}`, `${own}\\@${e}`, `//app.test:443@${e}/`,
  ];
}

const isOwn = (bed, location) => {
  const url = new URL(location);
  return url.protocol === "https:" && url.port === String(bed.gateway.ports.https) && ["app.test", "wiki.test", "auth.test", "other.test"].includes(url.hostname);
};

test("rd= never leads out of our own origins after a sign-in", async (t) => {
  const bed = await startBed(t);
  bed.provider.user = users.alice;
  for (const target of hostileTargets(bed.url("app.test"))) {
    for (const endpoint of ["start", "sign_in"]) {
      const visitor = bed.visitor();
      let page = await visitor.get(bed.url("auth.test", `/oauth2/${endpoint}?rd=${encodeURIComponent(target)}`));
      for (let hops = 0; hops < 8 && page.location; ++hops) {
        const provider = page.location.startsWith(bed.provider.issuer);
        assert.ok(provider || isOwn(bed, page.location), `rd=${JSON.stringify(target)} led to ${page.location}`);
        page = await visitor.follow(page);
      }
      assert.ok(!/href="(?!https:\/\/(app|wiki|auth|other)\.test|\/|#|https:\/\/op\.localhost)/.test(page.body), `a page of rd=${JSON.stringify(target)} links to ${page.body}`);
    }
  }
});

test("sign-out leads to our own origins only", async (t) => {
  const bed = await startBed(t);
  for (const target of hostileTargets(bed.url("app.test")).slice(0, 30)) {
    const visitor = bed.visitor();
    const page = await visitor.post(bed.url("app.test", "/oauth2/sign_out"), {
      body: new URLSearchParams({ rd: target }).toString(),
      headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" },
    });
    if (page.location) assert.ok(isOwn(bed, page.location) || page.location.startsWith(bed.provider.issuer), `rd=${JSON.stringify(target)} led to ${page.location}`);
  }
});

test("rd= twice is refused; rd[]=, and one in the query of a POST, count for nothing", async (t) => {
  const bed = await startBed(t);
  bed.provider.user = users.alice;
  const own = encodeURIComponent(bed.url("app.test", "/"));
  const hostile = encodeURIComponent("https://evil.test/");
  for (const query of [`rd=${own}&rd=${own}`, `rd=${own}&rd=${hostile}`, `rd=${hostile}&rd=${own}`]) {
    for (const endpoint of ["start", "sign_in"]) {
      const page = await bed.visitor().get(bed.url("auth.test", `/oauth2/${endpoint}?${query}`));
      assert.equal(page.status, 400, query);
    }
  }
  for (const query of [`rd[]=${hostile}`, `rd%5B%5D=${hostile}`, `rd[0]=${hostile}&rd=${own}`, `RD=${hostile}`]) {
    const visitor = bed.visitor();
    const page = await visitor.open(bed.url("auth.test", `/oauth2/start?${query}`));
    assert.ok(page.hops.every((hop) => !new URL(hop).hostname.includes("evil")), `${query} led to ${page.hops.join(" ")}`);
  }
  const signOut = (query, body) => bed.visitor().post(bed.url("app.test", `/oauth2/sign_out?${query}`), {
    body, headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: bed.url("app.test"), "Sec-Fetch-Site": "same-origin" },
  });
  assert.equal((await signOut(`rd=${own}`, `rd=${hostile}`)).status, 400);
  assert.equal((await signOut(`rd=${own}`, `rd=${own}&rd=${own}`)).status, 400);
  assert.equal((await signOut(`rd=${hostile}`, `rd=${own}`)).location, decodeURIComponent(own));
});

test("X-Auth-Request-Redirect stands for rd= where there is none, and is held to the same", async (t) => {
  const bed = await startBed(t);
  bed.provider.user = users.alice;
  const begin = async (fields, query = "") => {
    const visitor = bed.visitor();
    const page = await visitor.get(bed.url("auth.test", `/oauth2/start${query}`), { headers: fields });
    return page.location ? (await visitor.open(page.location)).url : page.status;
  };
  const wiki = bed.url("wiki.test", "/x?y=1");
  assert.equal(await begin({ "X-Auth-Request-Redirect": wiki }), wiki);
  assert.equal(await begin({ "X-Auth-Request-Redirect": bed.url("app.test", "/other") }, `?rd=${encodeURIComponent(wiki)}`), wiki);
  // Another proxy sets it for whatever was asked for: what leads nowhere is as if it were not there.
  const startPage = bed.url("auth.test", "/");
  for (const target of ["https://evil.test/", "//evil.test", "/\\evil.test", "http://app.test/", ""]) assert.equal(await begin({ "X-Auth-Request-Redirect": target }), startPage, target);
  for (const own of ["/oauth2/start", "/oauth2/sign_in?rd=%2Fx", "/oauth2"]) assert.equal(await begin({ "X-Auth-Request-Redirect": own }), startPage, own);
  assert.equal(await begin({ "X-Auth-Request-Redirect": [wiki, wiki] }), 400, "twice");
});

test("hosts of the file are allowed, and origins that return_to names", async (t) => {
  const bed = await startBed(t, { login: { return_to: ["https://partner.test"] } });
  for (const target of [bed.url("wiki.test", "/x?y=1"), "https://partner.test/landing"]) {
    const visitor = bed.visitor();
    let page = await visitor.get(bed.url("auth.test", `/oauth2/start?rd=${encodeURIComponent(target)}`));
    while (page.location && !page.location.startsWith(target)) page = await visitor.follow(page);
    assert.equal(page.location, target);
  }
});

test("what a page repeats is text, never markup", async (t) => {
  const bed = await startBed(t);
  const marks = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{7*7}}", "javascript:alert(1)", "+ADw-script+AD4-", "\u202eevil"];
  for (const mark of marks) {
    const encoded = encodeURIComponent(mark);
    const urls = [`/oauth2/callback?error=${encoded}&error_description=${encoded}`, `/oauth2/callback?state=${encoded}&code=${encoded}`, `/oauth2/start?rd=${encoded}`, `/oauth2/start?provider=${encoded}`, `/oauth2/sign_in?rd=${encoded}`, `/oauth2/nothing/${encoded}`, `/oauth2/sign_out?rd=${encoded}`];
    for (const url of urls) {
      const page = await bed.visitor().get(bed.url("auth.test", url));
      assert.ok(!page.body.includes("<script") && !page.body.includes("<img"), `${url}: ${page.body}`);
      if (!/html/.test(page.headers["content-type"] ?? "")) continue;
      assert.match(page.headers["content-type"], /charset=utf-8/i);
      assert.equal(page.headers["x-content-type-options"], "nosniff");
      assert.match(page.headers["content-security-policy"], /default-src 'none'/);
      assert.match(page.headers["content-security-policy"], /frame-ancestors 'none'/);
      assert.ok(!/unsafe-inline/.test(page.headers["content-security-policy"]));
      assert.match(page.headers["cache-control"], /no-store/);
    }
  }
});

test("a redirect route keeps path and query, and its own host", async (t) => {
  const bed = await startBed(t, { routes: (origin) => [{ host: "app.test", redirect: "https://new.test{uri}" }, { host: "wiki.test", redirect: { to: "https://{host}/moved", status: 302 } }, { host: "other.test", to: origin.url, public: true }] });
  const page = await bed.visitor().get(bed.url("app.test", "/a/b?c=d&e=%2F")).expect(308);
  assert.equal(page.headers.location, "https://new.test/a/b?c=d&e=%2F");
  for (const target of ["//evil.test", "/%0d%0aSet-Cookie:x=1", "/@evil.test", "/.evil.test"]) {
    const odd = await bed.visitor().get(bed.url("app.test") + target);
    if (odd.headers.location) assert.equal(new URL(odd.headers.location).hostname, "new.test", target);
    assert.deepEqual(odd.setCookies, []);
  }
  const moved = await bed.visitor().get(bed.url("wiki.test", "/x")).expect(302);
  assert.match(moved.headers.location, /^https:\/\/wiki\.test(:\d+)?\/moved$/);
});
