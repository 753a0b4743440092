# SPDX-License-Identifier: MIT
#
# find_package(ntcallback): ntcallback::core, ntcallback::sim, ntcallback::ddk and ntcallback_add_driver().

include("${CMAKE_CURRENT_LIST_DIR}/NtcallbackDependencies.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/ntcallback-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/NtcallbackDriver.cmake")
