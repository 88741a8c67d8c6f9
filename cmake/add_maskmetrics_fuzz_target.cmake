# add_maskmetrics_fuzz_target(name SOURCES a.cpp [LIBRARIES x]): a libFuzzer binary in bin/ named <name>; scripts/test
# runs every bin/*_fuzz. Seeds lie in tests/fuzz/corpus/<name>/ where there are any.
function(add_maskmetrics_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE maskmetrics::maskmetrics maskmetrics_warnings ${arg_LIBRARIES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
