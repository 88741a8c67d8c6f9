/// @file
/// What the tests of the readers share.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <ingest/readers.hpp>
#include <maskmetrics/error.hpp>
#include <maskmetrics/ingest.hpp>

namespace maskmetrics::testing {

/// How a text is read.
struct reading {
  ingest_options options;
  int threads = 1;
  std::size_t part_bytes = ingest::default_part_bytes;
};

inline reading strict() {
  return {};
}
inline reading corrected() {
  return {{true, true, parity::corrected}, 1, ingest::default_part_bytes};
}
inline reading boxes_only() {
  return {{true, false, parity::strict}, 1, ingest::default_part_bytes};
}
inline reading masks_only() {
  return {{false, true, parity::strict}, 1, ingest::default_part_bytes};
}

/// A text, and the place and the problem that its error names.
struct bad_text {
  std::string text;
  std::string place;
  std::string problem;
};

/// The text as a ground truth named "gt.json".
dataset read_ground_truth(std::string_view text, reading const& how = strict());
/// The text as results named "dt.json".
detections read_results(std::string_view text, dataset const& ground_truth, reading const& how = strict());

/// Images 1 (30 x 20) and 2 (40 x 50), categories 1 "cat" and 2 "dog", with these annotations.
std::string ground_truth_with(std::string_view annotations);
/// A ground truth without annotations.
dataset small_ground_truth();

/// Expects an input_error of this source and place, whose problem contains @p problem.
void expect_input_error(std::function<void()> const& read, std::string const& source, std::string const& place,
                        std::string const& problem);

/// Expects the same columns and warnings, bit for bit; of masks the payload, wherever it lies.
void expect_same(dataset const& a, dataset const& b);
void expect_same(detections const& a, detections const& b);

/// Count of a warning, 0 where it is not there.
std::uint64_t warning_count(std::vector<warning> const& warnings, std::string_view code);
/// Message of a warning, empty where it is not there.
std::string warning_message(std::vector<warning> const& warnings, std::string_view code);

}  // namespace maskmetrics::testing
