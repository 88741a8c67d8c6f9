/// @file
/// A command line that makes no sense: exit status 2.
#pragma once

#include <stdexcept>

namespace maskmetrics::cli {

class usage_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

}  // namespace maskmetrics::cli
