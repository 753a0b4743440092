# SPDX-License-Identifier: MIT
#
# cmake -DRESULT=<exit code> -DPRINTS=<regex;...> -P must_print.cmake -- <command>...
# Runs the command; fails unless it ends with that code and prints text that matches every expression.

set(command)
set(after FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(index RANGE 1 ${last})
    if(after)
        list(APPEND command "${CMAKE_ARGV${index}}")
    elseif(CMAKE_ARGV${index} STREQUAL "--")
        set(after TRUE)
    endif()
endforeach()

execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT result STREQUAL RESULT)
    message(FATAL_ERROR "expected exit code ${RESULT}, seen ${result}, of ${command}\n${text}")
endif()
foreach(expression IN LISTS PRINTS)
    if(NOT text MATCHES "${expression}")
        message(FATAL_ERROR "nothing printed matches \"${expression}\", of ${command}\n${text}")
    endif()
endforeach()
