/// @file
/// The twelve numbers of an evaluation.
#pragma once

#include <vector>

#include "reference/evaluate.hpp"

namespace reference {

/// `numpy.mean` of a contiguous array of doubles, in numpy's order of additions.
[[nodiscard]] double mean(std::vector<double> const& values);

/// pycocotools `COCOeval.summarize` for detections; how.max_dets ascending and at least three long.
[[nodiscard]] std::vector<double> summarize(evaluation const& all, protocol const& how);

/// lvis-api `LVISEval.summarize`; how.max_dets of one cap.
/// @param frequencies  by category index: 'r', 'c' or 'f'
[[nodiscard]] std::vector<double> summarize_federated(evaluation const& all, protocol const& how,
                                                      std::vector<char> const& frequencies);

}  // namespace reference
