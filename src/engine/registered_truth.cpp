#include "engine/registered_truth.hpp"

#include <utility>

#include "engine/cells.hpp"
#include "engine/selection.hpp"

namespace maskmetrics {

namespace {

grouped_rows grouped(dataset const& ground_truth, protocol const& how) {
  annotation_table const& annotations = ground_truth.annotations;
  evaluation_cells unused;
  axis_maps const maps = make_maps(ground_truth, how, unused);
  return group_by_image(
      select_ground_truth(annotations, how, maps), {annotations.image_indices.data(), annotations.size()},
      {annotations.category_indices.data(), annotations.size()}, {annotations.ids.data(), annotations.size()}, maps);
}

/// The row in one table of what is row @p category of another, or no_index.
std::uint32_t row_in(category_table const& to, category_table const& from, std::uint32_t category) {
  return category == no_index ? no_index : to.find(from.ids[category]);
}

void append_list(category_lists const& from, category_table const& from_table, std::uint32_t image,
                 category_table const& to_table, category_lists& to) {
  if (from.begin.empty()) return;
  if (to.begin.empty()) to.begin.push_back(0);
  for (std::uint32_t const category : from.of(image)) {
    std::uint32_t const row = row_in(to_table, from_table, category);
    if (row != no_index) to.categories.push_back(row);
  }
  to.begin.push_back(to.categories.size());
}

}  // namespace

registered_truth::registered_truth(std::shared_ptr<dataset const> ground_truth, protocol const& how)
    : ground_truth_(std::move(ground_truth)),
      grouped_(grouped(*ground_truth_, how)),
      group_of_(ground_truth_->images.size(), no_index) {
  for (std::uint32_t g = 0; g < grouped_.groups.size(); ++g) group_of_[grouped_.groups[g].image] = g;
}

view<std::uint32_t const> registered_truth::rows(std::uint32_t image) const {
  if (group_of_[image] == no_index) return {};
  row_group const& group = grouped_.groups[group_of_[image]];
  return {grouped_.rows.data() + group.begin, group.end - group.begin};
}

void append_image(registered_truth const& from, std::uint32_t image, dataset& to) {
  image_table const& images = from.all().images;
  annotation_table const& annotations = from.all().annotations;
  auto const index = static_cast<std::uint32_t>(to.images.size());
  to.images.ids.push_back(images.ids[image]);
  to.images.heights.push_back(images.heights[image]);
  to.images.widths.push_back(images.widths[image]);
  category_table const& categories = from.all().categories;
  append_list(images.negatives, categories, image, to.categories, to.images.negatives);
  append_list(images.not_exhaustive, categories, image, to.categories, to.images.not_exhaustive);
  for (std::uint32_t const row : from.rows(image)) {
    to.annotations.ids.push_back(annotations.ids[row]);
    to.annotations.image_indices.push_back(index);
    to.annotations.category_indices.push_back(row_in(to.categories, categories, annotations.category_indices[row]));
    to.annotations.areas_px.push_back(annotations.areas_px[row]);
    if (!annotations.boxes.empty()) to.annotations.boxes.push_back(annotations.boxes[row]);
    to.annotations.crowd.push_back(annotations.crowd[row]);
    to.annotations.ignore.push_back(annotations.ignore[row]);
  }
}

}  // namespace maskmetrics
