#!/usr/bin/env bash
# The image: what is in it and what is not, the same bytes twice, and the gateway at work in it as the user that it is for.
# tests/image/run.sh [PROGRAM] (default: build/release/gateway). Needs root and buildah; leaves nothing behind.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=$(realpath "${1:-$top/build/release/gateway}")
. "$top/tests/steps.sh"

work=$(mktemp -d)
gateway=
clean_up() {
  [ -n "$gateway" ] && kill "$gateway" 2>/dev/null && wait "$gateway"
  rm -rf "$work"
}
trap clean_up EXIT
build=$top/packaging/image/build.sh

must "the image is built" "$build" --program "$program" "$work/one"
[ "$failed" -eq 0 ] || finish image
version=$("$program" version | cut -d' ' -f2)
same_bytes_twice() {
  "$build" --program "$program" "$work/two" && diff -r "$work/one" "$work/two"
}
must "built again it is the same to the byte" same_bytes_twice

read -r manifest config layer < <(python3 - "$work/one/gateway" <<'PYTHON'
import json, sys
blob = lambda digest: f"{sys.argv[1]}/blobs/sha256/{digest.split(':')[1]}"
manifest = blob(json.load(open(f"{sys.argv[1]}/index.json"))["manifests"][0]["digest"])
parts = json.load(open(manifest))
assert len(parts["layers"]) == 1, parts
print(manifest, blob(parts["config"]["digest"]), blob(parts["layers"][0]["digest"]))
PYTHON
)
[ -s "$manifest" ] && [ -s "$config" ] && [ -s "$layer" ] || { failed=1; finish image; }
root=$work/root
mkdir "$root"
tar -C "$root" --same-owner --numeric-owner -xpf "$layer"

less_than_30_mib() {
  local size
  size=$(stat -c %s "$layer")
  printf '%s bytes\n' "$size"
  [ "$size" -lt $((30 * 1024 * 1024)) ]
}
must "it is less than 30 MiB, before it is compressed" less_than_30_mib

nothing_but_the_gateway_runs() {
  local programs
  programs=$(find "$root" -type f -perm /111 ! -name '*.so*' -printf '%P\n')
  [ "$programs" = usr/bin/gateway ] || { printf '%s\n' "$programs"; return 1; }
}
must "the gateway is the only program in it: no shell, no package manager" nothing_but_the_gateway_runs
nothing_gives_rights_away() {
  local found
  found=$(find "$root" ! -type l \( -perm /7022 -o ! -user 0 \) ! -path "$root/var/lib/gateway" -printf '%M %u %P\n')
  [ -z "$found" ] || { printf '%s\n' "$found"; return 1; }
  [ "$(stat -c '%u:%g %a' "$root/var/lib/gateway")" = "65532:65532 700" ]
}
must "all of it is root's and nobody else's to write, but the folder of the state" nothing_gives_rights_away
links_lead_somewhere() {
  local link place
  while IFS= read -r link; do
    place=$(readlink "$root/$link")
    [ "${place#/}" != "$place" ] || place=/$(dirname "$link")/$place
    [ -e "$root$place" ] || { printf '%s leads nowhere\n' "$link"; return 1; }
  done < <(find "$root" -type l -printf '%P\n')
  [ "$(readlink "$root/usr/lib/ssl/cert.pem")" = /etc/ssl/certs/ca-certificates.crt ] &&
    [ "$(grep -c 'BEGIN CERTIFICATE' "$root/etc/ssl/certs/ca-certificates.crt")" -gt 100 ]
}
must "the authorities are where OpenSSL looks for them" links_lead_somewhere

bill_is_complete() {
  python3 - "$root" "$work/one/gateway.spdx.json" "$version" <<'PYTHON'
import hashlib, json, os, sys
root, bill, version = sys.argv[1:]
document = json.load(open(bill))
assert open(bill, "rb").read() == open(f"{root}/usr/share/doc/gateway/gateway.spdx.json", "rb").read(), "two bills"
assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0" and document["documentNamespace"], "no SPDX"
packages = {package["name"]: package for package in document["packages"]}
assert packages["gateway"]["versionInfo"] == version, packages["gateway"]
for name in os.listdir(f"{root}/var/lib/dpkg/status.d"):
    status = dict(line.split(": ", 1) for line in open(f"{root}/var/lib/dpkg/status.d/{name}").read().splitlines() if ": " in line and line[0] != " ")
    assert packages[name]["versionInfo"] == status["Version"], name
    assert f"pkg:deb/debian/{name.replace('+', '%2B')}@" in packages[name]["externalRefs"][0]["referenceLocator"], name
    assert os.path.getsize(f"{root}/usr/share/doc/{name}/copyright") > 0, f"no license of {name}"
for name in ("nlohmann-json3-dev", "libssl3", "libc6", "ca-certificates"):
    assert name in packages, name
files = {file["fileName"]: {sum["algorithm"]: sum["checksumValue"] for sum in file["checksums"]} for file in document["files"]}
code = [os.path.join(place, name) for folder in ("usr/bin", "usr/lib") for place, _, names in os.walk(f"{root}/{folder}") for name in names]
for path in code:
    if not os.path.islink(path):
        assert files["./" + os.path.relpath(path, root)]["SHA256"] == hashlib.sha256(open(path, "rb").read()).hexdigest(), path
ids = {part["SPDXID"] for part in (document, *document["packages"], *document["files"])}
assert len(ids) == 1 + len(document["packages"]) + len(document["files"]), "an id stands twice"
for relation in document["relationships"]:
    assert relation["spdxElementId"] in ids and relation["relatedSpdxElement"] in ids, relation
PYTHON
}
must "the bill of materials names every package, file and license" bill_is_complete

