// States as bytes: "MMKEPT" and a version of two digits, CRC-32 and length of what follows, then the protocol, warnings
// and columns, each with its length in front. All numbers are little-endian.
#include <maskmetrics/evaluator.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include <maskmetrics/error.hpp>

#include "engine/kept_state.hpp"

namespace maskmetrics {

namespace {

constexpr std::string_view magic = "MMKEPT";
constexpr std::string_view version = "01";

/// The bytes of a number from little-endian, or to it.
template <class T>
void fix_byte_order([[maybe_unused]] T* values, [[maybe_unused]] std::size_t count) {
  if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1) {
    for (std::size_t i = 0; i < count; ++i) {
      auto* const bytes = reinterpret_cast<unsigned char*>(values + i);
      std::reverse(bytes, bytes + sizeof(T));
    }
  }
}

class writer {
public:
  template <class T>
  void column(std::vector<T> const& values) {
    number(values.size());
    std::size_t const at = bytes_.size();
    bytes_.append(reinterpret_cast<char const*>(values.data()), values.size() * sizeof(T));
    fix_byte_order(reinterpret_cast<T*>(bytes_.data() + at), values.size());
  }
  void text(std::string const& value) {
    number(value.size());
    bytes_ += value;
  }
  void number(std::uint64_t value) {
    fix_byte_order(&value, 1);
    bytes_.append(reinterpret_cast<char const*>(&value), sizeof value);
  }
  [[nodiscard]] std::string const& bytes() const { return bytes_; }

private:
  std::string bytes_;
};

class reader {
public:
  reader(std::string_view bytes, std::string const& source) : bytes_(bytes), size_(bytes.size()), source_(source) {}

  [[nodiscard]] std::string_view take(std::size_t count) {
    if (count > bytes_.size()) {
      throw input_error(source_, fmt::format("byte {}", size_ - bytes_.size()),
                        fmt::format("the state ends within {} bytes that should follow", count));
    }
    std::string_view const taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  [[nodiscard]] std::uint64_t number() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    fix_byte_order(&value, 1);
    return value;
  }
  [[nodiscard]] std::string text() { return std::string(take(number())); }
  template <class T>
  void column(std::vector<T>& values) {
    std::uint64_t const count = number();
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) static_cast<void>(take(std::string_view::npos));
    std::string_view const raw = take(count * sizeof(T));
    values.resize(count);
    if (count != 0) std::memcpy(values.data(), raw.data(), raw.size());
    fix_byte_order(values.data(), values.size());
  }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

private:
  std::string_view bytes_;
  std::size_t size_;
  std::string const& source_;
};

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()));
}

template <class T>
std::uint64_t total(std::vector<T> const& counts) {
  std::uint64_t sum = 0;
  for (T const count : counts) sum += count;
  return sum;
}

template <class T>
bool all_below(std::vector<T> const& values, std::size_t limit) {
  return std::all_of(values.begin(), values.end(), [&](T value) { return value < limit; });
}

template <class T>
bool all_differ(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) == values.end();
}

/// Every pair names a ground truth of its cell.
bool pairs_fit(kept_state const& state) {
  std::size_t d = 0;
  std::size_t pair = 0;
  for (std::size_t c = 0; c < state.cell_images.size(); ++c) {
    for (std::size_t const end = d + state.cell_num_detections[c]; d < end; ++d) {
      for (std::size_t const last = pair + state.num_pairs[d]; pair < last; ++pair) {
        if (state.pair_ground_truths[pair] >= state.cell_num_ground_truths[c]) return false;
      }
    }
  }
  return true;
}

/// Columns that fit together. The checksum finds damage; this finds bytes that somebody made otherwise.
bool is_consistent(kept_state const& state) {
  std::size_t const num_cells = state.cell_images.size();
  std::size_t const num_detections = state.scores.size();
  std::size_t const num_ground_truths = state.ground_truth_areas.size();
  return state.cell_categories.size() == num_cells && state.cell_num_detections.size() == num_cells &&
         state.cell_num_ground_truths.size() == num_cells && state.cell_flags.size() == num_cells &&
         state.detection_areas.size() == num_detections && state.ranks.size() == num_detections &&
         state.num_pairs.size() == num_detections && state.ground_truth_flags.size() == num_ground_truths &&
         state.pair_ground_truths.size() == state.pair_ious.size() &&
         total(state.cell_num_detections) == num_detections &&
         total(state.cell_num_ground_truths) == num_ground_truths && total(state.num_pairs) == state.pair_ious.size() &&
         all_below(state.cell_images, state.image_ids.size()) &&
         all_below(state.cell_categories, state.category_ids.size()) && all_differ(state.image_ids) &&
         all_differ(state.category_ids) && pairs_fit(state);
}

