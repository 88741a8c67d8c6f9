include(GoogleTest)

# add_maskmetrics_test(name SOURCES a.cpp b.cpp [LIBRARIES x] [PROPERTIES p v] [SINGLE_THREADED]): one test binary;
# every case of it is a ctest test, with these properties. ThreadSanitizer has nothing to say about a single-threaded one.
function(add_maskmetrics_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SINGLE_THREADED" "" "SOURCES;LIBRARIES;PROPERTIES")
  if(arg_SINGLE_THREADED AND "thread" IN_LIST MASKMETRICS_SANITIZE)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE maskmetrics::maskmetrics maskmetrics_warnings GTest::gmock GTest::gtest_main
                                        ${arg_LIBRARIES})
  # Tests may look into every room.
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${name} PRIVATE MASKMETRICS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(
    ${name}
    TEST_PREFIX ${name}.
    DISCOVERY_TIMEOUT 120
    PROPERTIES TIMEOUT 300 ${arg_PROPERTIES})
endfunction()
