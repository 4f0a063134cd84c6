// The clients of a soak, each a lane that goes on until told to stop: one request, WebSocket message or sign-in after the other.
import { randomBytes, randomInt } from "node:crypto";
import https from "node:https";
import http2 from "node:http2";
import { setTimeout as pause } from "node:timers/promises";

import { WebSocket } from "ws";

import { users } from "../support/provider_users.mjs";
import { authority } from "../support/run_folder.mjs";
import { seconds, within } from "../support/wait.mjs";
import { digest, rules } from "./ledger.mjs";
import { largeBody } from "./soak_origin.mjs";

const lookup = (_, options, done) => (options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));
const one = (list) => list[randomInt(list.length)];
const steady = ["plain", "plain", "plain", "large", "slow", "drip"];

/// One exchange over HTTP/1.1: {status, body}, or {error, isFresh (false: on a connection that had served before)}.
function exchange(url, { agent, method = "GET", body, headers = {}, leaves } = {}) {
  return new Promise((resolve) => {
    const request = https.request(url, { agent, method, headers, ca: authority().pem, lookup }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", (error) => resolve({ error: error.code ?? error.message, status: response.statusCode }));
      response.on("end", () => resolve({ status: response.statusCode, location: response.headers.location, body: Buffer.concat(parts) }));
    });
    request.on("error", (error) => resolve({ error: error.code ?? error.message, isFresh: !request.reusedSocket }));
    request.setTimeout(seconds(30), () => request.destroy(new Error("no answer in 30 s")));
    request.end(body);
    if (leaves !== undefined) setTimeout(() => { request.destroy(); resolve({ error: "left" }); }, leaves);
  });
}

/// What is wrong about a steady origin's answer, or "".
function wrongAbout(answer, id, conduct, { body = "", user = "" } = {}) {
  if (answer.status !== 200) return `status ${answer.status}`;
  if (conduct === "large") return answer.body.equals(largeBody(id)) ? "" : `${answer.body.length} bytes, not the answer`;
  try {
    const said = JSON.parse(answer.body);
    if (said.id !== id) return `the answer of ${said.id}`;
    if (said.body !== digest(Buffer.from(body))) return "the origin had another body";
    return said.user === user ? "" : `the origin was told of "${said.user}" instead of "${user}"`;
  } catch {
    return "no JSON";
  }
}

export class Lanes {
  constructor(bed, ledger) {
    Object.assign(this, { bed, ledger, isOver: false, running: [] });
    this.signingIn = Promise.resolve(); // the provider knows one person at a time
  }

  /// As many of each kind as are said: {keepAlive: 2, …}.
  start(kinds) {
    for (const [kind, count] of Object.entries(kinds)) {
      for (let i = 0; i < count; ++i) this.running.push(this.again(kind));
    }
  }

  async stop() {
    this.isOver = true;
    await within("all lanes to end", Promise.all(this.running), seconds(60));
  }

  async again(kind) {
    const state = {};
    while (!this.isOver) {
      try {
        await this[kind](state);
      } catch (error) {
        this.ledger.differ(`${kind}: ${error.stack}`);
        await pause(100);
      }
    }
    await this[`end_${kind}`]?.(state);
  }

  async timed(work) {
    const began = performance.now();
    const result = await work();
    this.ledger.took(performance.now() - began);
    return result;
  }

  // ---- HTTP/1.1 to steady origins: nothing may be lost

  async keepAlive(state) {
    state.agent ??= new https.Agent({ keepAlive: true, maxSockets: 1 });
    await this.steady("keepAlive", { agent: state.agent });
  }

  end_keepAlive(state) { state.agent?.destroy(); }

  newConnection() { return this.steady("newConnection", { agent: false }); }

