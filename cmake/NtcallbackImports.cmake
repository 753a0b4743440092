# SPDX-License-Identifier: MIT
#
# Writes the import library of a driver's module for Windows: all that its OBJECTS need and do not have comes from one
# name, that of the kernel. Runs in script mode; NM, DLLTOOL, OBJECTS and OUTPUT are given.

set(needed)
set(defined)
foreach(object IN LISTS OBJECTS)
    execute_process(COMMAND "${NM}" "${object}" OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
    string(REPLACE "\n" ";" lines "${listed}")
    foreach(line IN LISTS lines)
        if(line MATCHES " [Uw] (__imp_)?([^ ]+)$")
            list(APPEND needed "${CMAKE_MATCH_2}")
        elseif(line MATCHES " [A-Za-z] ([^ ]+)$")
            list(APPEND defined "${CMAKE_MATCH_1}")
        endif()
    endforeach()
endforeach()
list(REMOVE_DUPLICATES needed)
list(REMOVE_ITEM needed ${defined} ___chkstk_ms) # that one is in the compiler's own library
list(SORT needed)
list(JOIN needed "\n" names)
file(WRITE "${OUTPUT}.def" "LIBRARY ntoskrnl.exe\nEXPORTS\n${names}\n")
execute_process(COMMAND "${DLLTOOL}" -d "${OUTPUT}.def" -l "${OUTPUT}" COMMAND_ERROR_IS_FATAL ANY)
