# SPDX-License-Identifier: MIT
#
# Install rules: headers, libraries, the command, the package for find_package and a relocatable .pc file.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ntcallback")

# Shared libraries are found beside what uses them, wherever the prefix is moved to.
set(origin "\$ORIGIN")
if(APPLE)
    set(origin "@loader_path")
endif()
file(RELATIVE_PATH from_bin "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
set_target_properties(ntcallback_sim PROPERTIES INSTALL_RPATH "${origin}")
if(TARGET ntcallback)
    set_target_properties(ntcallback PROPERTIES INSTALL_RPATH "${origin}/${from_bin}")
endif()

install(TARGETS ntcallback_core ntcallback_sim ntcallback_ddk EXPORT ntcallback
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
if(TARGET ntcallback)
    install(TARGETS ntcallback EXPORT ntcallback RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY include/ntcallback include/ntsim DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT ntcallback NAMESPACE ntcallback:: FILE ntcallback-targets.cmake DESTINATION "${package_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/ntcallback-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    cmake/ntcallback-config.cmake
    cmake/NtcallbackDependencies.cmake
    cmake/NtcallbackDriver.cmake
    cmake/NtcallbackImports.cmake
    cmake/NtcallbackSection.cmake
    scripts/check_finally.py
    "${CMAKE_CURRENT_BINARY_DIR}/ntcallback-config-version.cmake"
    DESTINATION "${package_dir}")

file(RELATIVE_PATH prefix_from_pc
    "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
list(JOIN NTCALLBACK_DRIVER_FLAGS " " driver_cflags)
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
set(pc_libs_private "${CMAKE_THREAD_LIBS_INIT} -lm")
if(CMAKE_DL_LIBS)
    string(APPEND pc_libs_private " -l${CMAKE_DL_LIBS}")
endif()
# Programs that load driver modules need every NT routine in them: see sim/CMakeLists.txt.
if(BUILD_SHARED_LIBS)
    set(pc_libs "-L\${libdir} -lntcallback-sim -lntcallback-core")
elseif(APPLE)
    set(pc_libs "-Wl,-force_load,\${libdir}/libntcallback-sim.a -Wl,-force_load,\${libdir}/libntcallback-core.a")
else()
    set(pc_libs "-rdynamic -L\${libdir} -Wl,--whole-archive -lntcallback-sim -lntcallback-core -Wl,--no-whole-archive")
endif()
set(pc_hivex "")
if(TARGET ntcallback::hivex)
    set(pc_hivex " hivex")
endif()
set(pc_dw "")
if(TARGET ntcallback::dw)
    set(pc_dw " libdw")
endif()
configure_file(cmake/ntcallback.pc.in "${CMAKE_CURRENT_BINARY_DIR}/ntcallback.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/ntcallback.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
