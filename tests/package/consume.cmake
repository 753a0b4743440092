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
    set(ENV{PKG_CONFIG_PATH} "${WORK}/moved/${LIBDIR}/pkgconfig")
    set(static)
    if(NOT SHARED)
        set(static --static)
    endif()
    ask_pkg_config(driver_flags --variable=driver_cflags)
    ask_pkg_config(flags ${static} --cflags)
    ask_pkg_config(libraries ${static} --libs)
    run("${DRIVER_CC}" ${driver_flags} -g -fPIC -shared "${project}/tiny.c" -o "${WORK}/tiny.so")
    run("${DRIVER_CC}" ${driver_flags} -g -fPIC -DDriverEntry=tiny_DriverEntry -c "${project}/tiny.c"
        -o "${WORK}/tiny.o")
    run("${CC}" ${flags} "-DTINY_MODULE=\"${WORK}/tiny.so\"" "${project}/tiny_test.c" "${WORK}/tiny.o"
        ${libraries} "-Wl,-rpath,${WORK}/moved/${LIBDIR}" -o "${WORK}/tiny_test")
    run("${WORK}/tiny_test")
else()
    message(FATAL_ERROR "WAY is '${WAY}'")
endif()
