/// @file
/// Images and classes by name, as the files of Pascal VOC call them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <maskmetrics/dataset.hpp>

namespace maskmetrics::ingest {

/// The id that a name of digits and underscores stands for: 2007_000027 is 2007000027. Nothing for other names.
[[nodiscard]] std::optional<std::int64_t> id_of_name(std::string_view name);

/// Rows of a data set's tables by name. The data set must outlive it.
class voc_names {
public:
  /// @throws input_error where two categories share a name
  explicit voc_names(dataset const& data);

  /// Index of an image or no_index. A data set without names is asked for the id that the name stands for.
  [[nodiscard]] std::uint32_t image(std::string_view name) const;
  /// Index of a category or no_index.
  [[nodiscard]] std::uint32_t category(std::string_view name) const;

private:
  using index = std::unordered_map<std::string_view, std::uint32_t>;
  [[nodiscard]] static std::uint32_t find(index const& names, std::string_view name);

  image_table const& images_;
  index image_names_;
  index category_names_;
};

}  // namespace maskmetrics::ingest
