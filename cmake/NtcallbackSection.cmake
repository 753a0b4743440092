# SPDX-License-Identifier: MIT
#
# Puts all code of OBJECT into sections of one NAME: the linker then keeps it together, and the simulator finds the
# driver's code among the program's (sim/io/linked_*.c). Runs after an object of <driver>::linked is compiled.

function(run out)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command} failed: ${errors}"
                            "Set CMAKE_OBJCOPY and CMAKE_OBJDUMP to the ones for the machine drivers are compiled for.")
    endif()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

run(sections "${OBJDUMP}" -h -w "${OBJECT}")
string(REGEX MATCHALL "[ \n][0-9]+ \\.text[^ ]*" sections "${sections}")
list(TRANSFORM sections REPLACE "^.* " "")
list(REMOVE_DUPLICATES sections)
set(options)
foreach(section IN LISTS sections)
    set(name "${NAME}")
    if(section MATCHES "\\$.*") # of Windows: there a symbol is named as the section is; the linker drops what follows
        string(APPEND name "${CMAKE_MATCH_0}")
        list(APPEND options "--redefine-sym=${section}=${name}")
    endif()
    list(APPEND options "--rename-section=${section}=${name}")
endforeach()
run(ignored "${OBJCOPY}" ${options} "${OBJECT}")
