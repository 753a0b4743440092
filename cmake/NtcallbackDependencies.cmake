# SPDX-License-Identifier: MIT
#
# What libntcallback-sim links. Included by the build and by the installed package, so that a static
# libntcallback-sim.a finds in the consumer the very targets that it was exported with.

include(CMakeFindDependencyMacro)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_dependency(Threads)
find_dependency(LibLZMA)
find_path(NTCALLBACK_HIVEX_INCLUDE_DIR hivex.h)
find_library(NTCALLBACK_HIVEX_LIBRARY hivex)
mark_as_advanced(NTCALLBACK_HIVEX_INCLUDE_DIR NTCALLBACK_HIVEX_LIBRARY)
if(NTCALLBACK_HIVEX_INCLUDE_DIR AND NTCALLBACK_HIVEX_LIBRARY AND NOT TARGET ntcallback::hivex)
    add_library(ntcallback::hivex UNKNOWN IMPORTED)
    set_target_properties(ntcallback::hivex PROPERTIES
        IMPORTED_LOCATION "${NTCALLBACK_HIVEX_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${NTCALLBACK_HIVEX_INCLUDE_DIR}")
endif()
find_path(NTCALLBACK_DW_INCLUDE_DIR elfutils/libdwfl.h)
find_library(NTCALLBACK_DW_LIBRARY dw)
mark_as_advanced(NTCALLBACK_DW_INCLUDE_DIR NTCALLBACK_DW_LIBRARY)
if(NTCALLBACK_DW_INCLUDE_DIR AND NTCALLBACK_DW_LIBRARY AND NOT TARGET ntcallback::dw)
    add_library(ntcallback::dw UNKNOWN IMPORTED)
    set_target_properties(ntcallback::dw PROPERTIES
        IMPORTED_LOCATION "${NTCALLBACK_DW_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${NTCALLBACK_DW_INCLUDE_DIR}")
endif()
find_dependency(ZLIB)
if(NOT TARGET ntcallback::jansson)
    find_path(NTCALLBACK_JANSSON_INCLUDE_DIR jansson.h)
    find_library(NTCALLBACK_JANSSON_LIBRARY jansson)
    mark_as_advanced(NTCALLBACK_JANSSON_INCLUDE_DIR NTCALLBACK_JANSSON_LIBRARY)
    if(NOT NTCALLBACK_JANSSON_INCLUDE_DIR OR NOT NTCALLBACK_JANSSON_LIBRARY)
        message(FATAL_ERROR "ntcallback needs jansson and did not find it: install libjansson-dev (apt) or "
                            "jansson (brew), or set NTCALLBACK_JANSSON_INCLUDE_DIR and NTCALLBACK_JANSSON_LIBRARY.")
    endif()
    add_library(ntcallback::jansson UNKNOWN IMPORTED)
    set_target_properties(ntcallback::jansson PROPERTIES
        IMPORTED_LOCATION "${NTCALLBACK_JANSSON_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${NTCALLBACK_JANSSON_INCLUDE_DIR}")
endif()
