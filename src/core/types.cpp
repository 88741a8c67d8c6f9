#include <maskmetrics/types.hpp>

#include <algorithm>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/version.hpp>

namespace maskmetrics {

namespace {

std::uint32_t find_sorted(std::vector<std::int64_t> const& ids, std::int64_t id) {
  auto const at = std::lower_bound(ids.begin(), ids.end(), id);
  if (at == ids.end() || *at != id) return no_index;
  return static_cast<std::uint32_t>(at - ids.begin());
}

}  // namespace

std::uint32_t image_table::find(std::int64_t id) const {
  return find_sorted(ids, id);
}

std::uint32_t category_table::find(std::int64_t id) const {
  return find_sorted(ids, id);
}

void add_warning(std::vector<warning>& warnings, std::string const& code, std::uint64_t count,
                 std::string const& message) {
  if (count == 0) return;
  auto const same = std::find_if(warnings.begin(), warnings.end(), [&](warning const& w) { return w.code == code; });
  if (same != warnings.end()) {
    same->count += count;
  } else {
    warnings.push_back({code, count, message});
  }
}

char const* to_string(iou_type iou) noexcept {
  switch (iou) {
    case iou_type::bbox:
      return "bbox";
    case iou_type::segm:
      return "segm";
    case iou_type::boundary:
      return "boundary";
  }
  return "unknown";
}

char const* version() noexcept {
  return MASKMETRICS_VERSION;
}

}  // namespace maskmetrics
