/// @file
/// Updates of an evaluator whose arrays are on a device.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

#include <maskmetrics/evaluator.hpp>

#include "support/backends.hpp"

namespace support {

/// The arrays of an update in a device's memory, which goes back as soon as update() has returned.
class device_arrays {
public:
  explicit device_arrays(backend_under_test const& where) : where_(where) {}

  [[nodiscard]] maskmetrics::image_update moved(maskmetrics::image_update update) {
    maskmetrics::image_update to = update;
    // Codes on a device cannot be compared with pixels.
    moves_codes_ =
        !has_pixels(update.detections.masks) && !(update.ground_truths && has_pixels(update.ground_truths->masks));
    for (auto const field : {&maskmetrics::image_detections::scores, &maskmetrics::image_detections::labels,
                             &maskmetrics::image_detections::areas}) {
      to.detections.*field = moved(update.detections.*field, update.detections.count);
    }
    to.detections.boxes = moved(update.detections.boxes, 4 * update.detections.count);
    to.detections.masks = moved(update.detections.masks, update.height, update.width);
    if (!update.ground_truths) return to;
    std::uint32_t const count = update.ground_truths->count;
    for (auto const field : {&maskmetrics::image_ground_truths::labels, &maskmetrics::image_ground_truths::areas,
                             &maskmetrics::image_ground_truths::crowd, &maskmetrics::image_ground_truths::ignore}) {
      to.ground_truths.value().*field = moved(update.ground_truths.value().*field, count);
    }
    to.ground_truths->boxes = moved(update.ground_truths->boxes, 4 * count);
    to.ground_truths->masks = moved(update.ground_truths->masks, update.height, update.width);
    return to;
  }

private:
  [[nodiscard]] static bool has_pixels(maskmetrics::image_masks const& masks) {
    return std::holds_alternative<maskmetrics::dense_masks>(masks.source);
  }
  template <class T>
  [[nodiscard]] T const* copy(T const* from, std::size_t count) {
    auto const* const bytes = reinterpret_cast<unsigned char const*>(from);
    // More than nothing, so that nothing is present as well; memory is guarded at its end, and aligned if its size is.
    constexpr std::size_t alignment = 8;
    std::vector<unsigned char> all((count * sizeof(T) / alignment + 1) * alignment);
    std::copy_n(bytes, count * sizeof(T), all.data());
    bytes_.push_back(std::make_unique<placed<unsigned char>>(where_, all));
    return reinterpret_cast<T const*>(bytes_.back()->all().data());
  }

  [[nodiscard]] maskmetrics::number_column moved(maskmetrics::number_column const& from, std::size_t count) {
    if (!from.present()) return from;
    std::size_t const size = from.type == maskmetrics::number_type::uint8 ? 1 : 8;
    maskmetrics::number_column to = from;
    to.data = copy(static_cast<unsigned char const*>(from.data), count * size);
    to.where = maskmetrics::memory_space::device;
    return to;
  }

  [[nodiscard]] maskmetrics::image_masks moved(maskmetrics::image_masks const& from, std::uint32_t height,
                                               std::uint32_t width) {
    maskmetrics::image_masks to = from;
    if (auto* const dense = std::get_if<maskmetrics::dense_masks>(&to.source)) {
      std::size_t const size = static_cast<std::size_t>(dense->mask_stride) * dense->count;
      if (std::size_t{height} * width != 0) dense->data = copy(static_cast<unsigned char const*>(dense->data), size);
      to.where = maskmetrics::memory_space::device;
    }
    auto* const coded = std::get_if<maskmetrics::coded_masks>(&to.source);
    if (coded == nullptr) return to;
    if (!moves_codes_) return to;
    // A device reads no JSON.
    for (maskmetrics::mask_entry const& entry : coded->codes.entries) {
      if (entry.form == maskmetrics::mask_form::json_text) return to;
    }
    maskmetrics::mask_columns const& codes = coded->codes;
    maskmetrics::mask_columns there;
    there.entries = {copy(codes.entries.data(), codes.entries.size()), codes.entries.size()};
    there.coordinates = {copy(codes.coordinates.data(), codes.coordinates.size()), codes.coordinates.size()};
    there.rings = {copy(codes.rings.data(), codes.rings.size()), codes.rings.size()};
    there.counts = {copy(codes.counts.data(), codes.counts.size()), codes.counts.size()};
    there.text = {copy(codes.text.data(), codes.text.size()), codes.text.size()};
    coded->codes = there;
    to.where = maskmetrics::memory_space::device;
    return to;
  }

  backend_under_test const& where_;
  std::vector<std::unique_ptr<placed<unsigned char>>> bytes_;
  bool moves_codes_ = true;
};

}  // namespace support