  async steady(lane, options, { host = "app.test", user } = {}) {
    const id = this.ledger.begin();
    const body = randomInt(4) === 0 ? randomBytes(randomInt(200_000)) : undefined;
    const conduct = body ? "plain" : one(steady);
    const send = () => exchange(this.bed.url(host, `/soak/${id}/${conduct}`), { ...options, body, method: body ? "POST" : "GET" });
    let answer = await this.timed(send);
    // RFC 9112 section 9.3.1: a connection may be closed under an idle client, who asks again where nobody has read his request.
    while (answer.error && answer.isFresh === false && this.ledger.open.get(id).arrived === 0) {
      this.ledger.count(lane, "asked again on a new connection");
      answer = await send();
    }
    const wrong = answer.error ?? wrongAbout(answer, id, conduct, { body, user });
    this.ledger.settle(lane, id, wrong || "answered", wrong ? rules.never : rules.answeredOnce);
  }

  // ---- HTTP/2

  async http2(state) {
    if (!state.session || state.session.closed || state.session.destroyed) {
      state.session = http2.connect(this.bed.url("app.test"), { lookup, ca: authority().pem });
      state.session.on("error", () => {});
      await within("an HTTP/2 connection", new Promise((resolve, reject) => state.session.once("remoteSettings", resolve).once("close", () => reject(new Error("closed before its settings")))));
    }
    await Promise.all(Array.from({ length: 4 }, () => this.stream(state)));
  }

  end_http2(state) { state.session?.destroy(); }

  async stream(state) {
    const id = this.ledger.begin();
    const conduct = one(steady);
    let answer = await this.timed(() => overH2(state.session, this.bed.url("app.test"), `/soak/${id}/${conduct}`));
    // RFC 9113 section 8.7: refused, or beyond what GOAWAY named, is not processed.
    if (answer.wasRefused && this.ledger.open.get(id).arrived === 0) {
      this.ledger.count("http2", "asked again on a new connection");
      answer = await exchange(this.bed.url("app.test", `/soak/${id}/${conduct}`), { agent: false });
    }
    const wrong = answer.error ?? wrongAbout(answer, id, conduct);
    this.ledger.settle("http2", id, wrong || "answered", wrong ? rules.never : rules.answeredOnce);
  }

  // ---- people: each request is theirs, through all that happens, until they sign out

  async person(state) {
    if (!state.visitor) {
      state.name = one(["alice", "bob", "carol"]);
      state.left = 20 + randomInt(30);
      await this.signIn(state);
      return;
    }
    if (state.left-- === 0) {
      const page = await state.visitor.get(this.bed.url("mine.test", "/oauth2/sign_out"), { headers: { "Sec-Fetch-Site": "same-origin" } });
      if (page.status >= 400) this.ledger.differ(`person: sign-out is ${page.status}`);
      this.ledger.count("person", "signed out");
      state.visitor = undefined;
      return;
    }
    const headers = { Cookie: state.visitor.jar.header(this.bed.url("mine.test", "/")) ?? "" };
    const id = this.ledger.begin();
    const answer = await this.timed(() => exchange(this.bed.url("mine.test", `/soak/${id}/plain`), { agent: false, headers }));
    const wrong = answer.error ?? wrongAbout(answer, id, "plain", { user: users[state.name].email });
    this.ledger.settle("person", id, wrong || "answered", wrong ? rules.never : rules.answeredOnce);
  }

  signIn(state) {
    const mine = this.signingIn.then(async () => {
      const visitor = this.bed.visitor();
      const id = this.ledger.begin();
      const page = await this.bed.signIn(visitor, state.name, this.bed.url("mine.test", `/soak/${id}/plain`));
      const wrong = wrongAbout({ status: page.status, body: page.bytes }, id, "plain", { user: users[state.name].email });
      this.ledger.settle("person", id, wrong ? `sign-in: ${wrong}` : "signed in", wrong ? rules.never : rules.answeredOnce);
      if (!wrong) state.visitor = visitor;
    });
    this.signingIn = mine.catch(() => {});
    return mine;
  }

  /// Nobody signs in while `work` goes on: the provider is away.
  withoutSignIns(work) {
    const mine = this.signingIn.then(work);
    this.signingIn = mine.catch(() => {});
    return mine;
  }

