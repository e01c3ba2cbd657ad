#include "compiler/diff/diff.h"

#include <algorithm>
#include <random>
#include <tuple>

#include "compiler/bridge/bridge.h"
#include "compiler/host/clock_times.h"
#include "compiler/simulate/attribute.h"
#include "compiler/simulate/judge.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::diff {

using data::Kind;
using data::Value;
using simulate::Bucket;
using simulate::Edit;

namespace {

std::string ValueText(const std::optional<Value>& value) {
  return value ? host::WithClockTimes(data::ToString(*value)) : "missing";
}

bool IsNumber(const std::optional<Value>& value) {
  return value && (value->is(Kind::kLong) || value->is(Kind::kDecimal) || value->is(Kind::kDatetime) ||
                   value->is(Kind::kDuration));
}

// Values of numbers stand for what lies between them, the first and the last for all beyond.
std::string NumbersText(const Variable& v, const std::vector<size_t>& values) {
  size_t count = v.values.size();
  while (count > 0 && !IsNumber(v.values[count - 1])) --count;
  std::vector<std::string> parts;
  for (size_t i = 0; i < values.size();) {
    if (values[i] >= count) {
      parts.emplace_back("missing");
      ++i;
      continue;
    }
    size_t j = i;
    while (j + 1 < values.size() && values[j + 1] == values[j] + 1 && values[j + 1] < count) ++j;
    const std::string low = ValueText(v.values[values[i]]), high = ValueText(v.values[values[j]]);
    if (values[i] == 0 && values[j] + 1 == count) {
      parts.emplace_back("there");
    } else if (values[i] == 0) {
      parts.push_back(fmt::format("at most {}", high));
    } else if (values[j] + 1 == count) {
      parts.push_back(fmt::format("at least {}", low));
    } else {
      parts.push_back(low == high ? low : fmt::format("{} to {}", low, high));
    }
    i = j + 1;
  }
  return fmt::format("{}", fmt::join(parts, " or "));
}

std::string Words(const Variable& v, const std::vector<size_t>& values) {
  if (v.kind == Variable::Kind::kMember) return v.values[values[0]]->as_bool() ? "yes" : "no";
  if (std::ranges::any_of(v.values, IsNumber)) return NumbersText(v, values);
  std::vector<std::string> in, out;
  for (size_t i = 0; i < v.values.size(); ++i) {
    (std::ranges::count(values, i) > 0 ? in : out).push_back(ValueText(v.values[i]));
  }
  if (out == std::vector<std::string>{"missing"}) return "there";
  return out.size() < in.size() ? fmt::format("not {}", fmt::join(out, ", not "))
                                : fmt::format("{}", fmt::join(in, " or "));
}

// What two decisions of one point are, as a number; 0: the same.
struct Outcomes {
  std::vector<std::tuple<Bucket, std::string, std::string>> kinds;

  uint16_t NumberOf(const data::Decision& before, const data::Decision& after) {
    const Bucket bucket = simulate::Compare(before, after, true);
    if (bucket == Bucket::kUnchanged) return 0;
    const std::tuple kind(bucket, simulate::OutcomeText(before), simulate::OutcomeText(after));
    auto at = std::ranges::find(kinds, kind);
    if (at == kinds.end()) at = kinds.insert(at, kind);
    return static_cast<uint16_t>(at - kinds.begin() + 1);
  }
};

// The outcomes of all points of a space, and boxes of them.
class Table {
 public:
  Table(const Space& space, uint64_t size) : variables_(space.variables()), outcomes_(size) {
    uint64_t step = 1;
    for (const Variable& v : variables_) {
      steps_.push_back(step);
      step *= v.values.size();
    }
  }
  uint16_t& At(uint64_t i) { return outcomes_[i]; }
  Point PointOf(uint64_t i) const {
    Point out;
    for (size_t v = 0; v < variables_.size(); ++v) out.push_back(i / steps_[v] % variables_[v].values.size());
    return out;
  }
  using Box = std::vector<std::vector<size_t>>;
  // The largest box around a point that this finds, all of the same outcomes.
  Box Around(uint64_t i) const {
    Box box;
    for (const size_t value : PointOf(i)) box.push_back({value});
    const uint16_t wanted = outcomes_[i];
    for (size_t v = 0; v < variables_.size(); ++v) {
      for (size_t value = 0; value < variables_[v].values.size(); ++value) {
        if (std::ranges::count(box[v], value) > 0) continue;
        Box more = box;
        more[v] = {value};
        if (All(more, [&](uint64_t at) { return outcomes_[at] == wanted; })) box[v].push_back(value);
      }
      std::ranges::sort(box[v]);
    }
    return box;
  }
  template <typename Visit>
  bool All(const Box& box, Visit visit) const {
    std::vector<size_t> at(box.size(), 0);
    for (;;) {
      uint64_t i = 0;
      for (size_t v = 0; v < box.size(); ++v) i += box[v][at[v]] * steps_[v];
      if (!visit(i)) return false;
      size_t v = 0;
      while (v < box.size() && ++at[v] == box[v].size()) at[v++] = 0;
      if (v == box.size()) return true;
    }
  }

