#include <maskmetrics/matching.hpp>

#include <algorithm>
#include <atomic>

#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/semantics/matching.hpp>

#include "core/parallel.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics::cpu {

namespace {

using threshold_bits = std::uint32_t;  // one bit a threshold of a word, in the low half

constexpr std::size_t cells_per_block = 512;

[[nodiscard]] constexpr outcome_word ignored_at(threshold_bits bits) {
  return bits << thresholds_per_outcome;
}

/// A kept pair as the matcher sees it.
struct candidate {
  std::uint32_t ground_truth;  ///< within the cell
  double iou;
  threshold_bits sufficient;  ///< thresholds of the word at hand at which the overlap suffices
};

/// Matches cells; one a thread. The thresholds of an outcome word are matched together: the search of
/// semantics::match_search finds, at every threshold, the available ground truth that comes first in the order
/// "counts before ignored, higher overlap, later in the file". So candidates are visited in that order, and each claims
/// the thresholds that are still open. (A NaN overlap has no place in an order: such detections go through match_search
/// itself.)
class cell_matcher {
public:
  cell_matcher(matching_input const& in, matching_output const& out) : in_(in), out_(out) {
    for (double const t : in.iou_thresholds) starting_.push_back(semantics::starting_iou(t));
  }

  void match(std::uint32_t c) {
    g_begin_ = in_.cells.ground_truth_begin[c];
    num_ground_truths_ = in_.cells.ground_truth_begin[c + 1] - g_begin_;
    std::size_t const num_areas = in_.area_ranges.size();
    ignored_.resize(num_areas * num_ground_truths_);
    for (std::size_t a = 0; a < num_areas; ++a) {
      count_ground_truths(a, std::size_t{in_.cells.categories[c]} * num_areas + a);
    }
    std::uint32_t const words = outcome_words(starting_.size());
    for (std::uint32_t word = 0; word < words; ++word) {
      first_threshold_ = word * thresholds_per_outcome;
      std::size_t const here = std::min<std::size_t>(starting_.size() - first_threshold_, thresholds_per_outcome);
      every_threshold_ = (threshold_bits{1} << here) - 1;
      taken_.assign(num_areas * num_ground_truths_, 0);
      for (std::uint32_t d = in_.cells.detection_begin[c]; d < in_.cells.detection_begin[c + 1]; ++d) {
        // Neither depends on the area range.
        bool const ordered = in_.rule == match_rule::greedy ? collect_candidates(d) : find_best(d);
        for (std::size_t a = 0; a < num_areas; ++a) {
          out_.outcomes[(std::size_t{d} * num_areas + a) * words + word] = match_detection(c, d, a, ordered);
        }
      }
    }
  }

private:
  void count_ground_truths(std::size_t a, std::size_t counter) {
    area_bounds const& range = in_.area_ranges[a];
    std::uint8_t* const ignored = ignored_.data() + a * num_ground_truths_;
    std::uint32_t counted = 0;
    for (std::uint32_t i = 0; i < num_ground_truths_; ++i) {
      bool const outside =
          semantics::outside_area_range(in_.ground_truth_areas[g_begin_ + i], range.low_px, range.high_px);
      ignored[i] = outside || (in_.ground_truth_flags[g_begin_ + i] & ground_truth_ignore) != 0;
      counted += ignored[i] != 0 ? 0U : 1U;
    }
    if (counted != 0) {
      std::atomic_ref(out_.num_ground_truths[counter]).fetch_add(counted, std::memory_order_relaxed);
    }
  }

  outcome_word match_detection(std::uint32_t c, std::uint32_t d, std::size_t a, bool ordered) {
    area_bounds const& range = in_.area_ranges[a];
    state_ = a * num_ground_truths_;
    unmatched_ignored_ = (in_.cells.flags[c] & cell_unmatched_ignored) != 0 ||
                         semantics::outside_area_range(in_.detection_areas[d], range.low_px, range.high_px);
    outcome_word outcomes = unmatched_ignored_ ? ignored_at(every_threshold_) : 0;
    if (in_.rule == match_rule::best_only) {
      match_best(outcomes);
      return outcomes;
    }
    if (candidates_.empty()) return outcomes;
    takes_ = in_.detection_never_takes.empty() || in_.detection_never_takes[d] == 0;
    if (ordered) {
      threshold_bits open = every_threshold_;
      claim(false, open, outcomes);
      claim(true, open, outcomes);
    } else {
      match_in_file_order(outcomes);
    }
    return outcomes;
  }

  /// Fills candidates_ in the order of preference; false where an overlap is NaN (then they are in file order).
  bool collect_candidates(std::uint32_t d) {
    candidates_.clear();
    bool any_nan = false;
    for (std::uint64_t p = in_.pair_begin[d]; p < in_.pair_begin[d + 1]; ++p) {
      double const iou = in_.pair_ious[p];
      any_nan |= iou != iou;
      threshold_bits sufficient = 0;
      for (std::size_t t = first_threshold_; t < starting_.size() && t < first_threshold_ + thresholds_per_outcome;
           ++t) {
        if (semantics::suffices(iou, starting_[t])) sufficient |= threshold_bits{1} << (t - first_threshold_);
      }
      candidates_.push_back({in_.pair_ground_truths[p], iou, sufficient});
    }
    if (any_nan) return false;
    if (candidates_.size() > 1) {
      std::sort(candidates_.begin(), candidates_.end(), [](candidate const& x, candidate const& y) {
        return x.iou != y.iou ? x.iou > y.iou : x.ground_truth > y.ground_truth;
      });
    }
    return true;
  }

