/// @file
/// Everything a program needs to evaluate.
#pragma once

#include "maskmetrics/cell_details.hpp"
#include "maskmetrics/context.hpp"
#include "maskmetrics/dataset.hpp"
#include "maskmetrics/detections.hpp"
#include "maskmetrics/device.hpp"
#include "maskmetrics/error.hpp"
#include "maskmetrics/evaluate.hpp"
#include "maskmetrics/evaluator.hpp"
#include "maskmetrics/geometry.hpp"
#include "maskmetrics/ingest.hpp"
#include "maskmetrics/mask_batch.hpp"
#include "maskmetrics/outcomes.hpp"
#include "maskmetrics/prepared_ground_truth.hpp"
#include "maskmetrics/protocol.hpp"
#include "maskmetrics/report.hpp"
#include "maskmetrics/rle.hpp"
#include "maskmetrics/summary.hpp"
#include "maskmetrics/tables.hpp"
#include "maskmetrics/types.hpp"
#include "maskmetrics/version.hpp"
