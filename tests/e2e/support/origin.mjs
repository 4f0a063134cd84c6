// An origin that keeps every byte it is sent, connection by connection, and answers what the test says, byte by byte.
import { readFileSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";

import { cleanup } from "./cleanup.mjs";
import { MessageReader, fieldOf } from "./http_message.mjs";
import { certificateFor } from "./run_folder.mjs";
import { seconds, until } from "./wait.mjs";

/// A complete answer as latin1 text. `fields` is a list of pairs; the length is added unless framing is given.
export function answer(status, body = "", fields = []) {
  const names = fields.map(([name]) => name.toLowerCase());
  const framed = names.includes("content-length") || names.includes("transfer-encoding");
  const all = framed ? fields : [...fields, ["Content-Length", String(Buffer.byteLength(body, "latin1"))]];
  return `HTTP/1.1 ${status} ${status === 200 ? "OK" : "Status"}\r\n${all.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n${body}`;
}

/// The request as JSON, so that a client sees what the origin saw.
export function echo(request) {
  const body = JSON.stringify({ method: request.method, target: request.target, fields: request.fields, body: request.body.toString("latin1") })
    .replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return answer(200, body, [["Content-Type", "application/json"]]);
}

class OriginConnection {
  constructor(socket, origin) {
    this.socket = socket;
    this.origin = origin;
    this.bytes = []; // as received
    this.received = 0;
    this.requests = [];
    this.ended = false; // the other side sent its end
    this.closed = false;
    const on = {
      head: (request) => this.headArrived(request),
      body: (request, bytes) => origin.onBody?.(request, bytes, this),
      end: (request) => this.requestArrived(request),
    };
    this.reader = new MessageReader("request", on, { keepBodies: origin.keepsBodies });
    socket.on("data", (bytes) => this.receive(bytes));
    socket.on("end", () => { this.ended = true; });
    socket.on("error", (error) => { this.error = error; });
    socket.on("close", () => { this.closed = true; });
    origin.onConnection?.(this);
  }

  /// All bytes received so far, as latin1 text.
  get text() {
    return Buffer.concat(this.bytes).toString("latin1");
  }

  receive(bytes) {
    this.received += bytes.length;
    if (this.origin.keepsBytes) this.bytes.push(Buffer.from(bytes));
    if (this.raw) return this.raw(bytes);
    try {
      this.reader.push(bytes);
    } catch (error) {
      this.origin.faults.push(error); // what reached the origin was not well framed: the test fails when it closes
      this.socket.destroy();
    }
  }

  headArrived(request) {
    this.origin.onHead?.(request, this);
    if (fieldOf(request, "expect")?.toLowerCase() === "100-continue" && this.origin.continues) this.write("HTTP/1.1 100 Continue\r\n\r\n");
  }

  async requestArrived(request) {
    this.requests.push(request);
    this.origin.requests.push(request);
    const reply = await this.origin.reply(request, this);
    if (reply !== undefined) this.write(reply);
  }

  write(bytes) {
    if (!this.socket.destroyed) this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  end() { this.socket.end(); }
  reset() { this.socket.resetAndDestroy(); }
  pause() { this.socket.pause(); }
  resume() { this.socket.resume(); }
}

export class Origin {
  constructor(options) {
    this.connections = [];
    this.sockets = [];
    this.requests = []; // complete ones, of all connections, in order
    this.faults = [];
    this.reply = options.reply ?? echo;
    this.onHead = options.onHead;
    this.onBody = options.onBody;
    this.onConnection = options.onConnection;
    this.keepsBodies = options.keepsBodies ?? true;
    this.keepsBytes = options.keepsBytes ?? true;
    this.continues = options.continues ?? true;
    this.host = options.host ?? "127.0.0.1"; // another address of loopback stands for another machine
    const accept = (socket) => this.connections.push(new OriginConnection(socket, this));
    if (options.tlsNames) {
      const files = certificateFor(options.tlsNames, options.tlsOptions);
      this.server = tls.createServer({ cert: readFileSync(files.certificate), key: readFileSync(files.key), allowHalfOpen: true }, accept);
      this.server.on("tlsClientError", (_, socket) => socket.destroy());
    } else {
      this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, accept);
    }
  }

  async listen(port = 0) {
    this.server.on("connection", (socket) => this.sockets.push(socket)); // those that never finish a handshake as well
    await new Promise((resolve) => this.server.listen(port, this.host, resolve));
    this.port = this.server.address().port;
    return this;
  }

  get url() {
    return `${this.server instanceof tls.Server ? "https" : "http"}://${this.host}:${this.port}`;
  }

  /// Every byte that ever arrived: "" proves that nothing did.
  get text() {
    return this.connections.map((connection) => connection.text).join("");
  }

  get lastRequest() {
    return this.requests.at(-1);
  }

  /// Waits for the n-th request (from 1) and gives it.
  request(n, limit = seconds(10)) {
    return until(`request ${n} at the origin`, () => this.requests[n - 1], limit);
  }

  forget() {
    this.requests.length = 0;
    for (const connection of this.connections) connection.bytes.length = 0;
  }

  async close() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
    if (this.faults.length) throw new Error(`the origin was sent a malformed request: ${this.faults[0].message}`);
  }
}

/// Starts an origin that closes with the test. options: reply(request, connection) gives the answer's bytes, or nothing if it
/// wrote by itself; onHead, onBody, onConnection; keepsBodies, keepsBytes; continues; tlsNames; host and port to listen on.
export async function startOrigin(t, options = {}) {
  const origin = await new Origin(options).listen(options.port);
  cleanup(t, () => origin.close());
  return origin;
}
