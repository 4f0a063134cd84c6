// Real programs in front of the gateway: HAProxy, nginx and Caddy with a configuration of the test.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";

import { cleanup } from "./cleanup.mjs";
import { scratch } from "./run_folder.mjs";
import { seconds, until } from "./wait.mjs";

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" }, () => { socket.destroy(); resolve(true); });
    socket.on("error", () => resolve(false));
  });
}

async function start(t, { command, args, port, folder, environment = process.env }) {
  const child = spawn(command, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { words += part; });
  const ended = new Promise((resolve) => child.on("close", resolve).on("error", resolve));
  let isOver = false;
  ended.then(() => { isOver = true; });
  cleanup(t, () => { child.kill("SIGTERM"); return ended; });
  await until(`${command} on port ${port}`, () => isOver || accepts(port), seconds(10));
  if (isOver) throw new Error(`${command} did not start: ${words}`);
  return { folder, get words() { return words; } };
}

/// HAProxy with these sections; `port` is one that it listens on.
export async function startHaproxy(t, port, sections) {
  const folder = scratch("haproxy");
  const file = path.join(folder, "haproxy.cfg");
  writeFileSync(file, `global\n maxconn 200\ndefaults\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n${sections}\n`);
  return start(t, { command: "haproxy", args: ["-db", "-f", file], port, folder });
}

/// nginx with these servers in its http block.
export async function startNginx(t, port, servers) {
  const folder = scratch("nginx");
  const file = path.join(folder, "nginx.conf");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  writeFileSync(file, `${process.getuid() === 0 ? "user root;" : ""} daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log off; ${paths}\n${servers}\n}`);
  return start(t, { command: "nginx", args: ["-c", file, "-p", folder, "-e", path.join(folder, "error.log")], port, folder });
}

/// Certificate and key in one file, as HAProxy wants them.
export function joined({ certificate, key }) {
  const file = path.join(scratch("pem"), "both.pem");
  writeFileSync(file, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));
  return file;
}

export const hasCaddy = existsSync("/usr/bin/caddy");

/// Caddy with these sites; it says nothing to the world and keeps everything in its folder.
export async function startCaddy(t, port, sites) {
  const folder = scratch("caddy");
  const file = path.join(folder, "Caddyfile");
  writeFileSync(file, `{\n admin off\n auto_https off\n}\n${sites}\n`);
  const environment = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return start(t, { command: "caddy", args: ["run", "--config", file, "--adapter", "caddyfile"], port, folder, environment });
}