  /// Finds the best ground truth under match_rule::best_only; of the same signature as collect_candidates.
  bool find_best(std::uint32_t d) {
    best_ = {};
    for (std::uint64_t p = in_.pair_begin[d]; p < in_.pair_begin[d + 1]; ++p) {
      best_.consider(in_.pair_ground_truths[p], in_.pair_ious[p]);
    }
    return true;
  }

  void match_best(outcome_word& outcomes) {
    if (best_.best < 0) return;
    auto const ground_truth = static_cast<std::uint32_t>(best_.best);
    threshold_bits& taken = taken_[state_ + ground_truth];
    for (std::size_t t = first_threshold_; t < starting_.size() && t < first_threshold_ + thresholds_per_outcome; ++t) {
      threshold_bits const bit = threshold_bits{1} << (t - first_threshold_);
      if (!best_.matches(in_.iou_thresholds[t])) continue;
      write(semantics::outcome_of_best(true, (taken & bit) != 0, is_ignored(ground_truth), unmatched_ignored_), bit,
            outcomes);
      taken |= bit;
    }
  }

  /// Gives the open thresholds to the candidates that are (not) ignored.
  void claim(bool ignored, threshold_bits& open, outcome_word& outcomes) {
    for (candidate const& found : candidates_) {
      if (open == 0) return;
      if (is_ignored(found.ground_truth) != ignored) continue;
      threshold_bits& taken = taken_[state_ + found.ground_truth];
      threshold_bits const available = is_crowd(found.ground_truth) ? every_threshold_ : ~taken;
      threshold_bits const claimed = found.sufficient & available & open;
      open &= ~claimed;
      if (takes_) taken |= claimed;
      settle(found.ground_truth, claimed, outcomes);
    }
  }

  /// The search as the reference makes it, threshold by threshold.
  void match_in_file_order(outcome_word& outcomes) {
    for (std::size_t t = first_threshold_; t < starting_.size() && t < first_threshold_ + thresholds_per_outcome; ++t) {
      threshold_bits const bit = threshold_bits{1} << (t - first_threshold_);
      semantics::match_search search(in_.iou_thresholds[t]);
      for (bool const ignored : {false, true}) {
        for (candidate const& next : candidates_) {
          if (is_ignored(next.ground_truth) != ignored) continue;
          bool const taken = (taken_[state_ + next.ground_truth] & bit) != 0;
          if (!search.consider(next.ground_truth, next.iou, ignored, taken, is_crowd(next.ground_truth))) break;
        }
      }
      if (search.best < 0) continue;
      auto const best = static_cast<std::uint32_t>(search.best);
      if (takes_) taken_[state_ + best] |= bit;
      settle(best, bit, outcomes);
    }
  }

  /// Writes what a match at the thresholds @p bits makes of the detection.
  void settle(std::uint32_t ground_truth, threshold_bits bits, outcome_word& outcomes) const {
    bool const counts = (in_.ground_truth_flags[g_begin_ + ground_truth] & ground_truth_id_zero) == 0;
    write(semantics::outcome_of(true, counts, is_ignored(ground_truth), unmatched_ignored_), bits, outcomes);
  }

  static void write(semantics::outcome what, threshold_bits bits, outcome_word& outcomes) {
    outcomes &= ~(bits | ignored_at(bits));
    switch (what) {
      case semantics::outcome::true_positive:
        outcomes |= bits;
        break;
      case semantics::outcome::ignored:
        outcomes |= ignored_at(bits);
        break;
      case semantics::outcome::false_positive:
        break;
    }
  }

  [[nodiscard]] bool is_ignored(std::uint32_t ground_truth) const { return ignored_[state_ + ground_truth] != 0; }
  [[nodiscard]] bool is_crowd(std::uint32_t ground_truth) const {
    return (in_.ground_truth_flags[g_begin_ + ground_truth] & ground_truth_crowd) != 0;
  }

  matching_input const& in_;
  matching_output const& out_;
  std::vector<double> starting_;       // [T]
  std::vector<std::uint8_t> ignored_;  // [A, ground truths of the cell]
  std::vector<threshold_bits> taken_;  // [A, ground truths of the cell]
  std::vector<candidate> candidates_;
  semantics::best_search best_;
  std::uint32_t g_begin_ = 0;
  std::uint32_t num_ground_truths_ = 0;
  std::size_t state_ = 0;  // where the area range at hand begins in ignored_ and taken_
  std::size_t first_threshold_ = 0;
  threshold_bits every_threshold_ = 0;
  bool unmatched_ignored_ = false;
  bool takes_ = true;
};

}  // namespace

void matching(context const& ctx, matching_input const& in, matching_output const& out) {
  std::fill(out.num_ground_truths.begin(), out.num_ground_truths.end(), 0U);
  std::size_t const num_cells = in.cells.categories.size();
  in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<cell_matcher> matchers([&] { return cell_matcher(in, out); });
    parallel_ranges(num_cells, cells_per_block, [&](index_range const& cells) {
      cell_matcher& matcher = matchers.local();
      for (std::size_t c = cells.begin(); c < cells.end(); ++c) matcher.match(static_cast<std::uint32_t>(c));
    });
  });
}

}  // namespace maskmetrics::cpu
