#include <maskmetrics/report.hpp>

namespace maskmetrics {

std::string format_summary(summary const& numbers) {
  std::string text;
  for (metric const& number : numbers.metrics) text += number.line + '\n';
  return text;
}

}  // namespace maskmetrics
