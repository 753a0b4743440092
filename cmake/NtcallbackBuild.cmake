# SPDX-License-Identifier: MIT
#
# How this repository compiles its own sources. Nothing here is installed and none of it reaches drivers,
# whose flags ride on ntcallback::ddk.

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

set(NTCALLBACK_SANITIZE_FLAGS_address
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
set(NTCALLBACK_SANITIZE_FLAGS_thread -fsanitize=thread -fno-omit-frame-pointer)
if(NTCALLBACK_SANITIZE)
    if(NOT DEFINED NTCALLBACK_SANITIZE_FLAGS_${NTCALLBACK_SANITIZE})
        message(FATAL_ERROR "NTCALLBACK_SANITIZE is '${NTCALLBACK_SANITIZE}': "
                            "use address, thread, or leave it empty.")
    endif()
    add_compile_options(${NTCALLBACK_SANITIZE_FLAGS_${NTCALLBACK_SANITIZE}})
    add_link_options(${NTCALLBACK_SANITIZE_FLAGS_${NTCALLBACK_SANITIZE}})
    if(CMAKE_C_COMPILER_ID MATCHES "Clang")
        # Drivers cast function pointers at will, and the C++ form of that check wants RTTI.
        set(NTCALLBACK_DRIVER_SANITIZE_FLAGS
            ${NTCALLBACK_SANITIZE_FLAGS_${NTCALLBACK_SANITIZE}} -fno-sanitize=function,vptr)
    endif()
endif()

if(NTCALLBACK_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "NTCALLBACK_FUZZ needs clang: configure with -DCMAKE_C_COMPILER=clang.")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()

find_path(NTCALLBACK_UTHASH_INCLUDE_DIR uthash.h)
mark_as_advanced(NTCALLBACK_UTHASH_INCLUDE_DIR)
if(NOT NTCALLBACK_UTHASH_INCLUDE_DIR)
    message(FATAL_ERROR "ntcallback needs uthash and did not find it: install uthash-dev (apt) or uthash (brew), or "
                        "set NTCALLBACK_UTHASH_INCLUDE_DIR to the folder of uthash.h.")
endif()

# ntcallback_house_flags(<target>...): the dialect and the warnings of lib/, sim/ and tests/.
function(ntcallback_house_flags)
    foreach(target IN LISTS ARGN)
        set_target_properties(${target} PROPERTIES
            C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
            C_VISIBILITY_PRESET hidden
            POSITION_INDEPENDENT_CODE ON)
        target_compile_definitions(${target} PRIVATE _GNU_SOURCE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
        target_include_directories(${target} SYSTEM PRIVATE "${NTCALLBACK_UTHASH_INCLUDE_DIR}")
        target_compile_options(${target} PRIVATE
            -fsigned-char # CHAR of the driver kit's headers
            -Wall -Wextra -Wpedantic -Wconversion -Wshadow
            -Wstrict-prototypes -Wmissing-prototypes
            $<$<BOOL:${NTCALLBACK_WERROR}>:-Werror>)
    endforeach()
endfunction()

# ntcallback_sources(<out> <pattern>...): the C sources that match below the current directory, without those
# of another platform (x_posix.c, x_win32.c).
function(ntcallback_sources out)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" ${ARGN})
    if(WIN32)
        list(FILTER found EXCLUDE REGEX "_posix\\.c$")
    else()
        list(FILTER found EXCLUDE REGEX "_win32\\.c$")
    endif()
    set(${out} ${found} PARENT_SCOPE)
endfunction()

# ntcallback_add_subdirectories(<dir>): every project directly below <dir>.
function(ntcallback_add_subdirectories dir)
    file(GLOB projects CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*/CMakeLists.txt")
    foreach(project IN LISTS projects)
        cmake_path(GET project PARENT_PATH project)
        cmake_path(GET project FILENAME name)
        add_subdirectory("${project}" "${CMAKE_CURRENT_BINARY_DIR}/${dir}/${name}")
    endforeach()
endfunction()
