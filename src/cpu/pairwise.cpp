#include <maskmetrics/pairwise.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/semantics/boundary.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/matching.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "core/mask_error.hpp"
#include "core/parallel.hpp"
#include "cpu/boundary.hpp"
#include "cpu/cell_blocks.hpp"
#include "cpu/interval_decoder.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics::cpu {

namespace {

constexpr std::uint32_t work_per_block = 4096;  // detections and ground truths

/// The pairs of one block of cells, in the order in which the block visits its detections.
struct block_pairs {
  std::vector<std::uint32_t> ground_truths;
  std::vector<double> ious;
};

/// The pairs of one detection as they are found. A pair below every threshold can change nothing, except behind a NaN:
/// the reference's search takes whatever follows one. So a detection with a NaN keeps all its pairs.
class row_pairs {
public:
  row_pairs(block_pairs& block, double lowest) : block_(block), lowest_(lowest), first_(block.ious.size()) {}

  void add(std::uint32_t ground_truth, double iou) {
    if (!semantics::suffices(iou, lowest_)) return;
    block_.ground_truths.push_back(ground_truth);
    block_.ious.push_back(iou);
    any_nan_ |= iou != iou;
  }
  [[nodiscard]] bool any_nan() const { return any_nan_; }
  /// Forgets what was added, to add every pair.
  void restart_with_all() {
    block_.ground_truths.resize(first_);
    block_.ious.resize(first_);
    lowest_ = -std::numeric_limits<double>::infinity();
  }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(block_.ious.size() - first_); }

private:
  block_pairs& block_;
  double lowest_;
  std::size_t first_;
  bool any_nan_ = false;
};

void box_row(pairwise_input const& in, std::uint32_t detection, std::uint32_t g_begin, std::uint32_t g_end,
             row_pairs& row) {
  box const& d = in.detection_boxes[detection];
  for (bool again = true; again;) {
    for (std::uint32_t g = g_begin; g < g_end; ++g) {
      bool const crowd = (in.ground_truth_flags[g] & ground_truth_crowd) != 0;
      row.add(g - g_begin, semantics::box_iou(d, in.ground_truth_boxes[g], crowd, in.box_convention));
    }
    again = row.any_nan() && row.count() != g_end - g_begin;
    if (again) row.restart_with_all();
  }
}

/// The masks of one side. Those that are resident on the CPU's device are in host memory as all others.
struct mask_side {
  mask_columns codes;
  view<std::uint32_t const> rows;

  mask_side(mask_batch const* masks, view<std::uint32_t const> rows_of_masks, resident_masks const* resident)
      : codes(resident != nullptr ? resident->codes : mask_columns(*masks)),
        rows(resident != nullptr ? resident->rows : rows_of_masks) {}
};

/// Mask overlaps of one thread. Ground truth of a cell is decoded into memory that the next cell reuses.
class mask_worker {
public:
  explicit mask_worker(pairwise_input const& in)
      : detections_(in.detection_masks, in.detection_rows, in.resident_detections),
        ground_truth_side_(in.ground_truth_masks, in.ground_truth_rows, in.resident_ground_truths) {}

  void cell(pairwise_input const& in, pairwise_measures const& measures, std::uint32_t c, block_pairs& pairs,
            std::uint32_t* counts) {
    std::uint32_t const image = in.cells.images[c];
    height_ = in.image_heights[image];
    width_ = in.image_widths[image];
    std::uint32_t const g_begin = in.cells.ground_truth_begin[c];
    std::uint32_t const g_end = in.cells.ground_truth_begin[c + 1];
    decode_ground_truths(in, g_begin, g_end);
    std::uint32_t const d_begin = in.cells.detection_begin[c];
    std::uint32_t const d_end = in.cells.detection_begin[c + 1];
    if (g_begin == g_end && measures.detection_areas.empty()) {
      std::fill(counts + d_begin, counts + d_end, 0U);
      return;
    }
    boundaries_.start_cell(in.boundary_dilation_ratio, ground_truths_.size());
    for (std::uint32_t d = d_begin; d < d_end; ++d) {
      decoded_mask const mask = decode_detection(in, d);
      if (!measures.detection_areas.empty()) measures.detection_areas[d] = mask.area_px;
      row_pairs row(pairs, in.lowest_iou_threshold);
      if (g_begin != g_end) mask_row(in, d, mask, g_begin, row);
      counts[d] = row.count();
    }
  }

