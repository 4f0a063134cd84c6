// A gateway with listen.admin, and what it counts.
import assert from "node:assert/strict";
import http from "node:http";

import { startBed } from "./bed.mjs";
import { reservePorts } from "./gateway.mjs";
import { reservePort } from "./run_folder.mjs";

/// A bed whose gateway has an admin listener. options: more (of the file), listen (of its section), sockets (of listen.admin).
export async function startWatched(t, options = {}) {
  const admin = await reservePort();
  const ports = await reservePorts();
  const listen = { https: `127.0.0.1:${ports.https}`, http: `127.0.0.1:${ports.http}`, public_port: ports.https, admin: [`127.0.0.1:${admin}`, ...(options.sockets ?? [])], ...options.listen };
  const bed = await startBed(t, { ...options, start: { ...options.start, ports }, config: (parts) => ({ ...parts, ...options.more, listen }) });
  bed.admin = (target, { method = "GET", host = `127.0.0.1:${admin}`, headers = {} } = {}) => new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port: admin, path: target, method, agent: false, headers: { ...headers, host } }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part) => { body += part; });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on("error", reject);
    request.end();
  });
  bed.adminPort = admin;
  bed.metrics = async () => parseMetrics((await bed.admin("/metrics")).body);
  return bed;
}

/// Series and their values: {'name{a="b"}': 1}. Judges the format line by line (row P06).
export function parseMetrics(text) {
  assert.ok(text.endsWith("\n"));
  const types = new Map();
  const series = new Map();
  for (const line of text.trimEnd().split("\n")) {
    if (line.startsWith("# HELP ")) continue;
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      assert.ok(!types.has(type[1]), `two families ${type[1]}`);
      types.set(type[1], type[2]);
      continue;
    }
    const sample = /^([a-z_]+)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) ([0-9.e+-]+)$/.exec(line);
    assert.ok(sample, `no sample: ${line}`);
    const family = types.has(sample[1]) ? sample[1] : sample[1].replace(/_(bucket|sum|count)$/, "");
    assert.ok(types.has(family), `no family for ${line}`);
    assert.ok(!series.has(sample[1] + sample[2]), `twice: ${line}`);
    series.set(sample[1] + sample[2], Number(sample[3]));
  }
  return series;
}
