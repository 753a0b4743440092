#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ntcallback check from outside, as run_test.py does it: one driver for each fault, and the good ones."""
import json
import pathlib
import struct
import sys

import run_test

PASSES = ["load", "events", "busy", "memory", "integrity"]


def module(bench, name):
    return bench.driver(name)[1]


def check(bench, name, *options, exits=1):
    return json.loads(bench.run("check", "--json", *options, module(bench, name), exits=exits))


def finds(bench, name, kind, rule, passes, *options, severity="bug check", exits=1):
    """Exactly one finding, of that kind and rule, in these passes. Returns it."""
    result = check(bench, name, *options, exits=exits)
    found = result["findings"]
    assert [(row["kind"], row["rule"]) for row in found] == [(kind, rule)], json.dumps(result, indent=1)
    assert (found[0]["passes"], found[0]["severity"]) == (passes, severity), found
    return found[0]


def sys_file(bench, flags):
    image = bytearray(0x200)
    image[0:2], image[60:64], image[0x80:0x84] = b"MZ", struct.pack("<I", 0x80), b"PE\0\0"
    image[0x80 + 24 + 70:0x80 + 24 + 72] = struct.pack("<H", flags)
    return bench.file("driver.sys", bytes(image))


# ---- good drivers ----------------------------------------------------------------------------------------------

def cli__check__good_driver_exits_0(bench):
    result = check(bench, "cli_none", "--strict", exits=0)
    assert [row["name"] for row in result["passes"]] == PASSES, result
    assert {row["outcome"] for row in result["passes"]} == {"clean"}, result
    assert (result["outcome"], result["exit"], result["findings"]) == ("passed", 0, []), result
    events, memory = result["passes"][1], result["passes"][3]
    assert events["events"] > 40 and events["calls"] > 40 and memory["failures"] >= 3, result
    rows = [(row["manager"], row["altitude"]) for row in result["registrations"]]
    assert rows == [("image", None), ("registry", "360000.77")], rows


def cli__check__examples_are_clean(bench):
    examples = pathlib.Path(bench.options.command).parent / "examples"
    modules = sorted(examples.glob("*/*.so"))
    if not modules:
        return "the examples were not built"
    for path in modules:
        bench.run("check", "--strict", str(path), exits=0, prints=["busy", "passed: 0 findings, 0 warnings"])
    return None


def cli__check__plays_what_it_is_given(bench):
    path = bench.file("good", run_test.GOOD)
    result = check(bench, "cli_guard", "--events", path, "--events", path, exits=0)
    assert result["passes"][1]["events"] == 16, result["passes"]
    bench.run("check", "--events", bench.file("bad", "{"), module(bench, "cli_guard"), exits=2, complains="bad:1:")


