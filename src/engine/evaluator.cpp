#include <maskmetrics/evaluator.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <unordered_set>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "core/protocol_text.hpp"
#include "engine/background.hpp"
#include "engine/empty_evaluation.hpp"
#include "engine/kept_state.hpp"
#include "engine/measure.hpp"
#include "engine/overlaps.hpp"
#include "engine/scoring.hpp"
#include "engine/state_warnings.hpp"
#include "engine/update_job.hpp"

namespace maskmetrics {

namespace {

/// Updates that may be under way on a device before the oldest is waited for.
constexpr std::size_t most_under_way = 8;

void require_streaming(protocol const& how, bool has_registered) {
  if (how.max_dets_per_category != 0) {
    throw protocol_error(
        "max_dets_per_category: which detections of a category are the best shows only when all are there; use "
        "evaluate()");
  }
  if (how.rules == rule_set::voc) {
    throw protocol_error("rules: those of Pascal VOC keep equal scores in the order of a file; use evaluate()");
  }
  if (how.rules == rule_set::lvis && !has_registered) {
    throw protocol_error("rules: LVIS' need a registered data set with its lists of categories");
  }
}

category_table table_of(std::vector<category> categories) {
  std::sort(categories.begin(), categories.end(), [](category const& x, category const& y) { return x.id < y.id; });
  category_table table;
  for (category const& one : categories) {
    if (!table.ids.empty() && table.ids.back() == one.id) {
      throw input_error("categories", "", fmt::format("id {} stands twice", one.id));
    }
    table.ids.push_back(one.id);
    table.names.push_back(one.name);
  }
  return table;
}

}  // namespace

class evaluator::impl {
public:
  impl(context const& ctx, maskmetrics::protocol const& how, std::shared_ptr<dataset const> ground_truth,
       evaluator_options const& options)
      : state_(std::make_shared<kept_state>()), owner_process_(getpid()) {
    core_.ctx = ctx;
    core_.how = how;
    core_.how.validate();
    require_streaming(core_.how, ground_truth != nullptr);
    if (core_.how.image_ids) wanted_ids_.insert(core_.how.image_ids->begin(), core_.how.image_ids->end());
    core_.how_of_updates = core_.how;
    core_.how_of_updates.image_ids.reset();  // images outside of it never get so far
    core_.chosen = choose_backend(ctx.device);
    core_.categories = table_of(options.categories);
    if (ground_truth != nullptr) {
      if (core_.knows_categories() && core_.categories.ids != ground_truth->categories.ids) {
        throw input_error("categories", "", "differ from those of the registered data set; leave them away");
      }
      core_.categories = ground_truth->categories;
      core_.registered = std::make_shared<registered_truth>(std::move(ground_truth), core_.how);
    }
    core_.lowest_iou = options.all_pairs ? -std::numeric_limits<double>::infinity() : lowest_starting_iou(core_.how);
    state_->protocol = protocol_text(core_.how) + (options.all_pairs ? "all_pairs: true\n" : "");
    if (options.queue_length != 0) worker_ = std::make_unique<background_worker>(options.queue_length);
  }

  void update(view<image_update const> images, stream_ref stream, std::shared_ptr<void const> const& owner) {
    start_call();
    std::vector<image_update> together;  // copies are shallow
    std::vector<image_update> alone;
    std::unordered_set<std::int64_t> now;
    for (image_update const& image : images) {
      if (!now.insert(image.image_id).second || ids_.contains(image.image_id)) {
        throw input_error(fmt::format("image {}", image.image_id), "image_id", "was given already");
      }
      if (!is_wanted(image.image_id)) continue;
      (has_resident_codes(image) ? alone : together).push_back(image);
    }
    // What must be done before the call returns comes first: if it fails, nothing has happened.
    std::vector<kept_state> done;
    for (image_update const& image : alone) done.push_back(update_job(core_, {&image, 1}, stream, owner).finish());
    if (!together.empty()) {
      auto job = std::make_unique<update_job>(core_, view<image_update const>(together.data(), together.size()), stream,
                                              owner);
      if (worker_ != nullptr || core_.on_device()) {
        for (image_update const& image : together) ids_.insert(image.image_id);
        defer(std::move(job));
      } else {
        done.push_back(job->finish());
      }
    }
    for (kept_state const& part : done) {
      ids_.insert(part.image_ids.begin(), part.image_ids.end());
      add(part);
    }
  }

  void flush() {
    finish_all();
    throw_failure();
  }

