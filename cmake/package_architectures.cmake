# package_architectures(result): what a Python package is built for: the GPU of this machine. Without a GPU, machine code
# for sm_80 to sm_89, and PTX from which the driver makes machine code for any other GPU when it first meets it: from
# compute_80 for later ones, from compute_75 for Turing. Every further architecture costs minutes.
function(package_architectures result)
  execute_process(COMMAND nvidia-smi --list-gpus RESULT_VARIABLE no_gpu OUTPUT_VARIABLE gpus ERROR_QUIET)
  if(no_gpu EQUAL 0 AND gpus MATCHES "GPU 0")
    set(${result} native PARENT_SCOPE)
  else()
    set(${result} 75-virtual 80 PARENT_SCOPE)
  endif()
endfunction()
