/// @file
/// Every exception the library throws. The library never prints and never aborts.
#pragma once

#include <stdexcept>
#include <string>

namespace maskmetrics {

/// Root of the library's exceptions.
class error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A file or an array that cannot be evaluated. The message names source, place and value.
class input_error : public error {
public:
  /// @param source   file name or the name of the argument
  /// @param place    JSON path ("annotations[3].bbox"), byte offset ("byte 120") or row; may be empty
  /// @param problem  what is wrong, with the offending value
  input_error(std::string source, std::string place, std::string problem);

  [[nodiscard]] std::string const& source() const noexcept { return source_; }
  [[nodiscard]] std::string const& place() const noexcept { return place_; }
  [[nodiscard]] std::string const& problem() const noexcept { return problem_; }

private:
  std::string source_;
  std::string place_;
  std::string problem_;
};

/// A protocol that makes no sense: no threshold, an area range upside down, max_dets of 0.
class protocol_error : public error {
public:
  using error::error;
};

/// A device that cannot be used: none present, driver too old, out of memory, sticky fault.
class device_error : public error {
public:
  using error::error;
};

/// An output that cannot be written.
class output_error : public error {
public:
  using error::error;
};

}  // namespace maskmetrics