  [[nodiscard]] evaluation compute() {
    start_call();
    flush();
    std::vector<stage_time> timings;
    category_table const categories = core_.knows_categories() ? core_.categories : categories_that_came();
    evaluation_cells axis = axis_of(categories);
    arranged_state arranged = arrange(core_.ctx, *state_, axis.category_ids);
    arranged.cells.category_rows = std::move(axis.category_rows);
    workplace where(core_.ctx);
    cell_index const index = place_index(arranged.cells, where.memory);
    scored_pairs const pairs{where.memory.place(arranged.pair_begin), where.memory.place(arranged.pair_ground_truths),
                             where.memory.place(arranged.pair_ious),
                             where.memory.place(arranged.cells.detection_areas)};
    evaluation result =
        scoring(core_.ctx, where, core_.how, arranged.cells, index, pairs, timings).accumulate(categories);
    result.timings = std::move(timings);
    add_warnings(axis.warnings, result);
    explain_empty(arranged.cells, {}, {}, result);
    return result;
  }

  [[nodiscard]] kept_overlaps overlaps() {
    start_call();
    flush();
    if (core_.lowest_iou >= 0) {
      throw protocol_error("overlaps: only those that can matter are kept; evaluator_options::all_pairs keeps all");
    }
    std::vector<std::int64_t> const ids =
        axis_of(core_.knows_categories() ? core_.categories : categories_that_came()).category_ids;
    arranged_state arranged = arrange(core_.ctx, *state_, ids);
    std::vector<std::int64_t> images = state_->image_ids;
    std::sort(images.begin(), images.end());
    kept_overlaps found;
    for (std::size_t c = 0; c < arranged.cells.images.size(); ++c) {
      found.image_ids.push_back(images[arranged.cells.images[c]]);
      found.category_ids.push_back(ids[arranged.cells.categories[c]]);
    }
    for (std::uint32_t const d : arranged.cells.detection_begin) found.begin.push_back(arranged.pair_begin[d]);
    found.detection_begin = std::move(arranged.cells.detection_begin);
    found.ground_truth_begin = std::move(arranged.cells.ground_truth_begin);
    found.ious = std::move(arranged.pair_ious);
    return found;
  }

  void reset() {
    require_same_process();
    if (worker_ != nullptr) worker_->clear();
    under_way_.clear();
    failure_ = nullptr;
    ids_.clear();
    auto fresh = std::make_shared<kept_state>();
    fresh->protocol = state_->protocol;
    state_ = std::move(fresh);
  }

  [[nodiscard]] evaluator_state state() {
    start_call();
    flush();
    return evaluator_state(state_);
  }

  void merge(evaluator_state const& other) {
    start_call();
    flush();
    if (other.kept() == nullptr) return;
    kept_state const& more = *other.kept();
    if (more.protocol != state_->protocol) {
      throw protocol_error("states of two protocols cannot be merged: " +
                           first_difference(state_->protocol, more.protocol));
    }
    for (std::int64_t const id : more.image_ids) {
      if (ids_.contains(id)) throw input_error(fmt::format("image {}", id), "image_id", "is in both states");
    }
    if (core_.knows_categories() && core_.how.use_categories) {
      for (std::int64_t const id : more.category_ids) {
        if (core_.categories.find(id) == no_index) {
          throw input_error("state", "categories", fmt::format("{} is none of the evaluator's categories", id));
        }
      }
    }
    ids_.insert(more.image_ids.begin(), more.image_ids.end());
    add(more);
  }

  [[nodiscard]] evaluator_core const& core() const { return core_; }

  /// In a child of the process that made it: threads and devices do not follow there.
  [[nodiscard]] bool was_left_behind() const {
    return getpid() != owner_process_ && (worker_ != nullptr || core_.on_device());
  }

private:
  [[nodiscard]] static bool has_resident_codes(image_update const& image) {
    auto const resident = [](image_masks const& masks) {
      return masks.where == memory_space::device && std::holds_alternative<coded_masks>(masks.source);
    };
    return resident(image.detections.masks) || (image.ground_truths && resident(image.ground_truths->masks));
  }

  [[nodiscard]] bool is_wanted(std::int64_t id) const {
    if (!core_.how.image_ids) return true;
    return wanted_ids_.contains(id);
  }

  void require_same_process() const {
    if (was_left_behind()) {
      throw device_error("this evaluator was made before the process was forked; make one in the child");
    }
  }

  void start_call() {
    require_same_process();
    throw_failure();
  }

  void throw_failure() {
    std::exception_ptr failure;
    {
      std::lock_guard const lock(access_);
      failure = std::exchange(failure_, nullptr);
      for (std::int64_t const id : failed_ids_) ids_.erase(id);
      failed_ids_.clear();
    }
    if (failure) std::rethrow_exception(failure);
  }

