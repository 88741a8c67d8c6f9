# The tests of tests/stages once more, with the emulator as cuda:0: oracle == CPU == emulated kernels.
add_library(maskmetrics_emulated_backend OBJECT emulated_backend.cpp)
emulate(
  maskmetrics_emulated_backend
  ${kernels}/accumulate.cu
  ${kernels}/accumulate_area.cu
  ${kernels}/boundary.cu
  ${kernels}/boundary_pack.cu
  ${kernels}/candidates.cu
  ${kernels}/dense.cu
  ${kernels}/dense_boundary.cu
  ${kernels}/dense_pack.cu
  ${kernels}/geometry.cu
  ${kernels}/mask_pairs.cu
  ${kernels}/mask_side.cu
  ${kernels}/mask_staging.cu
  ${kernels}/matching.cu
  ${kernels}/pairwise.cu
  ${kernels}/polygon.cu
  ${kernels}/prototypes.cu
  ${kernels}/resident_codes.cu)
target_link_libraries(maskmetrics_emulated_backend PRIVATE maskmetrics_emulated maskmetrics_test_support
                                                           maskmetrics_warnings)

# Thrust runs on the host from the toolkit's headers alone.
find_path(MASKMETRICS_CCCL_INCLUDE_DIR thrust/version.h PATHS /usr/local/cuda/include/cccl ENV CUDA_PATH
          PATH_SUFFIXES include/cccl)
set(emulated_stages accumulate dense matching pairwise prototypes)
if("undefined" IN_LIST MASKMETRICS_SANITIZE)
  set(thrust_options -fno-sanitize=null) # Thrust itself makes a reference of a null policy, whose type alone counts
endif()
add_library(maskmetrics_thrust_ranking STATIC)
target_include_directories(maskmetrics_thrust_ranking PRIVATE ${PROJECT_SOURCE_DIR}/kernels)
target_compile_options(maskmetrics_thrust_ranking PRIVATE ${thrust_options})
target_link_libraries(maskmetrics_thrust_ranking PRIVATE maskmetrics_test_support maskmetrics_warnings)
if(MASKMETRICS_CCCL_INCLUDE_DIR)
  target_sources(maskmetrics_thrust_ranking PRIVATE thrust_ranking.cpp)
  target_include_directories(maskmetrics_thrust_ranking SYSTEM PRIVATE ${MASKMETRICS_CCCL_INCLUDE_DIR})
  target_compile_definitions(maskmetrics_thrust_ranking PRIVATE THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP)
  list(APPEND emulated_stages evaluate evaluator ranking)
else()
  target_sources(maskmetrics_thrust_ranking PRIVATE thrust_missing.cpp)
  message(STATUS "emulated_ranking_test is left out: no Thrust (CUDA Toolkit) was found")
endif()

if("address" IN_LIST MASKMETRICS_SANITIZE)
  # The kernels of all stages: the tests left out here put them together.
  foreach(stem accumulate dense matching pairwise prototypes)
    add_test(NAME emulated_use_after_return.${stem} COMMAND emulated_${stem}_test --gtest_brief=1)
    set_tests_properties(
      emulated_use_after_return.${stem} PROPERTIES TIMEOUT 300 COST 10 ENVIRONMENT
                                                   "ASAN_OPTIONS=${asan_options}=1;MASKMETRICS_TEST_SCALE=0.01")
  endforeach()
endif()

foreach(stem IN LISTS emulated_stages)
  add_maskmetrics_test(
    emulated_${stem}_test SOURCES $<TARGET_OBJECTS:${stem}_cases> $<TARGET_OBJECTS:maskmetrics_emulated_backend>
    LIBRARIES maskmetrics_test_support maskmetrics_thrust_ranking maskmetrics_emulation
    PROPERTIES ${on_fibers})
endforeach()

add_maskmetrics_test(
  emulated_memory_test SOURCES memory_test.cpp chunks_test.cpp device_choice_test.cpp $<TARGET_OBJECTS:maskmetrics_emulated_backend>
  LIBRARIES maskmetrics_test_support maskmetrics_thrust_ranking maskmetrics_emulation
  PROPERTIES ${on_fibers})
target_include_directories(emulated_memory_test PRIVATE ${PROJECT_SOURCE_DIR}/kernels)

# Host code of the CUDA backend over a runtime of our own.
add_maskmetrics_test(emulated_staging_test SOURCES staging_test.cpp LIBRARIES maskmetrics_test_support)
emulate(emulated_staging_test ${kernels}/common/staging.cu)
target_include_directories(emulated_staging_test BEFORE PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/runtime)
target_include_directories(emulated_staging_test PRIVATE ${PROJECT_SOURCE_DIR}/kernels)
