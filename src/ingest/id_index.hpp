/// @file
/// From ids to rows of a table.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include <maskmetrics/types.hpp>

namespace maskmetrics::ingest {

/// Finds the row of an id: an open-addressing hash table over ids that are unique.
class id_index {
public:
  explicit id_index(std::vector<std::int64_t> const& ids)
      : slots_(std::bit_ceil(2 * ids.size() + 1)), mask_(slots_.size() - 1) {
    for (std::size_t row = 0; row < ids.size(); ++row) {
      std::size_t at = start(ids[row]);
      while (slots_[at].row != no_index) at = (at + 1) & mask_;
      slots_[at] = {ids[row], static_cast<std::uint32_t>(row)};
    }
  }

  /// The row of an id, or no_index.
  [[nodiscard]] std::uint32_t find(std::int64_t id) const {
    std::size_t at = start(id);
    while (slots_[at].row != no_index && slots_[at].id != id) at = (at + 1) & mask_;
    return slots_[at].row;
  }

private:
  struct slot {
    std::int64_t id = 0;
    std::uint32_t row = no_index;
  };

  [[nodiscard]] std::size_t start(std::int64_t id) const {
    constexpr std::uint64_t golden_ratio = 0x9E3779B97F4A7C15U;
    std::uint64_t const mixed = static_cast<std::uint64_t>(id) * golden_ratio;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32U)) & mask_;
  }

  std::vector<slot> slots_;
  std::size_t mask_;
};

}  // namespace maskmetrics::ingest
