# A unity build compiles the files of a target as one, which takes half of the time, because most of it goes into the
# headers that they share. Names in anonymous namespaces must be unique within a target, or a module of the library.
set(CMAKE_UNITY_BUILD ${MASKMETRICS_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)
if(MASKMETRICS_UNITY)
  # g++ inlines less in what it takes for a large file, and masks would take a seventh longer.
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:--param=large-unit-insns=1000000>)
endif()

# maskmetrics_module(name a.cpp b.cpp): sources of the library that are compiled together.
function(maskmetrics_module name)
  target_sources(maskmetrics PRIVATE ${ARGN})
  set_source_files_properties(${ARGN} TARGET_DIRECTORY maskmetrics PROPERTIES UNITY_GROUP ${name})
endfunction()
