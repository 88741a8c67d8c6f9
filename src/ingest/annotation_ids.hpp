/// @file
/// Ids of annotations that are no integers of 64 bits. Nothing refers to an annotation by its id, but two of one id are
/// one to the reference, and a match with the id 0 is none.
#pragma once

#include <maskmetrics/ingest.hpp>
#include <maskmetrics/tables.hpp>

namespace maskmetrics::ingest {

/// Gives each id that is no int64 a number of its own: that which it stands for where no other id has it. Equal ids
/// have equal numbers, and an id that stands for 0 has the number 0.
/// @throws input_error in strict parity for a text that is no number, at which the reference fails when a detection
///         matches the annotation
void number_odd_ids(annotation_columns& rows, dataset& data, parity mode);

}  // namespace maskmetrics::ingest
