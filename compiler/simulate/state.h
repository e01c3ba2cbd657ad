// State as it would have been: the values that a log recorded, changed by what one side would have let go and
// the log did not, and the other way round.
//
// A record says what its decision read. That is taken as true for the decisions that were made; where a side
// decides otherwise, its counters, totals, labels and breakers drift from it, by exactly the events that
// differ, for as long as they are in the window. So what came before the log is in the values, and only
// differences are kept: memory is what the windows hold of them. Switches are flipped by people and are taken
// as recorded.
//
// An input that the log does not supply begins at off, 0, unset, closed if the log cannot know it (the old
// set does not declare it); otherwise it stays missing, as it was. Records come in the order of the log. Not
// thread-safe. Tested by state_test.cc.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"
#include "compiler/simulate/archive.h"

namespace polc::simulate {

class StateBook {
 public:
  // `program` is the side's; `known` are the names of inputs that the log may have. Both must outlive this.
  StateBook(const core::Program& program, const data::EntityStore& store, const std::set<std::string>* known);

  // Whether requests move anything: without, decisions do not depend on those before.
  bool moves() const { return moves_; }

  // What the side's decision reads, at `now`. `assumed` gets the names of inputs that were made up.
  void Fill(const data::Request& request, data::Datetime now, bool whole, data::Host& host,
            std::set<std::string>& assumed) const;
  // What is kept, for a book of the same program to go on with.
  void Save(Writer& archive) const;
  void Load(Reader& archive);

  // What followed: what the log's decision moved, and what the side's did. `logged` is null where the log
  // does not say.
  void Add(data::Datetime now, const data::Host& recorded, const data::Decision* logged,
           const data::Decision& decided);

 private:
  struct Key {
    std::string input, by;
    std::optional<data::Value> key;
    friend auto operator<=>(const Key& a, const Key& b) {
      if (const auto c = a.input <=> b.input; c != 0) return c;
      if (const auto c = a.by <=> b.by; c != 0) return c;
      if (a.key.has_value() != b.key.has_value()) return a.key.has_value() <=> b.key.has_value();
      return a.key ? *a.key <=> *b.key : std::strong_ordering::equal;
    }
    friend bool operator==(const Key& a, const Key& b) { return (a <=> b) == 0; }
  };
  struct Event {
    int64_t at_ms = 0;
    int64_t amount = 0;  // of a decimal: its units
  };
  struct Book {
    std::deque<Event> drift;              // the side's events less the log's
    bool set = false, unset = false;      // labels: by the side and not the log; by the log and not the side
    std::deque<int64_t> denials, logged;  // breakers: the side's, the log's
    std::optional<int64_t> opened, logged_opened;
  };

  const core::Input* Find(const std::string& name, const std::string& by) const;
  std::optional<data::Value> KeyOf(const core::Input& input, const data::Request& request) const;
  std::optional<data::Value> Walk(std::string_view path, const data::Request& request) const;
  data::Value Moved(const core::Input& input, const Book* book, const data::Value* recorded,
                    int64_t now) const;
  static void Deny(const core::Input& input, int64_t now, std::deque<int64_t>& denials,
                   std::optional<int64_t>& opened);
  static bool Open(const core::Input& input, int64_t now, const std::deque<int64_t>& denials,
                   std::optional<int64_t> opened);

  const core::Program& program_;
  const data::EntityStore& store_;
  const std::set<std::string>* known_;
  bool moves_ = false;
  std::map<Key, Book> books_;
};

}  // namespace polc::simulate
