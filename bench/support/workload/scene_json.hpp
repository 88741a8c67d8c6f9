/// @file
/// Scenes as the JSON that COCO and LVIS tools read.
#pragma once

#include <cstdint>
#include <string>

#include "workload/scene.hpp"

namespace maskmetrics::workload {

/// What a result carries.
enum class result_fields : unsigned char { segm, bbox, both };

/// Each appends JSON objects separated by commas, without the array's brackets.
void append_image(std::string& json, flavour kind, scene const& one);
void append_annotations(std::string& json, flavour kind, scene const& one);
void append_results(std::string& json, result_fields fields, scene const& one);
void append_categories(std::string& json, flavour kind);

/// Appends a number with at most @p decimals decimals and at least one, as Python prints a float.
/// @param value  at least 0
void append_number(std::string& json, double value, unsigned decimals);

}  // namespace maskmetrics::workload
