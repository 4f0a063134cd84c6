#!/usr/bin/env python3
"""What the image is made of, as SPDX 2.3 in JSON: bill_of_materials.py ROOT PACKAGE... [--compiled-in PACKAGE...]

ROOT is the image's root file system; packages are those of this Debian that its files come from. Those behind --compiled-in left no
file: the compiler took their headers. SOURCE_DATE_EPOCH is the date that it has. The same root gives the same bytes.
"""

import argparse
import datetime
import hashlib
import json
import os
import subprocess
import uuid

OURS = "SPDXRef-gateway"
FORMAT = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}"


def escaped(text):
    """RFC 3986, as package URLs have it: what is no letter, digit, '.', '-', '_' or '~' is written %XX."""
    return "".join(c if c.isascii() and (c.isalnum() or c in ".-_~") else f"%{ord(c):02X}" for c in text)


def package_of(name):
    said = subprocess.run(["dpkg-query", "-W", f"-f={FORMAT}", name], check=True, capture_output=True, text=True).stdout
    package, version, architecture, source, source_version = said.split("\t")
    locator = f"pkg:deb/debian/{escaped(package)}@{escaped(version)}?arch={architecture}&distro=debian-12"
    return {
        "SPDXID": f"SPDXRef-{package.replace('+', 'plus')}",
        "name": package,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "sourceInfo": f"built of the source package {source} {source_version}",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}],
    }


def our_package(root):
    said = subprocess.run([os.path.join(root, "usr/bin/gateway"), "version"], check=True, capture_output=True, text=True).stdout
    return {
        "SPDXID": OURS,
        "name": "gateway",
        "versionInfo": said.split()[1],
        "supplier": "Organization: The Gateway Authors",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "2026 The Gateway Authors",
        "primaryPackagePurpose": "APPLICATION",
    }


def file_of(root, path):
    with open(path, "rb") as file:
        content = file.read()
    name = "./" + os.path.relpath(path, root)
    return {
        "SPDXID": "SPDXRef-File-" + hashlib.sha256(name.encode()).hexdigest()[:16],
        "fileName": name,
        "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()},
                      {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}],
        "licenseConcluded": "NOASSERTION",
        "licenseInfoInFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    }


def files_of(root):
    """Programs, libraries and roots of trust; the rest is text about them."""
    found = []
    for folder in ("usr/bin", "usr/lib", "usr/lib64", "etc/ssl"):
        for place, _, names in os.walk(os.path.join(root, folder)):
            found += [os.path.join(place, name) for name in names if not os.path.islink(os.path.join(place, name))]
    return [file_of(root, path) for path in sorted(found)]


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("root")
    arguments.add_argument("packages", nargs="+")
    arguments.add_argument("--compiled-in", nargs="+", default=[])
    options = arguments.parse_args()

    ours = our_package(options.root)
    needed = [package_of(name) for name in options.packages]
    compiled = [package_of(name) for name in options.compiled_in]
    files = files_of(options.root)
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", OURS)]
    relations += [relation(OURS, "DEPENDS_ON", package["SPDXID"]) for package in needed]
    relations += [relation(OURS, "STATIC_LINK", package["SPDXID"]) for package in compiled]
    relations += [relation(OURS, "CONTAINS", file["SPDXID"]) for file in files]
    content = {"packages": [ours, *needed, *compiled], "files": files, "relationships": relations}
    name = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(content, sort_keys=True))
    made = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"gateway-{ours['versionInfo']}",
        "documentNamespace": f"urn:uuid:{name}",
        "creationInfo": {"created": made.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Organization: The Gateway Authors"]},
        **content,
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
