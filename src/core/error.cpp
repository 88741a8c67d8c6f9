#include <maskmetrics/error.hpp>

#include <utility>

namespace maskmetrics {

namespace {

std::string join(std::string const& source, std::string const& place, std::string const& problem) {
  std::string text = source;
  if (!place.empty()) text += (text.empty() ? "" : ": ") + place;
  if (!problem.empty()) text += (text.empty() ? "" : ": ") + problem;
  return text;
}

}  // namespace

input_error::input_error(std::string source, std::string place, std::string problem)
    : error(join(source, place, problem)),
      source_(std::move(source)),
      place_(std::move(place)),
      problem_(std::move(problem)) {}

}  // namespace maskmetrics
