/// @file
/// Columns that grow part by part.
#pragma once

#include <cstddef>
#include <vector>

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

}  // namespace maskmetrics::ingest
