#!/usr/bin/env python3
"""A folder as a tar archive that depends on nothing but names, modes and contents: pack.py FOLDER ARCHIVE

Sorted, of root (what is the gateway's own is of its user), dated SOURCE_DATE_EPOCH.
"""

import os
import sys
import tarfile

OWN = "var/lib/gateway"
USER = 65532


def main():
    folder, archive = sys.argv[1:]
    date = int(os.environ["SOURCE_DATE_EPOCH"])

    def stripped(entry):
        entry.uid = entry.gid = USER if entry.name == OWN else 0
        entry.uname = entry.gname = ""
        entry.mtime = date
        return entry

    paths = []
    for place, folders, files in os.walk(folder):
        paths += [os.path.relpath(os.path.join(place, name), folder) for name in folders + files]
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as out:
        for path in sorted(paths):
            out.add(os.path.join(folder, path), arcname=path, recursive=False, filter=stripped)


if __name__ == "__main__":
    main()
