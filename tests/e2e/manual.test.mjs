// What the command line takes, the manual explains and shells complete: each command and option of `gateway --help`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { runGateway } from "./support/gateway.mjs";
import { checkout } from "./support/run_folder.mjs";

const packaged = (name) => readFileSync(path.join(checkout, "packaging", name), "utf8");

/// [{command, action, options}] of the help's lines that begin with "  gateway ".
function calls() {
  const help = runGateway(["--help"]).stdout;
  const lines = help.split("\n").filter((line) => line.startsWith("  gateway ")).map((line) => line.trim().replace(/\s{3,}.*$/, ""));
  assert.ok(lines.length >= 15, help);
  return lines.map((line) => {
    const [, command, action] = /^gateway ([a-z-]+)(?: ([a-z]+))?/.exec(line);
    const others = [...line.matchAll(/\| ([a-z]+) /g)].map((match) => match[1]);
    return { line, command, actions: [action, ...others].filter(Boolean), options: [...line.matchAll(/--[a-z-]+/g)].map((match) => match[0]) };
  });
}

/// What bash offers for the words, the last of which is being written.
function completed(words) {
  const script = `source '${path.join(checkout, "packaging/completions/gateway.bash")}'
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _gateway; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const run = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  assert.equal(run.stderr, "");
  return run.stdout.split("\n").filter(Boolean);
}

test("gateway(1) explains each command and option", () => {
  const manual = packaged("man/gateway.1").replace(/\.It Nm /g, "");
  for (const { line, command, actions, options } of calls()) {
    assert.match(manual, new RegExp(`^Cm ${command}\\b`, "m"), line);
    for (const action of actions) assert.match(manual, new RegExp(`Cm ${command} Cm ${action}\\b`), line);
    for (const option of options) assert.match(manual, new RegExp(`Fl -${option.slice(2)}\\b`), line);
  }
});

test("bash completes each command, action and option", () => {
  for (const { line, command, actions, options } of calls()) {
    assert.ok(completed(["gateway", command.slice(0, 3)]).includes(command), line);
    for (const action of actions) {
      assert.ok(completed(["gateway", command, action.slice(0, 1)]).includes(action), line);
    }
    const offered = completed(["gateway", command, ...actions.slice(0, 1), "--"]);
    for (const option of options) assert.ok(actions.length > 1 || offered.includes(option), `${line}: ${option} of ${offered}`);
  }
  assert.deepEqual(completed(["gateway", "certificates", "revoke", "x", "--reason", "k"]), ["keyCompromise"]);
});

for (const [shell, file] of [["zsh", "completions/_gateway"], ["fish", "completions/gateway.fish"]]) {
  test(`the words for ${shell} are those of the help`, () => {
    const words = new Set(packaged(file).match(/[A-Za-z][A-Za-z-]*/g));
    const options = shell === "zsh" ? new Set(packaged(file).match(/--[a-z-]+/g)) : new Set([...packaged(file).matchAll(/ -l ([a-z-]+)/g)].map((match) => `--${match[1]}`));
    for (const call of calls()) {
      for (const word of [call.command, ...call.actions]) assert.ok(words.has(word), `${call.line}: ${word}`);
      for (const option of call.options) assert.ok(options.has(option), `${call.line}: ${option}`);
    }
  });
}

test("gateway.yaml(5) has each key of the reference, and nothing that troff takes for its own", () => {
  const reference = readFileSync(path.join(checkout, "config/README.md"), "utf8");
  const run = spawnSync("python3", [path.join(checkout, "packaging/man/gateway_yaml.py"), path.join(checkout, "config/README.md")], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  const plain = run.stdout.replaceAll("\\-", "-").replaceAll("\\fB", "").replaceAll("\\fR", "").replaceAll("\\&", "");
  const keys = [...reference.slice(reference.indexOf("## Keys")).matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
  assert.ok(keys.length > 150, `${keys.length} keys`);
  for (const key of keys) assert.ok(plain.includes(`\n${key}`), key);
  for (const line of run.stdout.split("\n")) assert.match(line, /^(\.(TH|SH|SS|PP|TP|IP|RS|RE|EX|EE|BR|I)\b|\.\\"|[^.']|$)/, line);
});
