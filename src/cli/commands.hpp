/// @file
/// The commands. They return where all went well and throw otherwise.
#pragma once

#include "cli/arguments.hpp"

namespace maskmetrics::cli {

/// Evaluates a results file; see `maskmetrics eval --help`.
void run_eval(eval_arguments const& arguments);

/// Prints the ranked table of a category; see `maskmetrics explain --help`.
void run_explain(explain_arguments const& arguments);

/// Evaluates many results files; see `maskmetrics sweep --help`.
void run_sweep(sweep_arguments const& arguments);

}  // namespace maskmetrics::cli
