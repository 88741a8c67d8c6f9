/// @file
/// Reads one large JSON array in parts, in parallel.
///
/// Parts begin where "}", a comma and "{" follow one another, which is nearly always, but not surely, the border of two
/// elements: it may stand within a string or a nested array. So a part is trusted only if the element before it ended
/// exactly at its beginning: the first part begins right behind the '[', a part that the parser reads to its end
/// without a fault proves the beginning of the next one. A part that fails is read again, one element after the other,
/// with a scanner that finds each element's true end; a fault is raised only there, so it does not depend on the
/// borders.
#pragma once

#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/error.hpp>

#include "core/parallel.hpp"
#include "ingest/byte_source.hpp"
#include "ingest/element_reader.hpp"
#include "ingest/json_text.hpp"
#include "ingest/segmentation.hpp"

namespace maskmetrics::ingest {

/// How an array is read; the result never depends on it.
struct array_settings {
  char const* stage = "";      ///< for the progress function
  std::string name;            ///< in messages: "annotations"; empty for the top-level array
  std::size_t part_bytes = 0;  ///< about the bytes of a part
};

/// Bytes [begin, end) of the text: elements and the commas between them.
struct array_part {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Where the reading of a part stopped.
struct part_end {
  bool closed = false;  ///< the array's ']' was met
  std::size_t at = 0;   ///< behind the ']' where it was met
};

/// A parser with the memory it works in; one a thread.
class part_parser {
public:
  /// Calls add(ondemand::object, text_position) for each element.
  /// @throws parser_fault, element_fault, and what @p add throws
  template <class Add>
  part_end read(byte_source const& source, array_part part, Add&& add) {
    ondemand::document document = start(source, part);
    try {
      text_position const origin{memory_.data() + 1, part.begin};
      for (auto element : take<ondemand::array>(document.get_array())) {
        add(object_of(take<ondemand::value>(element)), origin);
      }
    } catch (parser_fault& fault) {
      fault.at = position(document, part);
      throw;
    }
    return finish(document, part);
  }

private:
  ondemand::document start(byte_source const& source, array_part part);
  part_end finish(ondemand::document& document, array_part part) const;
  std::size_t position(ondemand::document& document, array_part part) const;
  static ondemand::object object_of(ondemand::value value);

  ondemand::parser parser_;
  std::vector<char> memory_;
};

/// The end of a part that begins at @p begin and has at least @p part_bytes: the comma between a "}" and a "{", or the
/// end of the text.
[[nodiscard]] std::size_t guess_part_end(byte_source const& source, std::size_t begin, std::size_t part_bytes);

/// Names a place in an array: "annotations[17].bbox".
[[nodiscard]] std::string element_place(std::string const& array, std::uint64_t row, std::string const& path = {});

/// The error for text that is not JSON.
[[nodiscard]] input_error syntax_error(byte_source const& source, std::size_t at, std::string const& problem);

/// Tells the progress function about every hundredth of the bytes.
class progress_meter {
public:
  progress_meter(context const& ctx, char const* stage, std::uint64_t total)
      : function_(ctx.progress), stage_(stage), total_(total) {}
  void at(std::uint64_t done) {
    if (!function_ || (done < next_ && done < total_)) return;
    next_ = done + total_ / 100;
    function_(stage_, done, total_);
  }

private:
  progress_function const& function_;
  char const* stage_;
  std::uint64_t total_;
  std::uint64_t next_ = 0;
};

/// Reads an array of objects into Rows, columns with
///   void add(ondemand::object, text_position)  one more element; throws parser_fault or element_fault
///   void append(Rows const& later)             rows that follow in the file
///   void reserve(double factor)                room for factor times what is there
///   void clear()                               no rows, same settings
///   std::uint64_t size() const
template <class Rows>
class array_reader {
public:
  /// @param rows  empty; receives the rows
  array_reader(context const& ctx, byte_source const& source, array_settings settings, Rows& rows)
      : ctx_(ctx),
        source_(source),
        settings_(std::move(settings)),
        rows_(rows),
        single_(rows),
        meter_(ctx, settings_.stage, source.size()) {}

