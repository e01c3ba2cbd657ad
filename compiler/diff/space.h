// All requests of one kind, as far as rules can tell them apart: a few values for each thing that rules test.
//
// An Environment is an action with the types of principal and resource. Rules that apply there test
// variables: who it is, which groups it is in, attributes, tags, the context. For each variable there are as
// many values as its tests can tell apart: each constant, one in every gap between constants, missing where
// it may be. A point is a value for each; Make() gives the request, which brings its entities with it.
//
// Exact where tests compare one variable with constants and variables do not hang on each other: then every
// request is told apart by no test from one of the points. What is not so is in notes(), in words. Tested by
// tests/simulate/diff_test.cc, by trying all small requests.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "compiler/model/schema.h"

namespace polc::diff {

// What requests there are: of a Pol program, or of a Cedar schema.
core::Model ModelOf(const core::Program& program, const model::Schema* schema);

struct Environment {
  const core::Action* action = nullptr;
  std::string principal, resource;  // types
};

struct Variable {
  enum class Kind : uint8_t { kUid, kMember, kValue, kTag } kind = Kind::kValue;
  core::Var root = core::Var::kPrincipal;
  std::vector<std::string> path;                   // from the root; of kMember and kTag: to the entity
  data::EntityUid group;                           // kMember
  std::string tag;                                 // kTag
  std::vector<std::optional<data::Value>> values;  // nothing: it is missing
  bool from_host = false;                          // of a context
  // `principal in Team::"sre"`, `context.n`.
  std::string Name() const;
  friend bool operator<(const Variable& a, const Variable& b) {
    return std::tie(a.root, a.path, a.kind, a.group, a.tag) <
           std::tie(b.root, b.path, b.kind, b.group, b.tag);
  }
};

using Point = std::vector<size_t>;  // of each variable, which value

class Space {
 public:
  // `programs`: those whose rules are told apart. All must outlive this.
  Space(const core::Model& model, const Environment& environment,
        const std::vector<const core::Program*>& programs);

  const std::vector<Variable>& variables() const { return variables_; }
  const std::set<std::string>& notes() const { return notes_; }
  // How many points there are, or `most` if they are more.
  uint64_t Size(uint64_t most) const;
  data::Request Make(const Point& point) const;

 private:
  struct Subject {
    core::Var root{};
    std::vector<std::string> path;
    friend auto operator<=>(const Subject&, const Subject&) = default;
  };
  // What a subject is compared with.
  struct Tests {
    std::vector<data::Value> constants;
    std::vector<data::Value> elements;  // of a set
    std::set<data::EntityUid> groups;
    std::map<std::string, std::vector<data::Value>> tags;  // by name: what they are compared with
    std::vector<data::IpAddr> ranges;
    std::vector<std::string> texts;  // that patterns match
  };

  void Collect(const core::Rule& rule);
  void CollectScope(const core::ScopeTest& test, core::Var var);
  void Compare(const core::Rule& rule, core::ExprId left, core::ExprId right);
  void Ask(const Subject& subject) { tests_[subject]; }
  void Note(std::string note) { notes_.insert(std::move(note)); }
  const core::Type* TypeOf(const Subject& subject, const core::Attribute** attribute) const;
  const std::vector<core::Attribute>* FieldsOf(const Subject& subject) const;
  void MakeVariables();
  std::vector<std::optional<data::Value>> ValuesOf(const core::Type& type, const Tests& tests,
                                                   const std::string& name);
  data::Value Default(const core::Type& type, int depth = 0) const;
  data::EntityUid Fresh(const std::string& type, const std::string& name) const;
  data::Record DefaultFields(const std::vector<core::Attribute>& fields, bool host, int depth = 0) const;

  const core::Model& model_;
  const Environment environment_;
  const std::vector<const core::Program*> programs_;
  std::map<Subject, Tests> tests_;
  std::vector<Variable> variables_;
  std::set<std::string> notes_;
};

// Whether a rule can hold of some request of the environment.
bool Applies(const core::Rule& rule, const Environment& environment);

}  // namespace polc::diff