  // ---- WebSockets: each message comes back, until a Close says that another process serves now

  async webSocket() {
    const socket = new WebSocket(this.bed.url("app.test", "/socket").replace("https", "wss"), { ca: authority().pem, lookup, origin: this.bed.url("app.test") });
    socket.on("error", (error) => { socket.failure ??= error.message; });
    const ended = new Promise((resolve) => socket.on("close", (code) => { socket.code = code; resolve(); }));
    await within("a WebSocket", Promise.race([ended, new Promise((resolve) => socket.once("open", resolve))]), seconds(30));
    if (socket.code !== undefined) return this.ledger.differ(`webSocket: not opened: ${socket.failure}`);
    this.ledger.count("webSocket", "opened");
    for (let left = 20 + randomInt(200); left > 0 && !this.isOver; --left) {
      const id = this.ledger.begin();
      const back = new Promise((resolve) => socket.once("message", (bytes) => resolve(bytes.toString())));
      socket.send(id, () => {});
      const said = await within("an echo", Promise.race([back, ended]), seconds(30));
      if (said === undefined) {
        // 1001: the process that served it ends; what had not come back may or may not have been read.
        this.ledger.settle("webSocket", id, `closed with ${socket.code}`, socket.code === 1001 ? rules.atMostOnce : rules.never);
        return;
      }
      this.ledger.settle("webSocket", id, said === id ? "answered" : `the echo of ${said}`, said === id ? rules.answeredOnce : rules.never);
      await pause(20);
    }
    socket.close();
    await within("a WebSocket's end", ended, seconds(30));
  }

  // ---- clients who leave, and origins that break: an answer is right or says that there is none

  async leaver() {
    const id = this.ledger.begin();
    await exchange(this.bed.url("app.test", `/soak/${id}/${one(["large", "slow", "drip"])}`), { agent: false, leaves: randomInt(60) });
    this.ledger.leave("leaver", id);
  }

  async breaking() {
    const id = this.ledger.begin();
    const conduct = one(["plain", "plain", "cut", "slow"]);
    const method = one(["GET", "GET", "POST"]);
    const answer = await exchange(this.bed.url("breaks.test", `/soak/${id}/${conduct}`), { agent: false, method, body: method === "POST" ? "once" : undefined });
    const wrong = answer.status === 200 && !answer.error ? wrongAbout(answer, id, conduct, { body: method === "POST" ? "once" : "" }) : "";
    const outcome = wrong || (answer.error && answer.status ? "cut short" : answer.error ?? String(answer.status));
    const isKnown = ["200", "502", "503", "504", "cut short"].includes(outcome);
    const rule = !isKnown ? rules.never : outcome === "200" ? rules.answeredAfterBreaks : rules.unanswered;
    this.ledger.settle("breaking", id, outcome, (entry) => rule(entry) || (method === "POST" ? rules.atMostOnce(entry) : ""));
    await pause(10);
  }
}

function overH2(session, origin, path) {
  return new Promise((resolve) => {
    if (session.closed || session.destroyed) return resolve({ error: "closed", wasRefused: true });
    const stream = session.request({ ":path": path, ":authority": new URL(origin).host });
    const seen = { body: [] };
    stream.on("response", (head) => { seen.status = head[":status"]; });
    stream.on("data", (part) => seen.body.push(part));
    stream.on("error", (error) => { seen.error = error.code ?? error.message; });
    stream.setTimeout(seconds(30), () => stream.close(http2.constants.NGHTTP2_CANCEL));
    stream.on("close", () => {
      if (seen.status !== undefined && stream.rstCode === 0 && !seen.error) return resolve({ status: seen.status, body: Buffer.concat(seen.body) });
      resolve({ error: seen.error ?? `reset with ${stream.rstCode}`, wasRefused: stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM || (session.destroyed && seen.status === undefined) });
    });
  });
}
