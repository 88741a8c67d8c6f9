/// @file
/// Evaluates images as they come: during training, from several processes, from host or device memory. No mask is
/// kept: after an update only scores, areas and the overlaps that can matter stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "maskmetrics/context.hpp"
#include "maskmetrics/dataset.hpp"
#include "maskmetrics/dense.hpp"
#include "maskmetrics/evaluate.hpp"
#include "maskmetrics/mask_batch.hpp"
#include "maskmetrics/protocol.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// Where an array of an update is.
enum class memory_space : unsigned char {
  host,
  device,  ///< the evaluator's CUDA device
};

enum class number_type : unsigned char { float64, float32, float16, bfloat16, int64, int32, uint8 };

/// Numbers side by side, without gaps.
struct number_column {
  void const* data = nullptr;  ///< nullptr: absent
  number_type type = number_type::float64;
  memory_space where = memory_space::host;

  [[nodiscard]] bool present() const { return data != nullptr; }
};

/// Run-length codes (text or counts) or polygons, an entry an object. Entries may stand in any order among others.
struct coded_masks {
  mask_columns codes;
};

/// Masks as a detector's prototypes and coefficients (YOLO-seg): sums over channels, resampled to the image, cropped to
/// boxes, and foreground above the threshold. All arrays are in one memory space.
struct prototype_masks {
  prototype_maps maps;
  float threshold = 0;
  float const* boxes = nullptr;  ///< [N, 4] x0, y0, x1, y1 in px that the masks are cropped to; none: they are not
};

/// The masks of one side of an image: none; pixels [N, height, width], or maps that are pasted (dense_masks::paste);
/// codes; or prototypes.
struct image_masks {
  std::variant<std::monostate, dense_masks, coded_masks, prototype_masks> source;
  memory_space where = memory_space::host;
};

/// What a detector found in an image.
struct image_detections {
  std::uint32_t count = 0;  ///< N
  number_column scores;     ///< [N]
  number_column labels;     ///< [N] category ids
  number_column boxes;      ///< [N, 4]; needed by iou_type::bbox, not read by the others
  box_layout layout = box_layout::xywh;
  number_column areas;  ///< [N] px, or absent: those of the masks or boxes
  image_masks masks;    ///< needed by iou_type::segm and boundary
};

/// What there is in an image.
struct image_ground_truths {
  std::uint32_t count = 0;  ///< N
  number_column labels;     ///< [N]
  number_column boxes;      ///< [N, 4]
  box_layout layout = box_layout::xywh;
  number_column areas;   ///< [N] px, or absent; 0 or less: that of the mask or box
  number_column crowd;   ///< [N] not 0: iscrowd; absent: none is
  number_column ignore;  ///< [N] not 0: ignored, where the protocol reads that; absent: none is
  image_masks masks;
};

/// One image.
struct image_update {
  std::int64_t image_id = 0;
  /// px. Needed where masks are evaluated or areas are relative. 0: as the registered data set has it.
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  image_detections detections;
  /// Absent: that of the registered data set.
  std::optional<image_ground_truths> ground_truths;
};

/// A category by id and name.
struct category {
  std::int64_t id = 0;
  std::string name;
};

struct evaluator_options {
  /// Categories that are evaluated; a label that is none of them is an error. Empty: those of the registered data set,
  /// or, without one, the labels that come.
  std::vector<category> categories;
  /// Updates that may wait for a thread of the evaluator's own, so that the caller goes on at once. 0: update() returns
  /// when its work is done, or, on a device, queued.
  std::size_t queue_length = 0;
  /// Keep every overlap inside of cells, not only those that can matter, for overlaps().
  bool all_pairs = false;
};

/// Every overlap, cell by cell: a cell is an image and category with detections and objects, or one of them.
struct kept_overlaps {
  std::vector<std::int64_t> image_ids;            ///< [C]
  std::vector<std::int64_t> category_ids;         ///< [C] ascending, then by image id; -1 where categories are not used
  std::vector<std::uint32_t> detection_begin;     ///< [C+1]; detections descend by score, within the largest cap
  std::vector<std::uint32_t> ground_truth_begin;  ///< [C+1]
  std::vector<std::uint64_t> begin;               ///< [C+1] into ious
  std::vector<double> ious;                       ///< of a cell [D, G]
};

struct kept_state;

/// Everything that an evaluator has kept; a value, cheap to copy.
class evaluator_state {
public:
  evaluator_state() = default;
  explicit evaluator_state(std::shared_ptr<kept_state const> kept) : kept_(std::move(kept)) {}

