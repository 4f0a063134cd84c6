// A browser without a screen: keeps cookies, follows redirects one by one, fills in forms. Every name is 127.0.0.1.
//   await visitor.get("https://app.test:8443/x").expect(302);
//   const page = await visitor.open("https://app.test:8443/x");      through all redirects to the last answer
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";

import { CookieJar } from "./cookie_jar.mjs";
import { authority } from "./run_folder.mjs";
import { seconds } from "./wait.mjs";

const maxHops = 15;
const navigation = { Accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };

/// One answer. `fields` are pairs in order and case of arrival.
export class Page {
  constructor(url, method, response, body) {
    this.url = url;
    this.method = method;
    this.status = response.statusCode;
    this.headers = response.headers;
    this.body = body.toString("utf8");
    this.bytes = body;
    this.fields = [];
    for (let i = 0; i < response.rawHeaders.length; i += 2) this.fields.push([response.rawHeaders[i], response.rawHeaders[i + 1]]);
  }

  /// The redirect's target as an absolute URL, or undefined.
  get location() {
    return this.headers.location === undefined ? undefined : new URL(this.headers.location, this.url).href;
  }

  get setCookies() { return this.headers["set-cookie"] ?? []; }
  json() { return JSON.parse(this.body); }

  expect(status) {
    assert.equal(this.status, status, `${this.method} ${this.url}: ${this.status} ${this.headers.location ?? ""} ${this.body.slice(0, 300)}`);
    return this;
  }
}

/// A Page to come: await it, or say what its status must be.
class Coming {
  constructor(promise) { this.promise = promise; }
  then(resolve, reject) { return this.promise.then(resolve, reject); }
  expect(status) { return new Coming(this.promise.then((page) => page.expect(status))); }
}

export class Visitor {
  /// options: navigates (false: an API client, no Accept: text/html), headers for every request.
  constructor({ navigates = true, headers = {} } = {}) {
    this.jar = new CookieJar();
    this.headers = { ...(navigates ? navigation : {}), ...headers };
    this.pages = []; // every answer, in order
  }

  get(url, options = {}) { return this.request("GET", url, options); }
  post(url, options = {}) { return this.request("POST", url, options); }

  /// options: headers (a null value removes a default), body, cookies (false: send and keep none).
  request(method, url, options = {}) {
    return new Coming(this.fetch(method, url, options));
  }

  async fetch(method, url, { headers = {}, body, cookies = true } = {}) {
    const target = new URL(url);
    const sent = { ...this.headers, ...headers };
    const jarred = cookies ? this.jar.header(url) : undefined;
    if (jarred && sent.Cookie === undefined) sent.Cookie = jarred;
    for (const name of Object.keys(sent)) if (sent[name] === null || sent[name] === undefined) delete sent[name];
    const page = await exchange(method, target, sent, body);
    if (cookies) this.jar.store(url, page.setCookies);
    this.pages.push(page);
    return page;
  }

  /// Follows one redirect (303, 302 and 301 become GET).
  follow(page, options = {}) {
    assert.ok(page.location, `${page.url} answered ${page.status} without Location`);
    const keeps = page.status === 307 || page.status === 308;
    return this.request(keeps ? page.method : "GET", page.location, options);
  }

  /// Goes to `url` and through all redirects; `hops` of the page lists the URLs on the way.
  async open(url, options = {}) {
    let page = await this.get(url, options);
    const hops = [page.url];
    while (page.status >= 300 && page.status < 400 && page.location) {
      assert.ok(hops.length < maxHops, `a redirect loop: ${hops.join(" ")}`);
      page = await this.follow(page, options);
      hops.push(page.url);
    }
    page.hops = hops;
    return page;
  }

  /// Sends the page's first form with these values beside its hidden ones, and goes on like open().
  async submit(page, values = {}) {
    const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(page.body);
    assert.ok(form, `no form in ${page.url}: ${page.body.slice(0, 300)}`);
    const fields = new URLSearchParams();
    for (const [tag] of form[2].matchAll(/<(?:input|button)\b[^>]*>/gi)) {
      const name = attribute(tag, "name");
      if (name && (attribute(tag, "type") === "hidden" || (/^<button/i.test(tag) && !Object.hasOwn(values, name)))) fields.set(name, attribute(tag, "value") ?? "");
    }
    for (const [name, value] of Object.entries(values)) fields.set(name, value);
    const action = new URL(attribute(form[1], "action") ?? "", page.url).href;
    const headers = { "Content-Type": "application/x-www-form-urlencoded", Origin: new URL(page.url).origin, "Sec-Fetch-Site": "same-origin", Referer: page.url };
    const sent = await this.post(action, { body: fields.toString(), headers });
    if (!(sent.status >= 300 && sent.status < 400)) return sent;
    const opened = await this.open(sent.location);
    opened.hops.unshift(sent.url);
    return opened;
  }
}

function attribute(tag, name) {
  const found = new RegExp(`\\b${name}\\s*=\\s*("([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag);
  const text = found?.[2] ?? found?.[3] ?? found?.[4];
  return text?.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function exchange(method, url, headers, body) {
  const secure = url.protocol === "https:";
  const options = {
    method, headers, agent: false, host: "127.0.0.1", port: url.port || (secure ? 443 : 80), path: url.pathname + url.search,
    ca: secure ? authority().pem : undefined, servername: url.hostname, timeout: seconds(30), setHost: false,
  };
  if (!Object.keys(headers).some((name) => name.toLowerCase() === "host")) options.headers = { Host: url.host, ...headers };
  if (body !== undefined) options.headers["Content-Length"] = Buffer.byteLength(body);
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => resolve(new Page(url.href, method, response, Buffer.concat(parts))));
      response.on("close", () => reject(new Error(`an answer cut short from ${url.href}`))); // of no effect behind its end
    });
    request.on("timeout", () => request.destroy(new Error(`no answer from ${url.href}`)));
    request.on("error", reject);
    request.end(body);
  });
}
