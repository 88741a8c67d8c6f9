/// @file
/// What an evaluator keeps of its images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/evaluator.hpp>
#include <maskmetrics/protocol.hpp>
#include <maskmetrics/types.hpp>
#include <maskmetrics/view.hpp>

#include "engine/cells.hpp"

namespace maskmetrics {

/// Columns of images and of their cells, in the order in which they came. Cells, detections, ground truth and pairs
/// stand in one order: those of a cell, or of a detection, follow one another.
struct kept_state {
  std::string protocol;  ///< protocol_text()

  std::vector<std::int64_t> image_ids;     ///< [I] unique
  std::vector<std::int64_t> category_ids;  ///< unique; those that cells refer to; -1 where categories are not used

  std::vector<std::uint32_t> cell_categories;         ///< [C] into category_ids
  std::vector<std::uint32_t> cell_images;             ///< [C] into image_ids
  std::vector<std::uint32_t> cell_num_detections;     ///< [C]
  std::vector<std::uint32_t> cell_num_ground_truths;  ///< [C]
  std::vector<std::uint8_t> cell_flags;               ///< [C] cell_flag bits

  std::vector<double> scores;            ///< [D] descending within a cell
  std::vector<double> detection_areas;   ///< [D] as the area ranges measure them
  std::vector<std::uint32_t> ranks;      ///< [D] what max_dets is compared with
  std::vector<std::uint32_t> num_pairs;  ///< [D]

  std::vector<double> ground_truth_areas;        ///< [G]
  std::vector<std::uint8_t> ground_truth_flags;  ///< [G] ground_truth_flag bits

  std::vector<std::uint32_t> pair_ground_truths;  ///< [P] within the cell
  std::vector<double> pair_ious;                  ///< [P]

  std::vector<warning> warnings;

  /// Where category_ids have each id; behind until append() needs it.
  std::unordered_map<std::int64_t, std::uint32_t> category_places;

  /// Adds other images of the same protocol.
  void append(kept_state const& more);
  /// Calls visit(column) for every column of numbers. Their order is the format of serialised states.
  template <class Self, class Visit>
  static void for_each_column(Self& self, Visit&& visit) {
    visit(self.image_ids);
    visit(self.category_ids);
    visit(self.cell_categories);
    visit(self.cell_images);
    visit(self.cell_num_detections);
    visit(self.cell_num_ground_truths);
    visit(self.cell_flags);
    visit(self.scores);
    visit(self.detection_areas);
    visit(self.ranks);
    visit(self.num_pairs);
    visit(self.ground_truth_areas);
    visit(self.ground_truth_flags);
    visit(self.pair_ground_truths);
    visit(self.pair_ious);
  }
};

/// Pairs of the detections of some cells, in their order.
struct kept_pairs {
  std::vector<std::uint32_t> num_pairs;      ///< [D]
  std::vector<std::uint32_t> ground_truths;  ///< [P] within the cell
  std::vector<double> ious;                  ///< [P]
};

/// The state of some images, from what an evaluation of them made.
/// @param cells  with areas as the area ranges measure them
[[nodiscard]] kept_state keep(image_table const& images, evaluation_cells&& cells, kept_pairs&& pairs);

/// The images whose ids are given, in the order of @p all, with every warning of @p all.
[[nodiscard]] kept_state images_of(kept_state const& all, view<std::int64_t const> ids);

/// A state as the stages take it: images ascending by id, cells by category, then image.
struct arranged_state {
  evaluation_cells cells;                         ///< without rows of files
  std::vector<std::uint64_t> pair_begin;          ///< [D+1]
  std::vector<std::uint32_t> pair_ground_truths;  ///< [P]
  std::vector<double> pair_ious;                  ///< [P]
};

/// @param category_ids  [K] those evaluated, ascending, or {-1}; cells of others are left out
[[nodiscard]] arranged_state arrange(context const& ctx, kept_state const& state,
                                     std::vector<std::int64_t> const& category_ids);

}  // namespace maskmetrics
