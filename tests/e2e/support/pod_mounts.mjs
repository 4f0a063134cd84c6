// The files of a pod as the kubelet lays them out: each volume a folder whose files are links into ..data, itself a link. Paths of
// the pod become paths below the run's folder, in files as well.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { runFolder, scratch } from "./run_folder.mjs";

function layOut(folder, files) {
  const version = "..2026_01_01_00_00_00.000000001";
  mkdirSync(path.join(folder, version));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(folder, version, name), text, { mode: 0o440 });
    symlinkSync(path.join("..data", name), path.join(folder, name));
  }
  symlinkSync(version, path.join(folder, "..data"));
}

/// What `volume` holds: {name: text} of a ConfigMap or Secret of `objects`; nothing for an emptyDir.
function contentOf(volume, objects) {
  const found = (kind, name) => {
    const object = objects.find((one) => one.kind === kind && one.metadata.name === name);
    if (!object) throw new Error(`there is no ${kind} ${name}`);
    return object;
  };
  if (volume.emptyDir) return undefined;
  return volume.configMap ? found("ConfigMap", volume.configMap.name).data : found("Secret", volume.secret.secretName).stringData;
}

/// The volumes of the deployment's first container. Gives {local(text), remote(text), file, scratch}: paths of the pod in a
/// text become ours, and back; `file` is gateway.yaml, `scratch` the emptyDir. `change(text, name)` may change each file.
export function mountPod(deployment, objects, change = (text) => text) {
  const { containers: [container], volumes } = deployment.spec.template.spec;
  const places = container.volumeMounts.map(({ name, mountPath }) => ({ mountPath, volume: volumes.find((one) => one.name === name), folder: scratch("pod") }));
  const local = (text) => places.reduce((changed, { mountPath, folder }) => changed.replaceAll(`${mountPath}/`, `${folder}/`), text);
  const remote = (text) => places.reduce((changed, { mountPath, folder }) => changed.replaceAll(`${folder}/`, `${mountPath}/`), text);
  for (const { volume, folder } of places) {
    const files = contentOf(volume, objects);
    if (!files) chmodSync(folder, 0o2777);
    else layOut(folder, Object.fromEntries(Object.entries(files).map(([name, text]) => [name, change(local(text), name)])));
  }
  return { local, remote, scratch: places.find(({ volume }) => volume.emptyDir).folder, file: local(container.command[container.command.indexOf("--config") + 1]) };
}

/// A command in front of a program: it runs as in the pod's container, without capabilities, on a file system that is read-only but
/// for `folder` (root's own files can be read as before). Needs root.
export function confined(folder) {
  const script = `mount --bind "$0" "$0" && mount -o remount,ro,bind / && exec setpriv --bounding-set -all --inh-caps -all --no-new-privs "$@"`;
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, folder];
}

/// Why nothing can be confined here, or undefined.
export function notConfined() {
  if (process.getuid() !== 0) return "needs root";
  const [command, ...args] = confined(scratch("confined"));
  const run = spawnSync(command, [...args, "sh", "-c", `! touch ${runFolder()}/forbidden 2>/dev/null && grep -q 'CapEff:.0*$' /proc/self/status`], { encoding: "utf8" });
  return run.status === 0 ? undefined : `nothing can be confined: ${run.stderr.trim()}`;
}