# Both say how the image is run; what is in it both have of root.sh.
dockerfile_says_the_same() {
  python3 - "$config" "$top/packaging/image/Dockerfile" "$version" <<'PYTHON'
import json, re, sys
config, dockerfile, version = json.load(open(sys.argv[1]))["config"], open(sys.argv[2]).read(), sys.argv[3]
last = dockerfile[dockerfile.index("FROM scratch"):]
labels = dict(re.findall(r'^LABEL ([\w.]+)="(.*)"$', last, re.M))
assert labels == config["Labels"] and labels["org.opencontainers.image.version"] == version, (labels, config["Labels"])
one = lambda word: re.search(rf"^{word} (.*)$", last, re.M)[1]
assert config["User"] == one("USER") == "65532:65532", config
assert config["Entrypoint"] == json.loads(one("ENTRYPOINT")), config
assert config["Cmd"] == json.loads(one("CMD")), config
assert sorted(config["ExposedPorts"]) == sorted(f"{port}/tcp" for port in one("EXPOSE").split()), config
PYTHON
}
must "the Dockerfile has it run in the same way" dockerfile_says_the_same
# Its last stage alone, over the files of this image in the place of those that its first stage builds: that needs a registry.
dockerfile_makes_the_same_files() {
  local context=$work/context container
  mkdir "$context"
  tar -C "$root" --numeric-owner -cf "$context/root.tar" .
  { printf 'FROM scratch AS build\nADD root.tar /image/\nADD state.tar /state/\n'; sed -n '/^FROM scratch/,$p' "$top/packaging/image/Dockerfile"; } >"$context/Dockerfile"
  tar -C "$root/var/lib" --numeric-owner -cf "$context/state.tar" ./gateway
  tar --delete -f "$context/root.tar" ./var/lib/gateway/
  export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
  image() { buildah --root "$work/storage" --runroot "$work/run" "$@"; }
  image build --quiet --layers=false --format oci -t ours "$context" && image push --quiet ours "oci:$work/docker" || return 1
  mkdir "$work/docker-root"
  for blob in "$work"/docker/blobs/sha256/*; do tar -C "$work/docker-root" --same-owner --numeric-owner -xpf "$blob" 2>/dev/null; done
  listed() { (cd "$1" && find . -printf '%M %U:%G %P %l\n' | sort); }
  diff -r "$root" "$work/docker-root" && diff <(listed "$root") <(listed "$work/docker-root")
}
must "its last stage makes the same files, of the same users" dockerfile_makes_the_same_files

# As a container runs it: that user, nothing of this machine's environment, no file but what the image has.
inside=(env -i PATH=/usr/bin:/usr/sbin setpriv --no-new-privs chroot --userspec=65532:65532 --groups= "$root" /usr/bin/gateway)
says_its_version() { [ "$("${inside[@]}" version)" = "gateway $version" ]; }
must "the gateway runs in it" says_its_version

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$root/etc/gateway/gateway.yaml" <<YAML
listen: {https: off, http: off, plain: "127.0.0.1:$port", trusted_proxies: [127.0.0.1], control: /var/lib/gateway/control.sock}
login:
  host: app.example.com
  providers: {github: {type: github, client_id: x, client_secret: {file: /etc/gateway/secret}}}
policies: {signed-in: {allow: [{authenticated: true}]}}
routes:
  - {host: app.example.com, path: /open, public: true, respond: {status: 200, body: here}}
  - {host: app.example.com, policy: signed-in, respond: {status: 200, body: secret}}
YAML
printf 'secret' >"$root/etc/gateway/secret"
chmod 644 "$root/etc/gateway/gateway.yaml" "$root/etc/gateway/secret"
must "the check takes its file where the image has it" "${inside[@]}" check

"${inside[@]}" run >"$work/log" 2>&1 &
gateway=$!
asked() { curl -sS --noproxy '*' -o "$work/body" -w '%{http_code}' -H 'Host: app.example.com' -H 'X-Forwarded-Proto: https' "http://127.0.0.1:$port$1"; }
it_serves() {
  timeout 60 grep -qm1 '"ready"' <(tail -n +1 -f --pid="$gateway" "$work/log") || { cat "$work/log"; return 1; }
  [ "$(asked /open)" = 200 ] && [ "$(cat "$work/body")" = here ] || { cat "$work/log"; return 1; }
  case "$(asked /)" in 302 | 401 | 403) ;; *) cat "$work/log"; return 1 ;; esac
}
must "it serves what its file says, to the public and to nobody else" it_serves
must "an operator's command finds it there" "${inside[@]}" status
keeps_its_keys() {
  [ -n "$(find "$root/var/lib/gateway" -type f -user 65532)" ] && [ -z "$(find "$root" ! -user 0 ! -path "$root/var/lib/gateway*")" ]
}
must "what it stores is in the folder of the state, its own user's, and nothing else is" keeps_its_keys
kill -TERM "$gateway" 2>/dev/null
wait "$gateway"
status=$?
it_ends() { [ "$status" -eq 0 ] || { cat "$work/log"; return 1; }; }
must "it ends well when it is told to" it_ends
gateway=
finish image
