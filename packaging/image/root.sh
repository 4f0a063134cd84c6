#!/usr/bin/env bash
# The root file system of the image, and nothing that is not needed to serve: packaging/image/root.sh PROGRAM FOLDER. On Debian, whose
# packages the shared libraries come from; build.sh and the Dockerfile both take it from here.
set -euo pipefail
export LC_ALL=C
umask 022
[ $# -eq 2 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "$1") root=$(realpath -m "$2")
rm -rf "$root"
mkdir -p "$root"/{etc/gateway,etc/ssl/certs,run,usr/bin,usr/lib/ssl,var/lib/dpkg/status.d,var/lib/gateway}
chmod 700 "$root/var/lib/gateway"

# Symbols are of no use where no debugger is; they are thirty times the program.
strip --strip-all -o "$root/usr/bin/gateway" "$program"
chmod 755 "$root/usr/bin/gateway"

packages=(base-files ca-certificates)
# add_library PATH: the file, by the name that the loader asks for, and the package it is of.
add_library() {
  local named real owner
  named=$(realpath "$(dirname "$1")")/$(basename "$1")
  real=$(realpath "$1")
  install -D -m 755 "$real" "$root$named"
  # A package may have put it into /lib before that became a name of /usr/lib.
  owner=$(dpkg-query -S "$real" 2>/dev/null || dpkg-query -S "${real#/usr}")
  packages+=("${owner%%:*}")
}
libraries=$(ldd "$program")
grep -q 'not found' <<<"$libraries" && { printf 'a library is missing:\n%s\n' "$libraries" >&2; exit 1; }
for library in $(grep -oE '/[^ ]+' <<<"$libraries" | sort -u); do add_library "$library"; done
ln -s usr/lib "$root/lib"
if [ -d "$root/usr/lib64" ]; then ln -s usr/lib64 "$root/lib64"; fi

# Of the package, not of this machine: an authority that was added here is nobody else's.
cat /usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"

printf 'gateway:x:65532:65532::/var/lib/gateway:/usr/sbin/nologin\n' >"$root/etc/passwd"
printf 'gateway:x:65532:\n' >"$root/etc/group"
install -m 644 /usr/lib/os-release "$root/usr/lib/os-release"
ln -s ../usr/lib/os-release "$root/etc/os-release"

# Compiled in, so in no file of its own.
compiled_in=(nlohmann-json3-dev)

# Scanners for known weaknesses read status.d; licenses ask to go where the libraries go.
mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
for package in "${packages[@]}"; do dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"; done
for package in "${packages[@]}" "${compiled_in[@]}"; do
  install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
done
install -D -m 644 "$here/../debian/copyright" "$root/usr/share/doc/gateway/copyright"
mapfile -t licenses < <(grep -ohE '/usr/share/common-licenses/[A-Za-z]+(-[0-9.]*[0-9])?' "$root"/usr/share/doc/*/copyright | sort -u)
for license in "${licenses[@]}"; do [ -f "$license" ] && install -D -m 644 "$(realpath "$license")" "$root$license"; done

python3 "$here/bill_of_materials.py" "$root" "${packages[@]}" --compiled-in "${compiled_in[@]}" >"$root/usr/share/doc/gateway/gateway.spdx.json"
