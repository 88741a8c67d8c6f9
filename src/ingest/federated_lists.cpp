#include "ingest/federated_lists.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "ingest/id_index.hpp"

namespace maskmetrics::ingest {

namespace {

/// The (image, category) pairs that have an annotation.
class annotated_pairs {
public:
  explicit annotated_pairs(annotation_table const& annotations) {
    for (std::size_t row = 0; row < annotations.size(); ++row) {
      if (annotations.image_indices[row] == no_index || annotations.category_indices[row] == no_index) continue;
      pairs_.push_back(pair_of(annotations.image_indices[row], annotations.category_indices[row]));
    }
    std::sort(pairs_.begin(), pairs_.end());
  }

  [[nodiscard]] bool contains(std::uint32_t image, std::uint32_t category) const {
    return std::binary_search(pairs_.begin(), pairs_.end(), pair_of(image, category));
  }

private:
  static std::uint64_t pair_of(std::uint32_t image, std::uint32_t category) {
    return std::uint64_t{image} << 32U | category;
  }

  std::vector<std::uint64_t> pairs_;
};

/// Warns of listed categories that (do not) have an annotation in their image.
void warn_of_listed(category_lists const& lists, annotated_pairs const& annotated, bool unwanted, char const* code,
                    char const* problem, dataset& data) {
  std::uint64_t count = 0;
  std::string first;
  for (std::uint32_t image = 0; image < data.images.size(); ++image) {
    for (std::uint32_t const category : lists.of(image)) {
      if (annotated.contains(image, category) != unwanted) continue;
      if (count++ == 0) {
        first = fmt::format("image {} of {}, category {}", data.images.ids[image], data.source,
                            data.categories.ids[category]);
      }
    }
  }
  if (count != 0) add_warning(data.warnings, code, count, fmt::format("{}; the first is {}", problem, first));
}

}  // namespace

category_lists build_category_lists(id_lists const& lists, std::vector<std::uint32_t> const& order, char const* key,
                                    dataset& data) {
  std::vector<std::size_t> first(lists.lengths.size() + 1);
  std::partial_sum(lists.lengths.begin(), lists.lengths.end(), first.begin() + 1, std::plus<std::size_t>());
  id_index const known(data.categories.ids);
  category_lists columns;
  columns.begin.push_back(0);
  std::vector<std::uint32_t> here;
  tally unknown;
  for (std::uint32_t const row : order) {
    here.clear();
    for (std::size_t i = first[row]; i < first[row + 1]; ++i) {
      std::uint32_t const category = known.find(lists.ids[i]);
      if (category == no_index) {
        unknown.add(row, fmt::format("images[{}].{} of {}: {}", row, key, data.source, lists.ids[i]));
      } else {
        here.push_back(category);
      }
    }
    std::sort(here.begin(), here.end());
    here.erase(std::unique(here.begin(), here.end()), here.end());
    columns.categories.insert(columns.categories.end(), here.begin(), here.end());
    columns.begin.push_back(columns.categories.size());
  }
  if (unknown.count != 0) {
    add_warning(
        data.warnings, "unknown_category_listed", unknown.count,
        fmt::format("images list categories that the ground truth does not have; the first is {}", unknown.what));
  }
  return columns;
}

void warn_of_contradictions(dataset& data) {
  annotated_pairs const annotated(data.annotations);
  warn_of_listed(data.images.negatives, annotated, true, "category_negative_and_present",
                 "categories are listed as absent from images in which they have annotations", data);
  warn_of_listed(data.images.not_exhaustive, annotated, false, "not_exhaustive_without_annotation",
                 "categories are listed as not exhaustively annotated in images in which they have no annotation",
                 data);
}

}  // namespace maskmetrics::ingest
