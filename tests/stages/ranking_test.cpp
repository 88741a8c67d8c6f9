#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "reference/matching.hpp"
#include "support/backends.hpp"
#include "support/cells.hpp"

namespace {

using support::backend_under_test;
using support::placed;
using support::random_source;

/// The stable order of every category on its own, as rows of the whole.
std::vector<std::uint32_t> expected_order(std::vector<std::uint32_t> const& category_begin,
                                          std::vector<double> const& scores) {
  std::vector<std::uint32_t> order;
  for (std::size_t k = 0; k + 1 < category_begin.size(); ++k) {
    std::vector<double> const of_category(scores.begin() + category_begin[k], scores.begin() + category_begin[k + 1]);
    for (std::size_t const d : reference::score_order(of_category)) {
      order.push_back(category_begin[k] + static_cast<std::uint32_t>(d));
    }
  }
  return order;
}

/// The detections of every category in any order.
std::vector<std::uint32_t> random_tie_order(random_source& random, std::vector<std::uint32_t> const& category_begin) {
  std::vector<std::uint32_t> order;
  for (std::size_t k = 0; k + 1 < category_begin.size(); ++k) {
    std::vector<std::uint32_t> of_category(category_begin[k + 1] - category_begin[k]);
    std::iota(of_category.begin(), of_category.end(), category_begin[k]);
    random.shuffle(of_category);
    order.insert(order.end(), of_category.begin(), of_category.end());
  }
  return order;
}

/// The expected order where equal scores keep @p tie_order: that of the reordered scores, as rows of the whole.
std::vector<std::uint32_t> expected_order(std::vector<std::uint32_t> const& category_begin,
                                          std::vector<double> const& scores,
                                          std::vector<std::uint32_t> const& tie_order) {
  if (tie_order.empty()) return expected_order(category_begin, scores);
  std::vector<double> reordered;
  for (std::uint32_t const d : tie_order) reordered.push_back(scores[d]);
  std::vector<std::uint32_t> order = expected_order(category_begin, reordered);
  for (std::uint32_t& d : order) d = tie_order[d];
  return order;
}

void expect_order(std::vector<std::uint32_t> const& category_begin, std::vector<double> const& scores,
                  std::vector<std::uint32_t> const& tie_order = {}) {
  std::vector<std::uint32_t> const expected = expected_order(category_begin, scores, tie_order);
  for (backend_under_test const& where : support::backends()) {
    placed<std::uint32_t> const begin(where, category_begin);
    placed<double> const scores_there(where, scores);
    placed<std::uint32_t> const tie_order_there(where, tie_order);
    placed<std::uint32_t> const order(where, std::vector<std::uint32_t>(scores.size(), 0xDEADBEEFU));
    where.stages->ranking(where.ctx, {begin.all(), scores_there.all(), tie_order_there.all()}, {order.all()});
    ASSERT_EQ(order.fetch(), expected) << where.name;
  }
}

TEST(ranking, equals_the_oracle_on_cells) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(1000); round > 0; --round) {
    support::cell_layout const cells = support::random_cells(random, 60);
    std::vector<std::uint32_t> const begin = cells.category_begin();
    std::vector<double> const scores = support::random_scores(random, cells);
    expect_order(begin, scores, random.chance(.3) ? random_tie_order(random, begin) : std::vector<std::uint32_t>());
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "round " << round;
  }
}

TEST(ranking, equals_the_oracle_on_anything) {
  random_source random(2);
  for (std::uint64_t round = support::scaled(500); round > 0; --round) {
    std::vector<std::uint32_t> begin = {0};
    for (std::uint32_t k = random.between(1, 8); k > 0; --k) {
      begin.push_back(begin.back() + (random.chance(.3) ? 0 : random.below(200)));
    }
    std::uint32_t const kind = random.below(4);
    std::vector<double> scores;
    for (std::uint32_t d = 0; d < begin.back(); ++d) scores.push_back(support::random_score(random, kind));
    expect_order(begin, scores);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "round " << round;
  }
}

TEST(ranking, takes_a_category_of_many) {
  random_source random(3);
  for (std::uint32_t const kind : {0U, 1U, 2U, 3U}) {
    std::vector<double> scores;
    for (std::uint64_t d = support::scaled(70000); d > 0; --d) scores.push_back(support::random_score(random, kind));
    auto const count = static_cast<std::uint32_t>(scores.size());
    expect_order({0, count / 9, count}, scores);
  }
}

TEST(ranking, of_nothing_is_nothing) {
  expect_order({0, 0, 0}, {});
}

}  // namespace
