#!/usr/bin/env python3
"""Holds the shared library, the version script, the public headers and docs/sdk.md against each other.

usage: exports.py LIBRARY SEATMETER_MAP DOCUMENT HEADER ...
Exported is what seatmeter.map lists, with its version; that is what the headers declare; each is documented."""
import pathlib
import re
import subprocess
import sys


def main():
    library, script, document, *headers = sys.argv[1:]
    declared = set()
    for header in headers:
        declared |= set(re.findall(r"^SM_API[^;]*?\b(sm_\w+)\(", pathlib.Path(header).read_text(), re.M))
    listed = {}
    for version, block in re.findall(r"^(SEATMETER_[\d.]+) \{\n(.*?)^\}", pathlib.Path(script).read_text(), re.M | re.S):
        listed |= {name: version for name in re.findall(r"^\s+(\w+);", block, re.M)}
    symbols = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library], check=True,
                             capture_output=True, text=True).stdout
    exported = dict(re.findall(r" [A-Z] (\w+)@@(\S+)", symbols))
    exported = {name: version for name, version in exported.items() if not name.startswith("SEATMETER_")}
    text = pathlib.Path(document).read_text()
    wrong = [f"{name}: declared, but not exported" for name in sorted(declared - exported.keys())]
    wrong += [f"{name}: exported, but not declared" for name in sorted(exported.keys() - declared)]
    wrong += [f"{name}: {exported.get(name)} instead of {version}" for name, version in sorted(listed.items())
              if exported.get(name) != version]
    wrong += [f"{name}: not in {document}" for name in sorted(declared) if f"`{name}" not in text]
    print("\n".join(wrong) or f"{len(exported)} functions are exported, declared and documented")
    sys.exit(1 if wrong or not exported else 0)


if __name__ == "__main__":
    main()
