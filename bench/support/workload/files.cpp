#include "workload/files.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <maskmetrics/error.hpp>

namespace maskmetrics::workload {
namespace {

/// A file under a temporary name until commit(); removed where that is never reached.
/// @throws output_error from every step that fails
class pending_file {
public:
  explicit pending_file(std::filesystem::path target) : target_(std::move(target)), temporary_(target_) {
    temporary_ += ".partial";
    stream_.open(temporary_, std::ios::binary | std::ios::trunc);
    if (!stream_) throw output_error(temporary_.string() + ": cannot be created");
  }
  pending_file(pending_file const&) = delete;
  pending_file& operator=(pending_file const&) = delete;
  ~pending_file() {
    if (committed_) return;
    stream_.close();
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
  }

  void write(std::string_view text) {
    stream_.write(text.data(), static_cast<std::streamsize>(text.size()));
    num_bytes_ += text.size();
    check();
  }
  void close() {
    stream_.close();
    check();
  }
  void commit() {
    std::error_code problem;
    std::filesystem::rename(temporary_, target_, problem);
    if (problem) throw output_error(target_.string() + ": " + problem.message());
    committed_ = true;
  }

  [[nodiscard]] std::filesystem::path const& target() const { return target_; }
  [[nodiscard]] std::uint64_t num_bytes() const { return num_bytes_; }

private:
  void check() const {
    if (!stream_) throw output_error(temporary_.string() + ": cannot be written");
  }

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::ofstream stream_;
  std::uint64_t num_bytes_ = 0;
  bool committed_ = false;
};

/// One image's share of the files.
struct scene_text {
  std::string image;
  std::string annotations;
  std::string results;
  std::size_t num_annotations = 0;
  std::size_t num_detections = 0;
};

scene_text make_text(settings const& how, result_fields fields, std::uint32_t image_index) {
  scene const one = make_scene(how, image_index);
  scene_text text;
  append_image(text.image, how.kind, one);
  append_annotations(text.annotations, how.kind, one);
  append_results(text.results, fields, one);
  text.num_annotations = one.objects.size();
  text.num_detections = one.detections.size();
  return text;
}

/// Elements of a JSON array, as they come.
class array_writer {
public:
  explicit array_writer(pending_file& file) : file_(file) { file_.write("["); }
  void add(std::string_view elements) {
    if (elements.empty()) return;
    file_.write(empty_ ? "\n" : ",\n");
    file_.write(elements);
    empty_ = false;
  }
  void end() { file_.write("]"); }

private:
  pending_file& file_;
  bool empty_ = true;
};

std::vector<scene_text> make_texts(settings const& how, result_fields fields, std::uint32_t begin, std::uint32_t end) {
  std::vector<scene_text> texts;
  texts.reserve(end - begin);
  for (std::uint32_t i = begin; i < end; ++i) texts.push_back(make_text(how, fields, i));
  return texts;
}

std::size_t thread_count(int num_threads) {
  return num_threads > 0 ? static_cast<std::size_t>(num_threads) : std::max(1U, std::thread::hardware_concurrency());
}

/// Calls @p consume with the texts of all images, in their order and by one thread at a time, while other threads make
/// the next ones. A thread that is early waits for its turn, so no more than one batch a thread is ever in memory.
template <class Consume>
void for_each_text(settings const& how, result_fields fields, std::size_t num_threads, Consume const& consume) {
  constexpr std::uint32_t batch_size = 8;  // evens out what images cost, so that waits are short
  std::mutex mutex;                        // guards all below, and consume
  std::condition_variable changed;
  std::uint32_t next = 0;      // first image that no thread has taken
  std::uint32_t consumed = 0;  // images
  std::exception_ptr failure;

  auto const work = [&] {
    std::unique_lock lock(mutex);
    while (next < how.num_images && failure == nullptr) {
      std::uint32_t const begin = next;
      std::uint32_t const end = next += std::min(batch_size, how.num_images - begin);
      try {
        lock.unlock();
        std::vector<scene_text> const texts = make_texts(how, fields, begin, end);
        lock.lock();
        changed.wait(lock, [&] { return consumed == begin || failure != nullptr; });
        if (failure != nullptr) return;
        for (scene_text const& text : texts) consume(text);
        consumed = end;
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        failure = std::current_exception();
      }
      changed.notify_all();
    }
  };
  {
    std::vector<std::jthread> others;
    while (others.size() + 1 < num_threads) others.emplace_back(work);
    work();
  }
  if (failure != nullptr) std::rethrow_exception(failure);
}

std::string head_of(settings const& how) {
  std::string head = "{\"info\":{\"description\":\"";
  head += how.kind == flavour::coco ? "COCO-like" : "LVIS-like";
  head += " generated scenes, seed " + std::to_string(how.seed) + "\"},\n\"licenses\":[],\n\"annotations\":";
  return head;
}

}  // namespace

written_workload write_workload(settings const& how, result_fields fields, int num_threads,
                                std::filesystem::path const& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw output_error(folder.string() + ": " + problem.message());
  pending_file ground_truth(folder / "gt.json");
  pending_file results(folder / "dt.json");
  written_workload written{.ground_truth = ground_truth.target(), .results = results.target()};

  // Annotations are streamed first, since the small texts of the images can wait for their turn.
  ground_truth.write(head_of(how));
  array_writer annotations(ground_truth);
  array_writer detections(results);
  std::string images;
  for_each_text(how, fields, thread_count(num_threads), [&](scene_text const& text) {
    annotations.add(text.annotations);
    detections.add(text.results);
    if (!images.empty()) images += ",\n";
    images += text.image;
    written.num_annotations += text.num_annotations;
    written.num_detections += text.num_detections;
  });
  annotations.end();
  detections.end();
  results.write("\n");

  std::string categories;
  append_categories(categories, how.kind);
  ground_truth.write(",\n\"images\":[\n");
  ground_truth.write(images);
  ground_truth.write("],\n\"categories\":[\n");
  ground_truth.write(categories);
  ground_truth.write("]}\n");

  written.num_bytes = ground_truth.num_bytes() + results.num_bytes();
  ground_truth.close();
  results.close();
  ground_truth.commit();
  results.commit();
  return written;
}

}  // namespace maskmetrics::workload
