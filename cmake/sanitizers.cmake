# For the whole build, dependencies built by FetchContent included: a sanitizer sees only what was compiled with it.
if(MASKMETRICS_SANITIZE)
  list(JOIN MASKMETRICS_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${sanitizers})
  if(MASKMETRICS_BUILD_FUZZ)
    # Coverage for libFuzzer; its main function is linked into the fuzz targets only.
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
endif()
