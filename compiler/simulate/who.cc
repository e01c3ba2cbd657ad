#include "compiler/simulate/who.h"

#include <algorithm>
#include <map>

#include "compiler/bridge/bridge.h"
#include "compiler/host/decision_json.h"
#include "compiler/simulate/judge.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::simulate {

using data::EntityUid;

namespace {

// The types an action is for and on; null: any.
struct Types {
  std::optional<std::set<std::string>> principals, resources;
};

Types TypesOf(const Side& side, const EntityUid& action) {
  const core::Program& program = *side.source.program;
  if (program.pol) {
    const core::Action* known = program.model.FindAction(action);
    if (!known) return {std::set<std::string>(), std::set<std::string>()};
    return {std::set(known->principals.begin(), known->principals.end()),
            std::set(known->resources.begin(), known->resources.end())};
  }
  const model::Action* known = side.schema ? side.schema->FindAction(action) : nullptr;
  if (known) return {known->principal_types, known->resource_types};
  if (side.schema) return {std::set<std::string>(), std::set<std::string>()};
  return {};
}

std::vector<EntityUid> Candidates(const Side& side, const std::optional<std::set<std::string>>& types) {
  std::vector<EntityUid> out;
  for (const EntityUid& uid : side.store->order()) {
    const bool is_action = uid.type == "Action" || uid.type.ends_with("::Action");
    if (types ? types->contains(uid.type) : !is_action) out.push_back(uid);
  }
  std::ranges::sort(out);
  return out;
}

std::vector<EntityUid> ActionsOf(const Side& side) {
  std::set<EntityUid> out;
  const core::Program& program = *side.source.program;
  for (const core::Action& action : program.model.actions) out.insert(action.uid);
  if (program.pol) return {out.begin(), out.end()};
  if (side.schema) {
    for (const auto& [uid, action] : side.schema->actions) {
      if (!action.principal_types.empty()) out.insert(uid);
    }
  } else {
    for (const core::Rule& rule : program.rules)
      out.insert(rule.action.actions.begin(), rule.action.actions.end());
  }
  return {out.begin(), out.end()};
}

class Asker {
 public:
  static std::optional<Asker> Make(const Side& side) {
    const auto store = bridge::MakeSnapshot(*side.store);
    const auto judge = store ? Judge::Make(*side.source.program, store, side.bundle) : nullptr;
    if (!judge) return std::nullopt;
    return Asker(side, judge);
  }

  void Ask(data::Request request, core::Var varying, std::vector<Access>& out) {
    const Types types = TypesOf(side_, request.action);
    const EntityUid& other = varying == core::Var::kPrincipal ? request.resource : request.principal;
    const auto& others = varying == core::Var::kPrincipal ? types.resources : types.principals;
    if (others && !others->contains(other.type)) return;
    vm::Scratch scratch = judge_->MakeScratch();
    std::optional<vm::Batch> batch;
    if (!side_.source.program->pol) {
      batch.emplace(&scratch, varying == core::Var::kPrincipal ? bundle::Variable::kPrincipal
                                                               : bundle::Variable::kResource);
    }
    for (EntityUid& uid :
         Candidates(side_, varying == core::Var::kPrincipal ? types.principals : types.resources)) {
      (varying == core::Var::kPrincipal ? request.principal : request.resource) = std::move(uid);
      std::optional<data::Decision> decision = judge_->Decide(request, false, scratch);
      if (!decision) continue;
      Access access{request, std::move(*decision), {}};
      for (const data::RuleError& error : access.decision.errors) {
        if (CouldChange(error.rule, access.decision)) access.open.push_back(error.rule);
      }
      out.push_back(std::move(access));
    }
  }

 private:
  Asker(const Side& side, std::shared_ptr<const Judge> judge) : side_(side), judge_(std::move(judge)) {}

