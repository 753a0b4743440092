#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does what a Markdown page tells its reader to do, in an empty directory, and compares what the page shows.

    run_page.py <page> <directory>

A fenced block counts by the comment on the line in front of it:

    <!-- file: name -->       becomes that file
    <!-- patch -->            is a diff that is applied
    <!-- run -->              is run by bash, and must succeed; <!-- run: exit N --> must end with N
    <!-- output -->           is in what the last run printed: its lines, in that order, ... standing for any text

Every fenced block needs one. Blocks are run one after the other as in one shell: folder and variables stay.
"""
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"(?:^<!-- (?P<what>file|patch|run|output)(?:: (?P<how>[^>\n]+?))? -->\n+)?"
                   r"^```\w*\n(?P<text>.*?)^```$", re.M | re.S)


class Reader:
    def __init__(self, page, directory):
        self.page, self.folder = page, directory.resolve()
        self.state, self.out = self.folder / ".shell", ""
        self.here = self.folder / ".here"
        self.here.write_text(str(self.folder))

    def cwd(self):
        return pathlib.Path(self.here.read_text().strip())

    def bash(self, text):
        script = f'[ -f "{self.state}" ] && . "{self.state}"\nset -e\n{text}\nexport -p >"{self.state}"\npwd >"{self.here}"\n'
        return subprocess.run(["bash", "-c", script], cwd=self.cwd(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)

    def file(self, name, text):
        (self.cwd() / name).write_text(text, encoding="utf-8")

    def patch(self, _, text):
        done = subprocess.run(["patch", "-p0"], cwd=self.cwd(), input=text, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr if done.returncode else None

    def run(self, how, text):
        wanted = int(how.removeprefix("exit ")) if how else 0
        done = self.bash(text)
        self.out = done.stdout
        print(self.out, end="", flush=True)
        return f"exit status {done.returncode}, not {wanted}" if done.returncode != wanted else None

    def output(self, _, text):
        lines = iter(self.out.splitlines())
        for shown in text.splitlines():
            wanted = re.compile(".*".join(map(re.escape, shown.split("..."))))
            if not any(wanted.search(line) for line in lines):
                return f"this line is not printed, or not there:\n{shown}"
        return None


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    page, directory = map(pathlib.Path, sys.argv[1:])
    directory.mkdir(parents=True, exist_ok=True)
    text = page.read_text(encoding="utf-8")
    reader, count = Reader(page, directory), 0
    for block in BLOCK.finditer(text):
        place = f"{page}:{text.count(chr(10), 0, block.start('text'))}"
        if block["what"] is None:
            sys.exit(f"{place}: nothing in front of this block says what it is for")
        print(f"==> {place}: {block['what']} {block['how'] or ''}", flush=True)
        wrong = getattr(reader, block["what"])(block["how"], block["text"])
        if wrong:
            sys.exit(f"{place}: {wrong}")
        count += 1
    if count == 0:
        sys.exit(f"{page}: no block")
    print(f"{page.name}: {count} blocks as shown")
    return 0


if __name__ == "__main__":
    sys.exit(main())
