// The machine lets the gateway down: logs that cannot be written, no memory, a clock that jumps, no DNS, a process that is killed.
// What is promised for each stands in gateway/run/README.md.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { startBed } from "./support/bed.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { movableClock } from "./support/clock.mjs";
import { messageOf, reservePorts } from "./support/gateway.mjs";
import { startNameServer } from "./support/name_server.mjs";
import { answer } from "./support/origin.mjs";
import { connectTls } from "./support/raw_client.mjs";
import { seconds, until, within } from "./support/wait.mjs";

const publicRoute = (origin) => [{ host: "app.test", to: origin.url, public: true }];
const get = async (bed, rest = "/", visitor = bed.visitor({ navigates: false })) => (await visitor.get(bed.url("app.test", rest))).status;

test("a disk that is full takes log lines from nobody's request: they are served, and the loss is said where it can be", async (t) => {
  const bed = await startBed(t, { config: (parts) => ({ ...parts, log: { access: "/dev/full", audit: "/dev/full" } }) });
  await bed.signedIn("alice");
  for (let i = 0; i < 20; ++i) assert.equal((await bed.visitor({ navigates: false }).get(bed.url("other.test", "/x"))).status, 200);
  for (const log of ["access", "audit"]) await bed.gateway.event("log lines were dropped", (event) => event.log === log && event.lines >= 1 && event.level === "error");
  const told = bed.gateway.events.filter((event) => messageOf(event).startsWith("log lines were dropped"));
  assert.ok(told.length <= 4, "not a line for each line");
});

test("who reads the logs hangs, then goes: nobody waits for him", async (t) => {
  const bed = await startBed(t, { routes: publicRoute });
  const { child } = bed.gateway;
  child.stdout.pause();
  const long = "x".repeat(4000); // in each line
  for (let i = 0; i < 60; ++i) assert.equal(await get(bed, `/${long}`), 200);
  child.stdout.destroy();
  child.stderr.destroy();
  for (let i = 0; i < 20; ++i) assert.equal(await get(bed), 200);
});

