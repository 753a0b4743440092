#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keep the map of source files in docs/HACKING.md: one line per file, taken from the file itself.

usage: file_map.py [--update]

A file's line is the first of its opening comment, "name.c - what it is". Without --update the map is compared, and
what is missing, stale or without such a line is named. Exit status: 0 as it should be, 1 not.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAP = ROOT / "docs" / "HACKING.md"
BEGIN = "<!-- file map: scripts/file_map.py --update -->\n"
END = "<!-- end of file map -->\n"
FOLDERS = ["include/ntcallback", "include/ntsim", "lib", "sim", "bench"]


def purpose(path):
    """What the file says it is, or None."""
    head = path.read_text(encoding="utf-8")[:1200]
    comment = re.search(r"\*\s+" + re.escape(path.name) + r" - (.+?)(?:\.\s|\.$|\n\s*\*\s*\n|\*/)", head, re.S | re.M)
    if not comment:
        return None
    return " ".join(comment.group(1).replace("\n *", " ").split()).rstrip(".")


def build():
    """The map as text, and the complaints about files that do not introduce themselves."""
    lines, complaints, folder = [], [], None
    for top in FOLDERS:
        paths = [p for p in (ROOT / top).rglob("*.[ch]") if "ddk" not in p.parts]
        for path in sorted(paths, key=lambda p: (str(p.parent), p.name)):
            here = str(path.parent.relative_to(ROOT))
            if here != folder:
                folder = here
                lines += ["", f"**`{here}/`**", ""]
            text = purpose(path)
            if text is None:
                complaints.append(f'{path.relative_to(ROOT)}: the opening comment has no "{path.name} - ..." line')
            else:
                lines.append(f"- `{path.name}`: {text}")
    return "\n".join(lines) + "\n\n", complaints


def main():
    text, complaints = build()
    page = MAP.read_text(encoding="utf-8")
    if BEGIN not in page:
        page += f"\n## File by file\n\nThe driver kit's headers are named as in the WDK.\n\n{BEGIN}{END}"
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    wanted = before + BEGIN + text + END + after
    if "--update" in sys.argv[1:]:
        MAP.write_text(wanted, encoding="utf-8")
    elif MAP.read_text(encoding="utf-8") != wanted:
        complaints.append("docs/HACKING.md: the file map is stale; run scripts/file_map.py --update")
    print("\n".join(complaints) or "file map: as it should be")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
