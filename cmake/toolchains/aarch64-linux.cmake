# SPDX-License-Identifier: MIT
#
# Linux on a 64-bit ARM. Its programs run under qemu.

set(NTCALLBACK_SYSROOT_ARCHITECTURE arm64)
include("${CMAKE_CURRENT_LIST_DIR}/linux-sysroot.cmake")
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
find_program(NTCALLBACK_QEMU NAMES qemu-aarch64 qemu-aarch64-static NO_CMAKE_FIND_ROOT_PATH)
if(NTCALLBACK_QEMU)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${NTCALLBACK_QEMU};-L;${NTCALLBACK_SYSROOT}")
endif()
