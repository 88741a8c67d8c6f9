// Host code only; see mask_side.cuh.
#include "mask_side.cuh"

#include <utility>
#include <vector>

#include <core/mask_error.hpp>

#include "boundary.cuh"
#include "common/device_scan.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

enum class side_of : unsigned char { detections, ground_truths };

/// Masks of a batch on the host.
class batch_side final : public mask_side {
public:
  batch_side(context const& ctx, pairwise_input const& in, side_of side)
      : ctx_(ctx),
        in_(in),
        side_(side),
        batch_(side == side_of::detections ? *in.detection_masks : *in.ground_truth_masks),
        rows_(side == side_of::detections ? in.detection_rows : in.ground_truth_rows) {}

  [[nodiscard]] std::uint64_t bytes_of(std::uint32_t place) const override {
    return device_bytes_of(batch_, rows_[place]);
  }

  void start(masks_of_cells const& chunk) override {
    first_ = chunk.first();
    packed_ = {};
    bool const has_boxes = side_ == side_of::detections && !in_.result_boxes.empty();
    for (std::size_t c = 0; c < chunk.images.size(); ++c) {
      std::uint32_t const height = in_.image_heights[chunk.images[c]];
      std::uint32_t const width = in_.image_widths[chunk.images[c]];
      for (std::uint32_t m = chunk.cell_begin[c]; m < chunk.cell_begin[c + 1]; ++m) {
        if (!chunk.reads(c)) {
          packed_.add_empty();
          continue;
        }
        packed_.add(batch_, rows_[m], height, width, has_boxes ? &in_.result_boxes[rows_[m]] : nullptr);
      }
    }
    there_.emplace(ctx_, packed_);
  }

  void upload(upload_scope& upload) const override { there_->upload(packed_, upload); }
  void decode(std::uint64_t* fault) const override {
    decode_masks(there_->codes(), there_->decoded(), fault, ctx_.stream);
  }
  [[nodiscard]] decoded_masks decoded() const override { return there_->decoded(); }

  void check(std::uint64_t fault) const override {
    std::optional<faulty_mask> bad = packed_.first_fault();
    // The lower of what the host and the device found.
    if (fault != no_fault && !(bad && bad->index < fault >> 8U)) {
      bad = faulty_mask{fault >> 8U, static_cast<mask_fault>(fault & 0xFFU)};
    }
    if (!bad) return;
    std::uint32_t const row = rows_[first_ + bad->index];
    if (side_ == side_of::detections) throw_detection_fault(bad->fault, batch_, row);
    throw_ground_truth_fault(bad->fault, batch_, row, in_.ground_truth_ids[row]);
  }

private:
  context const& ctx_;
  pairwise_input const& in_;
  side_of side_;
  mask_batch const& batch_;
  view<std::uint32_t const> rows_;
  std::uint32_t first_ = 0;
  packed_masks packed_;
  std::optional<device_masks> there_;
};

/// Masks on the device.
class resident_side final : public mask_side {
public:
  resident_side(context const& ctx, pairwise_input const& in, side_of side, bool reads_all) : ctx_(ctx), side_(side) {
    bool const is_detections = side == side_of::detections;
    codes_ = {is_detections ? *in.resident_detections : *in.resident_ground_truths,
              is_detections ? in.cells.detection_begin : in.cells.ground_truth_begin,
              in.cells.images,
              {}};
    if (!reads_all) codes_.others_begin = is_detections ? in.cells.ground_truth_begin : in.cells.detection_begin;
    std::size_t const num_masks = codes_.masks.rows.size();
    buffer<std::uint32_t> const rooms(num_masks, *ctx.memory, ctx.stream);
    // With a word for faults behind it, so that one copy brings both.
    interval_begin_ = buffer<std::uint64_t>(num_masks + 2, *ctx.memory, ctx.stream);
    std::uint64_t* const fault = interval_begin_.data() + num_masks + 1;
    fill_bytes(fault, 0xFF, sizeof(std::uint64_t), ctx.stream);
    measure_codes(codes_, rooms.all(), fault, ctx.stream);
    exclusive_sums(ctx, rooms.all(), 0, interval_begin_.all().subview(0, num_masks + 1));
    interval_begin_here_.resize(num_masks + 2);
    download(interval_begin_here_.data(), interval_begin_.data(), interval_begin_here_.size());
    check(interval_begin_here_.back());
  }

