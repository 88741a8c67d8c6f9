#include "metrics/voc_summary.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "metrics/class_precision.hpp"

namespace maskmetrics::metrics {

namespace {

/// A threshold in a metric's name.
std::string threshold_name(double threshold) {
  return fmt::format("{:.4g}", threshold);
}

std::string points_text(protocol const& how) {
  return how.interpolation == interpolation::every_point ? "every" : std::to_string(how.recall_thresholds.size());
}

std::string class_name(evaluation const& result, std::size_t category) {
  std::string const& name = result.category_names[category];
  return name.empty() ? fmt::format("({})", result.category_ids[category]) : name;
}

/// Makes metrics and their lines.
class line_maker {
public:
  explicit line_maker(evaluation const& result)
      : result_(result), how_(result.protocol), main_area_(main_area_range(how_)) {
    for (std::size_t k = 0; k < result.shape.num_categories; ++k) {
      // A text has no more columns than bytes.
      class_width_ = std::max(class_width_, class_name(result, k).size());
    }
  }

  [[nodiscard]] std::vector<metric> make() {
    std::vector<std::size_t> const all = all_thresholds(how_);
    if (all.size() > 1) add_mean("mAP", all, main_area_);
    for (std::size_t const t : all) {
      add_mean(fmt::format("mAP@{}", threshold_name(how_.iou_thresholds[t])), {t}, main_area_);
    }
    for (std::size_t a = 0; a < how_.area_ranges.size(); ++a) {
      if (a != main_area_) add_mean(fmt::format("mAP_{}", how_.area_ranges[a].label), all, a);
    }
    if (how_.use_categories) add_classes();
    return std::move(metrics_);
  }

private:
  [[nodiscard]] area_and_cap column(std::size_t area) const { return {area, how_.max_dets.size() - 1}; }

  void add_mean(std::string const& name, std::vector<std::size_t> const& thresholds, std::size_t area) {
    double const value = mean_class_precision(result_, thresholds, column(area));
    metrics_.push_back({name, value, line("Mean Average Precision", "(mAP)", thresholds, area, "all", value)});
  }

  void add_classes() {
    for (std::size_t k = 0; k < result_.shape.num_categories; ++k) {
      if (result_.num_ground_truths[k * result_.shape.num_area_ranges + main_area_] == 0) continue;
      for (std::size_t t = 0; t < how_.iou_thresholds.size(); ++t) {
        double const value = class_precision(result_, t, k, column(main_area_));
        std::string const name = class_name(result_, k);
        metrics_.push_back({fmt::format("AP@{} {}", threshold_name(how_.iou_thresholds[t]), name), value,
                            line("Average Precision", "(AP)", {t}, main_area_, name, value)});
      }
    }
  }

  [[nodiscard]] std::string line(char const* title, char const* symbol, std::vector<std::size_t> const& thresholds,
                                 std::size_t area, std::string const& name, double value) const {
    double const first = how_.iou_thresholds[thresholds.front()];
    double const last = how_.iou_thresholds[thresholds.back()];
    std::string const iou =
        thresholds.size() == 1 ? fmt::format("{:0.2f}", first) : fmt::format("{:0.2f}:{:0.2f}", first, last);
    return fmt::format(" {:<22} {:>5} @[ IoU={:<9} | area={:>6s} | points={:>5} | class={:>{}} ] = {:0.3f}", title,
                       symbol, iou, how_.area_ranges[area].label, points_text(how_), name, class_width_, value);
  }

  evaluation const& result_;
  protocol const& how_;
  std::size_t main_area_;
  std::size_t class_width_ = 3;  // of "all"
  std::vector<metric> metrics_;
};

}  // namespace

std::vector<metric> voc_metrics(evaluation const& result) {
  return line_maker(result).make();
}

}  // namespace maskmetrics::metrics
