/// @file
/// Columns that grow part by part.
#pragma once

#include <cstddef>
#include <vector>

#include <maskmetrics/tables.hpp>

namespace maskmetrics::ingest {

template <class T>
void append(std::vector<T>& whole, std::vector<T> const& part) {
  whole.insert(whole.end(), part.begin(), part.end());
}

/// Makes room for @p factor times what is there. Memory that is reserved and never written costs nothing.
template <class T>
void grow(std::vector<T>& column, double factor) {
  column.reserve(static_cast<std::size_t>(static_cast<double>(column.size()) * factor));
}

inline void append(id_lists& whole, id_lists const& part) {
  append(whole.ids, part.ids);
  append(whole.lengths, part.lengths);
}

inline void grow(id_lists& lists, double factor) {
  grow(lists.ids, factor);
  grow(lists.lengths, factor);
}

}  // namespace maskmetrics::ingest
