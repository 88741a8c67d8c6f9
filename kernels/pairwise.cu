// Pairwise: IoU inside every cell, as a list of the pairs that can matter. Host code that plans and calls the kernels
// of candidates.cu (boxes, lists), geometry.cu, polygon.cu (decoding) and mask_pairs.cu (masks).
//
// In: cells [C], boxes or masks of detections [D] and ground truth [G], flags [G]. Out: pairs as CSR by detection;
// areas of masks [D].
//
// Steps: IoUs of all candidates; pairs that stay, counted by detection; CUB scans the counts; the host waits once for
// the total and for faults; pairs are written. Cells that do not fit into memory together are done in chunks, each with
// its wait. IoUs of boundaries (boundary.cu) follow those of masks, with a wait of their own.
//
// Memory: 16 B a candidate, a candidate being a detection with a ground truth of its cell; masks as geometry.cu says.
#include <memory>
#include <utility>
#include <vector>

#include <maskmetrics/pairwise.hpp>

#include "boundary.cuh"
#include "candidates.cuh"
#include "common/chunks.hpp"
#include "common/device_scan.cuh"
#include "common/transfer.cuh"
#include "mask_side.cuh"
#include "stages.hpp"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

/// What the host learns of a chunk; one word each.
struct chunk_status {
  std::uint64_t detection_fault = no_fault;
  std::uint64_t ground_truth_fault = no_fault;
  std::uint64_t num_work = 0;
  std::uint64_t last_pair = 0;
};

struct chunk_pairs {
  buffer<std::uint32_t> ground_truths;
  buffer<double> ious;
};

/// Pairs of one chunk of cells after another.
class pair_finder {
public:
  pair_finder(context const& ctx, pairwise_input const& in, pairwise_measures const& measures)
      : ctx_(ctx), in_(in), measures_(measures), host_(in.host_cells) {
    if (in.has_masks()) {
      detections_ = detection_side(ctx, in, measures_all());
      ground_truths_ = ground_truth_side(ctx, in);
    }
    pairs_.begin = make<std::uint64_t>(std::size_t{host_.detection_begin[host_.categories.size()]} + 1);
  }

  [[nodiscard]] pair_list find() {
    fill_bytes(pairs_.begin.data(), 0, sizeof(std::uint64_t), ctx_.stream);
    for (cell_range const chunk : plan()) find_in(chunk);
    join();
    return std::move(pairs_);
  }

private:
  template <class T>
  [[nodiscard]] buffer<T> make(std::size_t count) const {
    return buffer<T>(count, *ctx_.memory, ctx_.stream);
  }
  [[nodiscard]] std::uint64_t candidates_of(std::size_t cell) const {
    return std::uint64_t{host_.detection_begin[cell + 1] - host_.detection_begin[cell]} *
           (host_.ground_truth_begin[cell + 1] - host_.ground_truth_begin[cell]);
  }

  [[nodiscard]] std::uint64_t bytes_of(mask_side const& side, std::uint32_t place, std::size_t cell) const {
    std::uint64_t const bytes = side.bytes_of(place);
    if (in_.boundary_dilation_ratio <= 0) return bytes;
    std::uint32_t const image = host_.images[cell];
    return bytes + boundary_bytes_of(in_.image_heights[image], in_.image_widths[image]);
  }
  /// Without ground truth beside it, a detection's mask is only asked for its area.
  [[nodiscard]] bool measures_all() const { return !measures_.detection_areas.empty(); }
  [[nodiscard]] masks_of_cells detections_of(cell_range chunk) const {
    masks_of_cells masks = masks_of(host_.detection_begin, chunk);
    if (!measures_all()) masks.others_begin = masks_of(host_.ground_truth_begin, chunk).cell_begin;
    return masks;
  }
  [[nodiscard]] masks_of_cells masks_of(view<std::uint32_t const> begin, cell_range chunk) const {
    std::size_t const num_cells = chunk.end - chunk.begin;
    return {begin.subview(chunk.begin, num_cells + 1), host_.images.subview(chunk.begin, num_cells), {}};
  }

  [[nodiscard]] std::vector<cell_range> plan() const;
  void find_in(cell_range chunk);
  void check(chunk_status const& status) const;
  void join();

  context const& ctx_;
  pairwise_input const& in_;
  pairwise_measures const& measures_;
  cell_index const& host_;
  std::unique_ptr<mask_side> detections_;  // where there are masks
  std::unique_ptr<mask_side> ground_truths_;
  pair_list pairs_;
  std::vector<chunk_pairs> chunks_;
  std::uint64_t num_pairs_ = 0;
};

std::vector<cell_range> pair_finder::plan() const {
  // Scratch and result of a candidate, and what a detection takes besides.
  constexpr std::uint64_t bytes_of_candidate = 2 * sizeof(std::uint64_t) + sizeof(std::uint32_t) + sizeof(double);
  constexpr std::uint64_t bytes_of_detection = sizeof(std::uint32_t) + 2 * sizeof(std::uint64_t);
  std::size_t const num_cells = host_.categories.size();
  std::vector<std::uint64_t> bytes(num_cells);
  masks_of_cells const detections = detections_of({0, static_cast<std::uint32_t>(num_cells)});
  for (std::size_t c = 0; c < num_cells; ++c) {
    std::uint32_t const d_end = host_.detection_begin[c + 1];
    bytes[c] = candidates_of(c) * bytes_of_candidate + (d_end - host_.detection_begin[c]) * bytes_of_detection;
    if (!in_.has_masks()) continue;
    if (detections.reads(c)) {
      for (std::uint32_t d = host_.detection_begin[c]; d < d_end; ++d) bytes[c] += bytes_of(*detections_, d, c);
    } else {
      bytes[c] += (d_end - host_.detection_begin[c]) * (sizeof(mask_code) + sizeof(device_mask));
    }
    for (std::uint32_t g = host_.ground_truth_begin[c]; g < host_.ground_truth_begin[c + 1]; ++g)
      bytes[c] += bytes_of(*ground_truths_, g, c);
  }
  // The rest is for alignment, and for what was estimated too low.
  return plan_chunks({bytes.data(), bytes.size()}, ctx_.memory->available() / 4 * 3);
}

