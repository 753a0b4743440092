#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the files shown in a Markdown page into a directory, so that a test can build what the reader sees.

    readme_blocks.py <page> <directory>

A file is a fenced block after a line <!-- file: name -->.
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"^<!-- file: (?P<name>[\w.]+) -->\n+```\w*\n(?P<text>.*?)^```$", re.M | re.S)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    page, directory = map(pathlib.Path, sys.argv[1:])
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    if not blocks:
        sys.exit(f"{page}: no block after a line <!-- file: name -->")
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in blocks:
        (directory / name).write_text(text, encoding="utf-8")
    print(f"{page.name}: {', '.join(name for name, _ in blocks)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
