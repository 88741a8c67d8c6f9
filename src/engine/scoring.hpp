/// @file
/// The second half of an evaluation: from cells and pairs to arrays.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/evaluate.hpp>

#include "engine/cells.hpp"
#include "engine/curves.hpp"
#include "engine/workplace.hpp"

namespace maskmetrics {

/// What matching reads of pairs and areas, in the backend's memory.
struct scored_pairs {
  view<std::uint64_t const> begin;          ///< [D+1]
  view<std::uint32_t const> ground_truths;  ///< [P] within the cell
  view<double const> ious;                  ///< [P]
  view<double const> detection_areas;       ///< [D] in the unit of the area ranges
};

/// Runs matching and ranking on construction; what they found stays in the backend's memory.
class scoring {
public:
  /// All must outlive the object. @param how  validated
  scoring(context const& ctx, workplace& where, protocol const& how, evaluation_cells const& cells,
          cell_index const& index, scored_pairs const& pairs, std::vector<stage_time>& timings);

  /// Runs accumulate and moves everything into a result on the host.
  /// @param categories  where cells.category_rows point to
  [[nodiscard]] evaluation accumulate(category_table const& categories);

  /// [D, A, W] on the host.
  [[nodiscard]] std::vector<outcome_word> outcomes() const;
  /// [D] on the host.
  [[nodiscard]] std::vector<std::uint32_t> order() const;

private:
  void match(cell_index const& index, scored_pairs const& pairs);
  void rank();
  [[nodiscard]] curves accumulate(std::vector<double> const& recall_thresholds,
                                  std::vector<std::uint32_t> const& max_dets, wanted_arrays const& wanted);
  void describe(category_table const& categories, evaluation& result) const;

  context const& ctx_;
  workplace& where_;
  protocol const& how_;
  evaluation_cells const& cells_;
  std::vector<stage_time>& timings_;
  std::vector<area_bounds> area_bounds_;
  view<double const> scores_;
  view<std::uint32_t const> category_begin_;
  view<std::uint32_t const> ranks_;
  view<outcome_word> outcomes_;
  view<std::uint32_t> num_ground_truths_;
  view<std::uint32_t> order_;
};

}  // namespace maskmetrics
