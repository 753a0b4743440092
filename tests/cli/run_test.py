#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The ntcallback command from outside: exit status, messages, files. One case an invocation, or --list.

A case is a function below whose name is the case's, with "__" for ".": cli__run__quiet is cli.run.quiet.
"""
import argparse
import json
import lzma
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

KEY = r"\REGISTRY\MACHINE\SOFTWARE\Contoso"


def event(kind, **fields):
    return json.dumps({"event": kind, "pid": 4000, **fields})


def stream(*lines):
    """A process that has made its key; the first of the given lines is line 3."""
    return "\n".join((event("process.create", pid=4, target_pid=4000, path=r"C:\tool.exe"),
                      event("key.create", key=KEY, access="KEY_READ|KEY_WRITE"), *lines)) + "\n"


def set_value(name, **expect):
    line = event("value.set", key=KEY, value=name, type="REG_DWORD", data=1)
    return line[:-1] + ', "expect": ' + json.dumps(expect) + "}" if expect else line


GOOD = stream(
    event("image.load", path=r"\tool.exe"),
    event("key.open", key=KEY, access="KEY_READ|KEY_WRITE", expect={"status": "STATUS_SUCCESS", "blocked": False}),
    set_value("Allowed", status="STATUS_SUCCESS", blocked=False),
    set_value("Forbidden", status="STATUS_ACCESS_DENIED", blocked=True),
    event("key.close", key=KEY),
    event("process.exit"))


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def driver(self, name):
        return ["--driver", str(pathlib.Path(self.options.drivers) / f"{name}.so")]

    def start(self, *arguments, **options):
        command = [*filter(None, self.options.emulator.split(";")), self.options.command, *arguments]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, **options)

    def run(self, *arguments, exits, prints=(), complains=(), given=""):
        """Runs the command; the texts must be on standard output and standard error. Returns standard output."""
        process = self.start(*arguments)
        out, err = process.communicate(given, timeout=100)
        shown = f"--- standard output\n{out}--- standard error\n{err}---"
        assert process.returncode == exits, f"exit status {process.returncode}, not {exits}\n{shown}"
        for text, wanted in ((out, prints), (err, complains)):
            for part in [wanted] if isinstance(wanted, str) else wanted:
                assert part in text, f"{part!r} is missing\n{shown}"
        self.out, self.err = out, err
        return out

    def report(self, *arguments, exits=0):
        path = self.folder / "report.json"
        self.run("run", "--report", str(path), *arguments, exits=exits)
        return json.loads(path.read_text())


def counts(rows, name):
    return next(row for row in rows if row["class"] == name)


# ---- the verdict -----------------------------------------------------------------------------------------------

def cli__run__everything_met_exits_0(bench):
    bench.run("run", *bench.driver("cli_guard"), bench.file("good", GOOD), exits=0,
              prints=["SetValueKey", "LoadImage", "passed: 3 of 3 expectations met", "unload of",
                      "STATUS_ACCESS_DENIED"],
              complains="cli_guard: refused Forbidden")


def cli__run__missed_expectation_exits_1(bench):
    path = bench.file("bad", stream(set_value("Allowed", status="STATUS_ACCESS_DENIED", blocked=True)))
    bench.run("run", *bench.driver("cli_guard"), path, exits=1,
              prints=[f"{path}:3: value.set: not as expected", "failed: 0 of 1 expectations met"])


def cli__run__without_drivers_plays(bench):
    bench.run("run", bench.file("plain", stream(set_value("Allowed"))), exits=0, prints="no callback was called")


def cli__run__leftover_exits_1(bench):
    report = bench.report(*bench.driver("cli_leaves"), bench.file("good", stream()), exits=1)
    assert [row["rule"] for row in report["leftovers"]] == ["DV-20"], report["leftovers"]
    assert report["drivers"][0]["unload"] == "left something behind", report["drivers"]


def cli__run__several_files_share_a_kernel(bench):
    first = bench.file("first", stream(set_value("Shared")))
    second = bench.file("second", event("value.query", key=KEY, value="Shared", class_="KeyValueBasicInformation",
                                        length=256, expect={"status": "STATUS_SUCCESS"}).replace("class_", "class"))
    bench.run("run", first, second, exits=0, prints="1 of 1 expectations met")


def cli__run__reads_standard_input(bench):
    bench.run("run", *bench.driver("cli_guard"), "-", exits=0, prints="3 of 3 expectations met", given=GOOD)


def cli__run__quiet_prints_the_verdict_alone(bench):
    path = bench.file("good", GOOD)
    out = bench.run("run", "--quiet", *bench.driver("cli_guard"), path, exits=0)
    assert out == "passed: 3 of 3 expectations met, 0 reports about drivers\n", out
    assert bench.err == "", bench.err


def cli__run__quiet_prints_failures(bench):
    path = bench.file("bad", stream(set_value("Allowed", status="STATUS_ACCESS_DENIED")))
    out = bench.run("run", "--quiet", path, exits=1)
    assert len(out.splitlines()) == 2 and f"{path}:3:" in out, out


def cli__run__windows_is_chosen(bench):
    path = bench.file("good", GOOD)
    for name in ("vista", "7", "8", "8.1", "10", "11"):
        assert bench.report("--windows", name, *bench.driver("cli_guard"), path)["windows"] == name


# ---- what cannot be run ----------------------------------------------------------------------------------------

def cli__run__missing_file_exits_2(bench):
    bench.run("run", "/nonexistent/events", exits=2, complains="/nonexistent/events: ")


def cli__run__folder_exits_2(bench):
    bench.run("run", str(bench.folder), exits=2, complains=str(bench.folder))


def cli__run__unknown_flag_exits_2(bench):
    bench.run("run", "--frobnicate", "x", exits=2, complains=["--frobnicate", "help run"])


def cli__run__flag_without_value_exits_2(bench):
    bench.run("run", "x", "--driver", exits=2, complains=["--driver needs a value"])


def cli__run__unknown_windows_exits_2(bench):
    bench.run("run", "--windows", "12", "x", exits=2, complains=["--windows 12", "8.1"])


def cli__run__no_events_exits_2(bench):
    bench.run("run", exits=2, complains="EVENTS")


def cli__run__standard_input_twice_exits_2(bench):
    bench.run("run", "-", "-", exits=2, complains="only once")


def cli__run__malformed_line_exits_2(bench):
    path = bench.file("bad", stream(event("value.set", key=KEY, valeu="x")))
    bench.run("run", path, exits=2, complains=[f"{path}:3:", "valeu", '"value"'], prints="stopped")


def cli__run__truncated_xz_exits_2(bench):
    path = bench.file("cut.xz", lzma.compress(GOOD.encode() * 50)[:-40])
    bench.run("run", path, exits=2, complains=path)


def cli__run__missing_driver_exits_2(bench):
    bench.run("run", "--driver", "/nonexistent/guard.so", bench.file("good", GOOD), exits=2,
              complains="/nonexistent/guard.so: cannot be loaded")


def cli__run__driver_that_is_no_module_exits_2(bench):
    path = bench.file("guard.so", "not a module")
    bench.run("run", "--driver", path, bench.file("good", GOOD), exits=2,
              complains=[f"{path}: cannot be loaded", "STATUS_INVALID_IMAGE_FORMAT"])


def cli__run__driver_that_refuses_exits_2(bench):
    bench.run("run", *bench.driver("cli_refuses"), bench.file("good", GOOD), exits=2,
              complains=["cannot be loaded: STATUS_NOT_SUPPORTED (0xC00000BB)", "DriverEntry"])


def cli__run__driver_named_twice_exits_2(bench):
    bench.run("run", *bench.driver("cli_guard"), *bench.driver("cli_guard"), bench.file("good", GOOD), exits=2,
              complains="named before")


def cli__run__unwritable_files_are_found_first(bench):
    for option in ("--report", "--junit", "--trace"):
        out = bench.run("run", option, "/nonexistent/out", bench.file("bad", "{"), exits=2,
                        complains="/nonexistent/out: cannot be written")
        assert out == "" and "bad" not in bench.err, out + bench.err


def cli__run__full_disk_exits_2(bench):
    if not os.path.exists("/dev/full"):
        return "this machine has no /dev/full"
    bench.run("run", "--report", "/dev/full", bench.file("good", stream()), exits=2, complains="/dev/full")


def cli__run__malformed_input_leaves_no_files(bench):
    path = bench.file("bad", stream(set_value("Allowed")) + "{\n")
    bench.file("old.json", "kept")
    bench.run("run", "--report", str(bench.folder / "old.json"), "--trace", str(bench.folder / "t"), "--junit",
              str(bench.folder / "j"), path, exits=2)
    assert sorted(entry.name for entry in bench.folder.iterdir()) == ["bad", "old.json"]
    assert (bench.folder / "old.json").read_text() == "kept"


def cli__run__skip_bad_counts_and_goes_on(bench):
    path = bench.file("bad", GOOD + "{\nnonsense\n")
    report = bench.report("--skip-bad", *bench.driver("cli_guard"), path)
    assert report["events"]["skipped"] == 2 and report["expectations"]["met"] == 3, report


REG = 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso]\r\n"%s"="x"\r\n'


def cli__run__registry_file_is_played(bench):
    path = bench.file("setup.reg", ("\ufeff" + REG % "Forbidden").encode("utf-16-le"))
    bench.run("run", *bench.driver("cli_guard"), path, exits=0, prints=["setup.reg: regedit", "STATUS_ACCESS_DENIED"],
              complains="cli_guard: refused Forbidden")


def cli__run__registry_is_imported_before_the_drivers(bench):
    path = bench.file("setup.reg", REG % "Forbidden")
    query = event("value.query", key=KEY, value="Forbidden", length=256, expect={"status": "STATUS_SUCCESS"})
    bench.run("run", "--reg", path, *bench.driver("cli_guard"), bench.file("events", query + "\n"), exits=0,
              prints="1 of 1 expectations met")
    assert "refused" not in bench.err, bench.err


def hive_file(value):
    """A hive of one key with one REG_DWORD value "Number"."""
    cells = bytearray(b"hbin" + struct.pack("<IIQQI", 0, 4096, 0, 0, 0))

    def cell(content):
        at, size = len(cells), -(-(4 + len(content)) // 8) * 8
        cells.extend(struct.pack("<i", -size) + content.ljust(size - 4, b"\0"))
        return at

    security = cell(b"sk" + struct.pack("<HIIII", 0, 32, 32, 1, 20) + struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0))
    number = cell(b"vk" + struct.pack("<HIIIHH", 6, 0x80000004, value, 4, 1, 0) + b"Number")
    values = cell(struct.pack("<I", number))
    root = cell(b"nk" + struct.pack("<HQIIIIIIIIIIIIIIIHH", 0x2C, 0, 0, 0xFFFFFFFF, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 1, values,
                                    security, 0xFFFFFFFF, 0, 0, 12, 4, 0, 4, 0) + b"root")
    cells.extend(struct.pack("<i", 4096 - len(cells)))
    base = bytearray(b"regf" + struct.pack("<IIQIIIIIII", 1, 1, 0, 1, 3, 0, 1, root, 4096, 1)).ljust(508, b"\0")
    total = 0
    for word in struct.unpack("<127I", base):
        total ^= word
    return bytes(base + struct.pack("<I", total)).ljust(4096, b"\0") + bytes(cells).ljust(4096, b"\0")


def cli__run__hive_becomes_a_key(bench):
    path = bench.file("x=y.hiv", hive_file(7))
    query = event("value.query", key=r"\REGISTRY\MACHINE\Made", value="Number", length=256,
                  expect={"status": "STATUS_SUCCESS", "data": 7})
    bench.run("run", "--hive", path + r"=\REGISTRY\MACHINE\Made", bench.file("events", query + "\n"), exits=0,
              prints="1 of 1 expectations met")


def cli__run__bad_hive_exits_2(bench):
    good, text = bench.file("good", stream()), bench.file("text.hiv", "no hive")
    cut = bench.file("cut.hiv", hive_file(7)[:5000])
    bench.run("run", "--hive", "x", good, exits=2, complains="name the file and the key it becomes")
    bench.run("run", "--hive", r"/no/file=\REGISTRY\MACHINE\X", good, exits=2, complains="/no/file: cannot open it")
    bench.run("run", "--hive", text + r"=\REGISTRY\MACHINE\X", good, exits=2, complains=f"{text} is no hive file")
    bench.run("run", "--hive", cut + r"=\REGISTRY\MACHINE\X", good, exits=2, complains=f"{cut} is a damaged hive")


def cli__run__malformed_registry_file_exits_2(bench):
    path, good = bench.file("setup.reg", REG % "n" + "m=1\r\n"), bench.file("good", stream())
    bench.run("run", "--reg", path, good, exits=2,
              complains=[f'{path}:5:1: "m=1" is neither a key nor a value', 'did you mean "m"=1?'])
    bench.run("run", "--skip-bad", "--reg", path, good, exits=0, complains=f"{path}: 1 entries passed over")
    bench.run("run", "--reg", good, good, exits=2, complains=f"{good}:1: this is no registry editor file")
    bench.run("run", "--reg", "-", "-", exits=2, complains="only once")


def cli__run__interrupt_exits_2_with_files(bench):
    line = set_value("Allowed") + "\n"
    path = bench.file("long", stream(set_value("Forbidden")) + line * 300000)
    report = bench.folder / "report.json"
    process = bench.start("run", "--report", str(report), *bench.driver("cli_guard"), path)
    assert "refused Forbidden" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 2 and "interrupted" in out, out + err
    assert json.loads(report.read_text())["outcome"] == "interrupted"


def cli__run__interrupt_before_the_first_event_leaves_nothing(bench):
    process = bench.start("run", "--report", str(bench.folder / "report.json"), "-")
    while not list(bench.folder.iterdir()):  # until it has made its temporary file and waits for input
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=100) == 2
    assert not list(bench.folder.iterdir())
    process.communicate()


# ---- files -----------------------------------------------------------------------------------------------------

def cli__run__report_matches_its_schema(bench):
    try:
        import jsonschema
    except ImportError:
        return "python3-jsonschema is not installed"
    schema = json.loads(pathlib.Path(bench.options.schema).read_text())
    bad = bench.file("bad", stream(set_value("Allowed", status="STATUS_ACCESS_DENIED")))
    for arguments, exits in ((["--skip-bad", bench.file("skip", GOOD + "{\n")], 0), ([bad], 1)):
        jsonschema.validate(bench.report(*bench.driver("cli_guard"), *arguments, exits=exits), schema)
    jsonschema.validate(bench.report(*bench.driver("cli_leaves"), bad, exits=1), schema)
    return None


def cli__run__report_counts(bench):
    report = bench.report(*bench.driver("cli_guard"), bench.file("good", GOOD))
    assert (report["outcome"], report["exit"]) == ("met", 0)
    assert report["events"]["read"] == 8 and report["events"]["played"] == 8, report["events"]
    assert report["expectations"] == {"written": 3, "met": 3, "missed": []}
    rows = report["notifications"]
    pre, post = counts(rows, "RegNtPreSetValueKey"), counts(rows, "RegNtPostSetValueKey")
    assert (pre["delivered"], pre["calls"], pre["blocked"], pre["bypassed"]) == (2, 2, 1, 0), pre
    assert post["delivered"] == 1, post
    assert counts(rows, "LoadImage")["delivered"] == 1, rows
    callbacks = {row["manager"]: row for row in report["callbacks"]}
    assert callbacks["registry"]["altitude"] == "361000" and callbacks["image"]["slot"] == 0, callbacks
    assert callbacks["registry"]["statuses"]["STATUS_ACCESS_DENIED"] == 1, callbacks
    assert report["statuses"]["STATUS_ACCESS_DENIED"] == 1, report["statuses"]


def cli__run__no_prime_compares_nothing(bench):
    report = bench.report("--no-prime", bench.file("good", stream(set_value("Allowed"))))
    assert report["recorded"]["compared"] == 0 and report["recorded"]["share"] is None, report["recorded"]


def cli__run__junit_has_a_case_for_each_expectation(bench):
    path = bench.file("mixed", GOOD.replace('"Allowed"', '"<&>"') + set_value("x", status="STATUS_ACCESS_DENIED"))
    junit = bench.folder / "junit.xml"
    bench.run("run", "--junit", str(junit), *bench.driver("cli_guard"), path, exits=1)
    suite = xml.etree.ElementTree.parse(junit).getroot().find("testsuite")
    cases = suite.findall("testcase")
    assert (suite.get("tests"), suite.get("failures")) == ("4", "1"), suite.attrib
    assert [case.get("line") for case in cases if case.find("failure") is not None] == ["9"]
    assert len(cases) == 4


def cli__run__trace_has_a_line_for_each_call(bench):
    trace = bench.folder / "trace.ndjson"
    report = bench.report("--trace", str(trace), *bench.driver("cli_guard"), bench.file("good", GOOD))
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    assert len(lines) == sum(row["calls"] for row in report["notifications"])
    blocked = [line for line in lines if line.get("decision") == "blocked"]
    assert len(blocked) == 1, blocked
    for name, wanted in {"class": "RegNtPreSetValueKey", "key": KEY, "value": "Forbidden", "pid": 4000, "depth": 0,
                         "status": "STATUS_ACCESS_DENIED", "altitude": "361000"}.items():
        assert blocked[0][name] == wanted, blocked[0]
    assert blocked[0]["event"].endswith("good:6"), blocked[0]
    images = [line for line in lines if line["class"] == "LoadImage"]
    assert [line["image"] for line in images] == [r"\tool.exe"], images
    assert any(line["class"] == "RegNtPreCreateKeyEx" and line["key"] == KEY for line in lines)


def cli__run__trace_opens_in_perfetto(bench):
    trace = bench.folder / "trace.json"
    bench.run("run", "--trace", str(trace), *bench.driver("cli_guard"), bench.file("good", GOOD), exits=0)
    events = json.loads(trace.read_text())["traceEvents"]
    slices = [entry for entry in events if entry["ph"] == "X"]
    assert slices and all(entry["dur"] >= 0 and "tid" in entry for entry in slices)
    assert [entry["args"]["name"] for entry in events if entry["ph"] == "M"] == [r"C:\tool.exe"]


# ---- the rest --------------------------------------------------------------------------------------------------

def cli__help__tells_the_options(bench):
    bench.run("help", "run", exits=0, prints=["--driver", "--skip-bad", "Exit status"])
    bench.run("run", "--help", exits=0, prints="--driver")
    bench.run("help", exits=0, prints="ntcallback run")
    bench.run(exits=2, complains="ntcallback run")
    bench.run("frobnicate", exits=2, complains="frobnicate")


# ---- real recordings -------------------------------------------------------------------------------------------

RECORDINGS = ("procmon/procmon-parser_Win10x64_all.csv.xz", "procmon/procmon-parser_Win10x64_process.csv.xz",
              "sysmon/otrf_flat_aptsimulator_guidmismatch.jsonl.xz", "sysmon/otrf_flat_createremotethread.jsonl.xz",
              "sysmon/otrf_flat_minint_key.jsonl.xz", "sysmon/otrf_flat_psexec_tiny.jsonl.xz",
              "sysmon/otrf_nopid_taskmgr_lsass.jsonl.xz", "sysmon/otrf_nxlog_wmic_backdoor_3hosts.jsonl.xz",
              "sysmon/otrf_winlogbeat6_enable_rdp.jsonl.xz", "sysmon/sigma_evtxdump_mixed.jsonl.xz")


def data_folder():
    here = pathlib.Path(__file__).resolve().parents[2]
    return pathlib.Path(os.environ.get("NTCALLBACK_DATA", here / "../shared/data"))


def play_with_examples(bench, recording, *more):
    """Everything reported about drivers when the two guards, and more, hear the recording."""
    examples = pathlib.Path(bench.options.command).parent / "examples"
    drivers = [str(examples / name / f"{name}.so") for name in ("regguard", "procguard")]
    path = bench.folder / "report.json"
    process = bench.start("run", "--quiet", "--report", str(path), "--driver", drivers[0], "--driver", drivers[1],
                          *more, str(data_folder() / recording))
    process.communicate(timeout=300)
    report = json.loads(path.read_text())
    assert report["events"]["played"] > 0, recording
    print(f"{recording}: {report['events']['played']} events, {len(report['callbacks'])} callbacks")
    return report["reports"] + report["leftovers"]


def examples_missing(bench):
    if not data_folder().is_dir():
        return "no recordings; set NTCALLBACK_DATA"
    if not (pathlib.Path(bench.options.command).parent / "examples/procguard/procguard.so").exists():
        return "the examples were not built"
    return None


def cli__run__recordings_find_no_fault_with_the_examples(bench):
    reason = examples_missing(bench)
    for recording in () if reason else RECORDINGS:
        assert play_with_examples(bench, recording) == [], recording
    return reason


def cli__run__forgotten_removal_is_one_report(bench):
    reason = examples_missing(bench)
    if not reason:
        found = play_with_examples(bench, RECORDINGS[0], *bench.driver("cli_leaves"))
        assert [report["rule"] for report in found] == ["DV-20"], found
    return reason


def cli__version__is_printed(bench):
    bench.run("--version", exits=0, prints="ntcallback 0.")


def main(namespace):
    cases = {name.replace("__", "."): case for name, case in namespace.items() if name.startswith("cli__")}
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--command")
    parser.add_argument("--emulator", default="", help="what runs the command of another machine; words apart by ;")
    parser.add_argument("--drivers")
    parser.add_argument("--schema")
    parser.add_argument("case", nargs="*")
    options = parser.parse_args()
    if options.list:
        print("\n".join(cases))
        return 0
    for name in options.case or cases:
        with tempfile.TemporaryDirectory() as folder:
            reason = cases[name](Bench(options, folder))
        if reason and os.environ.get("CI") == "true":
            print(f"{name}: {reason}, and CI=true forbids skipping")
            return 1
        print(f"[  SKIPPED ] {name}: {reason}" if reason else f"[       OK ] {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(globals()))
