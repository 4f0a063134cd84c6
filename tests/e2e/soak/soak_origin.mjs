// The origins of a soak: they write into the ledger what they see, and answer what the path asks for.
//   /soak/ID/plain      an echo as JSON: who the gateway says it is, and what the body was
//   /soak/ID/large      300 KB that say whose they are
//   /soak/ID/slow       the echo, after a while
//   /soak/ID/drip       the echo in pieces
//   /soak/ID/cut        the connection breaks instead, at the first attempt
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";

import { WebSocketServer } from "ws";

import { cleanup } from "../support/cleanup.mjs";
import { digest } from "./ledger.mjs";

export const largeBody = (id) => Buffer.alloc(300_000, `<${id}>`);

export class SoakOrigin {
  constructor(ledger) {
    this.ledger = ledger;
    this.underWay = new Map(); // response → id
    this.server = http.createServer((request, response) => this.serve(request, response).catch(() => response.destroy()));
    this.server.keepAliveTimeout = 0; // what is kept alive is the gateway's to close
    this.webSockets = new WebSocketServer({ server: this.server });
    this.webSockets.on("connection", (socket) => {
      socket.on("error", () => {});
      socket.on("message", (bytes) => {
        const id = bytes.toString();
        ledger.seen(id, "arrived");
        socket.send(id, () => {});
        ledger.seen(id, "answered");
      });
    });
  }

  async listen(port = 0) {
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    return this;
  }

  get url() { return `http://127.0.0.1:${this.port}`; }

  /// As a crash: nobody listens, and all connections break.
  async goAway() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    // Told of a close only later, which the client may be faster than.
    for (const response of this.underWay.keys()) this.over(response, response.writableEnded ? "answered" : "broken");
    this.server.closeAllConnections();
    for (const socket of this.webSockets.clients) socket.terminate();
    await closed;
  }

  comeBack() { return this.listen(this.port); }

  over(response, how) {
    const id = this.underWay.get(response);
    if (this.underWay.delete(response)) this.ledger.seen(id, how);
  }

  async serve(request, response) {
    const [, , id, conduct] = request.url.split("/");
    this.ledger.seen(id, "arrived");
    this.underWay.set(response, id);
    response.on("finish", () => this.over(response, "answered"));
    response.on("close", () => this.over(response, "broken"));
    if (conduct === "cut" && this.ledger.open.get(id)?.arrived === 1) {
      this.over(response, "broken");
      return request.socket.destroy();
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    if (conduct === "slow") await pause(100);
    if (conduct === "large") return response.end(largeBody(id));
    const text = JSON.stringify({ id, user: request.headers["x-soak-user"] ?? "", body: digest(Buffer.concat(parts)), pad: "." .repeat(2000) });
    if (conduct === "drip") for (let at = 0; at < text.length; at += 300) response.write(text.slice(at, at + 300)), await pause(2);
    return response.end(conduct === "drip" ? "" : text);
  }
}

export async function startSoakOrigin(t, ledger) {
  const origin = await new SoakOrigin(ledger).listen();
  cleanup(t, () => origin.goAway().catch(() => {}));
  return origin;
}
