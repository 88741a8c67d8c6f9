include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/maskmetrics)

install(TARGETS maskmetrics EXPORT maskmetricsTargets)
install(DIRECTORY include/maskmetrics TYPE INCLUDE)
install(EXPORT maskmetricsTargets NAMESPACE maskmetrics:: DESTINATION ${package_dir})
install(FILES LICENSE TYPE DOC)
if(TARGET maskmetrics_cli)
  install(TARGETS maskmetrics_cli)
endif()

configure_package_config_file(cmake/maskmetricsConfig.cmake.in maskmetricsConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break.
write_basic_package_version_file(maskmetricsConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/maskmetricsConfig.cmake ${PROJECT_BINARY_DIR}/maskmetricsConfigVersion.cmake
        DESTINATION ${package_dir})
