# SPDX-License-Identifier: MIT
#
# cmake -DRESULT=<exit code> -DPRINTS=<regex;...> -DRUN=<command;...> -P must_print.cmake
# Runs the command; fails unless it ends with that code and prints text that matches every expression.

execute_process(COMMAND ${RUN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT result STREQUAL RESULT)
    message(FATAL_ERROR "expected exit code ${RESULT}, seen ${result}, of ${RUN}\n${text}")
endif()
foreach(expression IN LISTS PRINTS)
    if(NOT text MATCHES "${expression}")
        message(FATAL_ERROR "nothing printed matches \"${expression}\", of ${RUN}\n${text}")
    endif()
endforeach()
