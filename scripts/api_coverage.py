#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks sim/mm/routines.def, the one list of what drivers may link against, and writes docs/api-coverage.md from it.

    api_coverage.py [--update]

The list must be sorted, must have every name of tests/abi/surface.txt in its tier, and whatever of it works must
be declared by a header and called by a test. Exit status: 0 as it should be, 1 not.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "sim" / "mm" / "routines.def"
HEADERS = ROOT / "include" / "ntcallback" / "ddk"
SURFACE = ROOT / "tests" / "abi" / "surface.txt"
PAGE = ROOT / "docs" / "api-coverage.md"
STATUS = {
    "ROUTINE": "works",
    "RECORDS": "recorded only",
    "LIBC": "works (the host's C library)",
    "OBJECT_TYPE": "works (variable)",
    "VARIABLE": "works (variable)",
    "LINKED": "works, is not found by name",
    "SERVICE": "works, is not for drivers",
    "INLINE": "works (in the header)",
    "ABSENT": "absent",
}
UNFOUNDED = ("INLINE", "ABSENT")  # rows without a function
ROW = re.compile(r'^MMP_(\w+)\("(\w+)", (?:(\w+), )?NTCB_WINDOWS_(\w+), ([123]), ([A-Z]+)_LEVEL(?:, "([^"]+)")?\)$')


class Row:
    def __init__(self, match):
        self.kind, self.name, self.function, self.since, tier, self.irql, self.reason = match.groups()
        self.tier = int(tier)


def rows():
    """The rows of the list, and what is wrong with its lines."""
    found, wrong = [], []
    for number, line in enumerate(LIST.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("MMP_"):
            continue
        match = ROW.match(line)
        if match is None or match.group(1) not in STATUS:
            wrong.append(f"routines.def:{number}: not a row as the top of the file describes it: {line}")
            continue
        row = Row(match)
        if (row.kind == "ABSENT") != (row.reason is not None) or (row.kind in UNFOUNDED) == (row.function is not None):
            wrong.append(f"routines.def:{number}: {row.name}: a row of kind MMP_{row.kind} has other columns")
        if found and found[-1].name == row.name:
            wrong.append(f"routines.def:{number}: {row.name} is there twice; what works is not absent: delete that row")
        elif found and found[-1].name > row.name:
            wrong.append(f"routines.def:{number}: {row.name} stands behind {found[-1].name}; sort by byte")
        found.append(row)
    return found, wrong


def exported_names():
    """What the libraries have to export because of the list."""
    return {row.function for row in rows()[0] if row.kind not in UNFOUNDED + ("LIBC",)}


def surface():
    lines = SURFACE.read_text(encoding="utf-8").splitlines()
    return {line.split()[1]: int(line.split()[0]) for line in lines if line and not line.startswith("#")}


def words_of_tests():
    """All identifiers in the code of the tests, comments and strings left out."""
    noise = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
    found = set()
    for path in (ROOT / "tests").rglob("*"):
        if path.suffix in (".c", ".h", ".cpp"):
            found |= set(re.findall(r"\w+", noise.sub(" ", path.read_text(encoding="utf-8", errors="replace"))))
    return found


def macros():
    """name -> the words of its definition, for the macros of the driver kit's headers."""
    found = {}
    for path in HEADERS.glob("*.h"):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for name, body in re.findall(r"^#define (\w+)(.*)$", text, re.M):
            found.setdefault(name, set()).update(re.findall(r"\w+", body))
    return found


def declared():
    """All words of the driver kit's headers."""
    return set(re.findall(r"\w+", " ".join(path.read_text(encoding="utf-8") for path in HEADERS.glob("*.h"))))


def check(listed):
    by_name = {row.name: row for row in listed}
    for name, tier in surface().items():
        if name not in by_name:
            yield f"{name} is of tier {tier} in surface.txt, but not in routines.def"
    tiers = surface()
    tested = words_of_tests()
    for name, body in macros().items():
        if name in tested:
            tested |= body
    words = declared()
    for row in listed:
        if row.kind != "ABSENT" and not words & {row.name, row.function}:
            yield f"{row.name}: no header of the driver kit declares it"
        if tiers.get(row.name, 3) != row.tier:
            yield f"{row.name}: tier {row.tier} in routines.def, {tiers.get(row.name, 3)} in surface.txt"
        if row.kind != "ABSENT" and not tested & {row.name, row.function}:
            yield f"{row.name}: no test calls it"


def windows(since):
    return since.replace("_", " ").replace("VISTA", "Vista").replace("81", "8.1")


def counts(listed):
    for tier in (1, 2, 3):
        mine = [row for row in listed if row.tier == tier]
        absent = sum(row.kind == "ABSENT" for row in mine)
        recorded = sum(row.kind == "RECORDS" for row in mine)
        yield (f"api: tier {tier}: {len(mine)} names, {len(mine) - absent - recorded} work, {recorded} are recorded, "
               f"{absent} are absent")


def table(listed):
    yield "| name | status | IRQL at most | since Windows |"
    yield "|---|---|---|---|"
    for row in listed:
        status = f"absent: {row.reason}" if row.reason else STATUS[row.kind]
        yield f"| `{row.name}` | {status} | {row.irql} | {windows(row.since)} |"


def page(listed):
    yield "# What drivers can link against"
    yield ""
    yield "Written from `sim/mm/routines.def` by `scripts/api_coverage.py --update`; edit the list, not this page."
    yield ""
    yield "Tier 1 is what made 25 public drivers link, tier 2 what another eight needed on top; the rest is tier 3."
    yield ""
    yield "Every name that works is called by a test. A name that is absent is an undefined symbol: the linker, or the"
    yield "loading of the driver module, names it with its tier and its reason."
    yield ""
    yield "**To ask for a routine**, open an issue with its name, the lines that call it, and what the driver does with the"
    yield "outcome. A driver that has a way out without the routine asks `MmGetSystemRoutineAddress`, which returns NULL for"
    yield "what is absent, and for what the simulated Windows does not have yet."
    for tier in (1, 2, 3):
        yield ""
        yield f"## Tier {tier}"
        yield ""
        yield from table([row for row in listed if row.tier == tier])


def main():
    listed, wrong = rows()
    wrong += check(listed)
    text = "\n".join(page(listed)) + "\n"
    if "--update" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        wrong.append("docs/api-coverage.md is stale; run scripts/api_coverage.py --update")
    print("\n".join(wrong or counts(listed)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
