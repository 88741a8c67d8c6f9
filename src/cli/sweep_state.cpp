#include "cli/sweep_state.hpp"

#include <charconv>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

namespace maskmetrics::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view heading = "maskmetrics-sweep 1";

std::optional<std::string> content_of(fs::path const& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return {};
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) return {};
  return text;
}

/// Reads back to the same bits, which streams do not promise.
bool read_number(std::istream& in, double& value) {
  std::string word;
  in >> word;
  auto const [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  return failure == std::errc() && end == word.data() + word.size();
}

bool read_result(std::istream& in, finished_result& result) {
  std::size_t num_metrics = 0;
  in >> result.stamp.bytes >> result.stamp.modified >> result.report_hash >> num_metrics;
  result.stamp.regular = true;
  for (std::size_t i = 0; in && i < num_metrics; ++i) {
    metric number;
    in >> std::quoted(number.name);
    if (!read_number(in, number.value)) return false;
    result.metrics.push_back(std::move(number));
  }
  return !in.fail();
}

std::string quoted(std::string const& text) {
  std::ostringstream out;
  out << std::quoted(text);
  return out.str();
}

}  // namespace

file_stamp file_stamp::of(fs::path const& file) {
  file_stamp stamp;
  std::error_code failure;
  if (!fs::is_regular_file(file, failure)) return stamp;
  stamp.bytes = fs::file_size(file, failure);
  if (!failure) stamp.modified = fs::last_write_time(file, failure).time_since_epoch().count();
  stamp.regular = !failure;
  return stamp;
}

std::uint64_t hash_of(std::string_view report) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (char const c : report) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

sweep_state::sweep_state(fs::path const& file, std::string key) : key_(std::move(key)) {
  std::optional<std::string> const text = content_of(file);
  if (!text || !text->starts_with(heading)) return;
  std::istringstream in(text->substr(heading.size()));
  std::string word;
  std::string key_then;
  while (in >> word) {
    std::string identity;
    in >> std::quoted(word == "key" ? key_then : identity);
    if (word == "name") {
      std::string name;
      in >> std::quoted(name);
      // Whatever stands there, reports stay in their folder.
      if (!name.empty() && name.find('/') == std::string::npos) names_[identity] = name;
    } else if (word == "result") {
      finished_result result;
      if (!read_result(in, result)) return;
      if (key_then == key_) finished_[identity] = std::move(result);
    }
  }
}

finished_result const* sweep_state::find(std::string const& identity, fs::path const& report) const {
  auto const found = finished_.find(identity);
  if (found == finished_.end() || !found->second.stamp.same_as(file_stamp::of(identity))) return nullptr;
  std::optional<std::string> const text = content_of(report);
  return text && hash_of(*text) == found->second.report_hash ? &found->second : nullptr;
}

std::string sweep_state::text() const {
  std::string out = fmt::format("{}\nkey {}\n", heading, quoted(key_));
  for (auto const& [identity, name] : names_) out += fmt::format("name {} {}\n", quoted(identity), quoted(name));
  for (auto const& [identity, result] : finished_) {
    if (!result.stamp.regular) continue;
    out += fmt::format("result {} {} {} {} {}", quoted(identity), result.stamp.bytes, result.stamp.modified,
                       result.report_hash, result.metrics.size());
    for (metric const& number : result.metrics) out += fmt::format(" {} {}", quoted(number.name), number.value);
    out += '\n';
  }
  return out;
}

}  // namespace maskmetrics::cli
