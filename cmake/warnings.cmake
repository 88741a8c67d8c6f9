# How every target of ours compiles: the library, its tests, benches and tools.
add_library(maskmetrics_warnings INTERFACE)

set(cxx_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wold-style-cast)
# g++ 12 sees overlaps in std::string's operator+ that are none (GCC bug 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND cxx_warnings -Wno-restrict)
endif()
# Sanitizers keep Clang from vectorizing loops that could be.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  list(APPEND cxx_warnings -Wno-pass-failed)
endif()
# Host code that nvcc generates is not pedantic and casts as C does.
set(cuda_host_warnings -Wall -Wextra -Wshadow)
if(MASKMETRICS_WARNINGS_AS_ERRORS)
  list(APPEND cxx_warnings -Werror)
  list(APPEND cuda_host_warnings -Werror)
  set(cuda_warnings --Werror=all-warnings)
endif()
list(JOIN cuda_host_warnings "," cuda_host_warnings)

target_compile_options(
  maskmetrics_warnings
  INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:${cxx_warnings}>
    $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${cuda_host_warnings};${cuda_warnings}>
    # No fused multiply-add on either side: the reference's bits come from separate roundings.
    $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>
    $<$<COMPILE_LANGUAGE:CUDA>:--fmad=false;-Xcompiler=-ffp-contract=off>
    # Not CMAKE_CUDA_STANDARD: CMake 3.25 does not know that nvcc 13 can do C++20.
    $<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>)
