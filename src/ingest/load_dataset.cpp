#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/ingest.hpp>

#include "ingest/array_reader.hpp"
#include "ingest/assemble_dataset.hpp"
#include "ingest/file_kind.hpp"
#include "ingest/ground_truth_rows.hpp"
#include "ingest/load_voc.hpp"
#include "ingest/readers.hpp"

namespace maskmetrics {

namespace ingest {

namespace {

/// The three arrays, and which of them the file has.
struct ground_truth_arrays {
  explicit ground_truth_arrays(ingest_options const& options)
      : images(options), categories(options), annotations(options) {}

  image_rows images;
  category_rows categories;
  annotation_rows annotations;
  bool has_images = false;
  bool has_categories = false;
  bool has_annotations = false;
};

/// Reads the top-level object of a ground truth, key by key.
class ground_truth_reader {
public:
  ground_truth_reader(context const& ctx, byte_source const& source, ingest_options const& options,
                      std::size_t part_bytes)
      : ctx_(ctx), source_(source), text_(source.text()), options_(options), part_bytes_(part_bytes) {}

  /// Passes everything but "images" over.
  ground_truth_arrays read_images() {
    images_alone_ = true;
    return read();
  }

  ground_truth_arrays read() {
    ground_truth_arrays arrays(options_);
    try {
      std::size_t at = open_object();
      while (at != 0) at = read_member(at, arrays);
    } catch (json_fault const& fault) {
      throw syntax_error(source_, fault.at, fault.problem);
    }
    return arrays;
  }

private:
  /// @returns the position of the first key, or 0 where there is none
  std::size_t open_object() {
    std::size_t const open = skip_to_content(text_);
    if (open >= text_.size() || text_[open] != '{') refuse(open);
    std::size_t const first = skip_space(text_, open + 1);
    if (first >= text_.size() || text_[first] != '}') return first;
    return close_object(first);
  }

  /// What begins at @p open is no object.
  [[noreturn]] void refuse(std::size_t open) const {
    constexpr char const* expected = "expected an object with \"images\", \"annotations\" and \"categories\", got ";
    std::string const kind = describe_wrong_file(text_, file_role::ground_truth);
    if (!kind.empty()) throw input_error(source_.name(), fmt::format("byte {}", open), expected + kind);
    if (open < text_.size() && text_[open] == '[') {
      throw input_error(source_.name(), fmt::format("byte {}", open), std::string(expected) + "an array");
    }
    throw json_fault{open, "expected an object, got " + character_at(text_, open)};
  }

  std::size_t close_object(std::size_t at) {
    std::size_t const rest = skip_space(text_, at + 1);
    if (rest != text_.size()) {
      throw json_fault{rest, "expected the end of the file, found " + character_at(text_, rest)};
    }
    return 0;
  }

  /// Reads one key and its value. @returns the position of the next key, or 0 behind the last
  std::size_t read_member(std::size_t at, ground_truth_arrays& arrays) {
    if (at >= text_.size() || text_[at] != '"')
      throw json_fault{at, "expected a key, found " + character_at(text_, at)};
    std::size_t const key_end = string_end(text_, at);
    std::string const key = unescape(at, key_end);
    std::size_t const colon = skip_space(text_, key_end);
    if (colon >= text_.size() || text_[colon] != ':') {
      throw json_fault{colon, "expected ':', found " + character_at(text_, colon)};
    }
    std::size_t const next = skip_space(text_, read_value(key, skip_space(text_, colon + 1), arrays));
    if (next < text_.size() && text_[next] == ',') return skip_space(text_, next + 1);
    if (next < text_.size() && text_[next] == '}') return close_object(next);
    throw json_fault{next, "expected ',' or '}', found " + character_at(text_, next)};
  }

  /// @returns the position behind the value
  std::size_t read_value(std::string const& key, std::size_t at, ground_truth_arrays& arrays) {
    if (key == "images") {
      arrays.has_images = true;
      return read_array(key, at, arrays.images);
    }
    if (images_alone_) return value_end(text_, at);
    if (key == "categories") {
      arrays.has_categories = true;
      return read_array(key, at, arrays.categories);
    }
    if (key == "annotations") {
      arrays.has_annotations = true;
      return read_array(key, at, arrays.annotations);
    }
    return value_end(text_, at);
  }

