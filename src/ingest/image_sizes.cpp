#include <maskmetrics/image_sizes.hpp>

#include <algorithm>
#include <limits>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/ingest.hpp>

#include "ingest/array_reader.hpp"
#include "ingest/folder.hpp"
#include "ingest/image_header.hpp"
#include "ingest/json_text.hpp"
#include "ingest/readers.hpp"
#include "ingest/text_lines.hpp"

namespace maskmetrics {

namespace {

namespace fs = std::filesystem;

/// Without folder and ending.
std::string stem_of(std::string const& name) {
  return fs::path(name).stem().string();
}

/// The values of a line of CSV; one in quotes may hold commas, and quotes that are doubled.
std::vector<std::string> csv_values(std::string_view line) {
  std::vector<std::string> values(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      bool const doubled = quoted && i + 1 < line.size() && line[i + 1] == '"';
      if (doubled) values.back() += line[i++];
      if (!doubled) quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      values.emplace_back();
    } else {
      values.back() += line[i];
    }
  }
  for (std::string& value : values) value = ingest::trimmed(value);
  return values;
}

/// Reads a table of sizes line by line.
class csv_reader {
public:
  csv_reader(std::string const& source, image_sizes& sizes) : source_(source), sizes_(sizes) {}

  void read(std::string_view text) {
    text.remove_prefix(ingest::byte_order_mark_size(text));
    while (!text.empty()) {
      std::size_t const end = text.find('\n');
      std::string_view const line = ingest::trimmed(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      ++number_;
      if (line.empty()) continue;
      std::vector<std::string> const values = csv_values(line);
      if (num_columns_ == 0) {
        take_header(values);
      } else {
        take_row(values);
      }
    }
  }

private:
  [[noreturn]] void fail(std::string const& problem) const {
    throw input_error(source_, fmt::format("line {}", number_), problem);
  }

  void take_header(std::vector<std::string> const& names) {
    auto const column = [&](std::string_view name) {
      auto const at = std::find(names.begin(), names.end(), name);
      if (at == names.end()) {
        fail(fmt::format("expected a line that names the columns image, width, and height, got no \"{}\"", name));
      }
      return static_cast<std::size_t>(at - names.begin());
    };
    image_ = column("image");
    width_ = column("width");
    height_ = column("height");
    num_columns_ = names.size();
  }

  void take_row(std::vector<std::string> const& values) {
    if (values.size() != num_columns_) fail(fmt::format("expected {} values, got {}", num_columns_, values.size()));
    if (values[image_].empty()) fail("image: expected a name or an id, got nothing");
    image_size const size{side(values[height_], "height"), side(values[width_], "width")};
    sizes_.add(values[image_], size, source_, fmt::format("line {}", number_));
  }

  [[nodiscard]] std::uint32_t side(std::string const& value, char const* name) const {
    constexpr double most = std::numeric_limits<std::int32_t>::max();
    std::optional<double> const number = ingest::finite_number(value);
    if (!number || !(*number >= 1 && *number <= most) ||
        *number != static_cast<double>(static_cast<std::uint32_t>(*number))) {
      fail(fmt::format("{}: expected a number of pixels, got '{}'", name, ingest::excerpt(value)));
    }
    return static_cast<std::uint32_t>(*number);
  }

  std::string const& source_;
  image_sizes& sizes_;
  std::uint64_t number_ = 0;
  std::size_t num_columns_ = 0;
  std::size_t image_ = 0;
  std::size_t width_ = 0;
  std::size_t height_ = 0;
};

void read_json(context const& ctx, ingest::byte_source const& source, image_sizes& sizes) {
  image_columns const images = ingest::read_image_rows(ctx, source);
  for (std::size_t row = 0; row < images.ids.size(); ++row) {
    image_size const size{images.heights[row], images.widths[row]};
    std::string const place = ingest::element_place("images", row);
    if (size.height == 0 || size.width == 0) continue;
    if (!images.file_names[row].empty()) sizes.add(images.file_names[row], size, source.name(), place);
    sizes.add(images.ids[row], size, source.name(), place);
  }
}

}  // namespace

image_sizes image_sizes::read(context const& ctx, fs::path const& path) {
  image_sizes sizes;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    for (fs::path const& file : ingest::files_of(path, "")) {
      std::string const name = file.filename().string();
      if (ingest::is_image_name(name)) sizes.add_entry(name, {{}, file, file.string(), ""});
    }
    if (sizes.by_name_.empty()) {
      throw input_error(path.string(), "", "has no images (.png, .jpg, .jpeg, .gif, .bmp, .webp, .tif, .tiff)");
    }
    return sizes;
  }
  ingest::byte_source const source = ingest::byte_source::open(path);
  std::size_t const first = ingest::skip_to_content(source.text());
  if (first < source.size() && (source.text()[first] == '{' || source.text()[first] == '[')) {
    read_json(ctx, source, sizes);
  } else {
    csv_reader(source.name(), sizes).read(source.text());
  }
  return sizes;
}

void image_sizes::add(std::string const& name, image_size size, std::string const& source, std::string const& place) {
  add_entry(name, {size, {}, source, place});
}

void image_sizes::add(std::int64_t id, image_size size, std::string const& source, std::string const& place) {
  add_to(by_id_, id, {size, {}, source, place});
}

template <class Key>
void image_sizes::add_to(table<Key>& entries, Key const& key, entry const& of) {
  auto const [known, is_new] = entries.emplace(key, of);
  if (is_new || known->second.size == of.size) return;
  image_size const& before = known->second.size;
  throw input_error(of.source, of.place,
                    fmt::format("image {}: {} x {} px here and {} x {} px before ({})", key, of.size.height,
                                of.size.width, before.height, before.width, known->second.place));
}

void image_sizes::add_entry(std::string const& name, entry const& of) {
  add_to(by_name_, name, of);
  auto const [same_stem, is_new_stem] = by_stem_.emplace(stem_of(name), of);
  bool const same = same_stem->second.size == of.size && same_stem->second.file == of.file;
  if (!is_new_stem && !same) ambiguous_.emplace(same_stem->first, name);
}

image_sizes::entry const* image_sizes::find_entry(std::string const& name) const {
  for (std::string const& key : {name, fs::path(name).filename().string()}) {
    auto const exact = by_name_.find(key);
    if (exact != by_name_.end()) return &exact->second;
  }
  // The name of a text file of VOC is without its ending already: "v1.2" of v1.2.txt.
  for (std::string const& key : {name, stem_of(name)}) {
    auto const found = by_stem_.find(key);
    if (found == by_stem_.end()) continue;
    auto const second = ambiguous_.find(key);
    if (second == ambiguous_.end()) return &found->second;
    throw input_error(found->second.source, found->second.place,
                      fmt::format("image '{}' may be this one or '{}', which have sizes of their own",
                                  ingest::excerpt(name), ingest::excerpt(second->second)));
  }
  return nullptr;
}

std::optional<image_size> image_sizes::find(std::int64_t id, std::string const& name) const {
  entry const* found = name.empty() ? nullptr : find_entry(name);
  if (found == nullptr) {
    auto const by_id = by_id_.find(id);
    auto const by_text = by_name_.find(fmt::format("{}", id));
    if (by_id != by_id_.end()) {
      found = &by_id->second;
    } else if (by_text != by_name_.end()) {
      found = &by_text->second;
    } else {
      return {};
    }
  }
  return found->file.empty() ? found->size : ingest::read_image_size(ingest::byte_source::open(found->file));
}

}  // namespace maskmetrics
