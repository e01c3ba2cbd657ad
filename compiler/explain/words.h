// How explanations say values, names, places and tests: as their readers write them.
//
// Values read as in a .pol file (`7.5%`, `15m`), of Cedar, too; entities as in the language of the set (`Team
// "sre"`, `Team::"sre"`). What a value's type says beyond its kind (a Percent, a level) comes from the
// bundle's model. Expressions are shown by their source where the bundle carries it, else written anew from
// the code. Tested by words_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "compiler/explain/trace.h"
#include "runtime/vm/trace.h"

namespace polc::explain {

// "a/b.pol:3:8"; "" if it is nowhere.
std::string PlaceName(const bundle::Bundle& bundle, const bundle::Place& place);
// What stands there, if the bundle carries its source; else "".
std::string_view SourceText(const bundle::Bundle& bundle, const bundle::Place& place);
// The same on one line, runs of blanks as one, nothing invisible in it.
std::string OneLine(std::string_view text);
// "allow" ("permit" of Cedar alone), "limit", "require", "suggest", "forbid".
std::string_view EffectName(const bundle::Bundle& bundle, uint8_t effect);

using vm::PlaceOf;

// "15m", "1h30m", "250ms".
std::string DurationText(int64_t ms);
// "03:44" on the day of `now`, else the date with it.
std::string ClockText(data::Datetime time, std::optional<data::Datetime> now);

// What is known of a value besides itself.
struct Shape {
  uint32_t type = bundle::kNone;  // of ValueTypes
  bool percent = false;
  bool level = false;
  // What true and false of it are called, if not that: a switch is on or off.
  std::string_view yes{}, no{};
};

// Whose word a value is.
enum class Origin : uint8_t {
  kPolicy,  // it stands in the policy
  kAgent,   // what the request says of itself: the action, the agent's part of the context
  kOwn,     // of the principal's own attributes
  kHost,    // everything else
};

class Words {
 public:
  explicit Words(const Tracer& tracer);

  std::string Uid(const data::EntityUid& uid) const;
  std::string Action(const data::EntityUid& uid) const;  // its id alone
  std::string Say(const data::Value& value, const Shape& shape = {}) const;
  // Of a term: what it is read from (`context.blast_radius`, `freeze of Environment "production"`, `risk`),
  // or the expression.
  std::string Path(const Trace& trace, TermId id) const;
  Shape ShapeOf(const Trace& trace, TermId id) const;
  Origin OriginOf(const Trace& trace, TermId id) const;

  // Rows of the model.
  const bundle::AttributeRow* ContextAttribute(std::string_view name) const;
  const bundle::AttributeRow* EntityAttribute(std::string_view type, std::string_view name) const;
  const bundle::EntityTypeRow* EntityType(std::string_view name) const;
  Shape ShapeOfType(uint32_t type) const;
  Shape ShapeOfInput(uint32_t input) const;

 private:
  const Tracer& tracer_;
  const bundle::Bundle& b_;
  const bool pol_;
};

// Whether a term stands for something that is read: a variable, an attribute, a fact, an input.
bool IsRead(bundle::Opcode op);

}  // namespace polc::explain
