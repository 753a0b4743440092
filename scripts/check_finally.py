#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Refuses what leaves a __try body that has a __finally: return, goto, break and continue (docs/exceptions.md).

    check_finally.py <driver source>...

The driver's build runs it. It reads tokens, not the preprocessor's output: what a macro hides is found at run time.
Where it cannot be sure, it says nothing.
"""
import re
import sys

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\r?\n|[^\n])*'
                   r"|[A-Za-z_]\w*|\S|\n", re.DOTALL | re.MULTILINE)
TRY, FINALLY = {"__try", "try"}, {"__finally", "finally"}
LOOPS = {"for", "while", "do"}


def tokens_of(text):
    """(line, token), without comments, strings, directives and what is between #if 0 and its end."""
    line, skipped = 1, []
    for match in TOKEN.finditer(text):
        token = match.group()
        if token.lstrip().startswith("#") and (match.start() == 0 or text[match.start() - 1] == "\n"):
            directive = re.sub(r"^\s*#\s*", "", token)
            if re.match(r"if", directive):
                skipped.append(bool(re.match(r"if\s+0\b", directive)))
            elif re.match(r"el(se|if)", directive) and skipped:
                skipped[-1] = False
            elif directive.startswith("endif") and skipped:
                skipped.pop()
        elif not any(skipped) and not token.startswith(("/*", "//", '"', "'")) and token != "\n":
            yield line, token
        line += token.count("\n")


def closing(tokens, at, left, right):
    """Index of the token that closes the one at `at`, or None."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index][1] == left) - (tokens[index][1] == right)
        if depth == 0:
            return index
    return None


def loops_in(body):
    """Index ranges inside of loops, and inside of loops or switches; None when one has no braces."""
    loops, breakable = [], []
    for index, (_, token) in enumerate(body):
        if token not in LOOPS and token != "switch":
            continue
        at = index + 1
        if token != "do":
            at = closing(body, at, "(", ")") if at < len(body) and body[at][1] == "(" else None
            at = at + 1 if at is not None else None
        if at is None or at >= len(body):
            return None
        if body[at][1] == ";":
            continue  # while (...); behind do, or an empty loop
        end = closing(body, at, "{", "}") if body[at][1] == "{" else None
        if end is None:
            return None
        breakable.append((at, end))
        if token != "switch":
            loops.append((at, end))
    return loops, breakable


def leaves(body, labels):
    """(line, keyword) of what leaves the body."""
    found = [(line, token) for line, token in body if token == "return"]
    found += [(line, token) for (line, token), (_, label) in zip(body, body[1:])
              if token == "goto" and label not in labels and label != "*"]
    ranges = loops_in(body)
    if ranges is not None:
        for index, (line, token) in enumerate(body):
            inside = ranges[0] if token == "continue" else ranges[1]
            if token in ("break", "continue") and not any(low < index < high for low, high in inside):
                found.append((line, token))
    return sorted(found)


def check(path):
    with open(path, encoding="utf-8", errors="replace") as source:
        text = source.read()
    plus = path.endswith((".cpp", ".cxx", ".cc"))
    tokens = list(tokens_of(text))
    problems = []
    for at, (line, token) in enumerate(tokens[:-1]):
        if token not in TRY or (plus and token == "try") or tokens[at + 1][1] != "{":
            continue
        end = closing(tokens, at + 1, "{", "}")
        if end is None or end + 1 >= len(tokens) or tokens[end + 1][1] not in FINALLY:
            continue
        body = tokens[at + 2:end]
        if plus and any(a[1] == "]" and b[1] in ("(", "{") for a, b in zip(body, body[1:])):
            continue  # a lambda may return
        labels = {a[1] for a, b in zip(body, body[1:]) if b[1] == ":"}
        problems += [f"{path}:{where}: error: {word} leaves the __try body of line {line}, which has a __finally: "
                     "use __leave, or leave behind the __finally block" for where, word in leaves(body, labels)]
    return problems


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    problems = sorted({problem for path in sys.argv[1:] for problem in check(path)})
    if problems:
        print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
