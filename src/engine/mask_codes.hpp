/// @file
/// Codes of an update's masks: moved together, or drawn as pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maskmetrics/mask_batch.hpp>

#include "engine/registered_truth.hpp"
#include "engine/update_job.hpp"

namespace maskmetrics {

/// Appends a mask and what its code points to. @param text  becomes the batch's text when all masks are there
void append_code(mask_columns const& from, std::uint32_t row, mask_batch& to, std::string& text);

/// Pixels of masks as contiguous_masks() has bits, one mask after another.
/// @param side  "detections", "ground_truths"
/// @throws input_error for a mask that cannot be decoded or is not of the image's size
[[nodiscard]] std::vector<unsigned char> render_codes(mask_columns const& codes, job_image const& image,
                                                      char const* side);
/// The same of an image's registered ground truth.
[[nodiscard]] std::vector<unsigned char> render_registered(registered_truth const& registered, job_image const& image);

}  // namespace maskmetrics
