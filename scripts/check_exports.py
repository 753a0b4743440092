#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the names that the libraries export with sim/mm/routines.def and docs/exported-names.txt.

    check_exports.py [--update] <list> <library>...

What drivers link against is in routines.def. A line of the list, for all others, is "<library> <name>", the library
without prefix and suffix. --update rewrites the list. Shared and static libraries are alike: of these, the names that
a shared one would export are taken.
"""
import pathlib
import re
import subprocess
import sys

import api_coverage


def exported(library):
    """(library, name) of every defined symbol that is visible from outside."""
    short = re.sub(r"^lib|\.(so|a).*$", "", pathlib.Path(library).name)
    output = subprocess.run(["readelf", "-sW", library], check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        columns = line.split()
        if (len(columns) == 8 and columns[4] in ("GLOBAL", "WEAK") and columns[5] == "DEFAULT"
                and columns[6] != "UND" and not columns[7].startswith("_")):
            yield short, columns[7].split("@")[0]


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    listing = pathlib.Path(arguments[0])
    seen = {pair for library in arguments[1:] for pair in exported(library)}
    names = {name for _, name in seen}
    for_drivers = api_coverage.exported_names()
    others = {f"{short} {name}" for short, name in seen if name not in for_drivers}
    if "--update" in sys.argv:
        listing.write_text("\n".join(sorted(others)) + "\n", encoding="utf-8")
        return 0
    wanted = set(listing.read_text(encoding="utf-8").split("\n")) - {""}
    wrong = [f"{name}: in routines.def as working, but not exported" for name in sorted(for_drivers - names)]
    for line in sorted(others - wanted):
        wrong.append(f"{line}: exported, but neither in routines.def nor in {listing.name}; hide it, or add it: what "
                     f"drivers call to the former, the rest with --update")
    for line in sorted(wanted - others):
        wrong.append(f"{line}: in {listing.name}, but " + ("it is in routines.def: delete the line here"
                     if line.split()[1] in for_drivers else "not exported"))
    print("\n".join(wrong) or f"exports: {len(names)} names")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
