# Says all that a build of the Python package lacks at once, by the names under which Debian has it, instead of stopping
# at the first thing in the middle of a long log.
set(missing_packages)

function(require_package package found)
  if(NOT ${found})
    list(APPEND missing_packages ${package})
    set(missing_packages ${missing_packages} PARENT_SCOPE)
  endif()
endfunction()

find_package(PkgConfig QUIET)
require_package(pkg-config PKG_CONFIG_FOUND)
find_package(ZLIB QUIET)
require_package(zlib1g-dev ZLIB_FOUND)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(zstd_there QUIET libzstd)
  require_package(libzstd-dev zstd_there_FOUND)
endif()
if(MASKMETRICS_FETCH_DEPENDENCIES)
  # What follows can be built from its sources.
else()
  find_package(TBB 2021 QUIET)
  require_package(libtbb-dev TBB_FOUND)
  find_package(fmt QUIET)
  require_package(libfmt-dev fmt_FOUND)
  find_package(simdjson QUIET)
  require_package(libsimdjson-dev simdjson_FOUND)
  find_package(CLI11 QUIET)
  require_package(libcli11-dev CLI11_FOUND)
endif()

if(missing_packages)
  list(JOIN missing_packages " " names)
  message(FATAL_ERROR "maskmetrics cannot be built yet, these packages are missing (Debian's and Ubuntu's names): ${names}\n"
                      "  apt install ${names}\n"
                      "With git and a network, -C cmake.define.MASKMETRICS_FETCH_DEPENDENCIES=ON after \"pip install .\" "
                      "builds TBB, fmt, simdjson and CLI11 from their sources.")
endif()
