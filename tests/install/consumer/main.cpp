// One image, one object, found exactly.
#include <cstdio>

#include <maskmetrics/maskmetrics.hpp>

int main() {
  maskmetrics::dataset truth;
  truth.images = {.ids = {7}, .heights = {100}, .widths = {100}};
  truth.categories = {.ids = {3}, .names = {"cat"}};
  auto& objects = truth.annotations;
  objects.ids = {1};
  objects.image_indices = {0};
  objects.category_indices = {0};
  objects.areas_px = {1200};
  objects.boxes = {{10, 20, 30, 40}};
  objects.crowd = {0};
  objects.ignore = {0};

  maskmetrics::detections found;
  found.image_indices = {0};
  found.category_indices = {0};
  found.scores = {0.5};
  found.areas_px = {1200};
  found.boxes = {{10, 20, 30, 40}};

  maskmetrics::context here;
  here.device.kind = maskmetrics::device_kind::cpu;
  auto const how = maskmetrics::protocol::coco(maskmetrics::iou_type::bbox);
  auto const numbers = maskmetrics::summarize(maskmetrics::evaluate(here, truth, found, how));
  std::printf("maskmetrics %s AP %.3f\n", maskmetrics::version(), numbers.metrics.at(0).value);
}
