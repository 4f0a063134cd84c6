#!/bin/sh
# Builds the gateway and starts `gateway demo`: a private CA, a development identity provider and a sample app behind it.
# On a bare Debian 12 (root or sudo) it installs what the build needs first; nothing but Debian's packages is used.
# Arguments go to `gateway demo` (--port 8443, --directory DIR).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
packages="g++ cmake ninja-build pkg-config libevent-dev libssl-dev libyaml-cpp-dev libfmt-dev libc-ares-dev libre2-dev nlohmann-json3-dev libnghttp2-dev zlib1g-dev libbrotli-dev libzstd-dev doctest-dev"

missing=""
for package in $packages; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "Installing:$missing"
  as_root=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "run this as root, or install sudo" >&2; exit 1; }
    as_root=sudo
  fi
  $as_root apt-get update -q
  # shellcheck disable=SC2086  # a list of words
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi

cd "$root"
echo "Building (the first time takes some minutes)"
cmake --preset release >/dev/null
cmake --build --preset release --target gateway
exec "$root/build/release/gateway" demo "$@"
