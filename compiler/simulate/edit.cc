#include "compiler/simulate/edit.h"

#include <algorithm>
#include <functional>
#include <map>

#include "compiler/core/digest.h"
#include "compiler/core/print.h"
#include "compiler/core/verify.h"
#include "compiler/host/clock_times.h"
#include "compiler/source/diff.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::simulate {

using core::Program;
using Item = Edit::Item;
using Change = Edit::Change;

namespace {

// The text of an item that has no printer of its own: that of a program of nothing else.
template <typename T>
std::string DumpAlone(std::vector<T> Program::* list, T item) {
  Program alone;
  (alone.*list).push_back(std::move(item));
  return core::Dump(alone);
}
template <typename T>
std::string DumpAlone(std::vector<T> core::Model::* list, T item) {
  Program alone;
  (alone.model.*list).push_back(std::move(item));
  return core::Dump(alone);
}
std::string DumpAction(core::Action action) {
  action.digest.clear();  // follows from the rules
  return DumpAlone(&core::Model::actions, std::move(action));
}
// Without its name, which is compared for itself.
std::string DumpRule(core::Rule rule) {
  rule.id = "_";
  return core::Dump(rule);
}
std::string DumpStep(const core::Fact::Step& step) {
  return DumpRule(step.rule) + (step.from_data ? "rows_of " : "") + core::Dump(step.rule, step.level);
}
std::string DumpFact(core::Fact fact) {
  fact.rows.clear();
  fact.caps.clear();
  return DumpAlone(&Program::facts, std::move(fact));
}
std::string DumpZone(const core::Zone& zone) {
  std::string out = DumpAlone(&Program::zones, zone);
  for (const core::Zone::Row& row : zone.rows) out += fmt::format(" {} {}", row.from_ms, row.offset_ms);
  return out;
}

// An item as it is compared.
struct Entry {
  std::string name, meaning;
  source::Span span;
};

template <typename List, typename Dump>
std::vector<Entry> Entries(const List& list, Dump dump) {
  std::vector<Entry> out;
  for (const auto& item : list) out.push_back(dump(item));
  return out;
}

// The text under a span, with the rest of the line it begins in: indentation is part of how it looks.
std::string TextOf(const source::SourceMap* map, source::Span span) {
  if (!map || !span.valid()) return "";
  std::string text(map->text(span));
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

class Comparer {
 public:
  Comparer(const Source& before, const Source& after) : before_(before), after_(after) {}

  void Add(Item item, const std::vector<Entry>& before, const std::vector<Entry>& after) {
    std::vector<bool> old_done(before.size()), new_done(after.size());
    auto pair = [&](auto same) {
      std::multimap<std::string, size_t> by_key;
      for (size_t i = 0; i < before.size(); ++i) {
        if (!old_done[i]) by_key.emplace(same(before[i]), i);
      }
      std::vector<std::pair<size_t, size_t>> pairs;
      for (size_t i = 0; i < after.size(); ++i) {
        if (new_done[i]) continue;
        const auto found = by_key.find(same(after[i]));
        if (found == by_key.end()) continue;
        pairs.emplace_back(found->second, i);
        old_done[found->second] = new_done[i] = true;
        by_key.erase(found);
      }
      return pairs;
    };
    // The same under its own name, then the same under another, then another under the same name.
    pair([](const Entry& e) { return e.name + '\0' + e.meaning; });
    if (item == Item::kRule || item == Item::kLadder) pair([](const Entry& e) { return e.meaning; });
    std::vector<Edit> found;
    for (const auto& [o, n] : pair([](const Entry& e) { return e.name; })) {
      found.push_back(Make(item, Change::kChanged, &before[o], &after[n], o, n));
    }
    for (size_t i = 0; i < before.size(); ++i) {
      if (!old_done[i]) found.push_back(Make(item, Change::kRemoved, &before[i], nullptr, i, 0));
    }
    for (size_t i = 0; i < after.size(); ++i) {
      if (!new_done[i]) found.push_back(Make(item, Change::kAdded, nullptr, &after[i], 0, i));
    }
    std::ranges::stable_sort(found, {}, &Edit::name);
    edits_.insert(edits_.end(), found.begin(), found.end());
  }
  std::vector<Edit> Take() { return std::move(edits_); }

 private:
  Edit Make(Item item, Change change, const Entry* before, const Entry* after, size_t o, size_t n) const {
    Edit edit;
    edit.item = item;
    edit.change = change;
    edit.name = after ? after->name : before->name;
    edit.old_index = o;
    edit.new_index = n;
    if (before) edit.before = before->span;
    if (after) edit.after = after->span;
    std::string old_text = before ? TextOf(before_.map, before->span) : "";
    std::string new_text = after ? TextOf(after_.map, after->span) : "";
    // Declared without a place, or changed by what it names: a setting, a class that has other actions.
    if (old_text == new_text) {
      old_text = before ? host::WithClockTimes(before->meaning) : "";
      new_text = after ? host::WithClockTimes(after->meaning) : "";
    }
    edit.diff = source::UnifiedDiff(old_text, new_text, Place(before_.map, edit.before, "before"),
                                    Place(after_.map, edit.after, "after"));
    return edit;
  }
  static std::string Place(const source::SourceMap* map, source::Span span, const char* otherwise) {
    return map && span.valid() ? source::Place(*map, span) : otherwise;
  }

  Source before_, after_;
  std::vector<Edit> edits_;
};

const core::Fact* Autonomy(const Program& program) {
  for (const core::Fact& fact : program.facts) {
    if (fact.form == core::Fact::Form::kAutonomy) return &fact;
  }
  return nullptr;
}
const std::vector<core::Fact::Step>& Steps(const Program& program,
                                           std::vector<core::Fact::Step> core::Fact::* list) {
  static const std::vector<core::Fact::Step> none;
  const core::Fact* fact = Autonomy(program);
  return fact ? fact->*list : none;
}

template <typename T>
std::vector<Entry> Named(
    const std::vector<T>& list, std::string (*dump)(const T&),
    source::Span (*span)(const T&) = [](const T&) { return source::Span(); }) {
  return Entries(list, [&](const T& item) { return Entry{item.name, dump(item), span(item)}; });
}

std::vector<Entry> EntriesOf(const Program& p, Item item) {
  auto steps = [&](auto list) {
    return Entries(Steps(p, list), [](const core::Fact::Step& s) {
      // A row's place is its ladder's; its level stands in the row.
      const source::Span level = s.rule.exprs[s.level].span;
      return Entry{s.rule.id, DumpStep(s), level.valid() ? source::Cover(s.rule.span, level) : s.rule.span};
    });
  };
  switch (item) {
    case Item::kRule:
      return Entries(p.rules, [](const core::Rule& r) { return Entry{r.id, DumpRule(r), r.span}; });
    case Item::kFact:
      return Named<core::Fact>(
          p.facts, [](const core::Fact& f) { return DumpFact(f); },
          [](const core::Fact& f) { return f.span; });
    case Item::kLadder:
      return steps(&core::Fact::rows);
    case Item::kCap:
      return steps(&core::Fact::caps);
    case Item::kState:
      return Entries(
          p.inputs, [](const core::Input& i) { return Entry{i.id, DumpAlone(&Program::inputs, i), i.span}; });
    case Item::kType:
      return Named<core::EntityType>(p.model.entity_types, [](const core::EntityType& t) {
        return DumpAlone(&core::Model::entity_types, t);
      });
    case Item::kAction:
      return Entries(p.model.actions, [](const core::Action& a) {
        return Entry{data::ToString(a.uid), DumpAction(a), source::Span()};
      });
    case Item::kClass:
      return Named<core::ActionClass>(
          p.model.classes, [](const core::ActionClass& c) { return DumpAlone(&core::Model::classes, c); });
    case Item::kLevels:
      return Named<core::Levels>(p.levels,
                                 [](const core::Levels& l) { return DumpAlone(&Program::levels, l); });
    case Item::kLimitKind:
      return Named<core::LimitKind>(
          p.limit_kinds, [](const core::LimitKind& k) { return DumpAlone(&Program::limit_kinds, k); });
    case Item::kEvidence:
      return Named<core::EvidenceKind>(p.evidence_kinds, [](const core::EvidenceKind& k) {
        return DumpAlone(&Program::evidence_kinds, k);
      });
    case Item::kHours:
      return Named<core::Hours>(p.hours, [](const core::Hours& h) { return DumpAlone(&Program::hours, h); });
    case Item::kZone:
      return Named<core::Zone>(p.zones, DumpZone);
  }
  return {};
}

constexpr Item kItems[] = {Item::kRule,     Item::kFact,   Item::kLadder, Item::kCap,    Item::kState,
                           Item::kType,     Item::kAction, Item::kClass,  Item::kLevels, Item::kLimitKind,
                           Item::kEvidence, Item::kHours,  Item::kZone};

// A list with the undone edits of one kind taken back.
template <typename T>
std::vector<T> Restored(const std::vector<T>* before, const std::vector<T>& after, Item item,
                        const std::vector<Edit>& edits, const std::set<size_t>& undone) {
  std::map<size_t, const T*> changed;  // by place in `after`; null: taken out
  std::vector<T> back;
  for (const size_t number : undone) {
    const Edit& edit = edits[number];
    if (edit.item != item) continue;
    if (edit.change == Change::kRemoved) {
      back.push_back((*before)[edit.old_index]);
    } else {
      changed[edit.new_index] = edit.change == Change::kChanged ? &(*before)[edit.old_index] : nullptr;
    }
  }
  std::vector<T> out;
  for (size_t i = 0; i < after.size(); ++i) {
    const auto found = changed.find(i);
    if (found == changed.end()) {
      out.push_back(after[i]);
    } else if (found->second) {
      out.push_back(*found->second);
    }
  }
  out.insert(out.end(), back.begin(), back.end());
  return out;
}

void AddReads(const core::Rule& rule, std::set<std::string>& names) {
  for (const core::Expr& e : rule.exprs) {
    if (e.op == core::Op::kFactRef) names.insert(rule.name(e));
  }
}

// Facts so that each reads only those before it, of those that can be so by name; false if none can.
bool OrderFacts(std::vector<core::Fact>& facts) {
  std::ranges::sort(facts, {}, &core::Fact::name);
  std::set<std::string> there;
  for (const core::Fact& fact : facts) there.insert(fact.name);
  std::vector<core::Fact> out;
  std::set<std::string> placed;
  while (!facts.empty()) {
    const auto next = std::ranges::find_if(facts, [&](const core::Fact& fact) {
      std::set<std::string> reads;
      AddReads(fact.body, reads);
      for (const auto* steps : {&fact.rows, &fact.caps}) {
        for (const core::Fact::Step& step : *steps) AddReads(step.rule, reads);
      }
      return std::ranges::all_of(
          reads, [&](const std::string& name) { return placed.contains(name) || !there.contains(name); });
    });
    if (next == facts.end()) return false;
    placed.insert(next->name);
    out.push_back(std::move(*next));
    facts.erase(next);
  }
  facts = std::move(out);
  return true;
}

}  // namespace

std::string_view ItemName(Item item) {
  switch (item) {
    case Item::kRule:
      return "rule";
    case Item::kFact:
      return "fact";
    case Item::kLadder:
      return "ladder row";
    case Item::kCap:
      return "cap";
    case Item::kState:
      return "state";
    case Item::kType:
      return "type";
    case Item::kAction:
      return "action";
    case Item::kClass:
      return "action class";
    case Item::kLevels:
      return "levels";
    case Item::kLimitKind:
      return "limit kind";
    case Item::kEvidence:
      return "evidence";
    case Item::kHours:
      return "hours";
    case Item::kZone:
      return "time zone";
  }
  return "";
}

std::string_view ChangeName(Change change) {
  switch (change) {
    case Change::kAdded:
      return "added";
    case Change::kRemoved:
      return "removed";
    case Change::kChanged:
      return "changed";
    case Change::kPresent:
      return "in force";
  }
  return "";
}

std::string Describe(const Edit& edit) {
  return fmt::format("{} `{}` {}", ItemName(edit.item), edit.name, ChangeName(edit.change));
}

std::vector<Edit> Compare(const Source& old_set, const Source& new_set) {
  Comparer comparer(old_set, new_set);
  for (const Item item : kItems) {
    comparer.Add(item, EntriesOf(*old_set.program, item), EntriesOf(*new_set.program, item));
  }
  return comparer.Take();
}

std::vector<Edit> Present(const Source& set) {
  std::vector<Edit> out;
  for (size_t i = 0; i < set.program->rules.size(); ++i) {
    const core::Rule& rule = set.program->rules[i];
    Edit edit;
    edit.change = Change::kPresent;
    edit.name = rule.id;
    edit.after = rule.span;
    edit.new_index = i;
    out.push_back(std::move(edit));
  }
  return out;
}

std::optional<Program> Undo(const Program* old_set, const Program& new_set, const std::vector<Edit>& edits,
                            const std::set<size_t>& undone) {
  Program out = new_set;
  auto restore = [&](Item item, auto list) {
    out.*list = Restored(old_set ? &(old_set->*list) : nullptr, new_set.*list, item, edits, undone);
  };
  auto restore_model = [&](Item item, auto list) {
    out.model.*list =
        Restored(old_set ? &(old_set->model.*list) : nullptr, new_set.model.*list, item, edits, undone);
  };
  restore(Item::kRule, &Program::rules);
  restore(Item::kState, &Program::inputs);
  restore(Item::kLevels, &Program::levels);
  restore(Item::kLimitKind, &Program::limit_kinds);
  restore(Item::kEvidence, &Program::evidence_kinds);
  restore(Item::kHours, &Program::hours);
  restore(Item::kZone, &Program::zones);
  restore_model(Item::kType, &core::Model::entity_types);
  restore_model(Item::kAction, &core::Model::actions);
  restore_model(Item::kClass, &core::Model::classes);

  // Facts whole; those that ladders and caps make have these put back one by one.
  std::vector<core::Fact> facts =
      Restored(old_set ? &old_set->facts : nullptr, new_set.facts, Item::kFact, edits, undone);
  for (core::Fact& fact : facts) {
    if (fact.form != core::Fact::Form::kAutonomy) continue;
    auto steps = [&](Item item, auto list) {
      const auto* before = old_set ? &Steps(*old_set, list) : nullptr;
      fact.*list = Restored(before, Steps(new_set, list), item, edits, undone);
    };
    steps(Item::kLadder, &core::Fact::rows);
    steps(Item::kCap, &core::Fact::caps);
  }
  out.facts = std::move(facts);
  if (!OrderFacts(out.facts)) return std::nullopt;

  // An unnamed Cedar policy put back may have the number of another.
  std::set<std::string> ids;
  for (core::Rule& rule : out.rules) {
    while (!ids.insert(rule.id).second) rule.id += "'";
  }
  if (out.pol) {
    std::ranges::sort(out.rules, {}, &core::Rule::id);
    std::ranges::sort(out.inputs, {}, &core::Input::id);
    auto by_name = [](auto& list) {
      using T = typename std::remove_reference_t<decltype(list)>::value_type;
      std::ranges::sort(list, {}, &T::name);
    };
    by_name(out.levels);
    by_name(out.limit_kinds);
    by_name(out.evidence_kinds);
    by_name(out.hours);
    by_name(out.zones);
    by_name(out.model.entity_types);
    by_name(out.model.classes);
    std::ranges::sort(out.model.actions, {}, &core::Action::uid);
    core::FillDigests(out);
  }
  if (core::Verify(out)) return std::nullopt;
  return out;
}

}  // namespace polc::simulate
