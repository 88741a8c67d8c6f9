#include "cuda_execution.cuh"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <maskmetrics/error.hpp>

#include "common/cuda_check.cuh"
#include "common/transfer.cuh"

namespace maskmetrics::cuda {

namespace {

/// Kits that nobody uses. Never destroyed: the runtime may be gone when static objects are.
struct shelf {
  std::mutex access;
  std::vector<std::unique_ptr<device_kit>> kits;

  static shelf& the() {
    static shelf& only = *new shelf;
    return only;
  }

  std::unique_ptr<device_kit> take(int ordinal) {
    {
      std::lock_guard const lock(access);
      // The last one first: its stream is the one whose memory an allocator by stream has at hand.
      auto const found =
          std::find_if(kits.rbegin(), kits.rend(), [&](auto const& kit) { return kit->ordinal == ordinal; });
      if (found != kits.rend()) {
        std::unique_ptr<device_kit> taken = std::move(*found);
        kits.erase(std::next(found).base());
        return taken;
      }
    }
    return std::make_unique<device_kit>(ordinal);
  }
};

cudaStream_t make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  return stream;
}

}  // namespace

device_kit::device_kit(int device) : ordinal(device) {
  device_guard const guard(ordinal);
  stages = make_stream();
  copies = make_stream();
  check(cudaEventCreateWithFlags(&mark, cudaEventDisableTiming), "making an event");
}

device_kit::~device_kit() {
  if (mark != nullptr) static_cast<void>(cudaEventDestroy(mark));
  if (copies != nullptr) static_cast<void>(cudaStreamDestroy(copies));
  if (stages != nullptr) static_cast<void>(cudaStreamDestroy(stages));
}

cuda_execution::cuda_execution(context const& wanted)
    : ctx_(wanted),
      memory_(wanted.memory != nullptr ? *wanted.memory : cuda_pool_memory(wanted.device.ordinal),
              wanted.device.ordinal, *this) {
  device_guard const guard(ctx_.device.ordinal);
  if (ctx_.stream.handle() != nullptr) check_stream(ctx_.stream, ctx_.device.ordinal);
  kit_ = shelf::the().take(ctx_.device.ordinal);
  if (ctx_.stream.handle() == nullptr) ctx_.stream = stream_ref(kit_->stages);
  ctx_.memory = &memory_;
}

cuda_execution::~cuda_execution() {
  // An evaluation that failed may have left copies behind, to host memory that is gone.
  kit_->in.abandon();
  kit_->out.abandon();
  std::lock_guard const lock(shelf::the().access);
  shelf::the().kits.push_back(std::move(kit_));
}

void cuda_execution::copy_in(void* to, void const* from_host, std::size_t bytes) {
  // Four calls order two streams, in which time a small copy is done.
  constexpr std::size_t small = std::size_t{64} << 10U;
  if (bytes <= small) return copy_in_order(to, from_host, bytes);
  begin_copies();
  copy_ahead(to, from_host, bytes);
  end_copies();
}

void cuda_execution::begin_copies() {
  device_guard const guard(kit_->ordinal);
  check(cudaEventRecord(kit_->mark, stream_of(ctx_)), "marking the stream");
  check(cudaStreamWaitEvent(kit_->copies, kit_->mark, 0), "ordering copies behind the stream");
}

void cuda_execution::copy_ahead(void* to, void const* from_host, std::size_t bytes) {
  device_guard const guard(kit_->ordinal);
  kit_->in.copy_in(to, from_host, bytes, kit_->copies);
}

void cuda_execution::end_copies() {
  device_guard const guard(kit_->ordinal);
  check(cudaEventRecord(kit_->mark, kit_->copies), "marking the copies");
  check(cudaStreamWaitEvent(stream_of(ctx_), kit_->mark, 0), "ordering the stream behind copies");
}

void cuda_execution::copy_in_order(void* to, void const* from_host, std::size_t bytes) {
  device_guard const guard(kit_->ordinal);
  kit_->out.copy_in(to, from_host, bytes, stream_of(ctx_));
}

void cuda_execution::copy_out(void* to_host, void const* from, std::size_t bytes) {
  device_guard const guard(kit_->ordinal);
  kit_->out.copy_out(to_host, from, bytes, stream_of(ctx_));
}

void cuda_execution::synchronize() {
  device_guard const guard(kit_->ordinal);
  check(cudaStreamSynchronize(stream_of(ctx_)), "waiting for the device");
  kit_->out.finish();
}

void cuda_execution::forget() noexcept {
  kit_->out.abandon();
}

void cuda_execution::collect() {
  device_guard const guard(kit_->ordinal);
  kit_->out.finish();
}

cuda_execution& execution_of(context const& ctx) {
  auto const* const memory = dynamic_cast<execution_memory const*>(ctx.memory);
  if (memory != nullptr) return memory->owner();
  throw device_error("a stage of CUDA was called with a context that no execution gave");
}

upload_scope::upload_scope(context const& ctx) : ctx_(ctx) {
  execution_of(ctx).begin_copies();
}

upload_scope::~upload_scope() {
  if (!open_) return;
  // An error is under way, and the targets are about to be freed: nothing may write them afterwards.
  try {
    end();
  } catch (...) {
    static_cast<void>(cudaDeviceSynchronize());
  }
}

void upload_scope::copy(void* to, void const* from_host, std::size_t bytes) {
  execution_of(ctx_).copy_ahead(to, from_host, bytes);
}

void upload_scope::end() {
  open_ = false;
  execution_of(ctx_).end_copies();
}

void upload_in_order(context const& ctx, void* to, void const* from_host, std::size_t bytes) {
  execution_of(ctx).copy_in_order(to, from_host, bytes);
}

void download_and_wait(context const& ctx, void* to_host, void const* from, std::size_t bytes) {
  cuda_execution& place = execution_of(ctx);
  place.copy_out(to_host, from, bytes);
  place.synchronize();
}

}  // namespace maskmetrics::cuda
