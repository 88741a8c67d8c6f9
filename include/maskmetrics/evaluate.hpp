/// @file
/// One call from columns to arrays.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "maskmetrics/context.hpp"
#include "maskmetrics/dataset.hpp"
#include "maskmetrics/detections.hpp"
#include "maskmetrics/memory.hpp"
#include "maskmetrics/protocol.hpp"

namespace maskmetrics {

/// Axis lengths of the result arrays.
struct evaluation_shape {
  std::size_t num_thresholds = 0;         ///< T
  std::size_t num_recall_thresholds = 0;  ///< R
  std::size_t num_categories = 0;         ///< K; 1 where categories are not used
  std::size_t num_area_ranges = 0;        ///< A
  std::size_t num_max_dets = 0;           ///< M
};

/// Seconds that one stage took.
struct stage_time {
  std::string stage;
  double seconds = 0;
};

/// What an evaluation yields; summary.hpp makes the usual numbers of it.
struct evaluation {
  maskmetrics::protocol protocol;  ///< as evaluated: validated, max_dets sorted
  evaluation_shape shape;
  buffer<double> precision;                              ///< [T, R, K, A, M], C order, host memory
  buffer<double> recall;                                 ///< [T, K, A, M]
  buffer<double> scores;                                 ///< [T, R, K, A, M]; empty under LVIS' rules
  buffer<double> average_precision;                      ///< [T, K, A, M]; interpolation::points: empty
  buffer<double> recall_curve;                           ///< [T, K, A, N] at the protocol's recall_curve
  std::vector<std::int64_t> category_ids;                ///< [K]; {-1} where categories are not used
  std::vector<std::string> category_names;               ///< [K]
  std::vector<category_frequency> category_frequencies;  ///< [K], or empty where the data set has none
  std::vector<std::uint64_t> num_ground_truths;          ///< [K, A] not ignored
  std::vector<std::uint64_t> num_detections;             ///< [K] after the cap at the largest max_dets
  std::uint64_t num_images = 0;
  std::vector<warning> warnings;  ///< of the data set, the detections and the evaluation
  std::vector<stage_time> timings;
  maskmetrics::device device;  ///< where it ran; never automatic
};

/// Evaluates detections against ground truth. Equals pycocotools `COCOeval.evaluate(); accumulate()`, or those of
/// lvis-api `LVISEval` under LVIS' rules, bit for bit in strict parity, whatever the device and the number of threads.
/// VOC's rules have one order of additions, too, and no parity: both give VOCdevkit's numbers.
/// Returns when the result is on the host.
/// @throws input_error    for masks that cannot be decoded, naming file, row and id; for a data set without the columns
///                        that the rules need; for images of unknown size where areas are relative
/// @throws protocol_error for a protocol that makes no sense
/// @throws device_error   where ctx.device cannot be used
[[nodiscard]] evaluation evaluate(context const& ctx, dataset const& ground_truth, detections const& results,
                                  protocol const& how);

/// An evaluation that stops after matching, to be accumulated at recall thresholds that are chosen later, or not at
/// all.
class matched_evaluation {
public:
  /// Parameters and errors as evaluate(). Data set, detections, and the context's stream and memory must outlive this.
  matched_evaluation(context const& ctx, dataset const& ground_truth, detections const& results, protocol const& how);
  ~matched_evaluation();
  matched_evaluation(matched_evaluation&&) noexcept;
  matched_evaluation& operator=(matched_evaluation&&) noexcept;

  /// What evaluate() returns for the protocol with these recall thresholds. May be called again and again, by one
  /// thread at a time.
  /// @throws protocol_error for recall thresholds that make no sense
  [[nodiscard]] evaluation accumulate(std::vector<double> recall_thresholds);

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// One row of the table that teaches average precision.
struct ranked_detection {
  std::int64_t image_id = 0;
  std::uint64_t result_row = 0;  ///< row in the results file, from 0
  double score = 0;
  bool true_positive = false;
  bool false_positive = false;  ///< neither: ignored
  std::uint64_t cumulative_true_positives = 0;
  std::uint64_t cumulative_false_positives = 0;
  double precision = 0;
  double recall = 0;
  double monotone_precision = 0;  ///< the largest precision from here to the end
  std::string image_name = {};    ///< empty where the data set has no names
};

/// The detections of one category, best first, with what each does to precision and recall.
struct ranked_category {
  std::int64_t category_id = 0;
  std::string category_name;
  double iou_threshold = 0;
  area_range area;
  std::uint32_t max_dets = 0;
  std::uint64_t num_ground_truths = 0;
  maskmetrics::interpolation interpolation = interpolation::points;
  double average_precision = -1;  ///< as the interpolation says
  std::vector<ranked_detection> rows;
};

/// Ranks the detections of category @p category_id at how's first IoU threshold, first area range and largest
/// max_dets.
/// @throws input_error for a category that the data set does not have
[[nodiscard]] ranked_category rank_category(context const& ctx, dataset const& ground_truth, detections const& results,
                                            protocol const& how, std::int64_t category_id);

}  // namespace maskmetrics
