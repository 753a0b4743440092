# SPDX-License-Identifier: MIT
#
# One way of using ntcallback from outside: see CMakeLists.txt.

cmake_minimum_required(VERSION 3.25)

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Installed once, then moved: nothing in it may remember where it was.
function(install_and_move prefix)
    run("${CMAKE_COMMAND}" --install "${BUILD}" --config "${CONFIG}" --prefix "${WORK}/installed")
    cmake_path(GET prefix PARENT_PATH above)
    file(MAKE_DIRECTORY "${above}")
    file(RENAME "${WORK}/installed" "${prefix}")
endfunction()

function(build_project source)
    run("${CMAKE_COMMAND}" -S "${source}" -B "${WORK}/build" -G "${GENERATOR}"
        "-DCMAKE_C_COMPILER=${CC}" "-DCMAKE_BUILD_TYPE=${CONFIG}" ${ARGN})
    run("${CMAKE_COMMAND}" --build "${WORK}/build" --config "${CONFIG}")
    run("${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/build" -C "${CONFIG}" --output-on-failure --no-tests=error)
endfunction()

# What `pkg-config <arguments> ntcallback` prints, as a list.
function(ask_pkg_config out)
    find_program(PKG_CONFIG NAMES pkg-config pkgconf REQUIRED)
    execute_process(COMMAND "${PKG_CONFIG}" ${ARGN} ntcallback
        OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(text UNIX_COMMAND "${text}")
    set(${out} ${text} PARENT_SCOPE)
endfunction()

# <dir>/<name>.c and <name>_test.c become <program> by what pkg-config says alone; more libraries may follow.
function(build_by_pkg_config name dir program)
    set(ENV{PKG_CONFIG_PATH} "${WORK}/moved/${LIBDIR}/pkgconfig")
    set(static)
    if(NOT SHARED)
        set(static --static)
    endif()
    ask_pkg_config(driver_flags --variable=driver_cflags)
    ask_pkg_config(flags ${static} --cflags)
    ask_pkg_config(libraries ${static} --libs)
    run("${DRIVER_CC}" ${driver_flags} -g -fPIC -shared "${dir}/${name}.c" -o "${WORK}/${name}.so")
    run("${DRIVER_CC}" ${driver_flags} -g -fPIC -DDriverEntry=${name}_DriverEntry -c "${dir}/${name}.c"
        -o "${WORK}/${name}.o")
    run("${CC}" ${flags} "-DTINY_MODULE=\"${WORK}/${name}.so\"" "${dir}/${name}_test.c" "${WORK}/${name}.o"
        ${libraries} ${ARGN} "-Wl,-rpath,${WORK}/moved/${LIBDIR}" -o "${program}")
endfunction()

# A driver that leaves its callback behind: the tests of the project fail, and say how to repeat that.
function(must_fail source line)
    file(READ "${source}" text)
    string(FIND "${text}" "${line}" found)
    if(found EQUAL -1)
        message(FATAL_ERROR "${source} does not hold ${line}")
    endif()
    string(REPLACE "${line}" "" text "${text}")
    file(WRITE "${source}" "${text}")
    run("${CMAKE_COMMAND}" --build "${WORK}/build" --config "${CONFIG}")
    execute_process(COMMAND "${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/build" -C "${CONFIG}" --output-on-failure
        OUTPUT_VARIABLE out ERROR_VARIABLE out RESULT_VARIABLE result)
    if(result EQUAL 0 OR NOT out MATCHES "DV-20" OR NOT out MATCHES "To repeat: ([^ \n]+) ([a-z_]+)")
        message(FATAL_ERROR "a driver without ${line} was to fail with DV-20 and a command:\n${out}")
    endif()
    execute_process(COMMAND "${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}" RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
    if(NOT result EQUAL 1)
        message(FATAL_ERROR "${CMAKE_MATCH_1} ${CMAKE_MATCH_2} ended with ${result}, not 1")
    endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
set(project "${CMAKE_CURRENT_LIST_DIR}/project")
if(WAY STREQUAL "find_package")
    install_and_move("${WORK}/moved")
    build_project("${project}" "-DCMAKE_PREFIX_PATH=${WORK}/moved")
elseif(WAY STREQUAL "readme")
    run("${PYTHON}" "${SOURCE}/scripts/readme_blocks.py" "${SOURCE}/README.md" "${WORK}/shown")
    install_and_move("${WORK}/moved")
    build_project("${WORK}/shown" "-DCMAKE_PREFIX_PATH=${WORK}/moved")
elseif(WAY STREQUAL "add_subdirectory")
    build_project("${project}" "-DNTCALLBACK_SOURCE=${SOURCE}" "-DBUILD_SHARED_LIBS=${SHARED}")
elseif(WAY STREQUAL "pkg_config")
    install_and_move("${WORK}/moved")
    build_by_pkg_config(tiny "${project}" "${WORK}/tiny_test")
    run("${WORK}/tiny_test")
elseif(WAY STREQUAL "template")
    install_and_move("${WORK}/moved")
    file(COPY "${SOURCE}/examples/template/" DESTINATION "${WORK}/copy")
    build_project("${WORK}/copy" "-DCMAKE_PREFIX_PATH=${WORK}/moved")
    build_by_pkg_config(driver "${WORK}/copy" "${WORK}/driver_test" -lcmocka)
    run("${WORK}/driver_test")
    must_fail("${WORK}/copy/driver.c" "CmUnRegisterCallback(Cookie);")
elseif(WAY STREQUAL "tutorial")
    install_and_move("${WORK}/user/ntcallback")
    set(ENV{HOME} "${WORK}/user")
    set(ENV{CC} "${CC}")
    set(ENV{CLICOLOR} 0)
    run("${PYTHON}" "${SOURCE}/scripts/run_page.py" "${SOURCE}/docs/tutorial.md" "${WORK}/reader")
else()
    message(FATAL_ERROR "WAY is '${WAY}'")
endif()