  /// Reads the array whose '[' is at @p open.
  /// @returns the position behind its ']'
  /// @throws input_error
  std::size_t read(std::size_t open) {
    first_ = expected_ = open + 1;
    // A slot is free again before its turn comes: parts are consumed in order and no more than slots are under way.
    std::vector<part_slot> slots(2 * static_cast<std::size_t>(thread_count(ctx_)), part_slot{single_, {}, {}, false});
    std::size_t num_parts = 0;
    std::size_t begin = expected_;
    auto const cut = [&]() -> part_slot* {
      if (closed_ || begin >= source_.size()) return nullptr;
      part_slot& slot = slots[num_parts++ % slots.size()];
      slot.part = {begin, guess_part_end(source_, begin, settings_.part_bytes)};
      begin = slot.part.end + 1;
      return &slot;
    };
    in_arena(ctx_, [&] {
      parallel_in_order(
          slots.size(), cut, [&](part_slot& slot) { read_part(slot); }, [&](part_slot& slot) { consume(slot); });
    });
    while (!closed_) read_next_element();
    return end_;
  }

private:
  struct part_slot {
    Rows rows;
    array_part part;
    part_end end;
    bool failed = false;
  };

  void read_part(part_slot& slot) {
    slot.rows.clear();
    slot.failed = closed_;
    if (slot.failed) return;
    try {
      slot.end = parsers_.local().read(
          source_, slot.part, [&](ondemand::object element, text_position origin) { slot.rows.add(element, origin); });
    } catch (parser_fault const&) {
      slot.failed = true;
    } catch (element_fault const&) {
      slot.failed = true;
    }
  }

  void consume(part_slot& slot) {
    read_elements_before(slot.part.begin);
    if (closed_ || slot.part.begin != expected_) return;  // it began within an element
    if (slot.failed) {
      read_elements_before(slot.part.end + 1);
    } else {
      accept(slot.rows);
      if (slot.end.closed) {
        close(slot.end.at);
      } else {
        expected_ = std::min(slot.part.end + 1, source_.size());
      }
    }
    meter_.at(expected_);
  }

  void accept(Rows const& part) {
    rows_.append(part);
    if (rows_.size() <= room_) return;
    double const factor = 1.05 * static_cast<double>(source_.size() - first_) /
                          static_cast<double>(expected_ - first_ + settings_.part_bytes);
    rows_.reserve(std::max(factor, 1.5));
    room_ = static_cast<std::uint64_t>(static_cast<double>(rows_.size()) * std::max(factor, 1.5));
  }

  void close(std::size_t end) {
    end_ = expected_ = end;
    closed_ = true;
  }

  void read_elements_before(std::size_t at) {
    while (!closed_ && expected_ < at) read_next_element();
  }

  void read_next_element() {
    std::string_view const text = source_.text();
    try {
      std::size_t const begin = skip_space(text, expected_);
      if (expected_ == first_ && begin < text.size() && text[begin] == ']') return close(begin + 1);
      std::size_t const end = value_end(text, begin);
      read_element({begin, end});
      std::size_t const next = skip_space(text, end);
      if (next < text.size() && text[next] == ']') return close(next + 1);
      if (next >= text.size() || text[next] != ',') {
        throw json_fault{next, "expected ',' or ']', found " + character_at(text, next)};
      }
      expected_ = next + 1;
    } catch (json_fault const& fault) {
      throw syntax_error(source_, fault.at, fault.problem + " (in " + here() + ")");
    }
  }

  void read_element(array_part element) {
    single_.clear();
    try {
      static_cast<void>(parsers_.local().read(
          source_, element, [&](ondemand::object object, text_position origin) { single_.add(object, origin); }));
    } catch (parser_fault const& fault) {
      throw syntax_error(source_, fault.at, std::string(simdjson::error_message(fault.code)) + " (in " + here() + ")");
    } catch (element_fault const& fault) {
      throw input_error(source_.name(), here() + fault.path, fault.problem);
    }
    rows_.append(single_);
  }

  [[nodiscard]] std::string here() const { return element_place(settings_.name, rows_.size()); }

  context const& ctx_;
  byte_source const& source_;
  array_settings settings_;
  Rows& rows_;
  Rows single_;  ///< for elements that are read one by one
  progress_meter meter_;
  tbb::enumerable_thread_specific<part_parser> parsers_;
  std::uint64_t room_ = 0;            ///< rows that rows_ has memory for
  std::size_t first_ = 0;             ///< behind the '['
  std::size_t expected_ = 0;          ///< all before is read; an element begins here
  std::size_t end_ = 0;               ///< behind the ']'
  std::atomic<bool> closed_ = false;  ///< the ']' was met
};

}  // namespace maskmetrics::ingest
