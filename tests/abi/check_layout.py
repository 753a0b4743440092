#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The layout files hold: for this machine by running them, for others by compiling them for those targets.

usage: check_layout.py INCLUDE COMPILER...

INCLUDE   the repository's include directory
COMPILER  C compilers. Each builds and runs the layout of a 64-bit host, and of x86 if it can link with -m32. The
          clangs among them also compile for x86, arm64, macOS and Windows without a C library, and the driver dialect.
Exits 0, 1 with the compiler's words, or 77 if none of the compilers exists.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
X64, X86 = HERE / 'layout_x64.c', HERE / 'x86' / 'layout_x86.c'
COMMON = ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror']
TARGETS = (('x86_64-linux-gnu', X64), ('aarch64-linux-gnu', X64), ('arm64-apple-macos', X64),
           ('i686-linux-gnu', X86), ('i686-pc-windows-msvc', X86))
DRIVER = ['-fshort-wchar', '-fms-extensions', '-fms-compatibility', '-Wall', '-Werror']


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def build_and_run(compiler, flags, source):
    """Return (succeeded, output) of the layout program."""
    with tempfile.TemporaryDirectory() as folder:
        program = str(pathlib.Path(folder, 'layout'))
        built = run(compiler, *flags, str(source), '-o', program)
        if built.returncode != 0:
            return False, built.stderr
        result = run(program)
        return result.returncode == 0, result.stdout + result.stderr


def links_for_x86(compiler):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, 'empty.c')
        source.write_text('#include <stdio.h>\nint main(void) { return puts("") < 0; }\n', encoding='utf-8')
        program = pathlib.Path(folder, 'empty')
        return run(compiler, '-m32', str(source), '-o', str(program)).returncode == 0 and run(str(program)).returncode == 0


def cases(include, compiler):
    """Yield (what, succeeded, output) of each proof that the compiler can give."""
    host = [*COMMON, '-DNTCB_HOST_DIALECT', f'-I{include}']
    yield 'run on this machine', *build_and_run(compiler, host, X64)
    if links_for_x86(compiler):
        yield 'run as x86', *build_and_run(compiler, [*host, '-m32'], X86)
    if 'clang' not in run(compiler, '--version').stdout:
        return
    yield 'run as a driver', *build_and_run(compiler, [*DRIVER, f'-I{include}/ntcallback/ddk'], X64)
    for target, source in TARGETS:
        result = run(compiler, f'--target={target}', '-ffreestanding', '-fsyntax-only', *host, str(source))
        yield f'compile for {target}', result.returncode == 0, result.stderr


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    compilers = [name for name in sys.argv[2:] if shutil.which(name)]
    if not compilers:
        print('SKIP: none of these compilers is installed: ' + ' '.join(sys.argv[2:]))
        return 77
    failed = False
    for compiler in compilers:
        for what, succeeded, output in cases(sys.argv[1], compiler):
            print(f'{"ok" if succeeded else "FAILED"}: {compiler}: {what}' + ('' if succeeded else '\n' + output))
            failed = failed or not succeeded
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
