#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Finds mutable static state in static libraries: all state hangs off a kernel, so that two do not know each other.

    check_statics.py <archive>...

What lies in .data or .bss is mutable; constants, relocated constants and thread-local variables are not looked at.
"""
import subprocess
import sys

import api_coverage

CONSTANT = (".data.rel.ro",)
# The driver kit declares these without const; they are initialised once and never written.
KIT = {row.name for row in api_coverage.rows()[0] if row.kind == "OBJECT_TYPE"}
# What the process has only one of: the disposition of signals (sim/ke/fault_posix.c argues it).
PROCESS = {"KiFaults"}
MUTABLE = (".data", ".bss", "*COM*")


def mutable_names(archive):
    """(object file, symbol) of every mutable object in the archive."""
    output = subprocess.run(["objdump", "-t", archive], check=True, capture_output=True, text=True).stdout
    member = "?"
    for line in output.splitlines():
        if ":     file format" in line:
            member = line.split(":")[0]
        fields = line.split("\t")
        if len(fields) != 2:
            continue
        section, name = fields[0].split()[-1], fields[1].split()[-1]
        if name.startswith("$"):
            continue  # where data begins in a section, on ARM
        if name != section and name not in KIT | PROCESS and section.startswith(MUTABLE) and not section.startswith(CONSTANT):
            yield member, name


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    found = [f"{member}: {name} is mutable and static; keep it in struct ntcb_kernel or struct ntsim"
             for archive in sys.argv[1:] for member, name in mutable_names(archive)]
    print("\n".join(found) or "statics: nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
