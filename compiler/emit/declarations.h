// What a Pol program declares, as rows of a bundle: levels, kinds, hours, types, the model of requests.
//
// Rows are sorted as the format wants them, by the runtime's order of texts, and found again by name; so
// neither the order of files nor that of declarations shows. Only emit.cc and rule.cc include this.
// Tested by emit_test.cc and by tests/engine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"
#include "runtime/bundle/builder.h"

namespace polc::emit {

class Declarations {
 public:
  // Adds the rows of everything but facts, inputs and rules. Both must outlive this.
  Declarations(const core::Program& program, bundle::ImageBuilder* builder);

  const core::Program& program() const { return program_; }

  // The row of what has this name; it is declared.
  uint32_t Levels(std::string_view name) const { return levels_.find(name)->second; }
  uint32_t Hours(std::string_view name) const { return hours_.find(name)->second; }
  uint32_t LimitKind(std::string_view name) const { return limit_kinds_.find(name)->second; }
  uint32_t EvidenceKind(std::string_view name) const { return evidence_kinds_.find(name)->second; }
  uint32_t Fact(std::string_view name) const { return facts_.find(name)->second; }
  // By id; whether it has a key.
  uint32_t Input(std::string_view id) const { return inputs_.find(id)->second; }
  bool IsKeyed(std::string_view id) const;
  // The program's inputs in the order of their rows.
  const std::vector<const core::Input*>& inputs() const { return input_order_; }

  uint32_t Type(const core::Type& type);
  // A type was nested deeper than the format permits.
  bool too_deep() const { return too_deep_; }

 private:
  using Index = std::map<std::string, uint32_t, std::less<>>;
  // A type whose parts are rows: equal types are one row.
  using TypeKey = std::vector<uint32_t>;

  void AddLevels();
  void AddKinds();
  void AddHours();
  void AddModel();
  void AddReads(const core::Action& action, bundle::ActionRow* row);
  uint32_t Depth(const core::Type& type, uint32_t depth);
  bundle::Range TypeList(const std::vector<std::string>& names);
  bundle::AttributeRow Attribute(const core::Attribute& attribute);
  std::vector<bundle::AttributeRow> AttributeRows(const std::vector<core::Attribute>& attributes);
  bundle::Range Put(const std::vector<bundle::AttributeRow>& rows);

  const core::Program& program_;
  bundle::ImageBuilder* const builder_;
  Index levels_, hours_, limit_kinds_, evidence_kinds_, facts_, inputs_, classes_;
  std::vector<const core::Input*> input_order_;
  std::map<TypeKey, uint32_t> types_;
  bool too_deep_ = false;
};

// The constant that a value is.
bundle::Constant ConstantOf(const data::Value& value);
bundle::Constant ConstantOf(const data::EntityUid& uid);

}  // namespace polc::emit