void pair_finder::find_in(cell_range chunk) {
  std::size_t const num_cells = chunk.end - chunk.begin;
  std::vector<std::uint64_t> candidate_begin(num_cells + 1);
  for (std::size_t c = 0; c < num_cells; ++c)
    candidate_begin[c + 1] = candidate_begin[c] + candidates_of(chunk.begin + c);
  bool const has_masks = in_.has_masks();
  if (has_masks) {
    detections_->start(detections_of(chunk));
    ground_truths_->start(masks_of(host_.ground_truth_begin, chunk));
  }

  auto const candidates_there = make<std::uint64_t>(num_cells + 1);
  auto const ious = make<double>(candidate_begin.back());
  auto const status_there = make<chunk_status>(1);
  chunk_status status;
  upload_scope upload(ctx_);
  upload.copy(candidates_there.data(), candidate_begin.data(), candidate_begin.size() * sizeof(std::uint64_t));
  upload.copy(status_there.data(), &status, sizeof(status));
  if (has_masks) {
    detections_->upload(upload);
    ground_truths_->upload(upload);
  }
  upload.end();

  candidate_cells cells;
  cells.detection_begin = in_.cells.detection_begin.subview(chunk.begin, num_cells + 1);
  cells.ground_truth_begin = in_.cells.ground_truth_begin.subview(chunk.begin, num_cells + 1);
  cells.candidate_begin = candidates_there.all();
  cells.first_detection = host_.detection_begin[chunk.begin];
  cells.num_detections = host_.detection_begin[chunk.end] - cells.first_detection;
  cells.first_ground_truth = host_.ground_truth_begin[chunk.begin];
  cells.num_candidates = candidate_begin.back();
  chunk_status* const words = status_there.data();
  if (has_masks) {
    detections_->decode(&words->detection_fault);
    ground_truths_->decode(&words->ground_truth_fault);
    if (!measures_.detection_areas.empty()) {
      mask_areas(detections_->decoded().masks,
                 measures_.detection_areas.subview(cells.first_detection, cells.num_detections), ctx_.stream);
    }
    auto const work = make<std::uint64_t>(candidate_begin.back());
    mask_overlaps_input const masks{cells, detections_->decoded(), ground_truths_->decoded(), in_.ground_truth_flags,
                                    in_.lowest_iou_threshold};
    mask_overlaps(masks, ious.all(), work.all(), &words->num_work, ctx_.stream);
    if (double const ratio = in_.boundary_dilation_ratio; ratio > 0) {
      join_boundaries(ctx_, masks, ratio, ious.all(), work.all());
    }
  } else {
    box_overlaps(cells, in_.detection_boxes, in_.ground_truth_boxes, in_.ground_truth_flags, in_.box_convention,
                 ious.all(), ctx_.stream);
  }

  auto const counts = make<std::uint32_t>(cells.num_detections);
  view<std::uint64_t> const begin =
      pairs_.begin.all().subview(cells.first_detection, std::size_t{cells.num_detections} + 1);
  count_pairs(cells, ious.all(), in_.lowest_iou_threshold, counts.all(), ctx_.stream);
  exclusive_sums(ctx_, counts.all(), num_pairs_, begin);
  copy_bytes(&words->last_pair, &begin[cells.num_detections], sizeof(std::uint64_t), ctx_.stream);
  download_and_wait(ctx_, &status, words, sizeof(status));
  check(status);

  std::uint64_t const first = std::exchange(num_pairs_, status.last_pair);
  chunk_pairs found{make<std::uint32_t>(num_pairs_ - first), make<double>(num_pairs_ - first)};
  write_pairs(cells, ious.all(), in_.lowest_iou_threshold, begin, first, found.ground_truths.all(), found.ious.all(),
              ctx_.stream);
  chunks_.push_back(std::move(found));
}

void pair_finder::check(chunk_status const& status) const {
  if (!in_.has_masks()) return;
  ground_truths_->check(status.ground_truth_fault);
  detections_->check(status.detection_fault);
}

void pair_finder::join() {
  if (chunks_.size() == 1) {
    pairs_.ground_truths = std::move(chunks_.front().ground_truths);
    pairs_.ious = std::move(chunks_.front().ious);
    return;
  }
  pairs_.ground_truths = make<std::uint32_t>(num_pairs_);
  pairs_.ious = make<double>(num_pairs_);
  std::size_t first = 0;
  for (chunk_pairs const& part : chunks_) {
    std::size_t const count = part.ious.size();
    if (count == 0) continue;
    copy_bytes(pairs_.ground_truths.data() + first, part.ground_truths.data(), count * sizeof(std::uint32_t),
               ctx_.stream);
    copy_bytes(pairs_.ious.data() + first, part.ious.data(), count * sizeof(double), ctx_.stream);
    first += count;
  }
}

}  // namespace

pair_list pairwise(context const& ctx, pairwise_input const& in, pairwise_measures const& measures) {
  return pair_finder(ctx, in, measures).find();
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