  void defer(std::unique_ptr<update_job> job) {
    if (worker_ != nullptr) {
      worker_->add([this, shared = std::shared_ptr<update_job>(std::move(job))] { finish(*shared); });
      return;
    }
    under_way_.push_back(std::move(job));
    if (under_way_.size() > most_under_way) finish_oldest();
  }

  void finish_oldest() {
    std::unique_ptr<update_job> const job = std::move(under_way_.front());
    under_way_.pop_front();
    finish(*job);
  }

  /// On the worker's thread, or on the caller's. Keeps the first failure.
  void finish(update_job& job) {
    try {
      add(job.finish());
    } catch (...) {
      std::lock_guard const lock(access_);
      for (job_image const& image : job.images()) failed_ids_.push_back(image.id);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  void finish_all() {
    if (worker_ != nullptr) worker_->drain();
    while (!under_way_.empty()) finish_oldest();
  }

  /// States that were given away stay as they are.
  void add(kept_state const& more) {
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max() - 1;
    std::lock_guard const lock(access_);
    if (state_->scores.size() + more.scores.size() > most ||
        state_->ground_truth_areas.size() + more.ground_truth_areas.size() > most) {
      throw input_error("update", "", "more than 2^32 - 2 detections or ground truths");
    }
    if (state_.use_count() > 1) state_ = std::make_shared<kept_state>(*state_);
    state_->append(more);
  }

  /// The categories that are evaluated, alone.
  [[nodiscard]] evaluation_cells axis_of(category_table const& categories) const {
    evaluation_cells axis;
    choose_categories(categories, core_.how, axis);
    if (!core_.how.use_categories) join_categories(axis);
    return axis;
  }

  [[nodiscard]] category_table categories_that_came() const {
    category_table table;
    table.ids = state_->category_ids;
    std::sort(table.ids.begin(), table.ids.end());
    table.names.resize(table.ids.size());
    return table;
  }

  void add_warnings(std::vector<warning> const& of_categories, evaluation& result) const {
    std::vector<warning> const of_images = std::exchange(result.warnings, {});
    std::vector<warning> const of_state = warnings_of(*state_, core_.how, core_.registered == nullptr);
    if (core_.registered) result.warnings = core_.registered->all().warnings;
    for (std::vector<warning> const* const list : {&of_categories, &of_images, &of_state}) {
      for (warning const& w : *list) add_warning(result.warnings, w.code, w.count, w.message);
    }
  }

  evaluator_core core_;
  std::unordered_set<std::int64_t> wanted_ids_;  // where the protocol names images
  std::mutex access_;                            // of what the worker writes: state_, failure_, failed_ids_
  std::shared_ptr<kept_state> state_;
  std::exception_ptr failure_;
  std::vector<std::int64_t> failed_ids_;
  std::unordered_set<std::int64_t> ids_;  // of images that came, those under way included
  std::deque<std::unique_ptr<update_job>> under_way_;
  pid_t owner_process_;
  std::unique_ptr<background_worker> worker_;  // last: its tasks use the others
};

evaluator::evaluator(context const& ctx, maskmetrics::protocol const& how, evaluator_options const& options)
    : impl_(new impl(ctx, how, nullptr, options)) {}

evaluator::evaluator(context const& ctx, maskmetrics::protocol const& how, std::shared_ptr<dataset const> ground_truth,
                     evaluator_options const& options) {
  if (ground_truth == nullptr) throw input_error("ground_truth", "", "no data set was given");
  impl_.reset(new impl(ctx, how, std::move(ground_truth), options));
}

void evaluator::impl_deleter::operator()(impl* gone) const noexcept {
  // A child process has neither the thread that could be waited for nor the device; what they hold is left alone.
  if (!gone->was_left_behind()) delete gone;
}

evaluator::~evaluator() = default;
evaluator::evaluator(evaluator&&) noexcept = default;
evaluator& evaluator::operator=(evaluator&&) noexcept = default;

void evaluator::update(view<image_update const> images, stream_ref stream, std::shared_ptr<void const> const& owner) {
  impl_->update(images, stream, owner);
}

void evaluator::flush() {
  impl_->flush();
}

evaluation evaluator::compute() {
  return impl_->compute();
}

kept_overlaps evaluator::overlaps() {
  return impl_->overlaps();
}

void evaluator::reset() {
  impl_->reset();
}

evaluator_state evaluator::state() {
  return impl_->state();
}

void evaluator::merge(evaluator_state const& other) {
  impl_->merge(other);
}

protocol const& evaluator::protocol() const {
  return impl_->core().how;
}

device evaluator::device() const {
  return impl_->core().chosen.chosen;
}

}  // namespace maskmetrics
