# For the whole build, dependencies built by FetchContent included: a sanitizer sees only what was compiled with it.
if(MASKMETRICS_BUILD_FUZZ)
  # Coverage for libFuzzer, whose main function is linked into the fuzz targets only.
  add_compile_options(-fsanitize=fuzzer-no-link)
  if(NOT MASKMETRICS_SANITIZE)
    set(MASKMETRICS_SANITIZE address undefined)
  endif()
endif()
if(MASKMETRICS_SANITIZE)
  list(JOIN MASKMETRICS_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${sanitizers})
  # ctest reads this file, so every test runs with it.
  file(
    CONFIGURE
    OUTPUT sanitizer_options.cmake
    CONTENT
      "set(ENV{ASAN_OPTIONS} detect_stack_use_after_return=1:strict_string_checks=1)
set(ENV{UBSAN_OPTIONS} print_stacktrace=1)
if(NOT DEFINED ENV{MASKMETRICS_TEST_SCALE})
  set(ENV{MASKMETRICS_TEST_SCALE} 0.1) # random cases are ten times as slow here, and as many run without sanitizer
endif()
set(ENV{TSAN_OPTIONS} suppressions=@PROJECT_SOURCE_DIR@/tests/support/tsan.supp:second_deadlock_stack=1)
"
    @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${PROJECT_BINARY_DIR}/sanitizer_options.cmake)
endif()
