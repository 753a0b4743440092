#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which rule has a test, which has an excuse, which has neither.

    rule_coverage.py --rules <dir> --programs <file> --output <json>

<dir> holds rules.csv (rule,page,tags), excused.csv (rule,reason) and required.txt (rule groups); <file> names one
test program per line. Writes {rule: {"tags", "tests", "excused"}} and prints the counts by group. Fails when
- a test cites a rule that does not exist, or two have one name,
- a rule that is inference alone is tested in the conformance suite and not in the library suite,
- an excuse names an unknown rule or one that has a test,
- a rule of a required group has neither test nor excuse.
"""
import argparse
import collections
import csv
import json
import pathlib
import subprocess
import sys


def read_tests(programs):
    """(suite, test name, rules) of every case of every program."""
    for program in programs:
        if not pathlib.Path(program).exists():
            sys.exit(f"{program} is not built")
        listed = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout
        for line in listed.splitlines():
            suite, name, rules = line.split("\t")
            yield suite, name, rules.split()


def group_of(rule):
    return rule.rsplit("-", 1)[0]


def examine(rules, excused, required, tests):
    """The report and the list of what is wrong."""
    report = {rule: {"tags": tags, "tests": [], "excused": excused.get(rule)} for rule, tags in rules.items()}
    suites = collections.defaultdict(set)
    problems = []
    names = set()
    for suite, name, cited in tests:
        if name in names:
            problems.append(f"{name}: is the name of two cases")
        names.add(name)
        for rule in cited:
            if rule not in report:
                problems.append(f"{name}: cites {rule}, which is no rule")
                continue
            report[rule]["tests"].append(name)
            suites[rule].add(suite)
    for rule, entry in report.items():
        if entry["tags"] == ["inf"] and suites[rule] == {"conformance"}:
            problems.append(f"{rule}: is inference alone but tested only in the conformance suite")
        if entry["excused"] is not None and entry["tests"]:
            problems.append(f"{rule}: is excused but has the test {entry['tests'][0]}; drop the excuse")
        if group_of(rule) in required and not entry["tests"] and entry["excused"] is None:
            problems.append(f"{rule}: has neither test nor excuse")
    problems += [f"{rule}: is excused but is no rule" for rule in excused if rule not in report]
    problems += [f"{group}: is required but is no group" for group in sorted(required)
                 if group not in map(group_of, report)]
    return report, problems


def print_counts(report, required):
    groups = collections.defaultdict(collections.Counter)
    for rule, entry in report.items():
        state = "tested" if entry["tests"] else "excused" if entry["excused"] is not None else "open"
        groups[group_of(rule)][state] += 1
        groups["all"][state] += 1
    print(f"{'group':<12}{'rules':>6}{'tested':>8}{'excused':>9}{'open':>6}")
    for group, count in groups.items():
        mark = " required" if group in required else ""
        print(f"{group:<12}{sum(count.values()):>6}{count['tested']:>8}{count['excused']:>9}{count['open']:>6}{mark}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", type=pathlib.Path, required=True)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    with open(arguments.rules / "rules.csv", encoding="utf-8", newline="") as file:
        rules = {row["rule"]: row["tags"].split("+") for row in csv.DictReader(file)}
    with open(arguments.rules / "excused.csv", encoding="utf-8", newline="") as file:
        excused = {row["rule"]: row["reason"] for row in csv.DictReader(file)}
    lines = (arguments.rules / "required.txt").read_text(encoding="utf-8").splitlines()
    required = {line for line in lines if line and not line.startswith("#")}
    programs = arguments.programs.read_text(encoding="utf-8").split("\n")

    report, problems = examine(rules, excused, required, read_tests(filter(None, programs)))
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print_counts(report, required)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
