#include "engine/background.hpp"

#include <utility>

namespace maskmetrics {

background_worker::background_worker(std::size_t most_waiting)
    : most_waiting_(most_waiting), thread_([this] { work(); }) {}

background_worker::~background_worker() {
  {
    std::lock_guard const lock(access_);
    ending_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void background_worker::add(std::function<void()> task) {
  std::unique_lock lock(access_);
  changed_.wait(lock, [&] { return waiting_.size() < most_waiting_; });
  waiting_.push_back(std::move(task));
  changed_.notify_all();
}

void background_worker::drain() {
  std::unique_lock lock(access_);
  changed_.wait(lock, [&] { return waiting_.empty() && !busy_; });
}

void background_worker::clear() {
  std::unique_lock lock(access_);
  waiting_.clear();
  changed_.notify_all();
  changed_.wait(lock, [&] { return !busy_; });
}

void background_worker::work() {
  std::unique_lock lock(access_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    std::function<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    lock.unlock();
    changed_.notify_all();
    task();
    task = nullptr;  // what it held goes before anybody hears that it is done
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace maskmetrics
