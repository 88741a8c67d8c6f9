/// @file
/// The images of one update, from their arrival to what is kept of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <maskmetrics/evaluator.hpp>

#include "backend/backend.hpp"
#include "engine/cells.hpp"
#include "engine/host_column.hpp"
#include "engine/kept_state.hpp"
#include "engine/registered_truth.hpp"

namespace maskmetrics {

/// What all updates of an evaluator share.
struct evaluator_core {
  context ctx;
  protocol how;             ///< validated
  protocol how_of_updates;  ///< without what concerns the whole data set
  chosen_backend chosen;
  category_table categories;  ///< ascending; empty: labels that come are the categories
  std::shared_ptr<registered_truth const> registered;
  double lowest_iou = 0;  ///< pairs below it are not kept

  [[nodiscard]] bool knows_categories() const { return categories.size() != 0; }
  [[nodiscard]] bool on_device() const { return !chosen.stages->uses_host_memory; }
};

/// One image of an update, its columns in host memory.
struct job_image {
  std::int64_t id = 0;
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::uint32_t registered_index = no_index;  ///< where its ground truth is registered

  std::uint32_t first_detection = 0;  ///< rows of the update
  std::uint32_t num_detections = 0;
  host_column scores;
  host_column detection_labels;
  host_column detection_boxes;
  host_column detection_areas;
  box_layout detection_layout = box_layout::xywh;

  std::uint32_t first_ground_truth = 0;
  std::uint32_t num_ground_truths = 0;  ///< registered ones as well
  host_column ground_truth_labels;
  host_column ground_truth_boxes;
  host_column ground_truth_areas;
  host_column crowd;
  host_column ignore;
  box_layout ground_truth_layout = box_layout::xywh;

  [[nodiscard]] bool is_registered() const { return registered_index != no_index; }
  /// "image 42", for errors.
  [[nodiscard]] std::string name() const;
};

/// The rows of an update as tables, as an evaluation of files has them.
struct job_tables {
  dataset ground_truth;  ///< masks are elsewhere
  detections found;      ///< the same
};

/// How the overlaps of an update's masks are found: by pixels, or by codes. Boxes need none.
class overlap_work {
public:
  virtual ~overlap_work() = default;

  /// Does what had to wait, or waits for what was queued.
  virtual void run() {}
  /// Whether areas cost nothing. If not, find_pairs() sets those of the cells' detections.
  [[nodiscard]] virtual bool knows_areas() const = 0;
  /// [D] px, by row of the update.
  [[nodiscard]] virtual std::vector<double> detection_areas() = 0;
  /// px. @param row  of the update, of an image that is not registered
  [[nodiscard]] virtual double ground_truth_area(std::uint32_t row) = 0;
  /// @param cells  of the update's tables
  [[nodiscard]] virtual kept_pairs find_pairs(evaluation_cells& cells) = 0;
};

/// The images of an update in the order of the job's.
using ordered_updates = std::vector<image_update const*>;

class update_job {
public:
  /// Checks the images, copies columns, and queues or notes the work on masks. Rows of an update go by image id.
  /// @throws input_error naming image and column; device_error
  update_job(evaluator_core const& core, view<image_update const> images, stream_ref stream,
             std::shared_ptr<void const> owner);

  [[nodiscard]] std::vector<job_image> const& images() const { return images_; }

  /// Does the rest. @throws input_error
  [[nodiscard]] kept_state finish();

private:
  void add_image(image_update const& from);
  [[nodiscard]] kept_state work_in(job_tables const& tables, protocol const& how);
  [[nodiscard]] std::unique_ptr<overlap_work> make_work(ordered_updates const& updates);
  evaluator_core const& core_;
  std::shared_ptr<void const> owner_;
  std::unique_ptr<execution> place_;  // where anything is on the device
  std::vector<job_image> images_;
  std::unique_ptr<overlap_work> work_;
};

/// @throws input_error where an image's arrays do not fit together, or are not what the protocol needs
void check_image(evaluator_core const& core, image_update const& image, job_image const& known);

/// Looks up where an image's ground truth is registered, and its size.
/// @throws input_error for an image that is not there, or of another size
void find_registered(evaluator_core const& core, job_image& image);

/// What pairwise needs of cells in host memory, but for boxes or masks.
[[nodiscard]] pairwise_input pairs_input(evaluator_core const& core, evaluation_cells const& cells);
/// Pairs in host memory.
[[nodiscard]] kept_pairs to_kept_pairs(pair_list const& pairs);

/// @param work  of masks; nullptr where boxes are evaluated
/// @throws input_error for a label that is no category, a score that parity refuses
[[nodiscard]] job_tables make_tables(evaluator_core const& core, std::vector<job_image> const& images,
                                     overlap_work* work);

/// Masks of which some are pixels; those of the other side may be codes.
/// @param place  where work is queued; on the CPU run() does it
[[nodiscard]] std::unique_ptr<overlap_work> make_dense_work(evaluator_core const& core,
                                                            std::vector<job_image> const& images,
                                                            ordered_updates const& updates, execution* place);
/// Masks that all are codes, in host memory.
[[nodiscard]] std::unique_ptr<overlap_work> make_coded_work(evaluator_core const& core,
                                                            std::vector<job_image> const& images,
                                                            ordered_updates const& updates);
/// Masks of one image that all are codes, some of them in device memory, whose owner need not keep them after finish().
[[nodiscard]] std::unique_ptr<overlap_work> make_resident_work(evaluator_core const& core, job_image const& image,
                                                               image_update const& update, execution& place);

}  // namespace maskmetrics