  /// Gives memory back that the text of the detections took, where it is a mapped file's.
  void release_text(pairwise_input const& in) {
    if (in.detection_masks != nullptr && in.detection_masks->release_text && text_begin_ < text_end_ &&
        text_end_ - text_begin_ <= most_released) {
      in.detection_masks->release_text(text_begin_, text_end_);
    }
    text_begin_ = std::numeric_limits<std::uint64_t>::max();
    text_end_ = 0;
  }

private:
  // Images that follow one another mostly have their results near one another. Where they have not, the text of one
  // block is all over the file, and others still need it.
  static constexpr std::uint64_t most_released = std::uint64_t{1} << 24U;

  struct ground_truth_mask {
    decoded_mask mask;
    box bounds;
    std::size_t first_interval;
  };

  void decode_ground_truths(pairwise_input const& in, std::uint32_t g_begin, std::uint32_t g_end) {
    ground_truths_.clear();
    intervals_.clear();
    for (std::uint32_t g = g_begin; g < g_end; ++g) {
      std::uint32_t const row = ground_truth_side_.rows[g];
      decoded_mask mask;
      mask_fault const fault = decoder_.decode(ground_truth_side_.codes, row, height_, width_, nullptr, mask);
      if (fault != mask_fault::none) {
        if (in.resident_ground_truths != nullptr) throw_resident_fault(fault, "ground truth", row);
        throw_ground_truth_fault(fault, *in.ground_truth_masks, row, in.ground_truth_ids[row]);
      }
      ground_truths_.push_back({mask, bounds_of(mask), intervals_.size()});
      intervals_.insert(intervals_.end(), mask.intervals.begin(), mask.intervals.end());
    }
    for (ground_truth_mask& g : ground_truths_) {
      g.mask.intervals = {intervals_.data() + g.first_interval, g.mask.intervals.size()};
    }
  }

  decoded_mask decode_detection(pairwise_input const& in, std::uint32_t d) {
    std::uint32_t const row = detections_.rows[d];
    decoded_mask mask;
    box const* const bounds = in.result_boxes.empty() ? nullptr : &in.result_boxes[row];
    mask_fault const fault = decoder_.decode(detections_.codes, row, height_, width_, bounds, mask);
    if (fault != mask_fault::none) {
      if (in.resident_detections != nullptr) throw_resident_fault(fault, "detections", row);
      throw_detection_fault(fault, *in.detection_masks, row);
    }
    mask_entry const& entry = detections_.codes.entries[row];
    if (entry.form == mask_form::json_text) {
      text_begin_ = std::min(text_begin_, entry.begin);
      text_end_ = std::max(text_end_, entry.begin + entry.length);
    }
    return mask;
  }

  void mask_row(pairwise_input const& in, std::uint32_t d, decoded_mask const& mask, std::uint32_t g_begin,
                row_pairs& row) {
    box const bounds = bounds_of(mask);
    boundaries_.start_detection();
    for (std::uint32_t i = 0; i < ground_truths_.size(); ++i) {
      ground_truth_mask const& g = ground_truths_[i];
      bool const crowd = (in.ground_truth_flags[g_begin + i] & ground_truth_crowd) != 0;
      semantics::mask_pair const pair = semantics::look_at_pair(
          measures_of(mask, bounds), measures_of(g.mask, g.bounds), crowd, in.lowest_iou_threshold);
      switch (pair.work) {
        case semantics::mask_pair_work::none:
          row.add(i, pair.iou);
          break;
        case semantics::mask_pair_work::below:
          break;
        case semantics::mask_pair_work::merge:
          row.add(i, joined_iou(in, mask, bounds, i, crowd, merged_iou(d, mask, g_begin + i, crowd)));
          break;
        case semantics::mask_pair_work::intersect: {
          std::uint32_t const shared = semantics::intersection_px(mask.intervals, g.mask.intervals);
          double const iou = semantics::mask_iou(shared, mask.area_px, g.mask.area_px, crowd);
          row.add(i, joined_iou(in, mask, bounds, i, crowd, iou));
          break;
        }
      }
    }
  }

  [[nodiscard]] static semantics::mask_measures measures_of(decoded_mask const& mask, box const& bounds) {
    return {bounds, mask.height, mask.width, mask.area_px, mask.has_empty_runs};
  }

