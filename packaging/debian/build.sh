#!/usr/bin/env bash
# Builds the Debian package: packaging/debian/build.sh [FOLDER] (default: build/packages). What it needs that is missing is
# named, or with root installed. Prints the path of the package last. SOURCE_DATE_EPOCH is the last commit's.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=$(realpath -m "${1:-$top/build/packages}")
work=$top/build/debian-source
tree=$work/gateway

needed=(debhelper dpkg-dev fakeroot lintian)
missing=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${needed[@]}" 2>/dev/null | awk '$1 == "installed" { print $2 }' | sort |
  comm -13 - <(printf '%s\n' "${needed[@]}" | sort))
if [ -n "$missing" ]; then
  [ "$(id -u)" -eq 0 ] || { echo "install first: $(xargs <<<"$missing")" >&2; exit 2; }
  xargs apt-get install -y --no-install-recommends <<<"$missing" >&2
fi

# The tree of the checkout as it is, without what was built; the folder debian/ where dpkg wants it.
mkdir -p "$tree" "$target"
find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
(cd "$top" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
  tar --null --files-from=- -cf -) | tar -C "$tree" -xf -
cp -r "$tree/packaging/debian" "$tree/debian"
rm "$tree/debian/build.sh" "$tree/debian/gateway.yaml"

cd "$tree"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct)}
export CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1
# Packages that the build needs are those of tests/packages.txt; -d: a backport of one may have another name.
DEB_BUILD_OPTIONS="parallel=$(nproc) ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage --build=binary --unsigned-changes --unsigned-buildinfo -d >&2

version=$(dpkg-parsechangelog --show-field Version)
architecture=$(dpkg --print-architecture)
mv "$work"/gateway*_"$version"_"$architecture".{deb,buildinfo,changes} "$target/"
printf '%s\n' "$target/gateway_${version}_$architecture.deb"
