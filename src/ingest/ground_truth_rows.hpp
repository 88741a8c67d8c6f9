/// @file
/// Columns of the ground truth's arrays as they are read, before ids become indices.
#pragma once

#include <cstdint>
#include <optional>
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
  /// A number of pixels, or 0 and a note.
  void read_side(ondemand::value value, char const* path, std::uint32_t& out);

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
  explicit annotation_rows(ingest_options const& options)
      : options_(options),
        needed_(field_id | field_image_id | field_category_id | (options.boxes ? field_box : 0U)),
        reader_(options.parity) {}

  void add(ondemand::object element, text_position origin);
  void append(annotation_rows const& later);
  void reserve(double factor);
  void clear();
  [[nodiscard]] std::uint64_t size() const { return ids.size(); }
  [[nodiscard]] tally const& non_finite() const { return reader_.non_finite(); }

private:
  /// An integer of 64 bits; in strict parity another text or number is noted in @p odd.
  void read_id(ondemand::value value, unsigned field, char const* path, std::int64_t& out, std::vector<row_note>& odd);
  void read_difficult(ondemand::value value, std::optional<bool>& out);
  /// An error of ids is thrown, one of the rest noted: it matters only where the annotation is evaluated.
  void note_faults(std::int64_t id);

  ingest_options options_;
  unsigned needed_;  ///< fields that an annotation which is evaluated must have; a missing area may be measured
  element_reader reader_;
};

}  // namespace maskmetrics::ingest