  [[nodiscard]] std::uint64_t bytes_of(std::uint32_t place) const override {
    std::uint64_t const room = interval_begin_here_[place + 1] - interval_begin_here_[place];
    return sizeof(mask_code) + sizeof(device_mask) + room * sizeof(interval);
  }

  void start(masks_of_cells const& chunk) override {
    first_ = chunk.first();
    std::size_t const count = chunk.end() - chunk.first();
    std::uint64_t const room = interval_begin_here_[chunk.end()] - interval_begin_here_[first_];
    // The memory of the chunk before goes back first.
    chunk_ = {};
    intervals_ = {};
    decoded_ = {};
    chunk_ = buffer<mask_code>(count, *ctx_.memory, ctx_.stream);
    intervals_ = buffer<interval>(room, *ctx_.memory, ctx_.stream);
    decoded_ = buffer<device_mask>(count, *ctx_.memory, ctx_.stream);
  }

  void upload(upload_scope& /*upload*/) const override {}

  void decode(std::uint64_t* fault) const override {
    mask_columns const& columns = codes_.masks.codes;
    gather_codes(codes_, first_, interval_begin_.all(), chunk_.all(), ctx_.stream);
    // Whether there are polygons is known to the device only.
    decode_masks({chunk_.all(),
                  {reinterpret_cast<unsigned char const*>(columns.text.data()), columns.text.size()},
                  columns.counts,
                  columns.coordinates,
                  columns.rings,
                  !columns.rings.empty()},
                 decoded(), fault, ctx_.stream);
  }
  [[nodiscard]] decoded_masks decoded() const override { return {intervals_.all(), decoded_.all()}; }

  void check(std::uint64_t fault) const override {
    if (fault == no_fault) return;
    std::uint32_t row = 0;
    download(&row, codes_.masks.rows.data() + first_ + (fault >> 8U), 1);
    throw_resident_fault(static_cast<mask_fault>(fault & 0xFFU),
                         side_ == side_of::detections ? "detections" : "ground truth", row);
  }

private:
  template <class T>
  void download(T* to, T const* from, std::size_t count) const {
    download_and_wait(ctx_, to, from, count * sizeof(T));
  }

  context const& ctx_;
  side_of side_;
  resident_codes codes_;
  buffer<std::uint64_t> interval_begin_;  // [masks + 1], and a word for faults
  std::vector<std::uint64_t> interval_begin_here_;
  std::uint32_t first_ = 0;
  buffer<mask_code> chunk_;
  buffer<interval> intervals_;
  buffer<device_mask> decoded_;
};

[[nodiscard]] std::unique_ptr<mask_side> make_side(context const& ctx, pairwise_input const& in, side_of side,
                                                   bool reads_all) {
  bool const is_resident =
      (side == side_of::detections ? in.resident_detections : in.resident_ground_truths) != nullptr;
  if (is_resident) return std::make_unique<resident_side>(ctx, in, side, reads_all);
  return std::make_unique<batch_side>(ctx, in, side);
}

}  // namespace

std::unique_ptr<mask_side> detection_side(context const& ctx, pairwise_input const& in, bool reads_all) {
  return make_side(ctx, in, side_of::detections, reads_all);
}

std::unique_ptr<mask_side> ground_truth_side(context const& ctx, pairwise_input const& in) {
  return make_side(ctx, in, side_of::ground_truths, true);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
