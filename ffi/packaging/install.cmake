# What is installed. Nothing in it names the prefix, so that the whole may be moved.

include(CMakePackageConfigHelpers)

install(DIRECTORY "${token2metrics_root}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES "${token2metrics_root}/LICENSE-MIT" "${token2metrics_root}/LICENSE-APACHE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

foreach(file IN LISTS token2metrics_made)
    if(WIN32 AND file STREQUAL token2metrics_shared_file)
        install(PROGRAMS "${token2metrics_lib}/${file}" DESTINATION "${CMAKE_INSTALL_BINDIR}")
    elseif(file STREQUAL token2metrics_shared_file)
        install(PROGRAMS "${token2metrics_lib}/${file}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    else()
        install(FILES "${token2metrics_lib}/${file}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    endif()
endforeach()

set(token2metrics_package "${CMAKE_INSTALL_LIBDIR}/cmake/token2metrics")
configure_package_config_file(packaging/token2metricsConfig.cmake.in token2metricsConfig.cmake
    INSTALL_DESTINATION "${token2metrics_package}"
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_BINDIR)
# Before 1.0.0 a minor version may change the interface.
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/token2metricsConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${CMAKE_CURRENT_BINARY_DIR}/token2metricsConfig.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/token2metricsConfigVersion.cmake"
    DESTINATION "${token2metrics_package}")

set(token2metrics_pkgconfig "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(token2metrics_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
    file(RELATIVE_PATH token2metrics_up "/${token2metrics_pkgconfig}" "/")
    string(REGEX REPLACE "/$" "" token2metrics_up "${token2metrics_up}")
    set(token2metrics_pc_prefix "\${pcfiledir}/${token2metrics_up}")
endif()
foreach(dir LIBDIR INCLUDEDIR)
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
        set(token2metrics_pc_${dir} "${CMAKE_INSTALL_${dir}}")
    else()
        set(token2metrics_pc_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
    endif()
endforeach()
set(token2metrics_pc_private "")
foreach(library IN LISTS token2metrics_system_libraries)
    string(APPEND token2metrics_pc_private " -l${library}")
endforeach()
# Where there is no shared library, those are needed in any case.
set(token2metrics_pc_public "")
if(NOT TOKEN2METRICS_SHARED)
    set(token2metrics_pc_public "${token2metrics_pc_private}")
endif()
configure_file(packaging/token2metrics.pc.in token2metrics.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/token2metrics.pc" DESTINATION "${token2metrics_pkgconfig}")
