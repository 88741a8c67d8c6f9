/// @file
/// Ground truth of Pascal VOC, one file an image: VOC's XML, and the text files of Padilla et al.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maskmetrics/types.hpp>

#include "ingest/byte_source.hpp"

namespace maskmetrics::ingest {

/// One object.
struct voc_object {
  std::string class_name;
  box numbers;  ///< of its box, as they are in the file
  bool is_difficult = false;
  std::string place;            ///< in the file: "line 3"
  std::string odd_difficult{};  ///< text of <difficult> that is neither 0 nor 1; it means 0
};

struct voc_image {
  std::string source;        ///< the file
  std::string name;          ///< of the file, without its ending
  std::uint32_t height = 0;  ///< px; 0 where the file does not say
  std::uint32_t width = 0;   ///< px
  std::vector<voc_object> objects;
  std::string odd_size{};        ///< the first side that is no number of pixels: "<width> '-1'"; it means 0
  std::string odd_size_place{};  ///< in the file: "line 3"
};

/// <annotation> with <size> (may be missing, as may its sides) and an <object> for every object: <name>, <difficult>
/// (1, or anything else for not difficult), <bndbox> with <xmin>, <ymin>, <xmax>, <ymax>. All else is passed over. The
/// name of the image is not read.
/// @throws input_error naming the line and the object
[[nodiscard]] voc_image read_voc_xml(byte_source const& source, parity mode);

/// A line an object: its class and the four numbers of its box. Blank lines are passed over.
/// @throws input_error naming the line
[[nodiscard]] voc_image read_voc_text(byte_source const& source, box_layout layout);

}  // namespace maskmetrics::ingest
