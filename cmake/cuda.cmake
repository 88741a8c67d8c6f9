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
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "MASKMETRICS_CUDA is ON and no nvcc was found: install the CUDA Toolkit, set CUDACXX, "
                      "or configure with -DMASKMETRICS_CUDA=OFF.")
endif()

# One architecture keeps a developer's build quick; the cuda-release preset lists all.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 90 CACHE STRING "CUDA architectures")
endif()
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
# Thrust and CUB come with the toolkit, so that their version always fits nvcc's.
find_package(CCCL REQUIRED PATHS ${CUDAToolkit_LIBRARY_ROOT}/lib/cmake/cccl ${CUDAToolkit_LIBRARY_DIR}/cmake/cccl
                                 NO_DEFAULT_PATH)
