# What a build of the Python package does not find on the machine it builds from sources that git brings; where there is
# no way to bring them, this says all that is missing at once, by the names under which Debian has it, instead of
# stopping at the first thing in the middle of a long log.
set(missing_packages)

function(require_package package found)
  if(NOT ${found})
    list(APPEND missing_packages ${package})
    set(missing_packages ${missing_packages} PARENT_SCOPE)
  endif()
endfunction()

find_package(ZLIB QUIET)
require_package(zlib1g-dev ZLIB_FOUND)
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(zstd_there QUIET libzstd)
  require_package(libzstd-dev zstd_there_FOUND)
else()
  list(APPEND missing_packages pkg-config libzstd-dev)
endif()
find_package(TBB 2021 QUIET)
require_package(libtbb-dev TBB_FOUND)
find_package(fmt QUIET)
require_package(libfmt-dev fmt_FOUND)
find_package(simdjson QUIET)
require_package(libsimdjson-dev simdjson_FOUND)
find_package(pugixml QUIET)
require_package(libpugixml-dev pugixml_FOUND)
find_package(CLI11 QUIET)
require_package(libcli11-dev CLI11_FOUND)

if(missing_packages)
  list(JOIN missing_packages " " names)
  set(answer 1)
  find_package(Git QUIET)
  if(Git_FOUND)
    execute_process(
      COMMAND ${GIT_EXECUTABLE} ls-remote --exit-code https://github.com/fmtlib/fmt.git HEAD
      TIMEOUT 30
      RESULT_VARIABLE answer
      OUTPUT_QUIET ERROR_QUIET)
  endif()
  if(answer EQUAL 0)
    message(STATUS "Not here, so built from sources (apt install ${names} saves that): ${names}")
  else()
    message(FATAL_ERROR "maskmetrics cannot be built yet, these packages are missing (Debian's and Ubuntu's names): ${names}\n"
                        "  apt install ${names}\n"
                        "With git and a way to github.com they are built from their sources instead.")
  endif()
endif()
