#include "compiler/sema/pol_build_guarantees.h"

#include <set>

#include "compiler/sema/pol_modules.h"
#include "compiler/sema/pol_rules.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using core::ExprId;
using source::Code;

namespace {

// Whether the name is the first of its kind in the set; reports if not.
class Names {
 public:
  explicit Names(source::DiagnosticSink& sink) : sink_(sink) {}
  bool Claim(const std::string& id, std::string_view what, source::Span span) {
    auto [it, fresh] = claimed_.emplace(id, span);
    if (fresh) return true;
    sink_
        .Report(Code::kDuplicateDeclaration, span, fmt::format("{} `{}` is declared a second time", what, id))
        .labels.push_back({it->second, "first declared here"});
    return false;
  }

 private:
  source::DiagnosticSink& sink_;
  std::map<std::string, source::Span> claimed_;
};

}  // namespace

std::vector<Guarantee> BuildGuarantees(const World& world, const source::SourceMap& map,
                                       source::DiagnosticSink& sink) {
  std::vector<Guarantee> guarantees;
  Names names(sink);
  ForEach<ast::GuaranteeDecl>(world, [&](SourceId source, const ast::GuaranteeDecl& d) {
    const Place at{world, source, map, sink};
    Guarantee out;
    out.name = world.sources[source].policy + "/" + d.name.text;
    out.title = d.title.value_or("");
    out.always = d.always;
    out.span = d.span;
    out.scope.id = out.name;
    out.scope.strict = true;
    out.scope.on_error = core::ErrorRule::kFailClosed;
    out.scope.span = d.span;
    bool good = names.Claim(out.name, "guarantee", d.name.span);
    const ast::Scope* which = d.target.which ? &*d.target.which : nullptr;
    Reach reach;
    if (BuildScope(at, d.target.who, &d.target.what, which, d.target.span, out.scope, reach) != Fit::kGood)
      return;
    Known known;
    if (d.when != ast::kNoExpr) {
      const ExprId when = Expressions(world, reach, out.scope, map, sink).Condition(d.when, known);
      good &= when != core::kNoExpr;
      if (when != core::kNoExpr) out.scope.conditions.push_back(when);
    }
    // In the order of the AST's enumeration.
    out.without = static_cast<Guarantee::Without>(d.without);
    if (d.always && out.without != Guarantee::Without::kNothing) {
      sink.Report(Code::kMisplacedClause, d.span, "`always allow` cannot ask for something as well");
      good = false;
    }
    if (out.without == Guarantee::Without::kLimit) {
      const Symbol* symbol =
          Resolver(world, source, sink)
              .Find(d.limit.text, d.limit.span, Only(SymbolKind::kLimitKind), "a kind of limit");
      good &= symbol != nullptr;
      if (symbol) out.limit = symbol->key;
    }
    for (const ast::Quorum& quorum : d.quorums) {
      std::optional<core::Quorum> built = BuildQuorum(at, quorum, reach, known, out.scope);
      good &= built.has_value();
      if (built) out.approval.alternatives.push_back(*std::move(built));
    }
    if (good) guarantees.push_back(std::move(out));
  });
  return guarantees;
}

std::vector<Assumption> BuildAssumptions(const World& world, const source::SourceMap& map,
                                         source::DiagnosticSink& sink) {
  std::vector<Assumption> assumptions;
  Names names(sink);
  ForEach<ast::AssumeDecl>(world, [&](SourceId source, const ast::AssumeDecl& d) {
    Assumption out;
    out.name = world.sources[source].policy + "/" + d.name.text;
    out.span = d.span;
    out.rule.id = out.name;
    out.rule.strict = true;
    out.rule.on_error = core::ErrorRule::kFailClosed;
    out.rule.span = d.span;
    bool good = names.Claim(out.name, "assumption", d.name.span);
    const Reach reach = WholeReach(world, source, false);
    Known known;
    const ExprId condition = Expressions(world, reach, out.rule, map, sink).Condition(d.condition, known);
    if (condition == core::kNoExpr || !good) return;
    out.rule.conditions.push_back(condition);
    assumptions.push_back(std::move(out));
  });
  return assumptions;
}

}  // namespace polc::sema::pol
