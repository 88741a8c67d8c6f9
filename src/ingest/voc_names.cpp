#include "ingest/voc_names.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

namespace maskmetrics::ingest {

std::optional<std::int64_t> id_of_name(std::string_view name) {
  constexpr std::size_t most_digits = 18;
  std::string digits;
  for (char const c : name) {
    if (c == '_') continue;
    if (c < '0' || c > '9') return {};
    digits += c;
  }
  if (digits.empty() || digits.size() > most_digits) return {};
  std::int64_t id = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), id);
  return id;
}

voc_names::voc_names(dataset const& data) : images_(data.images) {
  for (std::uint32_t i = 0; i < data.images.names.size(); ++i) image_names_.emplace(data.images.names[i], i);
  category_table const& categories = data.categories;
  for (std::uint32_t k = 0; k < categories.size(); ++k) {
    auto const [known, is_new] = category_names_.emplace(categories.names[k], k);
    if (is_new || categories.names[k].empty()) continue;
    throw input_error(data.source, "categories",
                      fmt::format("the ids {} and {} are both named '{}', which results by name cannot tell apart",
                                  categories.ids[known->second], categories.ids[k], categories.names[k]));
  }
}

std::uint32_t voc_names::find(index const& names, std::string_view name) {
  auto const at = names.find(name);
  return at == names.end() ? no_index : at->second;
}

std::uint32_t voc_names::image(std::string_view name) const {
  if (!images_.names.empty()) return find(image_names_, name);
  std::optional<std::int64_t> const id = id_of_name(name);
  return id ? images_.find(*id) : no_index;
}

std::uint32_t voc_names::category(std::string_view name) const {
  return find(category_names_, name);
}

}  // namespace maskmetrics::ingest
