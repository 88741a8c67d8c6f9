#include "ingest/byte_source.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <maskmetrics/error.hpp>

#include "ingest/decompress.hpp"

namespace maskmetrics::ingest {

namespace {

std::string reason(int error_number) {
  return std::generic_category().message(error_number);
}

std::string read_to_end(int descriptor, std::string const& name) {
  std::string bytes;
  constexpr std::size_t block = std::size_t{1} << 16U;
  for (;;) {
    std::size_t const filled = bytes.size();
    bytes.resize(filled + block);
    ssize_t const got = ::read(descriptor, bytes.data() + filled, block);
    if (got < 0 && errno != EINTR) throw input_error(name, "", "cannot be read: " + reason(errno));
    bytes.resize(filled + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return bytes;
  }
}

}  // namespace

/// An open file and, where it has bytes that can be mapped, its read-only mapping.
class byte_source::mapped_file {
public:
  explicit mapped_file(std::string const& name) : descriptor_(::open(name.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw input_error(name, "", "cannot be opened: " + reason(errno));
  }
  mapped_file(mapped_file const&) = delete;
  mapped_file& operator=(mapped_file const&) = delete;
  ~mapped_file() {
    if (address_ != nullptr) ::munmap(address_, size_);
    ::close(descriptor_);
  }

  [[nodiscard]] int descriptor() const { return descriptor_; }

  std::string_view map(std::string const& name, std::size_t size) {
    void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (address == MAP_FAILED) throw input_error(name, "", "cannot be mapped: " + reason(errno));
    address_ = address;
    size_ = size;
    return {static_cast<char const*>(address), size};
  }

  /// Drops pages from the mapping; they stay in the system's cache.
  void release(std::size_t begin, std::size_t end) const {
    // A fault brings so many bytes around the one that was touched.
    constexpr std::size_t around = std::size_t{1} << 16U;
    begin = begin / around * around;
    end = std::min(size_, (end + around - 1) / around * around);
    if (begin < end) ::madvise(static_cast<char*>(address_) + begin, end - begin, MADV_DONTNEED);
  }

private:
  int descriptor_;
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

byte_source byte_source::open(std::filesystem::path const& file) {
  byte_source source;
  source.name_ = file.string();
  auto const opened = std::make_shared<mapped_file>(source.name_);
  struct stat status {};
  if (::fstat(opened->descriptor(), &status) != 0) {
    throw input_error(source.name_, "", "cannot be read: " + reason(errno));
  }
  if (S_ISFIFO(status.st_mode)) {
    source = of(source.name_, read_to_end(opened->descriptor(), source.name_));
  } else if (!S_ISREG(status.st_mode)) {
    throw input_error(source.name_, "",
                      S_ISDIR(status.st_mode) ? "is a directory, which only Pascal VOC's rules read" : "is not a file");
  } else if (status.st_size > 0) {
    source.text_ = opened->map(source.name_, static_cast<std::size_t>(status.st_size));
    source.owner_ = source.file_ = opened;
  }
  if (source.text_.empty()) throw input_error(source.name_, "", "is empty");
  if (is_compressed(source.text_)) {
    decompressed plain = decompress(source.name_, source.text_);
    source.text_ = plain.text;
    source.owner_ = std::move(plain.owner);
    source.file_ = nullptr;
    if (source.text_.empty()) throw input_error(source.name_, "", "is empty once decompressed");
  }
  return source;
}

byte_source byte_source::of(std::string name, std::string bytes) {
  byte_source source;
  auto const kept = std::make_shared<std::string const>(std::move(bytes));
  source.name_ = std::move(name);
  source.text_ = *kept;
  source.owner_ = kept;
  return source;
}

byte_source byte_source::of(text_file const& file) {
  byte_source source;
  source.name_ = file.name();
  source.text_ = file.text();
  source.owner_ = file.owner();
  return source;
}

std::function<void(std::uint64_t, std::uint64_t)> byte_source::releaser() const {
  if (file_ == nullptr) return {};
  return [file = file_](std::uint64_t begin, std::uint64_t end) { file->release(begin, end); };
}

void byte_source::copy(std::size_t begin, std::size_t size, char* out) const {
  if (file_ == nullptr) {
    std::memcpy(out, text_.data() + begin, size);
    return;
  }
  while (size > 0) {
    ssize_t const got = ::pread(file_->descriptor(), out, size, static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw input_error(name_, "byte " + std::to_string(begin), "cannot be read: " + reason(errno));
    if (got == 0)
      throw input_error(name_, "byte " + std::to_string(begin), "the file became shorter while it was read");
    begin += static_cast<std::size_t>(got);
    out += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace maskmetrics::ingest
