#include "reference/summarize.hpp"

#include <optional>
#include <string>

namespace reference {

namespace {

/// numpy's pairwise sum: halves (the first a multiple of eight long) down to 128, there eight interleaved sums.
double pairwise_sum(double const* values, std::size_t count) {
  if (count < 8) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += values[i];
    return sum;
  }
  if (count > 128) {
    std::size_t const half = count / 2 / 8 * 8;
    return pairwise_sum(values, half) + pairwise_sum(values + half, count - half);
  }
  double lane[8];
  for (std::size_t j = 0; j < 8; ++j) lane[j] = values[j];
  std::size_t i = 8;
  for (; i + 8 <= count; i += 8) {
    for (std::size_t j = 0; j < 8; ++j) lane[j] += values[i + j];
  }
  double sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  for (; i < count; ++i) sum += values[i];
  return sum;
}

/// Mean of what counts: all IoU thresholds or those equal to one, the area range of a label, the caps equal to one, all
/// categories or some.
double average(evaluation const& all, protocol const& how, bool precision, std::optional<double> iou_threshold,
               std::string const& area_label, std::size_t max_dets, std::vector<bool> const& categories = {}) {
  std::vector<double> const& array = precision ? all.precision : all.recall;
  std::size_t const num_recalls = precision ? all.num_recall_thresholds : 1;
  std::vector<double> selected;
  std::size_t at = 0;
  for (std::size_t t = 0; t < all.num_iou_thresholds; ++t) {
    for (std::size_t r = 0; r < num_recalls; ++r) {
      for (std::size_t k = 0; k < all.num_categories; ++k) {
        for (std::size_t a = 0; a < all.num_area_ranges; ++a) {
          for (std::size_t m = 0; m < all.num_max_dets; ++m, ++at) {
            bool const asked_for = (!iou_threshold || *iou_threshold == how.iou_thresholds[t]) &&
                                   how.area_ranges[a].label == area_label && how.max_dets[m] == max_dets &&
                                   (categories.empty() || categories[k]);
            if (asked_for && array[at] > -1) selected.push_back(array[at]);
          }
        }
      }
    }
  }
  return selected.empty() ? -1 : mean(selected);
}

}  // namespace

double mean(std::vector<double> const& values) {
  return pairwise_sum(values.data(), values.size()) / static_cast<double>(values.size());
}

std::vector<double> summarize(evaluation const& all, protocol const& how) {
  std::size_t const few = how.max_dets.at(0);
  std::size_t const some = how.max_dets.at(1);
  std::size_t const most = how.max_dets.at(2);
  auto const ap = [&](std::optional<double> iou, std::string const& area, std::size_t cap) {
    return average(all, how, true, iou, area, cap);
  };
  auto const ar = [&](std::string const& area, std::size_t cap) { return average(all, how, false, {}, area, cap); };
  return {ap({}, "all", 100),     ap(.5, "all", most),   ap(.75, "all", most), ap({}, "small", most),
          ap({}, "medium", most), ap({}, "large", most), ar("all", few),       ar("all", some),
          ar("all", most),        ar("small", most),     ar("medium", most),   ar("large", most)};
}

std::vector<double> summarize_federated(evaluation const& all, protocol const& how,
                                        std::vector<char> const& frequencies) {
  std::size_t const cap = how.max_dets.at(0);
  auto const ap = [&](std::optional<double> iou, std::string const& area) {
    return average(all, how, true, iou, area, cap);
  };
  auto const ap_of = [&](char frequency) {
    std::vector<bool> categories;
    for (char const each : frequencies) categories.push_back(each == frequency);
    return average(all, how, true, {}, "all", cap, categories);
  };
  auto const ar = [&](std::string const& area) { return average(all, how, false, {}, area, cap); };
  return {ap({}, "all"), ap(.5, "all"), ap(.75, "all"), ap({}, "small"), ap({}, "medium"), ap({}, "large"), ap_of('r'),
          ap_of('c'),    ap_of('f'),    ar("all"),      ar("small"),     ar("medium"),     ar("large")};
}

}  // namespace reference
