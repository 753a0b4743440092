# SPDX-License-Identifier: MIT
#
# In a build that contains this source tree, find_package(ntcallback) finds the targets of the tree. So a project is
# the same text there and against an installed copy.

set(dir "${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}")
file(WRITE "${dir}/ntcallback-config.cmake" "# the targets are part of this build\n")
include(CMakePackageConfigHelpers)
write_basic_package_version_file("${dir}/ntcallback-config-version.cmake" COMPATIBILITY SameMinorVersion)
