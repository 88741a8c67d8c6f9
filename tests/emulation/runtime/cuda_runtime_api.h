/// @file
/// The few calls of the CUDA runtime that staged copies make, on the host. Nothing happens when it is queued: a stream
/// runs when somebody waits for it, as late as a device may, so that memory which is used again too early shows.
#pragma once

#include <cstddef>

enum cudaError_t { cudaSuccess = 0 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
constexpr unsigned cudaEventDisableTiming = 2;

struct emulated_stream;
struct emulated_event;
using cudaStream_t = emulated_stream*;
using cudaEvent_t = emulated_event*;

cudaError_t cudaGetDevice(int* ordinal);
cudaError_t cudaSetDevice(int ordinal);
cudaError_t cudaMallocHost(void** pointer, std::size_t bytes);
cudaError_t cudaFreeHost(void* pointer);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaMemcpyAsync(void* to, void const* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
