#include "ingest/decompress.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

#include <maskmetrics/error.hpp>

namespace maskmetrics::ingest {

namespace {

constexpr std::string_view gzip_magic{"\x1f\x8b", 2};
constexpr std::string_view zstd_magic{"\x28\xb5\x2f\xfd", 4};

/// Memory that grows without being copied where the system can move pages, and is never cleared.
class growing_buffer {
public:
  growing_buffer() = default;
  growing_buffer(growing_buffer const&) = delete;
  growing_buffer& operator=(growing_buffer const&) = delete;
  ~growing_buffer() { std::free(data_); }

  [[nodiscard]] char* end() { return data_ + size_; }
  [[nodiscard]] std::size_t room() const { return capacity_ - size_; }
  void filled(std::size_t count) { size_ += count; }
  void grow() {
    std::size_t const capacity = std::max<std::size_t>(std::size_t{1} << 20U, capacity_ * 2);
    void* const moved = std::realloc(data_, capacity);
    if (moved == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(moved);
    capacity_ = capacity;
  }
  decompressed release() {
    std::shared_ptr<void const> owner(data_, [](void const* memory) { std::free(const_cast<void*>(memory)); });
    return {{std::exchange(data_, nullptr), size_}, std::move(owner)};
  }

private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

[[noreturn]] void fail(std::string const& name, std::size_t at, std::string const& problem) {
  throw input_error(name, "byte " + std::to_string(at) + " of the compressed file", problem);
}

/// A zlib stream that is closed however the scope ends.
struct inflate_stream {
  z_stream state{};
  inflate_stream() {
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(&state, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  inflate_stream(inflate_stream const&) = delete;
  inflate_stream& operator=(inflate_stream const&) = delete;
  ~inflate_stream() { inflateEnd(&state); }
};

void inflate_gzip(std::string const& name, std::string_view bytes, growing_buffer& out) {
  inflate_stream stream;
  z_stream& state = stream.state;
  std::size_t at = 0;
  int status = Z_OK;
  // Members may follow one another; a file that ends with one is whole.
  while (at < bytes.size() || status != Z_STREAM_END) {
    if (status == Z_STREAM_END) inflateReset(&state);
    if (out.room() == 0) out.grow();
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    uInt const offered = static_cast<uInt>(std::min(bytes.size() - at, most));
    uInt const room = static_cast<uInt>(std::min(out.room(), most));
    state.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(bytes.data() + at));
    state.avail_in = offered;
    state.next_out = reinterpret_cast<Bytef*>(out.end());
    state.avail_out = room;
    status = inflate(&state, Z_NO_FLUSH);
    at += offered - state.avail_in;
    out.filled(room - state.avail_out);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_BUF_ERROR) fail(name, at, "gzip data end too early");
    if (status != Z_OK && status != Z_STREAM_END) {
      fail(name, at, std::string("damaged gzip data: ") + (state.msg != nullptr ? state.msg : "unknown error"));
    }
  }
}

void decompress_zstd(std::string const& name, std::string_view bytes, growing_buffer& out) {
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> const state(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (state == nullptr) throw std::bad_alloc();
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  std::size_t pending = 1;  // 0 once a frame is whole
  while (input.pos < input.size || pending != 0) {
    if (out.room() == 0) out.grow();
    std::size_t const taken = input.pos;
    ZSTD_outBuffer output{out.end(), out.room(), 0};
    pending = ZSTD_decompressStream(state.get(), &output, &input);
    if (ZSTD_isError(pending) != 0) {
      fail(name, input.pos, std::string("damaged zstd data: ") + ZSTD_getErrorName(pending));
    }
    out.filled(output.pos);
    if (input.pos == taken && output.pos == 0) fail(name, input.pos, "zstd data end too early");
  }
}

}  // namespace

bool is_compressed(std::string_view bytes) noexcept {
  return bytes.starts_with(gzip_magic) || bytes.starts_with(zstd_magic);
}

decompressed decompress(std::string const& name, std::string_view bytes) {
  growing_buffer out;
  try {
    if (bytes.starts_with(gzip_magic)) {
      inflate_gzip(name, bytes, out);
    } else {
      decompress_zstd(name, bytes, out);
    }
  } catch (std::bad_alloc const&) {
    throw input_error(name, "", "does not fit into memory once decompressed");
  }
  return out.release();
}

}  // namespace maskmetrics::ingest
