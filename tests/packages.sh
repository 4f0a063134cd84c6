#!/usr/bin/env bash
# Installs what tests/packages.txt names and is missing, as root or by sudo: tests/packages.sh [KIND…]. Packages without a second word
# are always wanted; those of a kind (all, bench) only if that kind is named. Services that come with them are not started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Packages that are missing, one a line.
missing() {
  local package kind command
  while read -r package kind command; do
    case "$package" in '' | '#'*) continue ;; esac
    if [ "$kind" = command ]; then
      command -v "$command" >/dev/null && continue
    elif [ -n "$kind" ]; then
      [[ " $* " = *" $kind "* ]] || continue
    fi
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done <tests/packages.txt
}

mapfile -t packages < <(missing "$@")
[ ${#packages[@]} -eq 0 ] && { echo "nothing is missing"; exit 0; }
as=()
[ "$(id -u)" -eq 0 ] || as=(sudo)
echo "installing: ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive

# Servers are wanted here as programs; Debian would start them (deb-policy(5), invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as[@]}" tee "$policy" >/dev/null
  "${as[@]}" chmod 755 "$policy"
fi
"${as[@]}" apt-get -o DPkg::Lock::Timeout=300 update -q
"${as[@]}" apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends "${packages[@]}"
