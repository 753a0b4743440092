# SPDX-License-Identifier: MIT
#
# Asks a test program for its cases and writes the ctest file that registers each. Runs after the program is linked.

execute_process(COMMAND ${EMULATOR} "${PROGRAM}" --list
    OUTPUT_VARIABLE listed RESULT_VARIABLE result)
string(REPLACE "\r" "" listed "${listed}")
string(REGEX REPLACE "\n$" "" listed "${listed}")
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} --list ended with ${result}")
endif()

set(timeout 60)
if(SANITIZE OR EMULATOR)
    set(timeout 300)
endif()
set(command)
foreach(word IN LISTS EMULATOR ITEMS "${PROGRAM}")
    string(APPEND command " [=[${word}]=]")
endforeach()
set(text)
string(REPLACE "\n" ";" cases "${listed}")
foreach(case IN LISTS cases)
    if(NOT case MATCHES "^([^\t]+)\t([^\t]+)\t([^\t]*)$")
        message(FATAL_ERROR "${PROGRAM} --list printed \"${case}\"; wanted: suite, name and rules, separated by tabs")
    endif()
    set(suite "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    set(tier quick)
    if(name MATCHES "\\.(full|soak)$")
        set(tier "${CMAKE_MATCH_1}")
    endif()
    set(limit ${timeout})
    if(tier STREQUAL "soak")
        set(limit 300) # it goes on for a minute
    endif()
    string(APPEND text
        "add_test([=[${name}]=]${command} [=[${name}]=])\n"
        "set_tests_properties([=[${name}]=] PROPERTIES LABELS \"${tier};${suite}\" TIMEOUT ${limit} "
        "SKIP_REGULAR_EXPRESSION [=[\\[  SKIPPED \\]]=])\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}")
