// Cookies as a browser keeps them (RFC 6265bis): host-only or domain, path, Secure, prefixes, expiry.

export class CookieJar {
  constructor() {
    this.cookies = [];
    this.refused = []; // Set-Cookie values that a browser would have dropped, with the reason
    this.now = () => Date.now();
  }

  /// Takes the Set-Cookie values of an answer from `url`.
  store(url, values) {
    for (const value of values) this.storeOne(new URL(url), value);
  }

  storeOne(url, text) {
    const [pair, ...rest] = text.split(";").map((part) => part.trim());
    const equals = pair.indexOf("=");
    const cookie = { name: pair.slice(0, equals), value: pair.slice(equals + 1), host: url.hostname, hostOnly: true,
      path: defaultPath(url), secure: false, httpOnly: false, sameSite: undefined, expires: Infinity, text };
    for (const attribute of rest) this.apply(cookie, attribute, url);
    const reason = this.refusal(cookie, url);
    if (reason) {
      this.refused.push({ text, reason });
      return;
    }
    this.cookies = this.cookies.filter((c) => !(c.name === cookie.name && c.host === cookie.host && c.path === cookie.path && c.hostOnly === cookie.hostOnly));
    if (cookie.expires > this.now()) this.cookies.push(cookie);
  }

  apply(cookie, attribute, url) {
    const [name, value = ""] = attribute.split(/=(.*)/s);
    switch (name.toLowerCase()) {
      case "domain":
        cookie.hostOnly = false;
        cookie.host = value.replace(/^\./, "").toLowerCase();
        break;
      case "path":
        cookie.path = value.startsWith("/") ? value : defaultPath(url);
        cookie.pathGiven = value;
        break;
      case "secure": cookie.secure = true; break;
      case "httponly": cookie.httpOnly = true; break;
      case "samesite": cookie.sameSite = value.toLowerCase(); break;
      case "max-age": cookie.expires = this.now() + Number(value) * 1000; break;
      case "expires": if (cookie.expires === Infinity) cookie.expires = Date.parse(value); break;
      default: break;
    }
  }

  refusal(cookie, url) {
    if (!cookie.hostOnly && url.hostname !== cookie.host && !url.hostname.endsWith("." + cookie.host)) return "a foreign domain";
    if (cookie.secure && url.protocol !== "https:") return "Secure over http";
    const lower = cookie.name.toLowerCase();
    if (lower.startsWith("__secure-") && !cookie.secure) return "__Secure- without Secure";
    if (lower.startsWith("__host-") && !(cookie.secure && cookie.hostOnly && cookie.pathGiven === "/")) return "__Host- without Secure, Path=/ or with Domain";
    if (Buffer.byteLength(cookie.name + cookie.value) > 4096) return "over 4096 bytes";
    return undefined;
  }

  matching(url) {
    const { hostname, pathname, protocol } = new URL(url);
    this.cookies = this.cookies.filter((c) => c.expires > this.now());
    return this.cookies
      .filter((c) => (c.hostOnly ? c.host === hostname : hostname === c.host || hostname.endsWith("." + c.host)))
      .filter((c) => pathname === c.path || pathname.startsWith(c.path.endsWith("/") ? c.path : c.path + "/"))
      .filter((c) => !c.secure || protocol === "https:")
      .sort((a, b) => b.path.length - a.path.length);
  }

  /// The Cookie field for a request to `url`, or undefined.
  header(url) {
    const pairs = this.matching(url).map((c) => `${c.name}=${c.value}`);
    return pairs.length ? pairs.join("; ") : undefined;
  }

  /// The cookies kept for a host.
  of(host) {
    return this.cookies.filter((c) => c.host === host && c.expires > this.now());
  }

  clear() {
    this.cookies = [];
  }
}

function defaultPath(url) {
  const last = url.pathname.lastIndexOf("/");
  return last <= 0 ? "/" : url.pathname.slice(0, last);
}
