#include <maskmetrics/report.hpp>

#include "report/display.hpp"

namespace maskmetrics {

std::string format_summary(summary const& numbers) {
  std::string text;
  for (metric const& number : numbers.metrics) text += report::printable(number.line) + '\n';
  return text;
}

}  // namespace maskmetrics