const mib = 1024 * 1024;
const dataOf = (pid) => Number(/VmData:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

test("no memory left: the process says so and ends, to be started again", async (t) => {
  const bed = await startBed(t, { routes: publicRoute });
  const { gateway } = bed;
  if (dataOf(gateway.pid) > 1e6 * mib) return t.skip("a sanitizer's memory cannot be limited");
  gateway.stop = async () => {}; // its end is judged here
  cleanup(t, () => gateway.signal("SIGKILL"));
  const clients = [];
  for (let i = 0; i < 200; ++i) clients.push(await connectTls(t, gateway.ports.https, { servername: "app.test" }));
  execFileSync("prlimit", ["--pid", String(gateway.pid), `--data=${dataOf(gateway.pid) + 2 * mib}`]);
  // Heads without an end, each as long as one may be.
  for (const client of clients) await client.send(`GET / HTTP/1.1\r\nHost: app.test\r\n${"X: ".padEnd(8000, "x")}\r\n${"Y: ".padEnd(8000, "y")}\r\n`).catch(() => {});
  await within("its end", gateway.exited);
  assert.match(gateway.stderr.text, /out of memory: ending/);
  assert.deepEqual(gateway.end, { code: 70, signal: null });
});

test("a clock that jumps: a minute back is nothing, further back whoever was seen later signs in again, and so at the end of a session", async (t) => {
  const clock = movableClock();
  const bed = await startBed(t, { start: { environment: clock.environment }, login: { session: { lifetime: "12h", idle: "12h" } } });
  const asProgram = { headers: { Accept: "application/json", "Sec-Fetch-Mode": null, "Sec-Fetch-Dest": null } };
  const statusOf = async (visitor) => (await visitor.get(bed.url("app.test", "/x"), asProgram)).status;
  const nobody = async () => (await bed.visitor({ navigates: false }).get(bed.url("other.test", "/x"))).status;
  /// With the provider's clock, too: by a token from the future or the past nobody gets in.
  const signsInAt = async (moment, name) => { clock.move(moment); bed.provider.claims = (claims) => ({ ...claims, iat: claims.iat + moment, exp: claims.exp + moment }); const visitor = await bed.signedIn(name); assert.equal(await statusOf(visitor), 200); return visitor; };
  const alice = await signsInAt(0, "alice");
  clock.move(-50);
  assert.equal(await statusOf(alice), 200);
  clock.move(-24 * 3600);
  assert.equal(await statusOf(alice), 401);
  assert.equal(await nobody(), 200);
  assert.equal((await bed.signIn(bed.visitor(), "bob", bed.url("app.test", "/"))).status, 502, "the provider has another clock");
  const bob = await signsInAt(-24 * 3600, "bob");
  clock.move(0);
  assert.equal(await statusOf(alice), 200, "the clock is right again, and her session is what it was");
  assert.equal(await statusOf(bob), 401, "a session of a day ago");
  clock.move(13 * 3600);
  assert.equal(await statusOf(alice), 401);
  await signsInAt(13 * 3600, "alice");
  assert.equal(await nobody(), 200);
});

test("no DNS: known names stay good, unknown ones are 502 until it is back", async (t) => {
  const names = await startNameServer(t);
  names.table["app.svc.test"] = ["127.0.0.1"];
  const bed = await startBed(t, {
    origin: { reply: () => answer(200, "here") },
    routes: (origin) => [{ host: "app.test", to: `http://app.svc.test:${origin.port}`, public: true }, { host: "wiki.test", to: `http://wiki.svc.test:${origin.port}`, public: true }],
    config: (parts) => ({ ...parts, resolver: [names.address] }),
  });
  assert.equal(await get(bed), 200);
  const asked = () => names.asked["app.svc.test"] ?? 0;
  names.isSilent = true;
  const before = asked();
  await until("the record to be asked for again, in vain", async () => { assert.equal(await get(bed), 200); return asked() > before; }, seconds(30));
  assert.equal(await get(bed), 200);
  const wiki = async () => (await bed.visitor({ navigates: false }).get(bed.url("wiki.test", "/"))).status;
  assert.ok([502, 503, 504].includes(await wiki()));
  names.table["wiki.svc.test"] = ["127.0.0.1"];
  names.isSilent = false;
  await until("the name to be known", async () => (await wiki()) === 200, seconds(30));
});

/// Holds listening sockets and starts the gateway on them, again whenever it ends by itself: what systemd does by Restart= and a socket
/// unit. TERM is for both.
const restarting = `
import fcntl, os, signal, socket, sys
held = []
for port in sys.argv[1].split(","):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", int(port)))
    s.listen(1024)
    held.append(fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100))
state = {"child": 0, "ends": False}
def end(*_):
    state["ends"] = True
    os.kill(state["child"], signal.SIGTERM)
signal.signal(signal.SIGTERM, end)
while True:
    state["child"] = os.fork()
    if state["child"] == 0:
        for i, descriptor in enumerate(held):
            os.dup2(descriptor, 3 + i, inheritable=True)
        os.closerange(100, 200)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(held)))
        os.execv(sys.argv[2], sys.argv[2:])
    _, status = os.waitpid(state["child"], 0)
    if state["ends"]:
        sys.exit(os.waitstatus_to_exitcode(status))
`;

test("SIGKILL at any time: no connection is refused, only what was under way is cut, and everybody is still signed in", async (t) => {
  const ports = await reservePorts();
  const bed = await startBed(t, {
    start: { ports, wrapper: ["python3", "-c", restarting, `${ports.https},${ports.http}`] },
    login: { session: { store: "storage" } },
  });
  const alice = await bed.signedIn("alice");
  const outcomes = {};
  let isOver = false;
  const lane = async () => {
    while (!isOver) {
      const outcome = await alice.get(bed.url("app.test", "/x")).then((page) => page.status, (error) => error.code ?? error.message);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  const lanes = [lane(), lane(), lane()];
  const starts = () => bed.gateway.events.filter((event) => messageOf(event) === "ready").length;
  for (let i = 1; i <= 4; ++i) {
    const before = outcomes[200] ?? 0;
    await until("requests", () => outcomes[200] > before + 10);
    const child = execFileSync("pgrep", ["-P", String(bed.gateway.pid)], { encoding: "utf8" }).trim();
    process.kill(Number(child), "SIGKILL");
    await until("the next process", () => starts() === i + 1, seconds(20));
  }
  const before = outcomes[200];
  await until("requests", () => outcomes[200] > before + 10);
  isOver = true;
  await Promise.all(lanes);
  const cut = Object.entries(outcomes).filter(([outcome]) => outcome !== "200");
  assert.ok(cut.every(([outcome]) => ["ECONNRESET", "socket hang up"].includes(outcome)), JSON.stringify(outcomes));
  assert.ok(cut.reduce((sum, [, count]) => sum + count, 0) <= 4 * lanes.length, JSON.stringify(outcomes));
});
