# System packages first. Where one is missing it is built from the pinned commit; distributions and package managers
# turn that off with -DFETCHCONTENT_FULLY_DISCONNECTED=ON or FETCHCONTENT_TRY_FIND_PACKAGE_MODE=ALWAYS.
include(FetchContent)

if(SKBUILD)
  include(check_packages)
endif()

# What is built here may become part of a Python module.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # variables count for options of old projects
set(BUILD_SHARED_LIBS OFF)
set(CMAKE_POLICY_VERSION_MINIMUM 3.5) # CMake 4 knows no older rules

find_package(Threads REQUIRED)

# Who uses the installed library links the system's zlib and zstd.
if(MASKMETRICS_INSTALL)
  find_package(ZLIB REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
endif()

find_package(ZLIB QUIET)
if(NOT ZLIB_FOUND)
  set(ZLIB_BUILD_EXAMPLES OFF CACHE INTERNAL "")
  FetchContent_Declare(
    zlib
    GIT_REPOSITORY https://github.com/madler/zlib.git
    GIT_TAG 51b7f2abdade71cd9bb0e7a373ef2610ec6f9daf # v1.3.1
  )
  FetchContent_MakeAvailable(zlib)
  target_include_directories(zlibstatic INTERFACE ${zlib_SOURCE_DIR} ${zlib_BINARY_DIR})
  add_library(ZLIB::ZLIB ALIAS zlibstatic)
endif()

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(zstd QUIET IMPORTED_TARGET libzstd)
endif()
if(NOT zstd_FOUND)
  foreach(part PROGRAMS TESTS SHARED)
    set(ZSTD_BUILD_${part} OFF CACHE INTERNAL "")
  endforeach()
  FetchContent_Declare(
    zstd
    GIT_REPOSITORY https://github.com/facebook/zstd.git
    GIT_TAG 794ea1b0afca0f020f4e57b6732332231fb23c70 # v1.5.6
    SOURCE_SUBDIR build/cmake)
  FetchContent_MakeAvailable(zstd)
  target_include_directories(libzstd_static INTERFACE ${zstd_SOURCE_DIR}/lib)
  add_library(PkgConfig::zstd ALIAS libzstd_static)
endif()

set(TBB_TEST OFF CACHE INTERNAL "")
set(TBB_STRICT OFF CACHE INTERNAL "") # its warnings are not ours
# Under another name than its own: TBB's sources take TBB_DIR, which FetchContent would set, for another TBB to test with.
FetchContent_Declare(
  oneTBB
  GIT_REPOSITORY https://github.com/oneapi-src/oneTBB.git
  GIT_TAG c9497714821c3d443ee44c732609eb6850195ffb # v2021.8.0
  FIND_PACKAGE_ARGS 2021 NAMES TBB)
set(FMT_INSTALL ON CACHE INTERNAL "")
FetchContent_Declare(
  fmt
  GIT_REPOSITORY https://github.com/fmtlib/fmt.git
  GIT_TAG a33701196adfad74917046096bf5a2aa0ab0bb50 # 9.1.0
  FIND_PACKAGE_ARGS)
FetchContent_Declare(
  simdjson
  GIT_REPOSITORY https://github.com/simdjson/simdjson.git
  GIT_TAG 0d2455029d845e801809dd54b01ae47173d7d8e8 # v3.0.1
  FIND_PACKAGE_ARGS)
FetchContent_Declare(
  pugixml
  GIT_REPOSITORY https://github.com/zeux/pugixml.git
  GIT_TAG a0e064336317c9347a91224112af9933598714e9 # v1.13
  FIND_PACKAGE_ARGS)
FetchContent_MakeAvailable(oneTBB fmt simdjson pugixml)

if(MASKMETRICS_BUILD_CLI OR MASKMETRICS_BUILD_WORKLOAD OR MASKMETRICS_BUILD_BENCH OR MASKMETRICS_BUILD_TESTS)
  FetchContent_Declare(
    CLI11
    GIT_REPOSITORY https://github.com/CLIUtils/CLI11.git
    GIT_TAG 70f8072f9dd2292fd0b9f9e5f58e279f60483ed3 # v2.1.2
    FIND_PACKAGE_ARGS)
  FetchContent_MakeAvailable(CLI11)
endif()

if(MASKMETRICS_BUILD_TESTS)
  set(INSTALL_GTEST OFF CACHE INTERNAL "")
  FetchContent_Declare(
    googletest
    GIT_REPOSITORY https://github.com/google/googletest.git
    GIT_TAG 58d77fa8070e8cec2dc1ed015d66b454c8d78850 # release-1.12.1
    FIND_PACKAGE_ARGS NAMES GTest)
  FetchContent_MakeAvailable(googletest)
endif()

if(MASKMETRICS_BUILD_BENCH)
  set(BENCHMARK_ENABLE_TESTING OFF CACHE INTERNAL "")
  set(BENCHMARK_ENABLE_INSTALL OFF CACHE INTERNAL "")
  FetchContent_Declare(
    benchmark
    GIT_REPOSITORY https://github.com/google/benchmark.git
    GIT_TAG d572f4777349d43653b21d6c2fc63020ab326db2 # v1.7.1
    FIND_PACKAGE_ARGS)
  FetchContent_MakeAvailable(benchmark)
endif()

unset(CMAKE_POSITION_INDEPENDENT_CODE)
unset(BUILD_SHARED_LIBS)
