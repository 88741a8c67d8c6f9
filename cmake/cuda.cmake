# Finds the CUDA Toolkit where MASKMETRICS_CUDA asks for it; kernels/CMakeLists.txt builds with it.
if(NOT MASKMETRICS_CUDA)
  return()
endif()

include(CheckLanguage)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  # Installers leave nvcc out of PATH.
  find_program(MASKMETRICS_NVCC nvcc PATHS /usr/local/cuda/bin)
  if(MASKMETRICS_NVCC)
    set(CMAKE_CUDA_COMPILER ${MASKMETRICS_NVCC})
  endif()
endif()
if(MASKMETRICS_CUDA STREQUAL AUTO)
  # From here on a plain switch.
  if(CMAKE_CUDA_COMPILER OR DEFINED ENV{CUDACXX})
    set(MASKMETRICS_CUDA ON)
    message(STATUS "CUDA backend: built in; -DMASKMETRICS_CUDA=OFF leaves it out")
  else()
    set(MASKMETRICS_CUDA OFF)
    message(STATUS "CUDA backend: left out, there is no nvcc")
    return()
  endif()
endif()
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "MASKMETRICS_CUDA is ON and no nvcc was found: install the CUDA Toolkit, set CUDACXX, "
                      "or configure with -DMASKMETRICS_CUDA=OFF.")
endif()

# One architecture keeps a developer's build quick; the cuda-release preset lists all. A package is for the machine that
# builds it.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(architectures 90)
  if(SKBUILD)
    include(package_architectures)
    package_architectures(architectures)
    message(STATUS "CUDA architectures: ${architectures}; "
                   "pip install . --config-settings=cmake.define.CMAKE_CUDA_ARCHITECTURES=90 builds for another one")
  endif()
  set(CMAKE_CUDA_ARCHITECTURES ${architectures} CACHE STRING "CUDA architectures")
endif()
enable_language(CUDA)
# For projects that require CMake 3.25 or later, its module sets a property of a target that CUDA 13 does not have.
set(required_version ${CMAKE_MINIMUM_REQUIRED_VERSION})
set(CMAKE_MINIMUM_REQUIRED_VERSION 3.24)
find_package(CUDAToolkit REQUIRED)
set(CMAKE_MINIMUM_REQUIRED_VERSION ${required_version})
# Thrust and CUB come with the toolkit, so that their version always fits nvcc's.
find_package(CCCL REQUIRED PATHS ${CUDAToolkit_LIBRARY_ROOT}/lib/cmake/cccl ${CUDAToolkit_LIBRARY_DIR}/cmake/cccl
                                 NO_DEFAULT_PATH)
