// Dice that can be thrown again, an origin that misbehaves as a path asks for, and a client of HTTP/2 frames without manners.
// A path is /ID/CONDUCT/BYTES: the right answer to it is BYTES bytes of "<ID>" over and over, so that whoever gets another's
// answer can tell.
import { createHash } from "node:crypto";
import http from "node:http";
import tls from "node:tls";
import { setTimeout as pause } from "node:timers/promises";

import { cleanup } from "./cleanup.mjs";
import { block, frame, number, request, types } from "./h2_client.mjs";
import { authority } from "./run_folder.mjs";

/// What an origin does: the first four end in a whole answer, the others do not, or not always.
export const whole = ["early", "late", "drip", "last"];
export const broken = ["cut", "kill", "reset"];

export const bodyOf = (id, bytes) => Buffer.alloc(bytes, `<${id}>`);

/// The same numbers for the same seed (mulberry32), so that a bad run can be looked at again.
export class Dice {
  constructor(seed) { this.state = seed >>> 0; }

  below(limit) {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  of(list) { return list[this.below(list.length)]; }

  /// One time in `count`.
  once(count) { return this.below(count) === 0; }
}

const conducts = {
  early: (response, body) => response.end(body),
  late: (response, body, dice) => setTimeout(() => response.end(body), dice.below(60)),
  drip(response, body, dice) {
    response.flushHeaders();
    const step = Math.ceil(body.length / 5) || 1;
    const next = (at) => {
      if (response.destroyed) return;
      if (at + step >= body.length) return response.end(body.subarray(at));
      response.write(body.subarray(at, at + step));
      setTimeout(next, dice.below(15), at + step);
    };
    next(0);
  },
  last: (response, body) => response.setHeader("Connection", "close").end(body),
  cut(response, body, dice) {
    response.write(body);
    setTimeout(() => response.destroy(), dice.below(20));
  },
  kill: (response, _, dice) => setTimeout(() => response.destroy(), dice.below(20)),
  reset: (response, _, dice) => setTimeout(() => response.socket?.resetAndDestroy(), dice.below(30)),
};

/// HEAD is answered at once: Node would put early hints of the next request on its connection behind that one's head.
function answer(request, response, dice) {
  request.on("error", () => {});
  response.on("error", () => {});
  if (dice.once(2)) request.resume(); // else its body is left where it is
  if (dice.once(8)) response.writeEarlyHints({ link: "</a>; rel=preload" });
  const [, id, conduct, bytes] = request.url.split("/");
  if (dice.once(2)) response.setHeader("Content-Length", bytes);
  conducts[request.method === "HEAD" ? "early" : conduct](response, bodyOf(id, Number(bytes)), dice);
}

/// Opens every socket, sends back what it gets, and ends or breaks some.
function echo(request, socket, dice) {
  socket.on("error", () => {});
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on("data", (bytes) => socket.write(bytes));
  socket.on("end", () => socket.end());
  if (dice.once(3)) setTimeout(() => socket.end(), dice.below(40));
  if (dice.once(5)) setTimeout(() => socket.destroy(), dice.below(40));
}

/// {url} of an HTTP/1.1 origin that does what paths ask for, and holds connections not long.
export async function startChaosOrigin(t, dice) {
  const server = http.createServer({ keepAliveTimeout: 300 }, (request, response) => answer(request, response, dice));
  server.on("upgrade", (request, socket) => echo(request, socket, dice));
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup(t, () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));
  return { url: `http://127.0.0.1:${server.address().port}` };
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const setting = (name, value) => frame(types.settings, 0, 0, Buffer.concat([Buffer.of(0, name), number(value)]));
const initialWindow = 4;

/// One connection of frames: requests, bodies, sockets, resets, windows, in any order the protocol allows, read or left unread,
/// and its end in one of the ways there are.
export class RudeClient {
  constructor(port, host, dice, newPath) {
    Object.assign(this, { port, host, dice, newPath, stream: 1, open: new Set() });
  }

  async connect() {
    this.socket = tls.connect({ port: this.port, host: "127.0.0.1", servername: this.host, ca: authority().pem, ALPNProtocols: ["h2"] });
    this.socket.on("error", () => {});
    return new Promise((resolve) => this.socket.once("secureConnect", () => resolve(true)).once("close", () => resolve(false)));
  }

  async misbehave(turns) {
    const { dice } = this;
    if (!await this.connect()) return;
    if (!dice.once(3)) this.socket.resume();
    let frames = [preface, setting(initialWindow, dice.of([0, 10, 1000, 65535, 1 << 20])), frame(types.settings, 1, 0)];
    for (let turn = 0; turn < turns && !this.socket.destroyed; ++turn) {
      for (let count = dice.below(8); count >= 0; --count) frames.push(this.anything());
      this.socket.write(Buffer.concat(frames));
      frames = [];
      await pause(dice.once(3) ? dice.below(30) : 0);
    }
    if (dice.once(2)) this.socket.destroy();
    else this.socket.end().resume();
    setTimeout(() => this.socket.destroy(), 200).unref();
  }

  anything() {
    const { dice } = this;
    const stream = dice.of([...this.open]);
    switch (dice.below(stream === undefined ? 7 : 12)) {
      case 0: case 1: case 2: return this.begin();
      case 3: return frame(types.windowUpdate, 0, 0, number(100000));
      case 4: return this.reset(dice.below(this.stream / 2 | 0) * 2 + 1);
      case 5: return dice.once(4) ? setting(initialWindow, dice.of([0, 100, 65535, 200000])) : Buffer.alloc(0);
      case 6: return this.begin();
      case 7: case 8: return frame(types.data, 0, stream, Buffer.alloc(dice.of([1, 100, 8000, 16384]), "x"));
      case 9: case 10:
        this.open.delete(stream);
        return frame(types.data, 1, stream, Buffer.alloc(dice.of([0, 1, 16384]), "y"));
      default: return frame(types.windowUpdate, 0, stream, number(dice.of([1, 5000, 100000])));
    }
  }

  begin() {
    const { dice, stream } = this;
    if (this.open.size > 60) return Buffer.alloc(0);
    this.stream += 2;
    const authority = `${this.host}:${this.port}`;
    const path = this.newPath(dice.of([...whole, ...broken]), dice.of([0, 10, 2000, 70000, 300000]));
    if (dice.once(5)) {
      this.open.add(stream);
      return frame(types.headers, 4, stream, block([[":method", "CONNECT"], [":protocol", "websocket"], [":scheme", "https"], [":authority", authority], [":path", path], ["origin", `https://${authority}`], ["sec-websocket-version", "13"]]));
    }
    const hasBody = dice.once(2);
    if (hasBody) this.open.add(stream);
    return frame(types.headers, hasBody ? 4 : 5, stream, request(dice.of(hasBody ? ["POST", "PUT"] : ["GET", "HEAD"]), authority, path, [["accept-encoding", "gzip, zstd, br"]]));
  }

  reset(stream) {
    if (this.stream === 1) return Buffer.alloc(0);
    this.open.delete(stream);
    return frame(types.reset, 0, stream, number(8));
  }
}
