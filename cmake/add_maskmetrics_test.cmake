include(GoogleTest)

# What the tests of a sanitized build run with.
if("thread" IN_LIST MASKMETRICS_SANITIZE)
  set(MASKMETRICS_TEST_ENVIRONMENT
      "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp:halt_on_error=1:second_deadlock_stack=1")
elseif("address" IN_LIST MASKMETRICS_SANITIZE)
  set(MASKMETRICS_TEST_ENVIRONMENT "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1")
endif()

# add_maskmetrics_test(name SOURCES a.cpp b.cpp [LIBRARIES x]): one test binary; every case of it is a ctest test.
function(add_maskmetrics_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
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
    PROPERTIES TIMEOUT 300 ENVIRONMENT "${MASKMETRICS_TEST_ENVIRONMENT}")
endfunction()
