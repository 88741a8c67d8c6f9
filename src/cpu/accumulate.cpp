#include <maskmetrics/accumulate.hpp>

#include <algorithm>
#include <bit>
#include <vector>

#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/semantics/accumulate.hpp>

#include "core/parallel.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics::cpu {

namespace {

constexpr outcome_word true_positive_half = 0xFFFFU;

/// The curve of one threshold at its true positives. Between two of them precision only falls, so the envelope takes
/// its values at true positives alone.
struct curve {
  std::vector<double> precision;  ///< at the nth true positive; then the envelope
  std::vector<double> scores;     ///< of the nth true positive
  std::uint64_t missed = 0;       ///< false positives at this threshold that are not so at every threshold
};

/// Accumulates one category; one a thread.
class category_accumulator {
public:
  category_accumulator(accumulate_input const& in, accumulate_output const& out)
      : in_(in),
        out_(out),
        words_(outcome_words(in.num_thresholds)),
        num_categories_(in.category_begin.size() - 1),
        curves_(in.num_thresholds),
        needed_(in.recall_thresholds.size()),
        precision_(axis_size() * in.num_thresholds * in.recall_thresholds.size()),
        scores_(precision_.size()) {}

  void accumulate(std::size_t k) {
    std::size_t const num_caps = in_.max_dets.size();
    for (std::size_t a = 0; a < in_.num_area_ranges; ++a) {
      std::uint32_t const positives = in_.num_ground_truths[k * in_.num_area_ranges + a];
      for (std::size_t r = 0; r < needed_.size(); ++r) {
        needed_[r] = positives == 0 ? 0 : semantics::needed_true_positives(in_.recall_thresholds[r], positives);
      }
      for (std::size_t m = 0; m < num_caps; ++m) {
        column_ = a * num_caps + m;
        if (positives == 0) {
          write_absent(k);
        } else {
          walk(k, a, in_.max_dets[m]);
          for (std::uint32_t t = 0; t < in_.num_thresholds; ++t) sample(k, t, positives);
        }
      }
    }
    write_sampled(k);
  }

private:
  /// Area ranges x max_dets: the innermost axes, which are written together.
  [[nodiscard]] std::size_t axis_size() const { return in_.num_area_ranges * in_.max_dets.size(); }

  /// One pass over the ranked detections of a category.
  void walk(std::size_t k, std::size_t a, std::uint32_t max_dets) {
    for (curve& c : curves_) {
      c.precision.clear();
      c.scores.clear();
      c.missed = 0;
    }
    num_detections_ = 0;
    std::uint64_t false_positives = 0;  // detections that are false at every threshold of every word
    for (std::uint32_t i = in_.category_begin[k]; i < in_.category_begin[k + 1]; ++i) {
      std::uint32_t const d = in_.order[i];
      if (in_.ranks_in_cell[d] >= max_dets) continue;
      if (num_detections_++ == 0) first_score_ = in_.scores[d];
      outcome_word const* const outcomes = &in_.outcomes[(std::size_t{d} * in_.num_area_ranges + a) * words_];
      if (std::all_of(outcomes, outcomes + words_, [](outcome_word w) { return w == 0; })) {
        ++false_positives;
        continue;
      }
      for (std::uint32_t w = 0; w < words_; ++w) take(outcomes[w], w, in_.scores[d], false_positives);
    }
  }

  /// Counts a detection that is not false at every threshold.
  void take(outcome_word outcomes, std::uint32_t word, double score, std::uint64_t false_positives) {
    std::uint32_t const first = word * thresholds_per_outcome;
    std::uint32_t const here = std::min(in_.num_thresholds - first, thresholds_per_outcome);
    outcome_word const every = (outcome_word{1} << here) - 1;
    outcome_word const ignored = outcomes >> thresholds_per_outcome;
    outcome_word const positive = outcomes & true_positive_half;
    for (outcome_word left = positive; left != 0; left &= left - 1) {
      curve& c = curves_[first + static_cast<std::uint32_t>(std::countr_zero(left))];
      c.precision.push_back(
          semantics::precision_at(c.precision.size() + 1, false_positives + c.missed, in_.precision_epsilon));
      c.scores.push_back(score);
    }
    for (outcome_word left = every & ~(positive | ignored); left != 0; left &= left - 1) {
      ++curves_[first + static_cast<std::uint32_t>(std::countr_zero(left))].missed;
    }
  }

