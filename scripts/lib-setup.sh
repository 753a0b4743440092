# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# lib-setup.sh - sourced by scripts/demo and scripts/test: say what is done, and install what is missing.

say() {
    printf '==> %s\n' "$*"
}

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# As root, by sudo if need be.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root and there is no sudo: $*"
    fi
}

# has_header <name> / has_clang_runtime: can clang see the header, link the sanitizers?
has_header() {
    local prefix=/usr/local
    if command -v brew >/dev/null; then
        prefix=$(brew --prefix)
    fi
    printf '#include <stdint.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include <setjmp.h>\n#include <%s>\n' "$1" |
        clang -x c -I"$prefix/include" -fsyntax-only - 2>/dev/null
}

has_clang_runtime() {
    local program
    program=$(mktemp)
    printf 'int main(void){return 0;}\n' | clang -x c -fsanitize=address,undefined - -o "$program" 2>/dev/null
    local result=$?
    rm -f "$program"
    return $result
}

apt_clang_runtime() {
    if apt-cache show libclang-rt-dev >/dev/null 2>&1; then
        echo libclang-rt-dev
    fi
}

# One case of the command's tests checks a report against its schema, and is skipped without the package; Homebrew has
# none.
has_jsonschema() {
    command -v brew >/dev/null || /usr/bin/python3 -c 'import jsonschema' || python3 -c 'import jsonschema'
}

# Homebrew has neither the library nor the tools that read hive files back in the tests.
has_hivex() {
    command -v brew >/dev/null || has_header hivex.h
}

# Homebrew's elfutils is for Linux; without it reports name no source lines.
has_libdw() {
    command -v brew >/dev/null || has_header elfutils/libdwfl.h
}

has_hive_tools() {
    command -v brew >/dev/null ||
        { command -v hivexsh && command -v hivexregedit && command -v reglookup && command -v regfinfo; }
}

has_lld() {
    command -v ld.lld || command -v ld.lld-14
}

has_qemu_arm() {
    command -v qemu-aarch64 || command -v qemu-aarch64-static
}

# shellcheck disable=SC2034,SC2016
# What each script needs: a probe, the apt package, the brew package.
NEEDS_BUILD='command -v clang|clang|llvm
command -v cmake|cmake|cmake
command -v ninja|ninja-build|ninja
has_header jansson.h|libjansson-dev|jansson
has_header uthash.h|uthash-dev|uthash
has_header lzma.h|liblzma-dev|xz
has_header zlib.h|zlib1g-dev|zlib
has_hivex|libhivex-dev|
has_libdw|libdw-dev|'
# shellcheck disable=SC2034,SC2016
NEEDS_TEST='command -v gcc|gcc|gcc
command -v g++|g++|gcc
command -v python3|python3|python3
command -v pkg-config|pkg-config|pkg-config
has_hive_tools|libhivex-bin libwin-hivex-perl reglookup libregf-utils|
has_header cmocka.h|libcmocka-dev|cmocka
has_jsonschema|python3-jsonschema|
command -v ccache|ccache|ccache
has_clang_runtime|$(apt_clang_runtime)|llvm'

# shellcheck disable=SC2034
NEEDS_SYSROOT='has_lld|lld|'
# shellcheck disable=SC2034
NEEDS_WINDOWS='command -v x86_64-w64-mingw32-gcc-posix|gcc-mingw-w64-x86-64-posix|
command -v dpkg-source|dpkg-dev|
test -e /usr/x86_64-w64-mingw32/lib/libz.a|libz-mingw-w64-dev|
command -v wine|wine wine64|'
# shellcheck disable=SC2034
NEEDS_QEMU_ARM='has_qemu_arm|qemu-user|
command -v llvm-objcopy|llvm|'

# install_missing <needs>: one "probe|apt|brew" per line.
install_missing() {
    local probe apt brew missing=() manager
    if command -v apt-get >/dev/null; then
        manager=apt
    elif command -v brew >/dev/null; then
        manager=brew
    else
        manager=none
    fi
    while IFS='|' read -r probe apt brew; do
        if eval "$probe" >/dev/null 2>&1; then
            continue
        fi
        case $manager in
        apt) eval "missing+=($apt)" ;;
        brew) missing+=("$brew") ;;
        none) fail "\"$probe\" fails; install $apt by your package manager, then run this again" ;;
        esac
    done <<<"$1"
    if [ ${#missing[@]} -eq 0 ]; then
        say "Everything that is needed is installed."
        return
    fi
    say "Installing ${missing[*]}"
    if [ "$manager" = apt ]; then
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    else
        brew install "${missing[@]}"
    fi
}

# Fails early, with words, on a CMake that is too old for CMakeLists.txt.
check_cmake() {
    local version
    version=$(cmake --version | sed -n '1s/.* //p')
    if [ "$(printf '3.25\n%s\n' "$version" | sort -V | head -n 1)" != 3.25 ]; then
        fail "cmake $version is too old: 3.25 is needed (Debian 12, Ubuntu 24.04, or brew have it)"
    fi
}

jobs_count() {
    getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}