  // Whether it would be otherwise if this rule held: of Cedar, a permit where none does and nothing forbids
  // it, a forbid where it is allowed. Of Pol what errs is strict already, and may be less so.
  bool CouldChange(const std::string& id, const data::Decision& decision) const {
    const core::Program& program = *side_.source.program;
    if (program.pol) return decision.outcome != data::Outcome::kAllow;
    const auto rule = std::ranges::find(program.rules, id, &core::Rule::id);
    if (rule == program.rules.end()) return true;
    return rule->effect == core::Effect::kForbid ? decision.allowed()
                                                 : !decision.allowed() && decision.reasons.empty();
  }

  const Side& side_;
  std::shared_ptr<const Judge> judge_;
};

std::string Mark(const Access& access) {
  return std::string(OutcomeName(access.decision.outcome)) + (access.open.empty() ? "" : "?");
}

}  // namespace

std::optional<std::vector<Access>> ForEach(const Side& side, const data::Request& request,
                                           core::Var varying) {
  std::optional<Asker> asker = Asker::Make(side);
  if (!asker) return std::nullopt;
  std::vector<Access> out;
  asker->Ask(request, varying, out);
  return out;
}

std::optional<std::vector<Access>> ForEachActionAndResource(const Side& side, const data::Request& request) {
  std::optional<Asker> asker = Asker::Make(side);
  if (!asker) return std::nullopt;
  std::vector<Access> out;
  for (const EntityUid& action : ActionsOf(side)) {
    data::Request with = request;
    with.action = action;
    asker->Ask(std::move(with), core::Var::kResource, out);
  }
  return out;
}

std::string AccessText(const std::vector<Access>& list, core::Var varying) {
  std::string out;
  size_t denied = 0;
  for (const Access& access : list) {
    if (access.decision.outcome == data::Outcome::kDeny && access.open.empty()) {
      ++denied;
      continue;
    }
    const data::Request& r = access.request;
    const std::string who = varying == core::Var::kPrincipal
                                ? data::ToString(r.principal)
                                : data::ToString(r.action) + " on " + data::ToString(r.resource);
    out += fmt::format("{}: {}", source::Printable(who), OutcomeText(access.decision));
    if (!access.decision.reasons.empty())
      out += fmt::format(" by {}", fmt::join(access.decision.reasons, ", "));
    if (!access.open.empty()) {
      out += fmt::format("; open: {} cannot be told from what is given", fmt::join(access.open, ", "));
    }
    out += "\n";
  }
  return out + fmt::format("{} others: deny\n", denied);
}

std::string AccessJson(const std::vector<Access>& list) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  const auto uid = [&](llvm::StringRef key, const EntityUid& of) {
    json.attributeObject(key, [&] {
      json.attribute("type", llvm::json::fixUTF8(of.type));
      json.attribute("id", llvm::json::fixUTF8(of.id));
    });
  };
  json.array([&] {
    for (const Access& access : list) {
      json.object([&] {
        uid("principal", access.request.principal);
        uid("action", access.request.action);
        uid("resource", access.request.resource);
        json.attribute("open", !access.open.empty());
        host::WriteDecision(access.decision, json);
      });
    }
  });
  return out + "\n";
}

std::string MatrixText(const std::vector<Access>& list) {
  std::map<EntityUid, size_t> columns;
  std::map<EntityUid, std::map<EntityUid, std::string>> rows;
  for (const Access& access : list) {
    columns.emplace(access.request.action, 0);
    rows[access.request.resource][access.request.action] = Mark(access);
  }
  size_t first = 0;
  for (const auto& [resource, cells] : rows) {
    first = std::max(first, data::ToString(resource).size());
    for (const auto& [action, cell] : cells) columns[action] = std::max(columns[action], cell.size());
  }
  std::string out = std::string(first, ' ');
  for (auto& [action, width] : columns) {
    width = std::max(width, action.id.size());
    out += fmt::format("  {:{}}", source::Printable(action.id), width);
  }
  out.erase(out.find_last_not_of(' ') + 1);
  out += "\n";
  for (const auto& [resource, cells] : rows) {
    out += fmt::format("{:{}}", source::Printable(data::ToString(resource)), first);
    for (const auto& [action, width] : columns) {
      const auto cell = cells.find(action);
      out += fmt::format("  {:{}}", cell == cells.end() ? "-" : cell->second, width);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  return out;
}

}  // namespace polc::simulate