 private:
  const std::vector<Variable>& variables_;
  std::vector<uint16_t> outcomes_;
  std::vector<uint64_t> steps_;
};

class Comparer {
 public:
  Comparer(const simulate::Side& before, const simulate::Side& after) : before_(before), after_(after) {}

  std::optional<Diff> Run() {
    Diff diff;
    diff.edits = simulate::Compare(before_.source, after_.source);
    const auto before_store = bridge::MakeSnapshot(*before_.store),
               after_store = bridge::MakeSnapshot(*after_.store);
    if (!before_store || !after_store) return std::nullopt;
    before_judge_ = simulate::Judge::Make(*before_.source.program, before_store, before_.bundle);
    after_judge_ = simulate::Judge::Make(*after_.source.program, after_store, after_.bundle);
    if (!before_judge_ || !after_judge_) return std::nullopt;
    simulate::Variants variants(before_.source.program, *after_.source.program, diff.edits, after_store);
    simulate::Attributor attributor(variants, false);
    // What either set's requests may be.
    const core::Model old_model = ModelOf(*before_.source.program, before_.schema);
    const core::Model model = ModelOf(*after_.source.program, after_.schema);
    for (const core::Action& action : old_model.actions) {
      if (!model.FindAction(action.uid)) {
        diff.notes.insert(fmt::format("action `{}`, which only the old set has", data::ToString(action.uid)));
      }
    }
    for (const core::Action& action : model.actions) {
      for (const std::string& principal : action.principals) {
        for (const std::string& resource : action.resources) {
          const Environment environment{&action, principal, resource};
          ++diff.environments;
          if (!Concerned(environment, diff.edits)) continue;
          ++diff.concerned;
          Try(model, environment, attributor, diff);
        }
      }
    }
    Join(diff);
    return diff;
  }

 private:
  bool Concerned(const Environment& environment, const std::vector<Edit>& edits) const {
    return std::ranges::any_of(edits, [&](const Edit& edit) {
      if (edit.item != Edit::Item::kRule) return true;
      const bool old_rule = edit.change != Edit::Change::kAdded &&
                            Applies(before_.source.program->rules[edit.old_index], environment);
      return old_rule || (edit.change != Edit::Change::kRemoved &&
                          Applies(after_.source.program->rules[edit.new_index], environment));
    });
  }

  // Both decisions about one request.
  simulate::Flip Decide(const Space& space, const Point& point) {
    simulate::Flip flip;
    flip.before_request = flip.after_request = space.Make(point);
    flip.before = simulate::DecideRecorded(before_judge_, flip.before_request, true, "", "", scratches_);
    flip.after = simulate::DecideRecorded(after_judge_, flip.after_request, true, "", "", scratches_);
    return flip;
  }

