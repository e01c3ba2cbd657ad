// What one policy set changed against another, item by item; and the set with some of it undone.
//
// An item is what an author would call one: a rule, a fact, a row of a ladder, a cap, a piece of state, a
// type, an action. Items are equal if they mean the same: where they stand, and which number an unnamed Cedar
// policy has, is no change. Titles, reasons and controls are part of a rule. Everything is pure. Tested by
// edit_test.cc.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/source/source_map.h"

namespace polc::simulate {

// One set of policies and where its text is. Both outlive what is made of them.
struct Source {
  const core::Program* program = nullptr;
  const source::SourceMap* map = nullptr;
};

struct Edit {
  // kPresent is no change: a rule as it is, where there is no old set to compare with.
  enum class Change : uint8_t { kAdded, kRemoved, kChanged, kPresent } change = Change::kChanged;
  enum class Item : uint8_t {
    kRule,
    kFact,
    kLadder,  // one row
    kCap,
    kState,
    kType,
    kAction,
    kClass,
    kLevels,
    kLimitKind,
    kEvidence,
    kHours,
    kZone
  } item = Item::kRule;
  std::string name;
  source::Span before, after;  // in the map of its side; invalid where there is no text to show
  std::string diff;            // of the text, or of what it means where the text is the same; unified
  size_t old_index = 0, new_index = 0;  // in the list of its side
};

std::string_view ItemName(Edit::Item item);        // "rule", "fact", "ladder row", …
std::string_view ChangeName(Edit::Change change);  // "added", "removed", "changed", "in force"
// `the change of rule \`p/r\``, for messages.
std::string Describe(const Edit& edit);

// In the order of items above, then by name.
std::vector<Edit> Compare(const Source& old_set, const Source& new_set);
// A kPresent for each rule.
std::vector<Edit> Present(const Source& set);

// The new set with the edits of these numbers undone. Nothing if what is left does not stand by itself: a
// rule whose fact is gone. `old_set` may be null with kPresent edits only.
std::optional<core::Program> Undo(const core::Program* old_set, const core::Program& new_set,
                                  const std::vector<Edit>& edits, const std::set<size_t>& undone);

}  // namespace polc::simulate
