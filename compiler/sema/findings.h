// What the checker finds in one rule, across its request environments.
//
// The same mistake shows in many environments (action x principal type x resource type). Findings merges
// equal ones, remembers where they were seen and says so only when it was not everywhere: "when principal is
// a `Team`". Results come out in the order first found.
// Tested by findings_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/sema/schema_index.h"
#include "compiler/source/diagnostic.h"

namespace polc::sema {

// One way a request can look. Only what a rule reads matters to it (typecheck.h).
struct Environment {
  ActionId action = 0;
  EntityTypeId principal = 0;
  EntityTypeId resource = 0;
};

class Findings {
 public:
  explicit Findings(const SchemaIndex* schema) : schema_(schema) {}

  void Clear();
  bool has_errors() const { return errors_ > 0; }
  bool empty() const { return found_.empty(); }

  // A finding about the rule as such.
  void Add(source::Code code, source::Span span, std::string message, std::string help = "",
           source::Severity severity = source::Severity::kError);
  // A finding in the environment last set.
  void AddHere(source::Code code, source::Span span, std::string message, std::string help = "");
  void SetEnvironment(const Environment& environment) { environment_ = environment; }

  // Writes them out for the rule `id`. `checked` says how many environments were looked at and which
  // of the request's parts told them apart.
  struct Checked {
    size_t count = 0;
    bool by_principal = false, by_action = false, by_resource = false;
  };
  std::vector<source::Diagnostic> Take(const std::string& id, const Checked& checked);

 private:
  struct Found {
    source::Diagnostic diagnostic;
    bool everywhere = false;
    size_t seen = 0;
    Environment first;
  };
  Found& Merge(source::Code code, source::Span span, std::string message, std::string help,
               source::Severity severity);

  const SchemaIndex* schema_;
  Environment environment_;
  size_t errors_ = 0;
  std::vector<Found> found_;
  std::unordered_multimap<size_t, size_t> index_;
};

// The expression as a reader would point at it: `principal.name` for paths from a variable, `"x"` for
// literals; otherwise empty.
std::string ExprText(const core::Rule& rule, core::ExprId id);

}  // namespace polc::sema
