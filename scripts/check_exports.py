#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the names that the shared libraries export with docs/exported-names.txt.

    check_exports.py [--update] <list> <library>...

A line of the list is "<library> <name>", the library without prefix and suffix. --update rewrites the list.
"""
import pathlib
import re
import subprocess
import sys


def exported(library):
    short = re.sub(r"^lib|\.(so|dylib).*$", "", pathlib.Path(library).name)
    output = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True)
    return {f"{short} {line.split()[-1].split('@')[0]}" for line in output.stdout.splitlines()
            if line.split()[-2] in "TDBRVW"}


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    listing = pathlib.Path(arguments[0])
    seen = set().union(*map(exported, arguments[1:]))
    if "--update" in sys.argv:
        listing.write_text("\n".join(sorted(seen)) + "\n", encoding="utf-8")
        return 0
    wanted = set(listing.read_text(encoding="utf-8").split("\n")) - {""}
    for name in sorted(seen - wanted):
        print(f"{name}: exported but not listed in {listing.name}; hide it, or run with --update")
    for name in sorted(wanted - seen):
        print(f"{name}: listed in {listing.name} but not exported")
    print(f"exports: {len(seen)} names")
    return 0 if seen == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
