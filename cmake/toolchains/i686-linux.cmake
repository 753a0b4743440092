# SPDX-License-Identifier: MIT
#
# Linux on a 32-bit x86. Its programs run on an x86-64 as they are, with the sysroot's own loader and libraries.

set(NTCALLBACK_SYSROOT_ARCHITECTURE i386)
include("${CMAKE_CURRENT_LIST_DIR}/linux-sysroot.cmake")
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER_TARGET i686-linux-gnu)
# Old tags: the libraries find their own libraries in the sysroot too.
set(libraries "${NTCALLBACK_SYSROOT}/lib/i386-linux-gnu:${NTCALLBACK_SYSROOT}/usr/lib/i386-linux-gnu")
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT
    " -Wl,--dynamic-linker=${NTCALLBACK_SYSROOT}/lib/ld-linux.so.2 -Wl,--disable-new-dtags,-rpath,${libraries}")
string(APPEND CMAKE_SHARED_LINKER_FLAGS_INIT " -Wl,--disable-new-dtags,-rpath,${libraries}")
string(APPEND CMAKE_MODULE_LINKER_FLAGS_INIT " -Wl,--disable-new-dtags,-rpath,${libraries}")
