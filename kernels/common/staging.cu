#include "common/staging.cuh"

#include <algorithm>
#include <cstring>

#include "common/cuda_check.cuh"

namespace maskmetrics::cuda {

staging_ring::~staging_ring() {
  for (slot& each : slots_) {
    if (each.copied != nullptr) static_cast<void>(cudaEventDestroy(each.copied));
    if (each.memory != nullptr) static_cast<void>(cudaFreeHost(each.memory));
  }
}

/// Waits for a slot's copies and makes it empty.
void staging_ring::settle(slot& full) {
  if (full.travelling) check(cudaEventSynchronize(full.copied), "waiting for copies between host and device");
  for (delivery const& each : full.deliveries) std::memcpy(each.to_host, each.from, each.bytes);
  full.deliveries.clear();
  full.travelling = false;
  full.used = 0;
}

std::byte* staging_ring::reserve(std::size_t& wanted) {
  if (slots_[current_].used == slot_bytes) {
    current_ = (current_ + 1) % num_slots;
    settle(slots_[current_]);
  }
  slot& here = slots_[current_];
  if (here.memory == nullptr) {
    check(cudaEventCreateWithFlags(&here.copied, cudaEventDisableTiming), "making an event");
    void* memory = nullptr;
    check(cudaMallocHost(&memory, slot_bytes), "allocating pinned memory");
    here.memory = static_cast<std::byte*>(memory);
  }
  wanted = std::min(wanted, slot_bytes - here.used);
  return here.memory + here.used;
}

/// Marks the end of the copies queued from the slot so far.
void staging_ring::send(cudaStream_t stream) {
  slot& here = slots_[current_];
  check(cudaEventRecord(here.copied, stream), "marking a copy");
  here.travelling = true;
}

void staging_ring::copy_in(void* to, void const* from_host, std::size_t bytes, cudaStream_t stream) {
  auto* target = static_cast<std::byte*>(to);
  auto const* source = static_cast<std::byte const*>(from_host);
  while (bytes != 0) {
    std::size_t piece = bytes;
    std::byte* const through = reserve(piece);
    std::memcpy(through, source, piece);
    check(cudaMemcpyAsync(target, through, piece, cudaMemcpyHostToDevice, stream), "copying to the device");
    slots_[current_].used += piece;
    send(stream);
    target += piece;
    source += piece;
    bytes -= piece;
  }
}

void staging_ring::copy_out(void* to_host, void const* from, std::size_t bytes, cudaStream_t stream) {
  auto* target = static_cast<std::byte*>(to_host);
  auto const* source = static_cast<std::byte const*>(from);
  while (bytes != 0) {
    std::size_t piece = bytes;
    std::byte* const through = reserve(piece);
    check(cudaMemcpyAsync(through, source, piece, cudaMemcpyDeviceToHost, stream), "copying from the device");
    slots_[current_].used += piece;
    slots_[current_].deliveries.push_back({target, through, piece});
    send(stream);
    target += piece;
    source += piece;
    bytes -= piece;
  }
}

void staging_ring::finish() {
  for (slot& each : slots_) settle(each);
  current_ = 0;
}

void staging_ring::abandon() noexcept {
  for (slot& each : slots_) {
    if (each.travelling) static_cast<void>(cudaEventSynchronize(each.copied));
    each.deliveries.clear();
    each.travelling = false;
    each.used = 0;
  }
  current_ = 0;
}

}  // namespace maskmetrics::cuda
