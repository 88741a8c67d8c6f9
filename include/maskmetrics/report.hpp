/// @file
/// Results as text, JSON, CSV and NumPy files. Files appear whole or not at all: they are written beside their
/// destination and renamed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "maskmetrics/evaluate.hpp"
#include "maskmetrics/summary.hpp"

namespace maskmetrics {

/// The reference's printed lines, each ended by a line break.
[[nodiscard]] std::string format_summary(summary const& numbers);

/// AP, AP50, AP75, AR and counts by category name, as an aligned table.
[[nodiscard]] std::string format_categories(summary const& numbers);

/// Average recall by cap and area range, as an aligned table; empty where no curve was asked for.
[[nodiscard]] std::string format_recall_curve(recall_curve const& curve);

/// Result as JSON: schema version, parameters, "stats", named metrics, categories, warnings, version, device, timings.
/// Numbers round-trip.
[[nodiscard]] std::string format_json(evaluation const& result, summary const& numbers);

/// The "parameters" of format_json() alone, as a JSON object. Protocols of equal text evaluate alike.
[[nodiscard]] std::string format_parameters(protocol const& how);

/// What one of several results came to.
struct compared_result {
  std::string name;             ///< shown
  std::string file;             ///< where it came from
  std::vector<metric> metrics;  ///< of summarize(); empty where there are none
  std::string error;            ///< why there are none; else empty
};

/// Best first by the first metric; of equal ones by name. Results without a value, and then failed ones, come last.
void sort_compared(std::vector<compared_result>& results);

/// One row a result, one column a metric: aligned text, GitHub's Markdown, and CSV (RFC 4180) with every digit.
/// @param results  all of one protocol, in the order in which they are shown
[[nodiscard]] std::string format_comparison(std::vector<compared_result> const& results);
[[nodiscard]] std::string format_comparison_markdown(std::vector<compared_result> const& results);
[[nodiscard]] std::string format_comparison_csv(std::vector<compared_result> const& results);

/// The ranked table for people and for programs.
[[nodiscard]] std::string format_ranked(ranked_category const& table);
[[nodiscard]] std::string format_ranked_csv(ranked_category const& table);

/// Names of the arrays of an evaluation: precision.npy, recall.npy, but under LVIS' rules scores.npy and, by every
/// point, average_precision.npy.
[[nodiscard]] std::vector<std::string> array_files(protocol const& how);

/// Files that appear together or not at all. They are written beside their destinations as they are added and renamed
/// by commit(); without it nothing stays, folders made for them included. A destination that is a device or a pipe is
/// written to directly.
class output_set {
public:
  output_set() = default;
  ~output_set();
  output_set(output_set const&) = delete;
  output_set& operator=(output_set const&) = delete;

  /// Adds a file, making its folders where needed.
  /// @throws output_error
  void add_text(std::filesystem::path const& file, std::string_view text);

  /// Adds array_files(), float64 in C order, in @p folder, making it where needed. Under LVIS' rules with one max_dets
  /// the last axis is left out, as in lvis-api.
  /// @throws output_error
  void add_arrays(std::filesystem::path const& folder, evaluation const& result);

  /// Gives the files their names.
  /// @throws output_error after putting back what stood there before
  void commit();

private:
  struct staged_file {
    std::filesystem::path destination;
    std::filesystem::path temporary;  ///< empty: written directly
    std::filesystem::path previous;   ///< what stood at the destination; empty: nothing
    bool renamed = false;
  };
  template <class Write>
  void add(std::filesystem::path const& file, Write const& write);
  void make_folders(std::filesystem::path const& folder);
  void roll_back() noexcept;

  std::vector<staged_file> files_;
  std::vector<std::filesystem::path> made_folders_;
};

/// Says before long work whether @p file could be written, as far as that can be told without writing.
/// @throws output_error
void check_writable(std::filesystem::path const& file);

/// Writes one file, whole or not at all.
/// @throws output_error
void write_text(std::filesystem::path const& file, std::string_view text);

/// Writes array_files() into @p folder, all or none.
/// @throws output_error
void write_arrays(std::filesystem::path const& folder, evaluation const& result);

}  // namespace maskmetrics
