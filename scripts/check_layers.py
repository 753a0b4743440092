#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks who may include whom, and which libc names lib/ may call. Prints file:line: rule; exits 1 on a finding.

    ddk <- rtl <- ke <- ex <- ps | cm | ob     lib/ntos* sees all of them
    sim -> include/ and sim/                   never lib/
    lib                                        never sim/, ntsim, cmocka, jansson
    a driver -> ddk and its own headers        tests/drivers/, examples/*/ but *_test.c
"""
import pathlib
import re
import sys

LEVEL = {"rtl": 1, "ke": 2, "ex": 3, "ps": 4, "cm": 4, "ob": 4}
FREESTANDING = {"stddef.h", "stdint.h", "stdarg.h"}
NOT_IN_LIB = ("ntsim/", "cmocka", "jansson")
FORBIDDEN = "malloc calloc realloc free strdup abort assert printf sprintf strcpy strcat".split()
CALL = re.compile(r"(?<![\w.>])(" + "|".join(FORBIDDEN) + r")\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
HOST_FILE = re.compile(r"^lib/ke/host_\w+\.c$")


def strip_comments_and_strings(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def resolve(root, path, quote, name):
    """The included file, relative to the root, or None when it is not of this repository."""
    places = [root / "include", root / "include/ntcallback/ddk"]
    if quote == '"':
        places = [path.parent, root / path.relative_to(root).parts[0]] + places + [root / "lib", root / "sim"]
    for place in places:
        target = (place / name).resolve()
        if target.is_file() and root in target.parents:
            return target.relative_to(root).as_posix()
    return None


def is_driver(name):
    parts = name.split("/")
    if name.startswith("tests/drivers/"):
        return not name.endswith(("_test.c", "_kit.h"))
    return parts[0] == "examples" and not re.search(r"(_test|_main)\.\w+$", name)


def lib_rule(name, included, target):
    if any(included.startswith(prefix) for prefix in NOT_IN_LIB):
        return f"lib must not include <{included}>"
    if included.lower() == "windows.h" and not HOST_FILE.match(name):
        return "lib must not include <windows.h> outside lib/ke/host_*.c"
    if target is None or target.startswith("include/ntcallback/"):
        return None
    if not target.startswith("lib/"):
        return f"lib must not include {target}"
    if name.startswith("lib/ntos"):
        return None
    mine, theirs = name.split("/")[1], target.split("/")[1]
    if mine == theirs:
        return None
    if theirs not in LEVEL:
        return f"lib/{mine} must not include {target}: only lib/ntos* sees every component"
    if mine not in LEVEL or LEVEL[theirs] >= LEVEL[mine]:
        return f"lib/{mine} must not include lib/{theirs}: ddk <- rtl <- ke <- ex <- ps | cm | ob"
    return None


def include_rule(name, included, target):
    """The rule that this include breaks, or None."""
    if is_driver(name):
        own = target is not None and target.rsplit("/", 1)[0] == name.rsplit("/", 1)[0]
        ddk = target is not None and target.startswith("include/ntcallback/ddk/")
        return None if own or ddk or included in FREESTANDING else f"a driver includes ddk headers only, not {included}"
    if name.startswith("include/ntcallback/ddk/"):
        ddk = target is not None and target.startswith("include/ntcallback/ddk/")
        return None if ddk or included in FREESTANDING else f"ddk must not include {included}"
    if name.startswith("include/ntcallback/"):
        return "include/ntcallback must not include ntsim" if included.startswith("ntsim/") else None
    if name.startswith("lib/"):
        return lib_rule(name, included, target)
    if name.startswith("sim/") and target is not None and target.startswith("lib/"):
        return f"sim must not include {target}: it reaches the managers through include/ only"
    if name.startswith("tests/") and target is not None and re.match(r"(lib|sim)/", target):
        if name.split("/")[1] not in target.split("/")[:2] + ["fuzz"]:
            return f"a test includes private headers of its own component only, not {target}"
    return None


def check_file(root, path):
    name = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            included = match.group(2).replace("\\", "/")
            rule = include_rule(name, included, resolve(root, path, match.group(1), included))
            if rule:
                yield f"{name}:{number}: {rule}"
    if name.startswith("lib/") and not HOST_FILE.match(name):
        for number, line in enumerate(strip_comments_and_strings(text).splitlines(), 1):
            for match in CALL.finditer(line):
                yield f"{name}:{number}: lib must not call {match.group(1)}(): use the host services (lib/ke/host_*.c)"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    files = [path for top in ("include", "lib", "sim", "tests", "examples") for suffix in ("c", "h", "cpp")
             for path in sorted((root / top).rglob(f"*.{suffix}")) if "tests/meta/" not in path.relative_to(root).as_posix()]
    findings = [finding for path in files for finding in check_file(root, path)]
    print("\n".join(findings) or f"layers: {len(files)} files, nothing found")
    return 1 if findings or not files else 0


if __name__ == "__main__":
    sys.exit(main())
