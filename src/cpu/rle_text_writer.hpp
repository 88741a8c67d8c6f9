/// @file
/// Writes run-length strings number by number.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <maskmetrics/semantics/rle_text.hpp>

namespace maskmetrics {

class rle_text_writer {
public:
  /// Adds the next run, background first.
  void add(std::uint32_t run) {
    std::int64_t const value =
        semantics::rle_text_is_difference(num_runs_) ? std::int64_t{run} - before_[0] : std::int64_t{run};
    text_.append(groups_.data(), semantics::write_rle_text_number(value, groups_.data()));
    before_ = {before_[1], run};
    ++num_runs_;
  }
  [[nodiscard]] std::uint64_t num_runs() const { return num_runs_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  std::string text_;
  std::array<char, semantics::rle_text_max_groups> groups_{};
  std::array<std::int64_t, 2> before_{};  // the run two places back, the run one place back
  std::uint64_t num_runs_ = 0;
};

}  // namespace maskmetrics
