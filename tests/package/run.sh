#!/usr/bin/env bash
# The Debian package: built, judged by lintian, installed in a clean Debian 12, used, upgraded, removed and purged.
# Needs root. Leaves nothing behind but build/packages.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
passed=0 failed=0

# must NAME COMMAND…
must() {
  local name=$1 words
  shift
  if words=$("$@" 2>&1); then
    passed=$((passed + 1))
    printf 'ok   %s\n' "$name"
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n%s\n' "$name" "$(tail -n 40 <<<"$words" | sed 's/^/     /')"
  fi
}
finish() {
  printf 'package: %d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}

build_log=$top/build/test-logs/package-build.log
mkdir -p "$(dirname "$build_log")"
package=$(DEB_BUILD_OPTIONS=noautodbgsym "$top/packaging/debian/build.sh" 2>"$build_log" | tail -n 1)
[ -f "$package" ] || { tail -n 60 "$build_log"; failed=1; finish; }
passed=1
printf 'ok   the package is built: %s\n' "${package#"$top"/}"

lintian_says_nothing() {
  local found
  found=$(lintian --allow-root --fail-on none "${package%.deb}.changes") || return 1
  [ -z "$found" ] || { printf '%s\n' "$found"; return 1; }
}
must "lintian finds nothing" lintian_says_nothing

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do [ -s "$file" ] && sources+=("$file"); done
make_root() {
  mmdebstrap --quiet --variant=apt --mode=root --include=ca-certificates bookworm "$root" "${sources[@]}" &&
    cp "$package" "$root/gateway.deb" && cp /etc/resolv.conf "$root/etc/" && cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" &&
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod +x "$root/usr/sbin/policy-rc.d"
}
must "a clean Debian 12" make_root

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
install_it() { inside apt-get -q update && inside apt-get -q install -y --no-install-recommends /gateway.deb; }
must "it installs, with what it depends on" install_it

says() { # WORDS COMMAND…: its output has the words, whatever its status
  local words=$1 output
  shift
  output=$("$@" 2>&1)
  grep -qF -- "$words" <<<"$output" || { printf '%s\n' "$output"; return 1; }
}
must "the program says its version" says "gateway 0." inside gateway version
must "the file that comes with it is an example, and the check says what is missing" says "tls.certificates: is missing" inside gateway check
cat >"$root/tmp/real.yaml" <<'YAML'
listen: {https: off, http: off, plain: "127.0.0.1:0", trusted_proxies: [127.0.0.1]}
routes: [{host: app.example.com, respond: {status: 200, body: here}}]
YAML
must "the check takes a file that is right" inside gateway check /tmp/real.yaml
the_unit_is_found() { inside test -f /lib/systemd/system/gateway.service && ! inside grep -q /usr/local /lib/systemd/system/gateway.service; }
must "the unit names the installed program" the_unit_is_found
not_enabled() { ! ls "$root"/etc/systemd/system/*.wants/gateway.* 2>/dev/null; }
must "nothing is started before its operator says so" not_enabled
there() { local file; for file in "$@"; do [ -s "$root$file" ] || { echo "$file is missing"; return 1; }; done; }
# The clean system leaves manuals out when it is made small; the package's own list has them.
lists() {
  local file content
  content=$(dpkg-deb -c "$package") || return 1
  for file in "$@"; do grep -qF " .$file" <<<"$content" || { echo "$file is missing"; return 1; }; done
}
must "manuals and completions are in it" lists /usr/share/man/man1/gateway.1.gz /usr/share/man/man5/gateway.yaml.5.gz \
  /usr/share/bash-completion/completions/gateway /usr/share/zsh/vendor-completions/_gateway /usr/share/fish/vendor_completions.d/gateway.fish
must "alerts and dashboard are in it" lists /usr/share/gateway/prometheus/gateway.rules.yaml /usr/share/gateway/grafana/gateway.json
change_file() { cp "$root/tmp/real.yaml" "$root/etc/gateway/gateway.yaml"; }
change_file
again() { inside apt-get -q install -y --reinstall /gateway.deb && cmp "$root/tmp/real.yaml" "$root/etc/gateway/gateway.yaml"; }
must "an upgrade keeps the operator's file" again
mkdir -p "$root/var/lib/private/gateway" && echo key >"$root/var/lib/private/gateway/key" && ln -s private/gateway "$root/var/lib/gateway"
remove() { inside apt-get -q remove -y gateway && there /var/lib/private/gateway/key /etc/gateway/gateway.yaml; }
must "a removal keeps state and file" remove
purge() { inside apt-get -q purge -y gateway && ! [ -e "$root/var/lib/gateway" ] && ! [ -e "$root/var/lib/private/gateway" ] && ! [ -e "$root/etc/gateway" ]; }
must "a purge removes both" purge
finish