def cli__check__settings_come_from_reg_files(bench):
    path = bench.file("settings.reg", 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\r\n')
    check(bench, "cli_none", "--reg", path, exits=0)
    bench.run("check", "--reg", "/nonexistent/x.reg", module(bench, "cli_none"), exits=2, complains="/nonexistent/x.reg")


# ---- one driver for each fault ---------------------------------------------------------------------------------

def cli__check__leaked_registration_is_found(bench):
    found = finds(bench, "cli_leaves", "registration", "DV-20", PASSES)
    assert "cli_leaves.so!Image" in found["routine"] and found["bugcheck"] == "0xCE", found


def cli__check__leaked_pool_is_found(bench):
    found = finds(bench, "cli_pool", "pool", "DV-22", PASSES)
    assert "64 bytes of pool with tag 'Fult'" in found["what"], found


def cli__check__leaked_reference_is_found(bench):
    result = check(bench, "cli_reference")
    assert {(row["kind"], row["rule"]) for row in result["findings"]} == {("reference", "DV-23")}, result
    assert any("events" in row["passes"] for row in result["findings"]), result


def cli__check__wrong_order_at_unload_is_found(bench):
    found = finds(bench, "cli_order", "order", "DV-21", PASSES, severity="violation")
    assert "DriverUnload frees pool while its" in found["what"], found


def cli__check__freed_context_is_found(bench):
    found = finds(bench, "cli_context", "order", "DV-21", PASSES, severity="violation")
    assert "pool is freed while its registry routine is still registered" in found["what"], found


def cli__check__fault_in_a_callback_is_found(bench):
    result = check(bench, "cli_fault")
    found = [row for row in result["findings"] if row["kind"] == "fault"]
    assert found and found[0]["rule"] == "DV-15" and "events" in found[0]["passes"], result


def cli__check__fault_in_the_entry_ends_it(bench):
    result = check(bench, "cli_entry_fault")
    assert "fault" in {row["kind"] for row in result["findings"]}, result
    assert [row["name"] for row in result["passes"]] == ["load"], result


def cli__check__leak_on_a_failing_path_is_found(bench):
    found = finds(bench, "cli_entry_leak", "registration", "DV-20", ["memory"])
    assert "failing paths of DriverEntry" in found["fix"], found


def cli__check__hang_is_found(bench):
    result = check(bench, "cli_hang", "--timeout", "2")
    assert [(row["name"], row["outcome"]) for row in result["passes"]] == [("load", "hung")], result
    assert "it hung while unloading it" in result["findings"][0]["what"], result


def cli__check__missing_integrity_bit_is_found(bench):
    found = finds(bench, "cli_integrity", "integrity", "PROC-05 OB-08", ["integrity"], "--sys",
                  sys_file(bench, 0), severity="violation")
    assert "/INTEGRITYCHECK" in found["fix"], found
    check(bench, "cli_integrity", "--sys", sys_file(bench, 0x80), exits=0)
    result = check(bench, "cli_integrity", exits=0)
    assert any("/INTEGRITYCHECK" in note for note in result["notes"]), result
    check(bench, "cli_none", "--sys", sys_file(bench, 0), exits=0)
    bench.run("check", "--sys", bench.file("x.sys", "MZ"), module(bench, "cli_none"), exits=2, complains="no PE file")


def cli__check__held_altitude_is_found(bench):
    table = bench.file("table.csv", 'minifilter,altitude,company\nother.sys,328010.5,"Contoso, Ltd."\n')
    page = bench.file("page.md", "| Minifilter | Altitude | Company |\n| --- | --- | --- |\n"
                                 "| other.sys | 328010.5 | Fabrikam |\n")
    own = bench.file("own.csv", "CLI_ALTITUDE.sys,328010.5,us\nother.sys,328010.05,x\n")
    options = {"severity": "warning", "exits": 0}
    found = finds(bench, "cli_altitude", "altitude", "", ["load"], "--altitudes", table, **options)
    assert "allocated to other.sys (Contoso, Ltd.)" in found["what"], found
    finds(bench, "cli_altitude", "altitude", "", ["load"], "--altitudes", page, **options)
    check(bench, "cli_altitude", "--altitudes", table, "--strict", exits=1)
    assert check(bench, "cli_altitude", "--altitudes", own, exits=0)["findings"] == []
    bench.run("check", "--altitudes", "/nonexistent", module(bench, "cli_none"), exits=2, complains="/nonexistent")
    bench.run("check", "--altitudes", bench.file("empty", "x\n"), module(bench, "cli_none"), exits=2,
              complains="no row of it")


def cli__check__driver_that_stays_is_noted(bench):
    result = check(bench, "cli_no_unload", exits=0)
    assert any("no unload routine" in note for note in result["notes"]), result


def cli__check__driver_that_refuses_exits_1(bench):
    finds(bench, "cli_refuses", "load", "", ["load"], severity="violation")


# ---- the rest --------------------------------------------------------------------------------------------------

def cli__check__text_tells_the_same(bench):
    bench.run("check", module(bench, "cli_leaves"), exits=1,
              prints=["cli_leaves.so\n  load       findings\n", "bug check (registration, DV-20): ",
                      "    pass        load, events, busy, memory, integrity\n", "failed: 1 finding, 0 warnings\n"])
    out = bench.run("check", "--quiet", module(bench, "cli_none"), exits=0)
    assert out == "passed: 0 findings, 0 warnings\n", out


def cli__check__one_pass_alone(bench):
    result = check(bench, "cli_entry_leak", "--pass", "load", exits=0)
    assert [row["name"] for row in result["passes"]] == ["load"], result
    check(bench, "cli_entry_leak", "--pass", "memory", exits=1)
    bench.run("check", "--verbose", "--pass", "events", *bench.driver("cli_guard")[1:], exits=0)


def cli__check__what_cannot_be_made_exits_2(bench):
    good = module(bench, "cli_none")
    for arguments, message in (([], "name the driver"), ([good, good], "one driver at a time"),
                               (["--frobnicate", good], "--frobnicate"), (["--pass", "x", good], "--pass x"),
                               (["--windows", "12", good], "--windows 12"), (["--timeout", "0", good], "--timeout 0"),
                               (["--sys"], "needs a value"), (["/nonexistent.so"], "/nonexistent.so: cannot be loaded"),
                               ([bench.file("text.so", "x")], "STATUS_INVALID_IMAGE_FORMAT")):
        assert bench.run("check", *arguments, exits=2, complains=message) == ""
    bench.run("help", "check", exits=0, prints=["--altitudes", "Exit status"])
    bench.run("check", "--help", exits=0, prints="--altitudes")


def cli__check__result_matches_its_schema(bench):
    try:
        import jsonschema
    except ImportError:
        return "python3-jsonschema is not installed"
    schema = json.loads(pathlib.Path(bench.options.schema).read_text())
    for name, exits in (("cli_none", 0), ("cli_leaves", 1), ("cli_fault", 1), ("cli_integrity", 0)):
        jsonschema.validate(check(bench, name, exits=exits), schema)
    return None


if __name__ == "__main__":
    sys.exit(run_test.main(globals()))
