# SPDX-License-Identifier: MIT
#
# ntcallback_add_driver(<name> <source>... [DEFINITIONS <NAME[=value]>...] [INCLUDES <dir>...] [OPTIONS <flag>...]
#                       [COMPILER gcc])
#
# Compiles unmodified driver sources (C or C++) with the dialect of the Windows driver kit, and makes
#   <name>          a loadable module <name>.so whose entry point is DriverEntry; give its path to
#                   `ntcallback run --driver` or to the harness
#   <name>::linked  the same code to be linked into a test program. There the entry point is called
#                   <name>_DriverEntry, so that one program can hold several drivers:
#                       extern DRIVER_INITIALIZE regguard_DriverEntry;
#                   Only the entry point is renamed; two drivers whose other global names clash cannot share a
#                   program, but can be loaded as modules. The driver's code gets a section of its own
#                   (NtcallbackSection.cmake), so that reports tell whose code it was; not on macOS.
#
# ntcallback_add_driver_test(<name> <source>... DRIVERS <driver>...)
#
# A test program over cmocka (<ntsim/cmocka.h>) with these drivers linked into it, and the ctest <name> that runs it.
#
# ntcallback_add_driver_check(<driver> [<option>...])
#
# The ctest <driver>_check: `ntcallback check` of the module, with these options. Where the command was not built there
# is none.
#
# ntcallback_add_program(<name> <source>... [DEFINITIONS <NAME[=value]>...] [INCLUDES <dir>...] [OPTIONS <flag>...])
#
# Compiles unmodified sources of a program that drives a driver, with the <windows.h> of docs/win32.md, and makes
#   <name>::linked  the code to be linked into a test program. There main is called <name>_main, and wmain
#                   <name>_wmain; ntsim_program_run runs either.
#
# Drivers rely on habits of Microsoft's preprocessor (L#x, "text"##x, an empty __VA_ARGS__), which gcc refuses, and
# spell headers in any case. So drivers are compiled by clang, whatever compiles the rest; NTCALLBACK_DRIVER_CC names
# it. COMPILER gcc is for those that do without: NTCALLBACK_DRIVER_GCC names that compiler.

# CHAR is signed on Windows, on ARM too.
set(NTCALLBACK_DRIVER_FLAGS
    -fshort-wchar -fsigned-char -fms-extensions -fms-compatibility -fno-builtin -fno-strict-aliasing -fwrapv
    -Wno-invalid-token-paste -Wno-multichar -Wno-microsoft -Wno-unknown-pragmas -Wno-ignored-pragmas
    -Wno-pragma-pack -Wno-nonportable-include-path
    -includentcb_driver.h)
set(NTCALLBACK_DRIVER_GCC_FLAGS
    -fshort-wchar -fsigned-char -fms-extensions -fno-builtin -fno-strict-aliasing -fwrapv
    -Wno-multichar -Wno-unknown-pragmas -includentcb_driver.h)
set(NTCALLBACK_DRIVER_GCC_CXX_FLAGS
    -std=c++17 -fno-exceptions -fno-rtti -fno-threadsafe-statics -Wno-narrowing -fpermissive)
set(NTCALLBACK_DRIVER_CXX_FLAGS -std=c++17 -fno-exceptions -fno-rtti -fno-threadsafe-statics -Wno-c++11-narrowing)

set(NTCALLBACK_CMAKE_DIR "${CMAKE_CURRENT_LIST_DIR}")

# Sets NTCALLBACK_DRIVER_CC: the project's own compiler when it is clang, else one that is installed.
function(ntcallback__find_driver_compiler)
    if(NTCALLBACK_DRIVER_CC)
        return()
    endif()
    if(CMAKE_C_COMPILER_ID MATCHES "Clang")
        set(NTCALLBACK_DRIVER_CC "${CMAKE_C_COMPILER}" CACHE FILEPATH "The clang that compiles drivers")
        return()
    endif()
    set(names clang)
    foreach(version RANGE 22 14 -1)
        list(APPEND names clang-${version})
    endforeach()
    find_program(NTCALLBACK_DRIVER_CC NAMES ${names} DOC "The clang that compiles drivers")
    if(NOT NTCALLBACK_DRIVER_CC)
        message(FATAL_ERROR "ntcallback_add_driver: driver sources need clang, and none was found. "
                            "Install it (apt install clang) or set NTCALLBACK_DRIVER_CC to its path.")
    endif()