  void Try(const core::Model& model, const Environment& environment, simulate::Attributor& attributor,
           Diff& diff) {
    const Space space(model, environment, {before_.source.program, after_.source.program});
    diff.notes.insert(space.notes().begin(), space.notes().end());
    Outcomes outcomes;
    std::vector<std::pair<Table::Box, bool>> boxes;  // whether each is whole
    const uint64_t size = space.Size(kMaxPoints + 1);
    if (size <= kMaxPoints) {
      Table table(space, size);
      for (uint64_t i = 0; i < size; ++i) {
        const simulate::Flip flip = Decide(space, table.PointOf(i));
        table.At(i) = outcomes.NumberOf(flip.before, flip.after);
      }
      diff.points += size;
      std::vector<bool> covered(size);
      for (uint64_t i = 0; i < size; ++i) {
        if (table.At(i) == 0 || covered[i]) continue;
        if (boxes.size() == kMaxClasses) {
          ++diff.left_over;
          continue;
        }
        boxes.emplace_back(table.Around(i), true);
        table.All(boxes.back().first, [&](uint64_t at) { return covered[at] = true; });
      }
    } else {
      diff.notes.insert(fmt::format(
          "`{}` of {} on {} has more than {} different requests: as many were tried",
          data::ToString(environment.action->uid), environment.principal, environment.resource, kMaxPoints));
      std::mt19937_64 rng(1);
      std::set<uint16_t> seen;
      for (uint64_t i = 0; i < kMaxPoints; ++i) {
        Point point;
        for (const Variable& v : space.variables()) point.push_back(rng() % v.values.size());
        const simulate::Flip flip = Decide(space, point);
        const uint16_t outcome = outcomes.NumberOf(flip.before, flip.after);
        if (outcome == 0 || !seen.insert(outcome).second) continue;
        Table::Box box;
        for (const size_t value : point) box.push_back({value});
        boxes.emplace_back(std::move(box), false);
      }
      diff.points += kMaxPoints;
    }
    for (const auto& [box, whole] : boxes) {
      Class found;
      Point point;
      for (const std::vector<size_t>& values : box) point.push_back(values.front());
      found.example = Decide(space, point);
      found.bucket = simulate::Compare(found.example.before, found.example.after, true);
      found.before = simulate::OutcomeText(found.example.before);
      found.after = simulate::OutcomeText(found.example.after);
      found.principal_type = environment.principal;
      found.resource_type = environment.resource;
      found.actions = {data::ToString(environment.action->uid)};
      found.whole = whole;
      found.cause = attributor.Attribute(found.example, scratches_);
      for (size_t v = 0; v < box.size(); ++v) {
        const Variable& variable = space.variables()[v];
        found.box.emplace_back(variable, box[v]);
        if (whole && box[v].size() < variable.values.size()) {
          found.conditions.emplace_back(variable.Name(), Words(variable, box[v]));
        }
      }
      diff.classes.push_back(std::move(found));
    }
  }

  // Classes that differ in nothing but the action are one.
  static void Join(Diff& diff) {
    std::vector<Class> joined;
    for (Class& c : diff.classes) {
      const auto same = std::ranges::find_if(joined, [&](const Class& o) {
        return std::tie(o.bucket, o.before, o.after, o.principal_type, o.resource_type, o.conditions, o.cause,
                        o.whole) == std::tie(c.bucket, c.before, c.after, c.principal_type, c.resource_type,
                                             c.conditions, c.cause, c.whole);
      });
      if (same == joined.end()) {
        joined.push_back(std::move(c));
      } else {
        same->actions.push_back(c.actions.front());
      }
    }
    std::ranges::stable_sort(joined, [](const Class& a, const Class& b) { return a.bucket > b.bucket; });
    diff.classes = std::move(joined);
  }

  const simulate::Side& before_;
  const simulate::Side& after_;
  std::shared_ptr<const simulate::Judge> before_judge_, after_judge_;
  simulate::Scratches scratches_;
};

}  // namespace

std::optional<Diff> Compare(const simulate::Side& before, const simulate::Side& after) {
  return Comparer(before, after).Run();
}

}  // namespace polc::diff
