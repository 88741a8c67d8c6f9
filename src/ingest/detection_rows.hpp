/// @file
/// Columns of the results as they are read.
#pragma once

#include <string>
#include <vector>

#include <maskmetrics/ingest.hpp>

#include "ingest/id_index.hpp"
#include "ingest/segmentation.hpp"

namespace maskmetrics::ingest {

/// What the first result carries decides how all are read, as in pycocotools' loadRes.
enum class result_kind : unsigned char {
  boxes,      ///< areas are those of the boxes; a mask may be there too
  masks,      ///< areas and boxes are those of the masks
  keypoints,  ///< areas and boxes are those around the points
};

/// What is read from each result.
struct result_plan {
  result_kind kind = result_kind::boxes;
  bool boxes = true;  ///< keep boxes
  bool masks = true;  ///< keep masks
  maskmetrics::parity parity = parity::strict;
  maskmetrics::box_convention box_convention = box_convention::continuous;
  rule_set rules = rule_set::coco;
  /// What is behind the fourth number of a box, such as a score, is not read; lvis-api wants four, and so do overlaps.
  bool long_boxes = false;
  box_layout layout = box_layout::xywh;
};

/// Ids of the ground truth that results refer to.
struct known_ids {
  id_index images;
  id_index categories;
};

class detection_rows {
public:
  detection_rows(result_plan const& plan, known_ids const& known) : plan_(plan), known_(&known), reader_(plan.parity) {}

  void add(ondemand::object element, text_position origin);
  void append(detection_rows const& later);
  void reserve(double factor);
  void clear();
  [[nodiscard]] std::uint64_t size() const { return scores.size(); }

  std::vector<std::uint32_t> image_indices;
  std::vector<std::uint32_t> category_indices;
  std::vector<double> scores;
  std::vector<double> areas_px;
  std::vector<box> boxes;
  mask_batch masks;

  [[nodiscard]] tally const& non_finite() const { return reader_.non_finite(); }
  /// Results of categories that the ground truth does not have; the first one's id.
  [[nodiscard]] tally const& unknown_categories() const { return unknown_categories_; }
  /// Results of kind boxes whose mask is their box: their number.
  [[nodiscard]] std::uint64_t num_box_masks() const { return num_box_masks_; }
  /// Results of kind masks that carry a box: their rows.
  [[nodiscard]] std::vector<std::uint64_t> const& rows_with_own_box() const { return rows_with_own_box_; }

private:
  /// Looks an id up; results of one image mostly follow one another.
  struct cached_lookup {
    std::int64_t id = 0;
    std::uint32_t index = no_index;
    bool filled = false;

    std::uint32_t find(id_index const& ids, std::int64_t wanted) {
      if (!filled || wanted != id) {
        id = wanted;
        index = ids.find(wanted);
        filled = true;
      }
      return index;
    }
  };

  /// The box around the points of a result that has nothing else.
  void read_points(ondemand::value value, box& out);
  /// A category's id that is no integer of 64 bits is that of no category, which strict parity takes.
  void read_category(ondemand::value value, std::int64_t& out);
  /// @throws element_fault for a field that is missing or bad
  void finish(std::int64_t image_id, bool is_known) const;
  void check_mask(mask_entry const& mask) const;

  result_plan plan_;
  known_ids const* known_;
  element_reader reader_;
  cached_lookup image_;
  std::string odd_category_;  ///< of the result that is being read: what is no id
  tally unknown_categories_;
  std::uint64_t num_box_masks_ = 0;
  std::vector<std::uint64_t> rows_with_own_box_;
};

}  // namespace maskmetrics::ingest
