/// @file
/// Columns of the ground truth's arrays as they are read, before ids become indices.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maskmetrics/ingest.hpp>
#include <maskmetrics/tables.hpp>

#include "ingest/segmentation.hpp"

namespace maskmetrics::ingest {

/// "images"
class image_rows : public image_columns {
public:
  explicit image_rows(ingest_options const& options) : options_(options) {}

  void add(ondemand::object element, text_position origin);
  void append(image_rows const& later);
  void reserve(double factor);
  void clear();
  [[nodiscard]] std::uint64_t size() const { return ids.size(); }

  /// Rows that have category lists although nobody asked for them.
  std::uint64_t num_with_unread_lists = 0;

private:
  ingest_options options_;
  element_reader reader_{parity::corrected};
  std::vector<std::int64_t> negatives_here_;
  std::vector<std::int64_t> not_exhaustive_here_;
};

/// "categories"
class category_rows : public category_columns {
public:
  explicit category_rows(ingest_options const& options) : options_(options) {}

  void add(ondemand::object element, text_position origin);
  void append(category_rows const& later);
  void reserve(double factor);
  void clear();
  [[nodiscard]] std::uint64_t size() const { return ids.size(); }

  std::uint64_t num_counted = 0;  ///< rows whose frequency is that of their "image_count"

private:
  ingest_options options_;
  element_reader reader_{parity::corrected};
};

/// "annotations"
class annotation_rows : public annotation_columns {
public:
  explicit annotation_rows(ingest_options const& options) : options_(options), reader_(options.parity) {}

  void add(ondemand::object element, text_position origin);
  void append(annotation_rows const& later);
  void reserve(double factor);
  void clear();
  [[nodiscard]] std::uint64_t size() const { return ids.size(); }
  [[nodiscard]] tally const& non_finite() const { return reader_.non_finite(); }

private:
  ingest_options options_;
  element_reader reader_;
};

}  // namespace maskmetrics::ingest