  /// Envelope and recall sampling of one threshold.
  void sample(std::size_t k, std::uint32_t t, std::uint32_t positives) {
    curve& c = curves_[t];
    std::size_t const found = c.precision.size();
    for (std::size_t i = found; i-- > 1;) {
      c.precision[i - 1] = semantics::envelope_step(c.precision[i - 1], c.precision[i]);
    }
    std::size_t const reached = place_of(k, t);
    out_.recall[reached] = num_detections_ == 0 ? 0 : semantics::recall_at(found, positives);
    if (!out_.average_precision.empty()) out_.average_precision[reached] = area(c, positives);
    bool reachable = num_detections_ > 0;
    for (std::size_t r = 0; r < needed_.size(); ++r) {
      std::uint64_t const needed = needed_[r];
      // The reference stops at the first recall threshold out of reach, so even easier ones behind it stay 0.
      reachable = reachable && needed <= found;
      double precision = 0;
      double score = 0;
      if (reachable) {
        std::size_t const at = needed == 0 ? 0 : needed - 1;
        precision = found == 0 ? 0 : c.precision[at];
        score = needed == 0 ? first_score_ : c.scores[at];
      }
      std::size_t const cell = (t * needed_.size() + r) * axis_size() + column_;
      precision_[cell] = precision;
      scores_[cell] = score;
    }
  }

  /// Under the envelope.
  static double area(curve const& c, std::uint32_t positives) {
    double sum = 0;
    for (std::size_t i = 0; i < c.precision.size(); ++i) sum += semantics::area_step(i + 1, positives, c.precision[i]);
    return sum;
  }

  void write_absent(std::size_t k) {
    for (std::uint32_t t = 0; t < in_.num_thresholds; ++t) {
      out_.recall[place_of(k, t)] = -1;
      if (!out_.average_precision.empty()) out_.average_precision[place_of(k, t)] = -1;
      for (std::size_t r = 0; r < needed_.size(); ++r) {
        std::size_t const cell = (t * needed_.size() + r) * axis_size() + column_;
        precision_[cell] = -1;
        scores_[cell] = -1;
      }
    }
  }

  /// In [T, K, A, M].
  [[nodiscard]] std::size_t place_of(std::size_t k, std::uint32_t t) const {
    return (t * num_categories_ + k) * axis_size() + column_;
  }

  /// Copies the category's samples to their places, area ranges and max_dets side by side.
  void write_sampled(std::size_t k) const {
    std::size_t const width = axis_size();
    std::size_t const rows = in_.num_thresholds * needed_.size();
    for (std::size_t row = 0; row < rows; ++row) {
      std::size_t const to = (row * num_categories_ + k) * width;
      std::copy_n(precision_.data() + row * width, width, out_.precision.data() + to);
      if (!out_.scores.empty()) std::copy_n(scores_.data() + row * width, width, out_.scores.data() + to);
    }
  }

  accumulate_input const& in_;
  accumulate_output const& out_;
  std::uint32_t words_;
  std::size_t num_categories_;
  std::vector<curve> curves_;          // [T]
  std::vector<std::uint64_t> needed_;  // [R] true positives that reach the recall threshold
  std::vector<double> precision_;      // [T, R, A, M] of the category at hand
  std::vector<double> scores_;         // [T, R, A, M]
  std::size_t column_ = 0;             // area range and max_dets at hand
  std::uint64_t num_detections_ = 0;
  double first_score_ = 0;
};

}  // namespace

void accumulate(context const& ctx, accumulate_input const& in, accumulate_output const& out) {
  in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<category_accumulator> accumulators([&] { return category_accumulator(in, out); });
    parallel_each(in.category_begin.size() - 1, [&](std::size_t k) { accumulators.local().accumulate(k); });
  });
}

}  // namespace maskmetrics::cpu
