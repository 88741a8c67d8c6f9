/// @file
/// Random whole data sets, as the library's columns and as the oracle's rows.
#pragma once

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>
#include <maskmetrics/protocol.hpp>

#include "reference/evaluate.hpp"
#include "support/random.hpp"

namespace support {

/// One evaluation, told twice.
struct scene {
  maskmetrics::dataset ground_truth;
  maskmetrics::detections results;
  maskmetrics::protocol how;

  reference::dataset data;
  reference::protocol rules;
};

/// Small images with few objects and everything awkward: ids 0, negative and beyond 2^53, annotations of unknown images
/// and categories, duplicate annotation ids, crowds, ties, NaN scores, all mask forms, zero-length runs, areas on the
/// borders of ranges, subsets, all parities, LVIS' and VOC's rules, all kinds of caps and units of areas.
[[nodiscard]] scene random_scene(random_source& random);

/// The same without VOC's rules.
[[nodiscard]] scene random_coco_or_lvis_scene(random_source& random);

/// The same under VOC's rules alone.
[[nodiscard]] scene random_voc_scene(random_source& random);

/// The same rows with images in another order; rows of one image keep theirs. Evaluates to the same bits as long as no
/// annotation id stands twice.
void reorder_images(random_source& random, scene& subject);

}  // namespace support
