#include "support/workload_files.hpp"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "workload/files.hpp"

namespace bench {

workload_files::workload_files(maskmetrics::workload::settings const& how) {
  static unsigned number = 0;
  folder_ = std::filesystem::temp_directory_path() /
            ("maskmetrics-bench-" + std::to_string(getpid()) + "-" + std::to_string(number++));
  auto const written =
      maskmetrics::workload::write_workload(how, maskmetrics::workload::result_fields::both, 0, folder_);
  num_annotations_ = written.num_annotations;
  num_detections_ = written.num_detections;
}

workload_files::~workload_files() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void indent_json(std::filesystem::path const& from, std::filesystem::path const& to) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary);
  std::string const text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::string indented;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    indented += c;
    if (quoted && c == '\\') indented += text[++i];
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == ',' || c == '[' || c == '{')) indented += "\n        ";
  }
  out << indented;
}

}  // namespace bench
