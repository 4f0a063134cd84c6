// Sockets that were open before the gateway began: it serves on them with all its workers, binds none again, and does not start
// with one that it has no use for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { test } from "node:test";

import { policies, startBed } from "./support/bed.mjs";
import { binary, messageOf, reservePorts, usualConfig, writeConfig } from "./support/gateway.mjs";
import { answer } from "./support/origin.mjs";
import { connectPlain, connectTls } from "./support/raw_client.mjs";
import { reservePort, scratch } from "./support/run_folder.mjs";
import { seconds, until, within } from "./support/wait.mjs";

/// Opens listening sockets as descriptors 3 and up and becomes what follows, as systemd does.
const handOver = `
import fcntl, os, socket, sys
ports = [int(port) for port in sys.argv[1].split(",")]
held = []
for port in ports:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(1024)
    held.append(fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100))
for i, descriptor in enumerate(held):
    os.dup2(descriptor, 3 + i, inheritable=True)
os.closerange(100, 200)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(ports)), LISTEN_FDNAMES=":".join("web%d.socket" % i for i in range(len(ports))))
os.execv(sys.argv[2], sys.argv[2:])
`;
const wrapper = (...ports) => ["python3", "-c", handOver, ports.join(",")];

/// How many sockets listen on a port of 127.0.0.1.
function listeners(port) {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/tcp", "latin1").split("\n").filter((line) => line.trim().split(/\s+/)[1] === address && line.trim().split(/\s+/)[3] === "0A").length;
}

/// Threads of the gateway that wait on its descriptor 3: one epoll instance each.
function waitingThreads(pid) {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === "anon_inode:[eventpoll]"
    && /^tfd:\s+3 /m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1"))).length;
}

test("inherited sockets are served by all workers and not bound again", async (t) => {
  const ports = await reservePorts();
  const bed = await startBed(t, { origin: { reply: () => answer(200, "served") }, config: (parts) => ({ ...parts, workers: 3 }), start: { ports, wrapper: wrapper(ports.https, ports.http) } });
  const listening = bed.gateway.events.filter((event) => messageOf(event) === "listening");
  assert.deepEqual(listening.map((event) => [event.address, event.inherited]), [[`127.0.0.1:${ports.https}`, true], [`127.0.0.1:${ports.http}`, true]]);
  assert.equal(listeners(ports.https), 1);
  assert.equal(listeners(ports.http), 1);
  assert.equal(waitingThreads(bed.gateway.pid), 3);
  assert.match(readFileSync(`/proc/${bed.gateway.pid}/fdinfo/3`, "latin1"), /^flags:\s+0?2\d*4\d{3}$/m, "not close-on-exec and non-blocking");
  for (let round = 0; round < 5; ++round) {
    await Promise.all(Array.from({ length: 20 }, () => bed.visitor().get(bed.url("other.test", "/x")).expect(200)));
  }
  const plain = await connectPlain(t, ports.http);
  await plain.send(`GET /x HTTP/1.1\r\nHost: other.test:${ports.http}\r\n\r\n`);
  assert.equal((await plain.response()).status, 308);
  assert.ok(!/accept/i.test(bed.gateway.stderr.text), "an accept that found nothing was logged");
  bed.gateway.signal("SIGTERM");
  plain.close();
  await within("the end", bed.gateway.exited);
});

test("where one address is inherited, the others are opened as ever", async (t) => {
  const ports = await reservePorts();
  const bed = await startBed(t, { start: { ports, wrapper: wrapper(ports.https) } });
  assert.equal(listeners(ports.https), 1);
  assert.equal(listeners(ports.http), 2, "one a worker");
  await bed.visitor().get(bed.url("other.test", "/x")).expect(200);
});

test("a socket for which the file has no address ends the start with its address and name", async () => {
  const ports = await reservePorts();
  const stray = await reservePort();
  const provider = { type: "oidc", issuer: "https://op.localhost:1", client_id: "x", client_secret: "y" };
  const config = { ...usualConfig(ports, scratch("storage")), login: { host: "auth.test", providers: { main: provider } }, policies, routes: [{ host: "app.test", to: "http://127.0.0.1:1", policy: "signed-in" }] };
  const [command, ...args] = [...wrapper(ports.https, stray), binary, "run", "--config", writeConfig(config)];
  const run = spawnSync(command, args, { encoding: "utf8", timeout: seconds(20) });
  assert.equal(run.status, 2, run.stderr);
  assert.match(run.stderr, new RegExp(`127\\.0\\.0\\.1:${stray} \\(web1\\.socket\\)`));
});

const activator = "/usr/bin/systemd-socket-activate";

test("systemd's own tool hands a socket over", { skip: !existsSync(activator) && "no systemd-socket-activate" }, async (t) => {
  const ports = await reservePorts();
  const bed = await startBed(t, { providerReady: false, origin: { reply: () => answer(200, "served") },
    start: { ports, wrapper: [activator, "-l", `127.0.0.1:${ports.https}`, "--fdname", "https"], expectReady: false } });
  // It starts the program at the first connection, which waits in the queue meanwhile.
  await until("the socket", () => listeners(ports.https) === 1);
  const wire = await connectTls(t, ports.https, { servername: "other.test" });
  await wire.send(`GET /x HTTP/1.1\r\nHost: other.test:${ports.https}\r\n\r\n`);
  assert.equal((await wire.response()).status, 200);
  assert.ok(bed.gateway.events.some((event) => event.address === `127.0.0.1:${ports.https}` && event.inherited));
  assert.equal(listeners(ports.https), 1);
  wire.close();
});
