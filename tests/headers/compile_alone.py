#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every header of the driver face compiles alone, and a driver without the flags is stopped with the fix's name.

usage: compile_alone.py INCLUDE COMPILER...

INCLUDE   the repository's include directory
COMPILER  compilers to try. Host dialect: all of them, pedantic, as C11 (names without ++) or C++17 (names with ++).
          Driver dialect: the clangs among them, with the flags of ntcallback::ddk.
Exits 0, 1 after the compiler's words if a header fails, or 77 if none of the compilers exists.
"""
import pathlib
import shutil
import subprocess
import sys

HOST = ['-pedantic', '-Wall', '-Wextra', '-Werror', '-DNTCB_HOST_DIALECT']
DRIVER = ('-fshort-wchar -fms-extensions -fms-compatibility -fno-builtin -fno-strict-aliasing -fwrapv -Wall -Werror '
          '-Wno-invalid-token-paste -Wno-multichar -Wno-microsoft -Wno-unknown-pragmas -Wno-ignored-pragmas').split()
# What drivers write that only works if types, macros and literals agree.
USE = '''
static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\\\Device\\\\Name");
extern "C" DRIVER_INITIALIZE DriverEntry;
static NTSTATUS Check(void)
{
    DECLARE_CONST_UNICODE_STRING(Altitude, L"385201");
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)&Altitude, OBJ_KERNEL_HANDLE, NULL, NULL);
    return Name.Length == 24 && Attributes.ObjectName->Length == 12 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return Check();
}
'''
GUARD = 'link the CMake target ntcallback::ddk'


def compile_text(compiler, flags, text, include):
    """Compile text as the compiler's language; return (succeeded, diagnostics)."""
    cxx = '++' in pathlib.Path(compiler).name
    language = ['-xc++', '-std=c++17'] if cxx else ['-xc', '-std=c11']
    if not cxx:
        text = text.replace('extern "C" ', '')
    command = [compiler, *flags, *language, f'-I{include}', f'-I{include}/ntcallback/ddk', '-fsyntax-only', '-']
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return result.returncode == 0, result.stderr


def driver_face(include):
    return sorted(path.name for path in pathlib.Path(include, 'ntcallback/ddk').glob('*.h'))


def is_clang(compiler):
    out = subprocess.run([compiler, '--version'], capture_output=True, text=True, check=True).stdout
    return 'clang' in out


def findings(include, compilers):
    for compiler in compilers:
        clang = is_clang(compiler)
        for header in driver_face(include):
            dialects = [('host', HOST)] + ([('driver', DRIVER)] if clang else [])
            for dialect, flags in dialects:
                passed, words = compile_text(compiler, flags, f'#include <{header}>\n', include)
                if not passed:
                    yield f'{header} alone, {dialect} dialect, {compiler}:\n{words}'
        if clang:
            passed, words = compile_text(compiler, DRIVER, '#include <ntifs.h>\n' + USE, include)
            if not passed:
                yield f'a small driver, {compiler}:\n{words}'
        passed, words = compile_text(compiler, [], '#include <ntddk.h>\n' + USE, include)
        if passed or GUARD not in words.replace('\\\n', ''):
            yield f'a driver without the flags, {compiler}: expected an error with "{GUARD}", got:\n{words}'


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    compilers = [name for name in sys.argv[2:] if shutil.which(name)]
    if not compilers:
        print('SKIP: none of these compilers is installed: ' + ' '.join(sys.argv[2:]))
        return 77
    found = list(findings(sys.argv[1], compilers))
    print('\n'.join(found) or f'{len(driver_face(sys.argv[1]))} headers, {" ".join(compilers)}: all compile alone')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
