# SPDX-License-Identifier: MIT
#
# ntcallback_add_test(<dir>/<file>_test.c): one test program, its cases registered with ctest.

ntcallback__find_cmocka("Or configure with -DNTCALLBACK_BUILD_TESTS=OFF.")

function(ntcallback_add_test source)
    cmake_path(GET source PARENT_PATH dir)
    cmake_path(GET dir FILENAME dir)
    cmake_path(GET source STEM stem)
    if(stem MATCHES "_white_test$" AND BUILD_SHARED_LIBS)
        return() # it calls functions that the shared libraries hide
    endif()
    string(REGEX REPLACE "_test$" "" stem "${stem}")
    set(target test_${dir}_${stem})
    set(list "${CMAKE_CURRENT_BINARY_DIR}/${target}_cases.cmake")
    set(include "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake")

    add_executable(${target} "${source}")
    ntcallback_house_flags(${target})
    target_compile_options(${target} PRIVATE -Wno-missing-prototypes)
    if(MINGW) # cmocka's functions format as C does, and are declared to format as Microsoft's
        target_compile_options(${target} PRIVATE -Wno-format -Wno-format-extra-args)
    endif()
    # A white-box test may include the private header of its own component; layers are checked by a script.
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/lib" "${PROJECT_SOURCE_DIR}/sim")
    target_link_libraries(${target} PRIVATE ntcb_test_support ntcb_reference ntcallback::sim ntcallback::jansson)
    add_dependencies(${target} test_drivers)
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=$<TARGET_FILE:${target}>" "-DOUTPUT=${list}"
                "-DSANITIZE=${NTCALLBACK_SANITIZE}" "-DEMULATOR=${CMAKE_CROSSCOMPILING_EMULATOR}"
                -P "${PROJECT_SOURCE_DIR}/cmake/NtcallbackDiscover.cmake"
        VERBATIM)
    file(CONFIGURE OUTPUT "${include}" CONTENT [[
if(EXISTS "@list@")
    include("@list@")
else()
    add_test("@target@.not_built" "@target@_not_built")
endif()
]] @ONLY)
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include}")
    set_property(GLOBAL APPEND PROPERTY NTCALLBACK_TEST_PROGRAMS ${target})
endfunction()

set(NTCALLBACK_FUZZ_SECONDS 60 CACHE STRING "How long each of the longer fuzz tests runs")
set(NTCALLBACK_FUZZ_LONG altitude hive regfile services)

# ntcallback_add_fuzzer(<source>): a libFuzzer program fuzz_<name>, and a ctest that lets it run for some seconds
# from the inputs in corpus/<name>/.
function(ntcallback_add_fuzzer source)
    cmake_path(GET source STEM stem)
    cmake_path(GET source PARENT_PATH dir)
    string(REGEX REPLACE "_fuzz$" "" name "${stem}")
    set(target fuzz_${name})
    add_executable(${target} "${source}")
    ntcallback_house_flags(${target})
    target_compile_options(${target} PRIVATE -Wno-missing-prototypes)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/lib" "${PROJECT_SOURCE_DIR}/sim")
    target_link_libraries(${target} PRIVATE ntcb_reference ntcallback::sim ntcallback::jansson)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(found "${CMAKE_CURRENT_BINARY_DIR}/${target}_found/")
    file(MAKE_DIRECTORY "${found}")
    set(corpus "${dir}/corpus/${name}")
    if(NOT IS_DIRECTORY "${corpus}")
        set(corpus)
    endif()
    set(seconds 6)
    if(name IN_LIST NTCALLBACK_FUZZ_LONG)
        set(seconds ${NTCALLBACK_FUZZ_SECONDS})
    endif()
    math(EXPR timeout "${seconds} + 120")
    add_test(NAME fuzz.${name}.runs_for_seconds
        COMMAND ${target} -max_total_time=${seconds} -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
                "-artifact_prefix=${found}crash-of-" "${found}" ${corpus})
    set_tests_properties(fuzz.${name}.runs_for_seconds PROPERTIES LABELS "fuzz" TIMEOUT ${timeout})
endfunction()
