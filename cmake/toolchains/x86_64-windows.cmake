# SPDX-License-Identifier: MIT
#
# 64-bit Windows by mingw-w64 on a Linux machine, with the libraries that scripts/fetch-mingw made. Its programs run
# under Wine. Threads are those of winpthreads, which the tests use too.

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
find_program(NTCALLBACK_MINGW_GCC NAMES x86_64-w64-mingw32-gcc-posix x86_64-w64-mingw32-gcc REQUIRED)
set(CMAKE_C_COMPILER "${NTCALLBACK_MINGW_GCC}")
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(NTCALLBACK_MINGW_PREFIX "" CACHE PATH "The directory that scripts/fetch-mingw made")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NTCALLBACK_MINGW_PREFIX)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
if(NTCALLBACK_MINGW_PREFIX)
    cmake_path(ABSOLUTE_PATH NTCALLBACK_MINGW_PREFIX BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" NORMALIZE)
    list(APPEND CMAKE_FIND_ROOT_PATH "${NTCALLBACK_MINGW_PREFIX}")
    set(CMAKE_C_STANDARD_INCLUDE_DIRECTORIES "${NTCALLBACK_MINGW_PREFIX}/include")
    add_link_options("-L${NTCALLBACK_MINGW_PREFIX}/lib")
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ZLIB_USE_STATIC_LIBS ON)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static) # of libgcc, winpthreads and zlib
set(CMAKE_SHARED_LINKER_FLAGS_INIT -static)
find_program(NTCALLBACK_WINE NAMES wine64 wine wine-stable)
find_program(NTCALLBACK_SETARCH setarch)
if(NTCALLBACK_WINE)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${NTCALLBACK_WINE}")
    # One start of some thousand fails when Linux has put something else where Windows has its shared user data.
    execute_process(COMMAND "${NTCALLBACK_SETARCH}" -R true RESULT_VARIABLE refused OUTPUT_QUIET ERROR_QUIET)
    if(refused EQUAL 0)
        list(PREPEND CMAKE_CROSSCOMPILING_EMULATOR "${NTCALLBACK_SETARCH}" -R)
    endif()
endif()
