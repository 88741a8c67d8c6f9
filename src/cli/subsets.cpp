#include "cli/subsets.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <maskmetrics/error.hpp>

#include "cli/lists.hpp"

namespace maskmetrics::cli {

namespace {

constexpr std::size_t most_suggestions = 5;

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Insertions, deletions and substitutions of bytes that turn @p a into @p b.
std::size_t edit_distance(std::string const& a, std::string const& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const substitution = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row.back();
}

/// Names that were perhaps meant, the likeliest first.
std::vector<std::string> similar_names(category_table const& categories, std::string const& text) {
  std::string const wanted = lower_case(text);
  std::vector<std::pair<std::size_t, std::string>> found;
  for (std::string const& name : categories.names) {
    std::string const candidate = lower_case(name);
    if (candidate.empty()) continue;
    std::size_t const distance = edit_distance(wanted, candidate);
    bool const contained = wanted.size() > 2 && candidate.find(wanted) != std::string::npos;
    if (distance <= std::max<std::size_t>(2, wanted.size() / 3)) {
      found.emplace_back(distance, name);
    } else if (contained) {
      found.emplace_back(wanted.size() + distance, name);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (auto const& [distance, name] : found) {
    if (names.size() < most_suggestions) names.push_back(name);
  }
  return names;
}

[[noreturn]] void fail_unknown(dataset const& ground_truth, std::string const& text) {
  std::vector<std::string> const similar = similar_names(ground_truth.categories, text);
  std::string const hint = similar.empty() ? fmt::format("there are {} categories", ground_truth.categories.size())
                                           : fmt::format("did you mean {}?", fmt::join(similar, ", "));
  throw input_error(ground_truth.source, "categories", fmt::format("no category is named '{}'; {}", text, hint));
}

}  // namespace

std::vector<std::int64_t> category_ids_of(dataset const& ground_truth, std::string const& text) {
  category_table const& categories = ground_truth.categories;
  std::int64_t id = 0;
  bool const is_number = parse_id(text, id);
  if (is_number && categories.find(id) != no_index) return {id};
  std::vector<std::int64_t> ids;
  for (std::size_t k = 0; k < categories.size(); ++k) {
    if (categories.names[k] == text) ids.push_back(categories.ids[k]);
  }
  if (ids.empty() && is_number) return {id};
  if (ids.empty()) fail_unknown(ground_truth, text);
  return ids;
}

std::int64_t category_id_of(dataset const& ground_truth, std::string const& text) {
  std::vector<std::int64_t> const ids = category_ids_of(ground_truth, text);
  if (ids.size() > 1) {
    throw input_error(ground_truth.source, "categories",
                      fmt::format("the ids {} are all named '{}'; give the id", fmt::join(ids, ", "), text));
  }
  return ids.front();
}

std::vector<std::int64_t> image_ids_of(dataset const& ground_truth, std::vector<std::string> const& texts) {
  image_table const& images = ground_truth.images;
  std::unordered_map<std::string_view, std::int64_t> named;
  for (std::size_t i = 0; i < images.names.size(); ++i) named.emplace(images.names[i], images.ids[i]);
  std::vector<std::int64_t> ids;
  for (std::string const& text : texts) {
    std::int64_t id = 0;
    if (auto const found = named.find(text); found != named.end()) {
      id = found->second;
    } else if (!parse_id(text, id)) {
      throw input_error(ground_truth.source, "images", fmt::format("no image is named '{}'", text));
    }
    ids.push_back(id);
  }
  return ids;
}

}  // namespace maskmetrics::cli
