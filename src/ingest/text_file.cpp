#include <maskmetrics/ingest.hpp>

#include <utility>

#include "ingest/byte_source.hpp"

namespace maskmetrics {

text_file text_file::read(std::filesystem::path const& file) {
  ingest::byte_source const source = ingest::byte_source::open(file);
  if (source.is_mapped()) {
    std::string text(source.size(), '\0');
    source.copy(0, source.size(), text.data());
    return of(source.name(), std::move(text));
  }
  text_file read;
  read.name_ = source.name();
  read.text_ = source.text();
  read.owner_ = source.owner();
  return read;
}

text_file text_file::of(std::string name, std::string text) {
  auto const kept = std::make_shared<std::string const>(std::move(text));
  text_file read;
  read.name_ = std::move(name);
  read.text_ = *kept;
  read.owner_ = kept;
  return read;
}

}  // namespace maskmetrics
