/// @file
/// A thread that does one thing after another.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace maskmetrics {

/// Runs tasks in their order on a thread of its own. What a task needs to say, errors included, it keeps itself.
class background_worker {
public:
  /// @param most_waiting  tasks that may wait beside the one that runs; above 0
  explicit background_worker(std::size_t most_waiting);
  /// Drops the tasks that wait, and lets the one that runs end.
  ~background_worker();
  background_worker(background_worker const&) = delete;
  background_worker& operator=(background_worker const&) = delete;

  /// Waits while too many tasks wait. @param task  must not throw
  void add(std::function<void()> task);
  /// Waits until nothing is left to do.
  void drain();
  /// Drops the tasks that wait, and waits for the one that runs.
  void clear();

private:
  void work();

  std::size_t most_waiting_;
  std::mutex access_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool busy_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace maskmetrics
