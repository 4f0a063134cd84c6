#!/usr/bin/env bash
# The Debian package: built, judged by lintian, installed in a clean Debian 12, used, upgraded, removed and purged.
# Needs root. Leaves nothing behind but build/packages.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/tests/steps.sh"

build_log=$top/build/test-logs/package-build.log
mkdir -p "$(dirname "$build_log")"
package=$(DEB_BUILD_OPTIONS=noautodbgsym "$top/packaging/debian/build.sh" 2>"$build_log" | tail -n 1)
[ -f "$package" ] || { tail -n 60 "$build_log"; failed=1; finish package; }
passed=1
printf 'ok   the package is built: %s\n' "${package#"$top"/}"

lintian_says_nothing() {
  local found
  found=$(lintian --allow-root --fail-on none "${package%.deb}.changes") || return 1
  [ -z "$found" ] || { printf '%s\n' "$found"; return 1; }
}
must "lintian finds nothing" lintian_says_nothing

root=$(mktemp -d)
# Those of this root alone.
running() {
  local process
  for process in $(pgrep -x gateway); do [ "$(readlink "/proc/$process/root")" = "$root" ] && echo "$process"; done
}
stop_all() {
  local processes
  for _ in $(seq 200); do
    mapfile -t processes < <(running)
    [ ${#processes[@]} -eq 0 ] && return
    kill "${processes[@]}" 2>/dev/null
    sleep 0.1
  done
  return 1
}
clean_up() {
  mountpoint -q "$root/proc" && { stop_all; umount "$root/proc"; }
  rm -rf "$root"
}
trap clean_up EXIT
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

# A running gateway, as systemd would have it, but for systemd: what the package asks of systemctl is written down.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed "s/127.0.0.1:0/127.0.0.1:$port/" "$root/tmp/real.yaml" >"$root/etc/gateway/gateway.yaml"
mkdir -p "$root/run/systemd/system" "$root/run/gateway"
cat >"$root/usr/bin/systemctl" <<'SH'
#!/bin/sh
echo "$*" >>/run/asked-of-systemctl
case "$*" in *is-active*) [ -e /run/is-active ] ;; esac
SH
chmod +x "$root/usr/bin/systemctl"
mount --bind /proc "$root/proc"
start_it() {
  inside RUNTIME_DIRECTORY=/run/gateway gateway run --config /etc/gateway/gateway.yaml >>"$root/run/log" 2>&1 &
  first=$!
  for _ in $(seq 200); do answers && return; sleep 0.1; done
  cat "$root/run/log"
  return 1
}
answers() { [ "$(curl -s -H 'Host: app.example.com' -H 'X-Forwarded-For: 192.0.2.1' -H 'X-Forwarded-Proto: https' "http://127.0.0.1:$port/")" = here ]; }
upgrade_package() { inside apt-get -q install -y --reinstall /gateway.deb; }
is_first() { kill -0 "$first" 2>/dev/null && ! grep -q "a new process has taken over" "$root/run/log"; }
nobody_is_stopped() { ! grep -E ' (re|try-re)?(start|stop)|restart|stop' "$root/run/asked-of-systemctl"; }

start_it
must "a gateway runs, of the installed package" is_first
stays_alone() { upgrade_package && is_first && answers; }
must "an upgrade leaves one alone that systemd does not know of" stays_alone
touch "$root/run/is-active"
gives_way() { upgrade_package && grep -q "a new process has taken over" "$root/run/log" && answers && nobody_is_stopped; }
must "an upgrade lets the one of the unit give way to the new version, and systemd stops nothing" gives_way
stop_all
: >"$root/run/log"
start_it
echo "nonsense: true" >>"$root/etc/gateway/gateway.yaml"
goes_on() { says "the version before goes on" upgrade_package && is_first && answers; }
must "where the new version does not come up, the one before goes on, and the upgrade says so" goes_on
stop_all
umount "$root/proc"
rm -rf "$root/run/systemd" "$root/run/gateway" "$root/usr/bin/systemctl" "$root/run/is-active"
change_file

mkdir -p "$root/var/lib/private/gateway" && echo key >"$root/var/lib/private/gateway/key" && ln -s private/gateway "$root/var/lib/gateway"
remove() { inside apt-get -q remove -y gateway && there /var/lib/private/gateway/key /etc/gateway/gateway.yaml; }
must "a removal keeps state and file" remove
purge() { inside apt-get -q purge -y gateway && ! [ -e "$root/var/lib/gateway" ] && ! [ -e "$root/var/lib/private/gateway" ] && ! [ -e "$root/etc/gateway" ]; }
must "a purge removes both" purge
finish package