  template <class Rows>
  std::size_t read_array(std::string const& key, std::size_t at, Rows& rows) {
    if (at >= text_.size() || text_[at] != '[') {
      std::size_t const end = value_end(text_, at);
      throw input_error(source_.name(), key, "expected an array, found " + excerpt(text_.substr(at, end - at)));
    }
    rows.clear();  // of two arrays of one name the later one counts
    return array_reader<Rows>(ctx_, source_, {"reading ground truth", key, part_bytes_}, rows).read(at);
  }

  /// The key between the quotes at @p begin and before @p end.
  std::string unescape(std::size_t begin, std::size_t end) {
    std::string_view const inner = text_.substr(begin + 1, end - begin - 2);
    auto key = unescaped(inner);
    if (!key) throw json_fault{begin, simdjson::error_message(simdjson::STRING_ERROR)};
    return *std::move(key);
  }

  context const& ctx_;
  byte_source const& source_;
  std::string_view text_;
  ingest_options options_;
  std::size_t part_bytes_;
  bool images_alone_ = false;
};

void add_missing_arrays(ground_truth_arrays const& arrays, std::string const& source, parity mode,
                        std::vector<warning>& warnings) {
  for (auto const& [name, there] : {std::pair{"images", arrays.has_images}, {"categories", arrays.has_categories}}) {
    if (!there) throw input_error(source, "", fmt::format("has no \"{}\"", name));
  }
  if (arrays.has_annotations) return;
  if (mode == parity::corrected) throw input_error(source, "", "has no \"annotations\"");
  add_warning(warnings, "no_annotations", 1, source + " has no \"annotations\"");
}

dataset read_object(context const& ctx, byte_source const& source, ingest_options const& options,
                    std::size_t part_bytes) {
  ground_truth_arrays arrays = ground_truth_reader(ctx, source, options, part_bytes).read();
  reading_notes notes;
  notes.num_with_unread_lists = arrays.images.num_with_unread_lists;
  notes.num_counted = arrays.categories.num_counted;
  notes.non_finite = arrays.annotations.non_finite();
  add_missing_arrays(arrays, source.name(), options.parity, notes.warnings);
  if (options.masks) {
    arrays.annotations.masks.text = source.text();
    arrays.annotations.masks.text_owner = source.owner();
  }
  // Of each part the columns alone.
  ground_truth_columns columns{source.name(), std::move(arrays.images), std::move(arrays.categories),
                               std::move(arrays.annotations)};
  return assemble_dataset(ctx, std::move(columns), std::move(notes), options);
}

}  // namespace

dataset read_dataset(context const& ctx, byte_source const& source, ingest_options const& options,
                     std::size_t part_bytes) {
  try {
    return read_object(ctx, source, options, part_bytes);
  } catch (input_error const& error) {
    rethrow_with_kind(error, source, file_role::ground_truth);
  }
}

image_columns read_image_rows(context const& ctx, byte_source const& source) {
  ingest_options options;
  options.rules = rule_set::voc;  // which have names
  ground_truth_arrays arrays = ground_truth_reader(ctx, source, options, default_part_bytes).read_images();
  if (!arrays.has_images) throw input_error(source.name(), "", "has no \"images\"");
  return std::move(arrays.images);
}

}  // namespace ingest

dataset load_dataset(context const& ctx, std::filesystem::path const& file, ingest_options const& options) {
  if (options.rules == rule_set::voc && ingest::is_voc_ground_truth(file)) {
    return ingest::read_voc_dataset(ctx, file, options);
  }
  return ingest::read_dataset(ctx, ingest::byte_source::open(file), options);
}

dataset load_dataset(context const& ctx, text_file const& file, ingest_options const& options) {
  return ingest::read_dataset(ctx, ingest::byte_source::of(file), options);
}

}  // namespace maskmetrics