template <class T>
std::size_t bytes_of(std::vector<T> const& values) {
  return values.capacity() * sizeof(T);
}

}  // namespace

std::size_t evaluator_state::num_images() const {
  return kept_ ? kept_->image_ids.size() : 0;
}

std::vector<std::int64_t> evaluator_state::image_ids() const {
  return kept_ ? kept_->image_ids : std::vector<std::int64_t>();
}

std::size_t evaluator_state::num_detections() const {
  return kept_ ? kept_->scores.size() : 0;
}

std::size_t evaluator_state::num_ground_truths() const {
  return kept_ ? kept_->ground_truth_areas.size() : 0;
}

std::size_t evaluator_state::num_pairs() const {
  return kept_ ? kept_->pair_ious.size() : 0;
}

std::size_t evaluator_state::num_bytes() const {
  std::size_t bytes = 0;
  if (kept_) kept_state::for_each_column(*kept_, [&](auto const& column) { bytes += bytes_of(column); });
  return bytes;
}

evaluator_state evaluator_state::renumbered(std::int64_t first, std::int64_t step) const {
  if (step < 1) throw input_error("renumbered", "step", fmt::format("expected 1 or more, got {}", step));
  if (!kept_) return {};
  auto state = std::make_shared<kept_state>(*kept_);
  for (std::int64_t& id : state->image_ids) {
    std::int64_t product = 0;
    std::int64_t sum = 0;
    if (__builtin_mul_overflow(id, step, &product) || __builtin_add_overflow(first, product, &sum)) {
      throw input_error("renumbered", fmt::format("image {}", id),
                        fmt::format("expected {} + {} * {} to fit into 64 bits", first, id, step));
    }
    id = sum;
  }
  return evaluator_state(std::move(state));
}

evaluator_state evaluator_state::only(view<std::int64_t const> ids) const {
  if (!kept_) return {};
  return evaluator_state(std::make_shared<kept_state>(images_of(*kept_, ids)));
}

std::string evaluator_state::serialize() const {
  kept_state const none;
  kept_state const& state = kept_ ? *kept_ : none;
  writer body;
  body.text(state.protocol);
  body.number(state.warnings.size());
  for (warning const& w : state.warnings) {
    body.text(w.code);
    body.number(w.count);
    body.text(w.message);
  }
  kept_state::for_each_column(state, [&](auto const& column) { body.column(column); });
  writer head;
  head.number(checksum(body.bytes()));
  head.number(body.bytes().size());
  return std::string(magic) + std::string(version) + head.bytes() + body.bytes();
}

evaluator_state evaluator_state::deserialize(std::string_view bytes, std::string const& source) {
  reader in(bytes, source);
  if (bytes.size() < magic.size() || in.take(magic.size()) != magic) {
    throw input_error(source, "byte 0", "not the state of an evaluator");
  }
  if (std::string_view const found = in.take(version.size()); found != version) {
    throw input_error(source, fmt::format("byte {}", magic.size()),
                      fmt::format("a state of version {}; this build reads version {}", found, version));
  }
  std::uint64_t const sum = in.number();
  std::uint64_t const length = in.number();
  std::string_view const body = in.take(length);
  if (!in.at_end()) throw input_error(source, "", "bytes follow the end of the state");
  if (checksum(body) != sum) throw input_error(source, "", "the state is damaged: its checksum differs");
  reader inside(body, source);
  auto state = std::make_shared<kept_state>();
  state->protocol = inside.text();
  for (std::uint64_t left = inside.number(); left > 0; --left) {
    std::string code = inside.text();
    std::uint64_t const count = inside.number();
    state->warnings.push_back({std::move(code), count, inside.text()});
  }
  kept_state::for_each_column(*state, [&](auto& column) { inside.column(column); });
  if (!inside.at_end() || !is_consistent(*state))
    throw input_error(source, "", "the state's columns do not fit together");
  return evaluator_state(std::move(state));
}

}  // namespace maskmetrics