  [[nodiscard]] std::size_t num_images() const;
  /// In the order in which they came.
  [[nodiscard]] std::vector<std::int64_t> image_ids() const;
  [[nodiscard]] std::size_t num_detections() const;
  [[nodiscard]] std::size_t num_ground_truths() const;
  [[nodiscard]] std::size_t num_pairs() const;
  /// Bytes of memory that the state holds.
  [[nodiscard]] std::size_t num_bytes() const;

  /// The same images under other ids, which keep their order: @p first + id * @p step.
  /// @throws input_error for a step below 1, and for an id that does not fit into 64 bits then
  [[nodiscard]] evaluator_state renumbered(std::int64_t first, std::int64_t step) const;
  /// The images whose ids are given, as if no other one had been there, except for warnings, which all remain.
  [[nodiscard]] evaluator_state only(view<std::int64_t const> ids) const;

  /// Bytes for a file or another process, whatever its byte order: with a version, the protocol and a checksum.
  [[nodiscard]] std::string serialize() const;
  /// @param source  names the bytes in errors: a file, "rank 3"
  /// @throws input_error for bytes that are no state, are damaged, or are of another version
  [[nodiscard]] static evaluator_state deserialize(std::string_view bytes, std::string const& source = "state");

  [[nodiscard]] std::shared_ptr<kept_state const> const& kept() const { return kept_; }

private:
  std::shared_ptr<kept_state const> kept_;
};

/// Evaluates images in any order and in any pieces: the result depends on what came, not on when. Equal to evaluate()
/// on the same images, bit for bit, whatever the device, the number of threads and the way in which images were split.
///
/// Calls of one evaluator must not overlap; different evaluators know nothing of each other.
class evaluator {
public:
  /// Without a registered data set every update brings its own ground truth.
  /// @throws protocol_error for a protocol that makes no sense, or that needs all results at once
  ///         (max_dets_per_category) or a data set's lists (LVIS' rules)
  /// @throws device_error where ctx.device cannot be used
  evaluator(context const& ctx, protocol const& how, evaluator_options const& options = {});

  /// Ground truth is looked up in @p ground_truth by image id. Only images that were updated take part in the result.
  evaluator(context const& ctx, protocol const& how, std::shared_ptr<dataset const> ground_truth,
            evaluator_options const& options = {});

  ~evaluator();
  evaluator(evaluator&&) noexcept;
  evaluator& operator=(evaluator&&) noexcept;

  /// Takes some images.
  ///
  /// Host arrays: columns are copied; masks are read before the call returns, but with a queue later: then @p owner
  /// keeps their memory, which must not change until flush(). Device arrays: work is queued on @p stream, behind
  /// whatever made the arrays and before whatever the caller queues next, so their memory may go back to an allocator
  /// that follows the stream's order. Nothing waits for the device, but for updates before that are still on their way
  /// when there are many, and for run-length codes and polygons in device memory.
  ///
  /// @param stream  the caller's; none: ctx.stream, and where that is none as well CUDA's default stream, for device
  ///                arrays, or one of the library's own
  /// @param owner   kept until the masks have been read
  /// @throws input_error  naming image and column, for wrong lengths and sizes, labels that are no categories, masks
  ///         that cannot be decoded, an image that was there before; of the images of this call none counts then. With
  ///         a queue or on a device, errors that show only later are thrown by a later call, whichever it is.
  void update(view<image_update const> images, stream_ref stream = {}, std::shared_ptr<void const> const& owner = {});
  void update(image_update const& image, stream_ref stream = {}, std::shared_ptr<void const> const& owner = {}) {
    update(view<image_update const>(&image, 1), stream, owner);
  }

  /// Waits until everything that came has been worked in.
  void flush();

  /// The result of what came so far; any number of times, between updates as well. Flushes.
  [[nodiscard]] evaluation compute();

  /// Equals pycocotools `COCOeval.ious`. Flushes.
  /// @throws protocol_error without evaluator_options::all_pairs
  [[nodiscard]] kept_overlaps overlaps();

  /// Forgets all images, those on their way included, and errors not yet thrown.
  void reset();

  /// What was kept. Flushes.
  [[nodiscard]] evaluator_state state();

  /// Adds what another evaluator kept, with the same protocol and other images.
  /// @throws protocol_error for another protocol, naming the field
  /// @throws input_error for an image that is in both, naming it; nothing is added then
  void merge(evaluator_state const& other);

  [[nodiscard]] maskmetrics::protocol const& protocol() const;
  /// Where work is done; never automatic.
  [[nodiscard]] maskmetrics::device device() const;

private:
  class impl;
  struct impl_deleter {
    void operator()(impl* gone) const noexcept;
  };
  std::unique_ptr<impl, impl_deleter> impl_;
};

}  // namespace maskmetrics
