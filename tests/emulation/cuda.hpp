/// @file
/// CUDA's vocabulary for g++. The build puts this in front of a kernel file (-include), which so compiles unchanged;
/// see kernels/common/README.md for what a kernel file may use.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include <maskmetrics/stream.hpp>

#include "emulation/grid.hpp"

#define MASKMETRICS_EMULATED 1

#define __host__
#define __device__
#define __global__
#define __constant__
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)
// Blocks run one after another, so one copy is enough; shared_array makes it fresh for every block.
#define __shared__ static

using uint3 = ::emulation::index3;
using dim3 = ::emulation::extent3;

#define threadIdx (::emulation::current_place->thread)
#define blockIdx (::emulation::current_place->block)
#define blockDim (::emulation::current_place->block_size)
#define gridDim (::emulation::current_place->grid_size)
inline constexpr int warpSize = static_cast<int>(::emulation::lanes_per_warp);

// --- vectors
// -----------------------------------------------------------------------------------------------------------

struct alignas(8) int2 {
  int x, y;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(16) ulonglong2 {
  unsigned long long x, y;
};
struct alignas(16) double2 {
  double x, y;
};
inline uint2 make_uint2(unsigned x, unsigned y) {
  return {x, y};
}
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
  return {x, y, z, w};
}

/// A load past the read-only cache; here, that it is aligned, which a device insists on.
template <class T>
T __ldg(T const* from, std::source_location where = std::source_location::current()) {
  if (reinterpret_cast<std::uintptr_t>(from) % alignof(T) != 0)
    ::emulation::fail(::emulation::fault_kind::out_of_bounds, "misaligned load", where);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

// --- arithmetic
// --------------------------------------------------------------------------------------------------------

inline int __popc(unsigned bits) {
  return std::popcount(bits);
}
inline int __popcll(unsigned long long bits) {
  return std::popcount(bits);
}
inline int __clz(int bits) {
  return std::countl_zero(static_cast<unsigned>(bits));
}
inline int __clzll(long long bits) {
  return std::countl_zero(static_cast<unsigned long long>(bits));
}
/// Place of the lowest set bit, counted from 1; 0 where there is none.
inline int __ffs(int bits) {
  return bits == 0 ? 0 : std::countr_zero(static_cast<unsigned>(bits)) + 1;
}
inline int __ffsll(long long bits) {
  return bits == 0 ? 0 : std::countr_zero(static_cast<unsigned long long>(bits)) + 1;
}
inline unsigned __brev(unsigned bits) {
  unsigned reversed = 0;
  for (int i = 0; i < 32; ++i) reversed |= (bits >> i & 1U) << (31 - i);
  return reversed;
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(std::uint64_t{a} * b >> 32U);
}
/// The lower half of (high:low) shifted right by shift mod 32.
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  return static_cast<unsigned>((std::uint64_t{high} << 32U | low) >> (shift & 31U));
}
/// Of two words' bytes 0 to 7, the four that the selector's nibbles name.
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
  std::uint64_t const bytes = std::uint64_t{b} << 32U | a;
  unsigned chosen = 0;
  for (unsigned i = 0; i < 4; ++i) {
    chosen |= static_cast<unsigned>(bytes >> (8 * (selector >> (4 * i) & 7U)) & 0xFFU) << (8 * i);
  }
  return chosen;
}
/// Per byte: 0xFF where they differ, else 0.
inline unsigned __vcmpne4(unsigned a, unsigned b) {
  unsigned differs = 0;
  for (unsigned i = 0; i < 32; i += 8) differs |= ((a ^ b) >> i & 0xFFU) != 0 ? 0xFFU << i : 0U;
  return differs;
}
template <class T>
constexpr T min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
constexpr T max(T a, T b) {
  return a < b ? b : a;
}

// --- barriers and warps
// ------------------------------------------------------------------------------------------------

inline void __syncthreads(std::source_location where = std::source_location::current()) {
  ::emulation::meet_block(where);
}
inline void __threadfence() {}
inline void __threadfence_block() {}

inline void __syncwarp(unsigned mask = 0xFFFFFFFFU, std::source_location where = std::source_location::current()) {
  ::emulation::meet_warp(::emulation::warp_operation::sync, mask, 0, 0, where);
}
inline unsigned __ballot_sync(unsigned mask, int predicate,
                              std::source_location where = std::source_location::current()) {
  return static_cast<unsigned>(
      ::emulation::meet_warp(::emulation::warp_operation::ballot, mask, predicate != 0 ? 1 : 0, 0, where));
}
inline int __any_sync(unsigned mask, int predicate, std::source_location where = std::source_location::current()) {
  return static_cast<int>(
      ::emulation::meet_warp(::emulation::warp_operation::any, mask, predicate != 0 ? 1 : 0, 0, where));
}
inline int __all_sync(unsigned mask, int predicate, std::source_location where = std::source_location::current()) {
  return static_cast<int>(
      ::emulation::meet_warp(::emulation::warp_operation::all, mask, predicate != 0 ? 1 : 0, 0, where));
}

namespace emulation {

template <class T>
T shuffle(unsigned mask, T value, unsigned lane, std::source_location const& where) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "shuffles move 4 or 8 bytes");
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = meet_warp(warp_operation::shuffle, mask, bits, lane, where);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

/// The lane that a shuffle of sub-warps of @p width lanes reads, or the own one where that lies in another sub-warp.
inline unsigned shuffle_source(long long lane, int width) {
  long long const first = lane_index() / static_cast<unsigned>(width) * static_cast<unsigned>(width);
  return lane < first || lane >= first + width ? lane_index() : static_cast<unsigned>(lane);
}

}  // namespace emulation

