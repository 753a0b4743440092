# SPDX-License-Identifier: MIT
#
# Linux on another machine, by clang and lld, against a sysroot that scripts/fetch-sysroot made. The files beside
# this one set which machine.

set(CMAKE_SYSTEM_NAME Linux)
set(NTCALLBACK_SYSROOT "" CACHE PATH "The directory that scripts/fetch-sysroot made")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NTCALLBACK_SYSROOT)
if(NOT EXISTS "${NTCALLBACK_SYSROOT}/fetched")
    message(FATAL_ERROR "NTCALLBACK_SYSROOT is '${NTCALLBACK_SYSROOT}', which is no sysroot: run "
                        "scripts/fetch-sysroot ${NTCALLBACK_SYSROOT_ARCHITECTURE} DIRECTORY.")
endif()
cmake_path(ABSOLUTE_PATH NTCALLBACK_SYSROOT BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" NORMALIZE)
set(CMAKE_SYSROOT "${NTCALLBACK_SYSROOT}")
set(CMAKE_C_COMPILER clang)
find_program(NTCALLBACK_LLD NAMES ld.lld ld.lld-22 ld.lld-21 ld.lld-20 ld.lld-19 ld.lld-18 ld.lld-17 ld.lld-16
    ld.lld-15 ld.lld-14 NO_CMAKE_FIND_ROOT_PATH)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
foreach(kind EXE SHARED MODULE)
    set(CMAKE_${kind}_LINKER_FLAGS_INIT "--ld-path=${NTCALLBACK_LLD}")
endforeach()
