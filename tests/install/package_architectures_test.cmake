# cmake -DWORK_DIR=... -P: which architectures a package is built for, with stand-ins for nvidia-smi.
include(${CMAKE_CURRENT_LIST_DIR}/../../cmake/package_architectures.cmake)

function(expect program expected)
  file(WRITE ${WORK_DIR}/nvidia-smi "#!/bin/sh\n${program}\n")
  file(CHMOD ${WORK_DIR}/nvidia-smi PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  package_architectures(found)
  if(NOT found STREQUAL expected)
    message(SEND_ERROR "nvidia-smi: ${program}: expected ${expected}, got ${found}")
  endif()
endfunction()

set(ENV{PATH} "${WORK_DIR}:$ENV{PATH}")
expect("echo 'GPU 0: NVIDIA H100 (UUID: GPU-1)'" native)
expect("true" "75-virtual;80") # a driver without a GPU
expect("echo 'No devices were found'; exit 6" "75-virtual;80")
expect("exit 127" "75-virtual;80")