endfunction()

# For which machine drivers are compiled: that of the program that will load them.
function(ntcallback__driver_target out)
    set(flags)
    if(CMAKE_C_COMPILER_TARGET)
        list(APPEND flags "--target=${CMAKE_C_COMPILER_TARGET}")
    elseif(CMAKE_CROSSCOMPILING AND MINGW)
        list(APPEND flags "--target=${CMAKE_SYSTEM_PROCESSOR}-w64-windows-gnu")
    endif()
    if(MINGW)
        list(APPEND flags -nostdlibinc) # mingw-w64's headers refuse what clang is when it is like Microsoft's
    endif()
    if(CMAKE_SYSROOT)
        list(APPEND flags "--sysroot=${CMAKE_SYSROOT}")
    endif()
    if(CMAKE_SIZEOF_VOID_P EQUAL 4 AND CMAKE_SYSTEM_PROCESSOR MATCHES "86" AND NOT WIN32)
        list(APPEND flags -malign-double) # as Windows aligns 64-bit integers, whatever the driver calls them
    endif()
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
        # There the processor divides by zero without a word. Microsoft's compiler has it trap, so that an exception
        # arises as on x64.
        list(APPEND flags -fsanitize=integer-divide-by-zero -fsanitize-trap=integer-divide-by-zero)
    endif()
    set(${out} ${flags} PARENT_SCOPE)
endfunction()

# Windows finds <NTDDK.H> in ntddk.h. This overlay makes clang do so in the given directories; the files of a
# directory that are not in it yet are still found by their exact name.
function(ntcallback__write_overlay file)
    set(roots)
    foreach(dir IN LISTS ARGN)
        file(GLOB headers CONFIGURE_DEPENDS "${dir}/*.h" "${dir}/*.hpp" "${dir}/*.inc")
        set(contents)
        foreach(header IN LISTS headers)
            cmake_path(GET header FILENAME name)
            list(APPEND contents "{\"type\": \"file\", \"name\": \"${name}\", \"external-contents\": \"${header}\"}")
        endforeach()
        list(JOIN contents ",\n" contents)
        list(APPEND roots "{\"type\": \"directory\", \"name\": \"${dir}\", \"contents\": [\n${contents}]}")
    endforeach()
    list(JOIN roots ",\n" roots)
    file(CONFIGURE OUTPUT "${file}" CONTENT "{\"version\": 0, \"case-sensitive\": \"false\", \"roots\": [\n@roots@]}\n" @ONLY)
endfunction()