template <class T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32,
              std::source_location where = std::source_location::current()) {
  unsigned const first = ::emulation::lane_index() / static_cast<unsigned>(width) * static_cast<unsigned>(width);
  return ::emulation::shuffle(mask, value, first + static_cast<unsigned>(lane) % static_cast<unsigned>(width), where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 std::source_location where = std::source_location::current()) {
  long long const lane = static_cast<long long>(::emulation::lane_index()) - delta;
  return ::emulation::shuffle(mask, value, ::emulation::shuffle_source(lane, width), where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   std::source_location where = std::source_location::current()) {
  long long const lane = static_cast<long long>(::emulation::lane_index()) + delta;
  return ::emulation::shuffle(mask, value, ::emulation::shuffle_source(lane, width), where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32,
                  std::source_location where = std::source_location::current()) {
  long long const lane = static_cast<long long>(::emulation::lane_index() ^ static_cast<unsigned>(lanes));
  return ::emulation::shuffle(mask, value, ::emulation::shuffle_source(lane, width), where);
}
template <class T>
unsigned __match_any_sync(unsigned mask, T value, std::source_location where = std::source_location::current()) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return static_cast<unsigned>(::emulation::meet_warp(::emulation::warp_operation::match_any, mask, bits, 0, where));
}

namespace emulation {

template <class T, class Combine>
T reduce(unsigned mask, T value, Combine&& combine, std::source_location const& where) {
  T result = value;
  for (unsigned lane = 0; lane < lanes_per_warp; ++lane) {
    if ((mask >> lane & 1U) == 0) continue;
    T const other = shuffle(mask, value, lane, where);
    if (lane != lane_index()) result = combine(result, other);
  }
  return result;
}

}  // namespace emulation

template <class T>
T __reduce_add_sync(unsigned mask, T value, std::source_location where = std::source_location::current()) {
  static_assert(std::is_integral_v<T> && sizeof(T) == 4);
  return ::emulation::reduce(
      mask, value, [](T a, T b) { return static_cast<T>(static_cast<unsigned>(a) + static_cast<unsigned>(b)); }, where);
}
template <class T>
T __reduce_min_sync(unsigned mask, T value, std::source_location where = std::source_location::current()) {
  static_assert(std::is_integral_v<T> && sizeof(T) == 4);
  return ::emulation::reduce(
      mask, value, [](T a, T b) { return b < a ? b : a; }, where);
}
template <class T>
T __reduce_max_sync(unsigned mask, T value, std::source_location where = std::source_location::current()) {
  static_assert(std::is_integral_v<T> && sizeof(T) == 4);
  return ::emulation::reduce(
      mask, value, [](T a, T b) { return a < b ? b : a; }, where);
}
inline unsigned __reduce_or_sync(unsigned mask, unsigned value,
                                 std::source_location where = std::source_location::current()) {
  return ::emulation::reduce(
      mask, value, [](unsigned a, unsigned b) { return a | b; }, where);
}
inline unsigned __reduce_and_sync(unsigned mask, unsigned value,
                                  std::source_location where = std::source_location::current()) {
  return ::emulation::reduce(
      mask, value, [](unsigned a, unsigned b) { return a & b; }, where);
}

// --- atomics: of integers only, so that results cannot depend on the order
// ----------------------------------------------

namespace emulation {

template <class T, class Change>
T atomic(T* at, Change&& change) {
  static_assert(std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>,
                "atomics of int, unsigned and unsigned long long");
  maybe_yield();
  T const before = *at;
  *at = change(before);
  return before;
}

template <class T>
using same = std::type_identity_t<T>;

}  // namespace emulation

template <class T>
T atomicAdd(T* at, ::emulation::same<T> value) {
  // Wraps as the device does.
  using bits = std::make_unsigned_t<T>;
  return ::emulation::atomic(at,
                             [&](T old) { return static_cast<T>(static_cast<bits>(old) + static_cast<bits>(value)); });
}
template <class T>
T atomicSub(T* at, ::emulation::same<T> value) {
  using bits = std::make_unsigned_t<T>;
  return ::emulation::atomic(at,
                             [&](T old) { return static_cast<T>(static_cast<bits>(old) - static_cast<bits>(value)); });
}
template <class T>
T atomicMin(T* at, ::emulation::same<T> value) {
  return ::emulation::atomic(at, [&](T old) { return value < old ? value : old; });
}
template <class T>
T atomicMax(T* at, ::emulation::same<T> value) {
  return ::emulation::atomic(at, [&](T old) { return old < value ? value : old; });
}
template <class T>
T atomicAnd(T* at, ::emulation::same<T> value) {
  return ::emulation::atomic(at, [&](T old) { return old & value; });
}
template <class T>
T atomicOr(T* at, ::emulation::same<T> value) {
  return ::emulation::atomic(at, [&](T old) { return old | value; });
}
template <class T>
T atomicXor(T* at, ::emulation::same<T> value) {
  return ::emulation::atomic(at, [&](T old) { return old ^ value; });
}
template <class T>
T atomicExch(T* at, ::emulation::same<T> value) {
  return ::emulation::atomic(at, [&](T) { return value; });
}
template <class T>
T atomicCAS(T* at, ::emulation::same<T> expected, ::emulation::same<T> value) {
  return ::emulation::atomic(at, [&](T old) { return old == expected ? value : old; });
}
