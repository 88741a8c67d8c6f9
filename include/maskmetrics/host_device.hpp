/// @file
/// Marks a function for both host and device; plain C++ compilers see nothing.
#pragma once

#if defined(__CUDACC__)
#define MASKMETRICS_HOST_DEVICE __host__ __device__
#else
#define MASKMETRICS_HOST_DEVICE
#endif
