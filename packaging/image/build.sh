#!/usr/bin/env bash
# Builds the image: packaging/image/build.sh [--program PATH] [FOLDER] (default: build/image), as an OCI image layout in FOLDER/gateway,
# tagged with the version, and its SPDX bill of materials beside it. Without --program the release is built. The same program and
# packages give the same bytes; SOURCE_DATE_EPOCH is the last commit's. Needs Debian 12 and root, or a user with subordinate ids.
# Prints last what others call the image: FOLDER/gateway:VERSION.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=
[ "${1:-}" = --program ] && { program=$(realpath "$2"); shift 2; }
target=$(realpath -m "${1:-$top/build/image}")
# buildah run by an ordinary user has to be root of a name space of its own from the start, or it may not give files away.
if [ "$(id -u)" -ne 0 ] && [ -z "${GATEWAY_IMAGE_UNSHARED:-}" ]; then
  GATEWAY_IMAGE_UNSHARED=yes exec buildah unshare "$0" ${program:+--program "$program"} "$target"
fi

needed=(binutils buildah ca-certificates nlohmann-json3-dev python3)
missing=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${needed[@]}" 2>/dev/null | awk '$1 == "installed" { print $2 }' | sort |
  comm -13 - <(printf '%s\n' "${needed[@]}" | sort))
[ -z "$missing" ] || { echo "install first: $(xargs <<<"$missing")" >&2; exit 2; }

if [ -z "$program" ]; then
  (cd "$top" && cmake --preset release && cmake --build build/release --target gateway) >&2
  program=$top/build/release/gateway
fi
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target"
rm -rf "$target/gateway" "$target/gateway.spdx.json"
"$top/packaging/image/root.sh" "$program" "$work/root"
cp "$work/root/usr/share/doc/gateway/gateway.spdx.json" "$target/"
python3 "$top/packaging/image/pack.py" "$work/root" "$work/root.tar"
version=$("$work/root/usr/bin/gateway" version | cut -d' ' -f2)

export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
image() { buildah --root "$work/storage" --runroot "$work/run" "$@"; }
container=$(image from scratch)
image add --quiet "$container" "$work/root.tar" / >&2
# What is set here the Dockerfile sets, too: tests/image compares them.
image config --user 65532:65532 --entrypoint '["/usr/bin/gateway"]' --cmd run --port 80/tcp --port 443/tcp \
  --label org.opencontainers.image.title=gateway \
  --label org.opencontainers.image.description="authenticating reverse proxy" \
  --label org.opencontainers.image.licenses=Apache-2.0 \
  --label org.opencontainers.image.version="$version" "$container" >&2
image commit --quiet --rm --identity-label=false --omit-history --timestamp "$SOURCE_DATE_EPOCH" "$container" "oci:$target/gateway:$version" >&2
printf '%s\n' "$target/gateway:$version"
