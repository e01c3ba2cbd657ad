#include "compiler/log/reads.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "compiler/log/json_text.h"
#include "fmt/format.h"

namespace polc::log {

using core::Expr;
using core::Op;
using core::Rule;

namespace {

class Collector {
 public:
  Collector(const core::Program& program, const data::EntityUid& action)
      : program_(program), uid_(action), action_(program.model.FindAction(action)) {}

  Reads Collect() {
    for (const Rule& rule : program_.rules) AddIfConcerned(rule);
    for (const core::Input& input : program_.inputs) {
      if (input.kind != core::Input::Kind::kNow && Concerns(input.update)) Add(input.update);
    }
    return std::move(reads_);
  }

 private:
  // Of actions that no model knows any rule may speak: the entities say which groups they are in.
  bool Concerns(const Rule& rule) const {
    using ActionOp = core::ActionTest::Op;
    if (rule.action.op == ActionOp::kAny) return true;
    return std::ranges::any_of(rule.action.actions, [&](const data::EntityUid& named) {
      if (named == uid_) return true;
      if (rule.action.op == ActionOp::kEq) return false;
      return !action_ || std::ranges::count(action_->groups, named) > 0;
    });
  }
  void AddIfConcerned(const Rule& rule) {
    if (Concerns(rule)) Add(rule);
  }

  void Add(const Rule& rule) {
    std::set<core::ExprId> through;  // uses of the context that name an attribute of it
    for (const Expr& e : rule.exprs) {
      switch (e.op) {
        case Op::kHas:
        case Op::kGetAttr:
        case Op::kAttrOr: {
          reads_.anywhere.insert(rule.name(e));
          const core::ExprId of = rule.operands(e)[0];
          if (rule.exprs[of].op == Op::kVar && rule.exprs[of].var() == core::Var::kContext) {
            reads_.context.insert(rule.name(e));
            through.insert(of);
          }
          break;
        }
        case Op::kHasTag:
        case Op::kGetTag:
          reads_.tags = true;
          break;
        case Op::kFactRef:
          AddFact(rule.name(e));
          break;
        default:
          break;
      }
    }
    for (core::ExprId id = 0; id < rule.exprs.size(); ++id) {
      const Expr& e = rule.exprs[id];
      if (e.op == Op::kVar && e.var() == core::Var::kContext && !through.contains(id)) {
        reads_.whole_context = true;
      }
    }
  }

  // Facts read only facts before them, so this ends; each is looked at once.
  void AddFact(const std::string& name) {
    if (!facts_.insert(name).second) return;
    const core::Fact* fact = core::FindNamed(program_.facts, name);
    if (!fact) return;
    Add(fact->body);
    for (const core::Fact::Step& row : fact->rows) {
      if (row.from_data) {  // rows of records that entities hold
        reads_.anywhere.insert({"class", "level", "until"});
      }
      AddIfConcerned(row.rule);
    }
    for (const core::Fact::Step& cap : fact->caps) AddIfConcerned(cap.rule);
  }

  const core::Program& program_;
  const data::EntityUid& uid_;
  const core::Action* action_;
  std::set<std::string> facts_;
  Reads reads_;
};

}  // namespace

const Reads& ReadIndex::Of(const data::EntityUid& action) {
  const auto known = known_.find(action);
  if (known != known_.end()) return known->second;
  return known_.emplace(action, Collector(*program_, action).Collect()).first->second;
}

std::string ReadsMasked(const Record& record, const data::Request& request, ReadIndex& index, bool pol) {
  const Reads& reads = index.Of(request.action);
  const bool has_votes = request.host && (!request.host->approvals.empty() ||
                                          !request.host->refusals.empty() || !request.host->evidence.empty());
  for (const std::string& pointer : record.masked) {
    const std::optional<std::vector<std::string>> parsed = Segments(pointer);
    if (!parsed || parsed->empty()) return fmt::format("`{}` was masked", pointer);
    std::vector<std::string> path = *parsed;
    if (pol && path[0] == "host") path.erase(path.begin());
    const std::string first = path.empty() ? "" : path[0];
    bool read = true;
    if (first == "context" && path.size() > 1) {
      read = reads.ReadsContext(path[1]);
      // What is approved is the action with every argument.
      if (!read && has_votes) {
        return fmt::format("`{}` was masked, and approvals name every argument", pointer);
      }
    } else if (first == "entities" && path.size() > 3 && path[2] == "attrs") {
      read = reads.anywhere.contains(path[3]);
    } else if (first == "entities" && path.size() > 2 && path[2] == "tags") {
      read = reads.tags;
    } else if ((first == "approvals" || first == "refusals") && path.size() == 3) {
      read = path[2] != "signature" && path[2] != "key" && path[2] != "action";
    }
    if (read) return fmt::format("`{}` was masked, and the policy may read it", pointer);
  }
  return "";
}

}  // namespace polc::log