# The command that refuses what leaves a __try body with a __finally (docs/exceptions.md). Without Python it is left
# out: then only the run finds it. What is called python3 may be a script that takes longer to find Python than Python
# does to check a driver, so Python says where it is, once.
function(ntcallback__finally_check out)
    get_property(found GLOBAL PROPERTY NTCALLBACK_FINALLY_CHECK SET)
    if(NOT found)
        find_package(Python3 QUIET COMPONENTS Interpreter)
        set(check)
        foreach(dir "${CMAKE_CURRENT_FUNCTION_LIST_DIR}" "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../scripts")
            if(Python3_Interpreter_FOUND AND EXISTS "${dir}/check_finally.py")
                execute_process(COMMAND "${Python3_EXECUTABLE}" -c "import sys; print(sys.executable)"
                    OUTPUT_VARIABLE python OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
                set(check COMMAND "${python}" "${dir}/check_finally.py")
            endif()
        endforeach()
        set_property(GLOBAL PROPERTY NTCALLBACK_FINALLY_CHECK ${check})
    endif()
    get_property(check GLOBAL PROPERTY NTCALLBACK_FINALLY_CHECK)
    set(${out} ${check} PARENT_SCOPE)
endfunction()

# The command that makes a driver's code in the object file one that can be told from the program's.
function(ntcallback__own_section out name object)
    set(${out} PARENT_SCOPE)
    set(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/NtcallbackSection.cmake")
    if(CMAKE_OBJCOPY AND CMAKE_OBJDUMP AND NOT APPLE)
        string(MAKE_C_IDENTIFIER "ntcbdrv_${name}" section)
        set(${out} COMMAND "${CMAKE_COMMAND}" "-DOBJCOPY=${CMAKE_OBJCOPY}" "-DOBJDUMP=${CMAKE_OBJDUMP}"
            "-DNAME=${section}" "-DOBJECT=${object}" -P "${script}" DEPENDS "${script}" PARENT_SCOPE)
    endif()
endfunction()

# Adds the commands that compile the sources of one flavour; the object files go to <out>.
function(ntcallback__driver_objects out name flavour compiler flags)
    set(objects)
    ntcallback__driver_target(machine)
    if(compiler STREQUAL "gcc")
        set(machine)
        set(command "${NTCALLBACK_DRIVER_GCC}" ${NTCALLBACK_DRIVER_GCC_FLAGS})
        set(cxx_flags ${NTCALLBACK_DRIVER_GCC_CXX_FLAGS})
    else()
        set(command "${NTCALLBACK_DRIVER_CC}" "$<TARGET_PROPERTY:ntcallback::ddk,INTERFACE_COMPILE_OPTIONS>"
            ${NTCALLBACK_DRIVER_SANITIZE_FLAGS})
        set(cxx_flags ${NTCALLBACK_DRIVER_CXX_FLAGS})
    endif()
    set(kit -I)
    if(flavour STREQUAL "program")
        set(kit -idirafter) # <stdio.h> and its kin are the host's
        if(MINGW)
            list(REMOVE_ITEM machine -nostdlibinc)
            list(APPEND machine -fno-ms-compatibility)
        endif()
    endif()
    ntcallback__finally_check(check)
    foreach(source IN LISTS ARGN)
        cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE path)
        set(checked)
        if(check)
            set(checked ${check} "${path}")
        endif()
        cmake_path(RELATIVE_PATH path OUTPUT_VARIABLE stem)
        string(REGEX REPLACE "[^A-Za-z0-9_.-]" "_" stem "${stem}")
        # Relative, so that the command is the same in every build folder.
        set(output "${name}.${flavour}/${stem}${CMAKE_C_OUTPUT_EXTENSION}")
        set(object "${CMAKE_CURRENT_BINARY_DIR}/${output}")
        set(own_section)
        if(flavour STREQUAL "linked")
            ntcallback__own_section(own_section "${name}" "${object}")
        endif()
        set(language)
        if(source MATCHES "\\.(cpp|cxx|cc)$")
            set(language ${cxx_flags})
        endif()
        add_custom_command(OUTPUT "${object}"
            COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/${name}.${flavour}"
            ${checked}
            COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${command} ${machine} ${language} -O0 -g
                    $<$<NOT:$<BOOL:${WIN32}>>:-fPIC>
                    "${kit}$<JOIN:$<TARGET_PROPERTY:ntcallback::ddk,INTERFACE_INCLUDE_DIRECTORIES>,;${kit}>"
                    ${flags}
                    -MMD -MF "${output}.d" -c "${path}" -o "${output}"
            ${own_section}
            DEPENDS "${path}"
            DEPFILE "${object}.d"
            COMMENT "Compiling driver ${name} (${flavour}): ${source}"
            COMMAND_EXPAND_LISTS VERBATIM)
        list(APPEND objects "${object}")
    endforeach()
    set_source_files_properties(${objects} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    set(${out} ${objects} PARENT_SCOPE)
endfunction()

# The flags for the sources, include folders and definitions that the caller has parsed into arg_...; more arguments are
# folders beside that of the driver kit's headers.
function(ntcallback__driver_flags out name)
    get_target_property(dirs ntcallback::ddk INTERFACE_INCLUDE_DIRECTORIES)
    string(REGEX REPLACE "\\$<INSTALL_INTERFACE:[^>]*>" "" dirs "${dirs}")
    string(REGEX REPLACE "\\$<BUILD_INTERFACE:([^>]*)>" "\\1" dirs "${dirs}")
    set(flags ${arg_OPTIONS})
    list(REMOVE_ITEM dirs "")
    foreach(dir IN LISTS ARGN)
        list(TRANSFORM dirs REPLACE "/ddk$" "/${dir}" OUTPUT_VARIABLE more)
        list(TRANSFORM more PREPEND "-I" OUTPUT_VARIABLE options)
        list(APPEND flags ${options})
        list(APPEND dirs ${more})
    endforeach()
    if(NOT arg_COMPILER STREQUAL "gcc")
        list(APPEND flags -ivfsoverlay "${name}.overlay.json")
    endif()
    foreach(source IN LISTS arg_UNPARSED_ARGUMENTS)
        cmake_path(ABSOLUTE_PATH source)
        cmake_path(GET source PARENT_PATH dir)
        list(APPEND dirs "${dir}")
    endforeach()
    foreach(dir IN LISTS arg_INCLUDES)
        cmake_path(ABSOLUTE_PATH dir NORMALIZE)
        list(APPEND flags "-I${dir}")
        list(APPEND dirs "${dir}")
    endforeach()
    list(REMOVE_DUPLICATES dirs)
    ntcallback__write_overlay("${CMAKE_CURRENT_BINARY_DIR}/${name}.overlay.json" ${dirs})
    foreach(definition IN LISTS arg_DEFINITIONS)
        list(APPEND flags "-D${definition}")
    endforeach()
    set(${out} ${flags} PARENT_SCOPE)
endfunction()

# Links a module for Windows against what it imports from the kernel, and nothing else.
function(ntcallback__link_imports name)
    set(imports "${CMAKE_CURRENT_BINARY_DIR}/${name}.imports.a")
    set(script "${NTCALLBACK_CMAKE_DIR}/NtcallbackImports.cmake")
    add_custom_command(OUTPUT "${imports}"
        COMMAND "${CMAKE_COMMAND}" "-DNM=${CMAKE_NM}" "-DDLLTOOL=${CMAKE_DLLTOOL}" "-DOBJECTS=${ARGN}"
                "-DOUTPUT=${imports}" -P "${script}"
        DEPENDS ${ARGN} "${script}" VERBATIM)
    add_custom_target(${name}_imports DEPENDS "${imports}")
    add_dependencies(${name} ${name}_imports)
    set_target_properties(${name} PROPERTIES LINK_DEPENDS "${imports}" SUFFIX ".so")
    target_link_options(${name} PRIVATE -nostdlib "LINKER:--entry,0" "LINKER:--export-all-symbols")
    target_link_libraries(${name} PRIVATE gcc "${imports}")
endfunction()

function(ntcallback_add_driver name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "COMPILER" "DEFINITIONS;INCLUDES;OPTIONS")
    if(NOT arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "ntcallback_add_driver(${name}): name at least one source file.")
    endif()
    if(arg_COMPILER STREQUAL "gcc")
        find_program(NTCALLBACK_DRIVER_GCC gcc DOC "The gcc that compiles drivers that ask for it")
        if(NOT NTCALLBACK_DRIVER_GCC)
            message(FATAL_ERROR "ntcallback_add_driver(${name} COMPILER gcc): no gcc was found. Install it (apt install "
                                "gcc) or set NTCALLBACK_DRIVER_GCC to its path.")
        endif()
    elseif(arg_COMPILER AND NOT arg_COMPILER STREQUAL "clang")
        message(FATAL_ERROR "ntcallback_add_driver(${name}): COMPILER is '${arg_COMPILER}'; use clang or gcc.")
    else()
        ntcallback__find_driver_compiler()
    endif()

    ntcallback__driver_flags(flags ${name})
    ntcallback__driver_objects(objects ${name} module "${arg_COMPILER}" "${flags};-DNTCB_DRIVER_MODULE"
        ${arg_UNPARSED_ARGUMENTS})
    add_library(${name} MODULE ${objects})
    set_target_properties(${name} PROPERTIES PREFIX "" LINKER_LANGUAGE C)
    if(WIN32)
        ntcallback__link_imports(${name} ${objects})
    elseif(APPLE)
        target_link_options(${name} PRIVATE "LINKER:-undefined,dynamic_lookup")
    elseif(UNIX)
        # The driver's own globals win over equal names in the program that loads it.
        target_link_options(${name} PRIVATE "LINKER:-Bsymbolic")
    endif()

    string(MAKE_C_IDENTIFIER "${name}" prefix)
    list(APPEND flags "-DDriverEntry=${prefix}_DriverEntry")
    ntcallback__driver_objects(objects ${name} linked "${arg_COMPILER}" "${flags}" ${arg_UNPARSED_ARGUMENTS})
    add_library(${name}_linked STATIC EXCLUDE_FROM_ALL ${objects})
    add_library(${name}::linked ALIAS ${name}_linked)
    set_target_properties(${name}_linked PROPERTIES LINKER_LANGUAGE C)
    target_link_libraries(${name}_linked INTERFACE ntcallback::sim)
endfunction()

function(ntcallback_add_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEFINITIONS;INCLUDES;OPTIONS")
    if(NOT arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "ntcallback_add_program(${name}): name at least one source file.")
    endif()
    ntcallback__find_driver_compiler()
    ntcallback__driver_flags(flags ${name} win32)
    string(MAKE_C_IDENTIFIER "${name}" prefix)
    list(APPEND flags "-Dmain=${prefix}_main" "-Dwmain=${prefix}_wmain")
    ntcallback__driver_objects(objects ${name} program "" "${flags}" ${arg_UNPARSED_ARGUMENTS})
    add_library(${name}_linked STATIC EXCLUDE_FROM_ALL ${objects})
    add_library(${name}::linked ALIAS ${name}_linked)
    set_target_properties(${name}_linked PROPERTIES LINKER_LANGUAGE C)
    target_link_libraries(${name}_linked INTERFACE ntcallback::sim)
endfunction()

# Makes ntcallback::cmocka, or stops with the advice.
function(ntcallback__find_cmocka)
    find_path(NTCALLBACK_CMOCKA_INCLUDE_DIR cmocka.h)
    find_library(NTCALLBACK_CMOCKA_LIBRARY cmocka)
    mark_as_advanced(NTCALLBACK_CMOCKA_INCLUDE_DIR NTCALLBACK_CMOCKA_LIBRARY)
    if(NOT NTCALLBACK_CMOCKA_INCLUDE_DIR OR NOT NTCALLBACK_CMOCKA_LIBRARY)
        message(FATAL_ERROR "Test programs need cmocka, and it was not found: install libcmocka-dev (apt) or "
                            "cmocka (brew). ${ARGN}")
    endif()
    if(NOT TARGET ntcallback::cmocka)
        add_library(ntcallback::cmocka UNKNOWN IMPORTED GLOBAL)
        set_target_properties(ntcallback::cmocka PROPERTIES
            IMPORTED_LOCATION "${NTCALLBACK_CMOCKA_LIBRARY}"
            INTERFACE_INCLUDE_DIRECTORIES "${NTCALLBACK_CMOCKA_INCLUDE_DIR}")
    endif()
endfunction()

function(ntcallback_add_driver_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DRIVERS")
    if(NOT arg_UNPARSED_ARGUMENTS OR NOT arg_DRIVERS)
        message(FATAL_ERROR "ntcallback_add_driver_test(${name}): name source files, then DRIVERS and drivers made "
                            "by ntcallback_add_driver.")
    endif()
    ntcallback__find_cmocka()
    list(TRANSFORM arg_DRIVERS APPEND "::linked")
    add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
    set_target_properties(${name} PROPERTIES C_STANDARD 11)
    target_link_libraries(${name} PRIVATE ${arg_DRIVERS} ntcallback::cmocka)
    add_test(NAME ${name} COMMAND ${name})
endfunction()

function(ntcallback_add_driver_check driver)
    if(TARGET ntcallback::command)
        add_test(NAME ${driver}_check COMMAND ntcallback::command check ${ARGN} "$<TARGET_FILE:${driver}>")
    endif()
endfunction()
