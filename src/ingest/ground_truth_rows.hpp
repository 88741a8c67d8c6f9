/// @file
/// Columns of the ground truth's arrays as they are read, before ids become indices.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maskmetrics/ingest.hpp>

#include "ingest/segmentation.hpp"

namespace maskmetrics::ingest {

/// Lists of category ids, one a row.
struct id_lists {
  std::vector<std::int64_t> ids;
  std::vector<std::uint32_t> lengths;  ///< [rows]

  void append(id_lists const& later);
  void reserve(double factor);
  void clear();
};

/// "images"
class image_rows {
public:
  explicit image_rows(ingest_options const& options) : options_(options) {}

  void add(ondemand::object element, text_position origin);
  void append(image_rows const& later);
  void reserve(double factor);
  void clear();
  [[nodiscard]] std::uint64_t size() const { return ids.size(); }

  std::vector<std::int64_t> ids;
  std::vector<std::uint32_t> heights;
  std::vector<std::uint32_t> widths;
  std::vector<std::string> file_names;  ///< under VOC's rules; empty where there is none
  id_lists negatives;                   ///< under LVIS' rules
  id_lists not_exhaustive;              ///< under LVIS' rules
  /// Rows that have category lists although nobody asked for them.
  std::uint64_t num_with_unread_lists = 0;

private:
  ingest_options options_;
  element_reader reader_{parity::corrected};
  std::vector<std::int64_t> negatives_here_;
  std::vector<std::int64_t> not_exhaustive_here_;
};

/// "categories"
class category_rows {
public:
  explicit category_rows(ingest_options const& options) : options_(options) {}

  void add(ondemand::object element, text_position origin);
  void append(category_rows const& later);
  void reserve(double factor);
  void clear();
  [[nodiscard]] std::uint64_t size() const { return ids.size(); }

  std::vector<std::int64_t> ids;
  std::vector<std::string> names;
  std::vector<category_frequency> frequencies;  ///< under LVIS' rules
  std::uint64_t num_counted = 0;                ///< rows whose frequency is that of their "image_count"

private:
  ingest_options options_;
  element_reader reader_{parity::corrected};
};

/// "annotations"
class annotation_rows {
public:
  /// In crowd: the element has no "iscrowd".
  static constexpr std::uint8_t no_crowd_flag = 2;

  explicit annotation_rows(ingest_options const& options) : options_(options), reader_(options.parity) {}

  void add(ondemand::object element, text_position origin);
  void append(annotation_rows const& later);
  void reserve(double factor);
  void clear();
  [[nodiscard]] std::uint64_t size() const { return ids.size(); }
  [[nodiscard]] tally const& non_finite() const { return reader_.non_finite(); }

  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> image_ids;
  std::vector<std::int64_t> category_ids;
  std::vector<double> areas_px;
  std::vector<box> boxes;
  std::vector<std::uint8_t> crowd;
  std::vector<std::uint8_t> ignore;
  mask_batch masks;

private:
  ingest_options options_;
  element_reader reader_;
};

}  // namespace maskmetrics::ingest