  /// The overlap of two masks joined with that of their boundaries, where those are asked for and matter.
  double joined_iou(pairwise_input const& in, decoded_mask const& mask, box const& bounds, std::uint32_t i, bool crowd,
                    double iou) {
    if (in.boundary_dilation_ratio <= 0) return iou;
    if (!semantics::needs_boundary(iou, crowd, in.lowest_iou_threshold)) return iou;
    ground_truth_mask const& g = ground_truths_[i];
    return semantics::joined_iou(iou, boundaries_.iou({mask, bounds}, i, {g.mask, g.bounds}));
  }

  [[nodiscard]] double merged_iou(std::uint32_t d, decoded_mask const& mask, std::uint32_t g, bool crowd) const {
    // Both could be decoded, so there is no fault to look at.
    std::vector<std::uint32_t> d_runs;
    std::vector<std::uint32_t> g_runs;
    (void)interval_decoder::read_runs(detections_.codes, detections_.rows[d], d_runs);
    (void)interval_decoder::read_runs(ground_truth_side_.codes, ground_truth_side_.rows[g], g_runs);
    semantics::merged_counts const counts =
        semantics::merge_runs({d_runs.data(), d_runs.size()}, {g_runs.data(), g_runs.size()});
    return semantics::merged_iou(counts.intersection_px, counts.union_px, mask.area_px, crowd);
  }

  mask_side detections_;
  mask_side ground_truth_side_;
  interval_decoder decoder_;
  cell_boundaries boundaries_;
  std::vector<ground_truth_mask> ground_truths_;
  std::vector<interval> intervals_;
  std::uint32_t height_ = 0;
  std::uint32_t width_ = 0;
  std::uint64_t text_begin_ = std::numeric_limits<std::uint64_t>::max();  // what was read since the last release
  std::uint64_t text_end_ = 0;
};

/// Joins the blocks' pairs into one list by detection.
pair_list join(cell_index const& cells, cell_blocks const& blocks, std::vector<block_pairs> const& parts,
               buffer<std::uint32_t> const& counts) {
  std::size_t const num_detections = counts.size();
  pair_list pairs;
  pairs.begin = buffer<std::uint64_t>(num_detections + 1);
  std::uint64_t total = 0;
  for (std::size_t d = 0; d < num_detections; ++d) {
    pairs.begin.data()[d] = total;
    total += counts.data()[d];
  }
  pairs.begin.data()[num_detections] = total;
  pairs.ground_truths = buffer<std::uint32_t>(total);
  pairs.ious = buffer<double>(total);
  parallel_each(blocks.size(), [&](std::size_t b) {
    std::size_t next = 0;
    for (std::uint32_t i = blocks.block_begin[b]; i < blocks.block_begin[b + 1]; ++i) {
      // The detections of a cell lie side by side in the block and in the list.
      std::uint32_t const c = blocks.order[i];
      std::uint64_t const to = pairs.begin.data()[cells.detection_begin[c]];
      std::uint64_t const count = pairs.begin.data()[cells.detection_begin[c + 1]] - to;
      if (count == 0) continue;
      std::memcpy(pairs.ground_truths.data() + to, parts[b].ground_truths.data() + next, count * sizeof(std::uint32_t));
      std::memcpy(pairs.ious.data() + to, parts[b].ious.data() + next, count * sizeof(double));
      next += count;
    }
  });
  return pairs;
}

}  // namespace

pair_list pairwise(context const& ctx, pairwise_input const& in, pairwise_measures const& measures) {
  cell_index const& cells = in.cells;
  cell_blocks const blocks = make_cell_blocks(cells, work_per_block);
  std::vector<block_pairs> parts(blocks.size());
  buffer<std::uint32_t> counts(cells.detection_begin[cells.categories.size()]);
  return in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<mask_worker> workers([&] { return mask_worker(in); });
    parallel_each(blocks.size(), [&](std::size_t b) {
      for (std::uint32_t i = blocks.block_begin[b]; i < blocks.block_begin[b + 1]; ++i) {
        std::uint32_t const c = blocks.order[i];
        if (in.has_masks()) {
          workers.local().cell(in, measures, c, parts[b], counts.data());
          continue;
        }
        for (std::uint32_t d = cells.detection_begin[c]; d < cells.detection_begin[c + 1]; ++d) {
          row_pairs row(parts[b], in.lowest_iou_threshold);
          box_row(in, d, cells.ground_truth_begin[c], cells.ground_truth_begin[c + 1], row);
          counts.data()[d] = row.count();
        }
      }
      if (in.has_masks()) workers.local().release_text(in);
    });
    return join(cells, blocks, parts, counts);
  });
}

}  // namespace maskmetrics::cpu
