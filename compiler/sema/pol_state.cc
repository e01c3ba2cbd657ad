#include "compiler/sema/pol_state.h"

#include <algorithm>
#include <limits>

#include "compiler/sema/pol_constant.h"
#include "compiler/sema/pol_modules.h"
#include "compiler/sema/pol_rules.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using core::ExprId;
using source::Code;
using source::Span;
using InputKind = core::Input::Kind;

namespace {

// The words of a path, `context.session`; empty if it is none that a key can be.
std::vector<std::string> PathOf(const ast::File& file, ast::ExprId id) {
  std::vector<std::string> words;
  for (id = ast::SkipParens(file, id);; id = ast::SkipParens(file, file[id].operands[0])) {
    const ast::Expr& e = file[id];
    if (e.kind == ast::ExprKind::kVar) {
      words.emplace_back(core::VarName(static_cast<core::Var>(e.integer)));
      std::ranges::reverse(words);
      return words;
    }
    if (e.kind != ast::ExprKind::kAttr) return {};
    words.push_back(e.text);
  }
}

// Those requests of `reach` that have what the path starts with.
Reach Having(const World& world, const Reach& reach, const std::vector<std::string>& path) {
  Reach out = reach;
  if (path.size() < 2) return out;
  auto lacks = [&](const std::string& type) {
    auto info = world.types.find(type);
    return info == world.types.end() || !FindField(info->second.fields, path[1]);
  };
  if (path[0] == "principal") std::erase_if(out.principals, lacks);
  if (path[0] == "resource") std::erase_if(out.resources, lacks);
  if (path[0] == "context") {
    std::erase_if(out.actions, [&](const ActionInfo* action) { return !FindField(action->fields, path[1]); });
  }
  return out;
}

class StateBuilder {
 public:
  StateBuilder(const World& world, const source::SourceMap& map, source::DiagnosticSink& sink)
      : world_(world), map_(map), sink_(sink) {}

  // Declaring: what kind it is, of which keys.
  void Declare(World& world) {
    ForEach<ast::SwitchDecl>(world_, [&](SourceId s, const ast::SwitchDecl& d) {
      StateInfo info = Info(s, InputKind::kSwitch, d.name);
      if (d.each) {
        std::optional<std::string> type = Resolver(world_, s, sink_).FindEntityType(*d.each);
        if (!type) return;
        info.keys.push_back({d.name.text, PolName(*type), EntityOf(*type)});
      }
      world.states.emplace(d.name.text, std::move(info));
    });
    ForEach<ast::CounterDecl>(world_, [&](SourceId s, const ast::CounterDecl& d) {
      StateInfo info = Info(s, d.attempts ? InputKind::kAttempts : InputKind::kCounter, d.name);
      info.value = Simple(Type::Kind::kNumber);
      if (Keys(s, d.name, d.keys, &d.what, info)) world.states.emplace(d.name.text, std::move(info));
    });
    ForEach<ast::TotalDecl>(world_, [&](SourceId s, const ast::TotalDecl& d) {
      StateInfo info = Info(s, InputKind::kTotal, d.name);
      if (!Keys(s, d.name, d.keys, &d.what, info)) return;
      std::optional<Reach> reach = ReachOf(s, &d.what);
      if (!reach) return;
      core::Rule aside;
      Typed sum = Expressions(world_, *reach, aside, map_, sink_).Check(d.sums, {});
      if (sum.error()) return;
      if (!sum.type.is(Type::Kind::kNumber) && !sum.type.is(Type::Kind::kDecimal)) {
        sink_.Report(Code::kUnexpectedType, sum.span,
                     fmt::format("a total sums Number or Decimal; this is of type {}", TypeText(sum.type)));
        return;
      }
      info.value = sum.type;
      world.states.emplace(d.name.text, std::move(info));
    });
    ForEach<ast::LabelDecl>(world_, [&](SourceId s, const ast::LabelDecl& d) {
      StateInfo info = Info(s, InputKind::kLabel, d.name);
      if (Keys(s, d.name, {d.key}, nullptr, info)) world.states.emplace(d.name.text, std::move(info));
    });
    ForEach<ast::BreakerDecl>(world_, [&](SourceId s, const ast::BreakerDecl& d) {
      StateInfo info = Info(s, InputKind::kBreaker, d.name);
      if (Keys(s, d.name, d.keys, nullptr, info)) world.states.emplace(d.name.text, std::move(info));
    });
  }

  std::vector<core::Input> Build() {
    core::Input now;
    now.id = now.name = "now";
    inputs_.push_back(std::move(now));
    ForEach<ast::SwitchDecl>(world_, [&](SourceId s, const ast::SwitchDecl& d) {
      std::optional<int64_t> fresh = Duration(s, d.fresh_within, "`fresh within`");
      if (!fresh) return;
      ForKeys(s, d.name, d.span, [&](core::Input& input) { input.fresh_within_ms = *fresh; });
    });
    ForEach<ast::CounterDecl>(world_, [&](SourceId s, const ast::CounterDecl& d) {
      Windowed(s, d.name, d.span, d.over, &d.what, [](core::Input&, const Reach&) { return true; });
    });
    ForEach<ast::TotalDecl>(world_, [&](SourceId s, const ast::TotalDecl& d) {
      Windowed(s, d.name, d.span, d.over, &d.what, [&](core::Input& input, const Reach& reach) {
        input.value = world_.states.at(d.name.text).value.is(Type::Kind::kDecimal) ? data::Kind::kDecimal
                                                                                   : data::Kind::kLong;
        Expressions expressions(world_, reach, input.update, map_, sink_);
        Typed sum = expressions.Check(d.sums, {});
        if (sum.error()) return false;
        input.amount = expressions.Emit(sum);
        return true;
      });
    });
    ForEach<ast::LabelDecl>(world_, [&](SourceId s, const ast::LabelDecl& d) {
      Updated(s, d.name, d.span, &d.set_by, [&](core::Input& input, const Reach& reach) {
        if (d.when == ast::kNoExpr) return true;
        Known known;
        const ExprId when = Expressions(world_, reach, input.update, map_, sink_).Condition(d.when, known);
        if (when != core::kNoExpr) input.update.conditions.push_back(when);
        return when != core::kNoExpr;
      });
    });
    ForEach<ast::BreakerDecl>(world_, [&](SourceId s, const ast::BreakerDecl& d) {
      if (d.counts.text != "denials") {
        sink_.Report(Code::kUnknownName, d.counts.span,
                     fmt::format("a breaker counts `denials`, not `{}`", source::Excerpt(d.counts.text)));
        return;
      }
      std::optional<data::Value> at = ConstantOf(world_, s, d.threshold, Simple(Type::Kind::kNumber),
                                                 "how many denials open a breaker", sink_);
      std::optional<int64_t> closes = Duration(s, d.closes_after, "`closes after`");
      if (!at || !closes) return;
      if (at->as_long() < 1 || at->as_long() > std::numeric_limits<int32_t>::max()) {
        sink_.Report(Code::kInvalidBound, world_.file(s)[d.threshold].span,
                     fmt::format("a breaker opens at one denial or more, not at {}", at->as_long()));
        return;
      }
      Windowed(s, d.name, d.span, d.over, nullptr, [&](core::Input& input, const Reach&) {
        input.opens_at = static_cast<uint32_t>(at->as_long());
        input.closes_after_ms = *closes;
        return true;
      });
    });
    std::ranges::sort(inputs_, {}, &core::Input::id);
    return std::move(inputs_);
  }

 private:
  static StateInfo Info(SourceId source, InputKind kind, const ast::Name& name) {
    StateInfo info;
    info.kind = kind;
    info.value = Simple(Type::Kind::kBool);
    info.source = source;
    info.span = name.span;
    return info;
  }

  // The requests that move it; nothing after a report.
  std::optional<Reach> ReachOf(SourceId source, const ast::Acts* acts) {
    Reach reach = WholeReach(world_, source, false);
    if (!acts) return reach;
    std::optional<std::vector<const ActionInfo*>> actions = ExpandActs({world_, source, map_, sink_}, *acts);
    if (!actions) return std::nullopt;
    reach.actions = *std::move(actions);
    std::set<std::string> principals, resources;
    for (const ActionInfo* action : reach.actions) {
      principals.insert(action->by.begin(), action->by.end());
      resources.insert(action->on.begin(), action->on.end());
    }
    reach.principals.assign(principals.begin(), principals.end());
    reach.resources.assign(resources.begin(), resources.end());
    return reach;
  }

  bool Keys(SourceId source, const ast::Name& name, const std::vector<ast::ExprId>& keys,
            const ast::Acts* acts, StateInfo& info) {
    std::optional<Reach> whole = ReachOf(source, acts);
    if (!whole) return false;
    for (ast::ExprId key : keys) {
      const std::vector<std::string> path = PathOf(world_.file(source), key);
      const Span span = world_.file(source)[key].span;
      if (path.empty() || path[0] == "action" || (path[0] == "context" && path.size() == 1)) {
        sink_
            .Report(Code::kInvalidStateKey, span,
                    fmt::format("`{}` is nothing that `{}` can be kept for", source::Excerpt(map_.text(span)),
                                name.text))
            .help = "a key is `principal`, `resource`, or an attribute of them or of the context";
        return false;
      }
      const Reach reach = Having(world_, *whole, path);
      core::Rule aside;
      Typed value = Expressions(world_, reach, aside, map_, sink_).Check(key, {});
      if (value.error()) return false;
      const Type::Kind kind = value.type.kind;
      if (kind == Type::Kind::kSet || kind == Type::Kind::kRecord || kind == Type::Kind::kLevel) {
        sink_.Report(Code::kInvalidStateKey, span,
                     fmt::format("`{}` is of type {}; a key is an entity or a plain value", value.path,
                                 TypeText(value.type)));
        return false;
      }
      for (const StateInfo::Key& other : info.keys) {
        if (other.by != value.path) continue;
        sink_.Report(Code::kDuplicateDeclaration, span,
                     fmt::format("key `{}` stands a second time", value.path));
        return false;
      }
      info.keys.push_back({name.text + " of " + value.path, value.path, value.type});
    }
    return true;
  }

  // A length of time above zero; 0 if it is left out, nothing after a report.
  std::optional<int64_t> Duration(SourceId source, ast::ExprId id, std::string_view what) {
    if (id == ast::kNoExpr) return 0;
    std::optional<data::Value> value =
        ConstantOf(world_, source, id, Simple(Type::Kind::kDuration), what, sink_);
    if (!value) return std::nullopt;
    if (value->as_duration().ms > 0) return value->as_duration().ms;
    sink_.Report(Code::kInvalidBound, world_.file(source)[id].span,
                 fmt::format("{} is no time at all here", what));
    return std::nullopt;
  }

  // One input for each key. Whether the declaration is the one that counts.
  template <typename Fill>
  void ForKeys(SourceId source, const ast::Name& name, Span span, Fill fill) {
    auto found = world_.states.find(name.text);
    if (found == world_.states.end() || found->second.span != name.span) return;
    const StateInfo& info = found->second;
    for (size_t i = 0; i < std::max<size_t>(info.keys.size(), 1); ++i) {
      core::Input input;
      input.name = name.text;
      input.kind = info.kind;
      input.value = data::Kind::kBool;
      if (info.value.is(Type::Kind::kNumber)) input.value = data::Kind::kLong;
      input.mode = ModeOf(world_.sources[source], ast::Mode::kDefault);
      input.span = span;
      input.id = name.text;
      if (i < info.keys.size()) {
        input.id = info.keys[i].id;
        input.by = info.keys[i].by;
        input.key_type = ToCore(info.keys[i].type);
        key_ = i;
      }
      input.update.id = input.id;
      input.update.span = span;
      input.update.strict = true;
      input.update.on_error = core::ErrorRule::kFailClosed;
      fill(input);
      inputs_.push_back(std::move(input));
    }
  }

  template <typename Fill>
  void Updated(SourceId source, const ast::Name& name, Span span, const ast::Acts* acts, Fill fill) {
    std::optional<Reach> whole = ReachOf(source, acts);
    const std::vector<ast::ExprId>* keys = KeysOf(source, name);
    if (!whole || !keys) return;
    bool good = true;
    ForKeys(source, name, span, [&](core::Input& input) {
      const ast::ExprId key = (*keys)[key_];
      const Reach reach = Having(world_, *whole, PathOf(world_.file(source), key));
      const bool any = (!acts || acts->kind == ast::Acts::Kind::kAnything) &&
                       reach.actions.size() == world_.actions.size();
      input.update.action = TestFor(world_, reach.actions, any, span);
      Expressions expressions(world_, reach, input.update, map_, sink_);
      Typed value = expressions.Check(key, {});
      good &= !value.error();
      if (good) input.key = expressions.Emit(value);
      good = fill(input, reach) && good;
    });
  }

  template <typename Fill>
  void Windowed(SourceId source, const ast::Name& name, Span span, ast::ExprId over, const ast::Acts* acts,
                Fill fill) {
    std::optional<int64_t> window = Duration(source, over, "`over`");
    if (!window) return;
    Updated(source, name, span, acts, [&](core::Input& input, const Reach& reach) {
      input.over_ms = *window;
      return fill(input, reach);
    });
  }

  // The key expressions of the declaration of `name` in `source`.
  const std::vector<ast::ExprId>* KeysOf(SourceId source, const ast::Name& name) {
    keys_.clear();
    for (const ast::Decl& decl : world_.file(source).decls) {
      if (const auto* d = std::get_if<ast::CounterDecl>(&decl); d && d->name.span == name.span)
        keys_ = d->keys;
      if (const auto* d = std::get_if<ast::TotalDecl>(&decl); d && d->name.span == name.span) keys_ = d->keys;
      if (const auto* d = std::get_if<ast::BreakerDecl>(&decl); d && d->name.span == name.span)
        keys_ = d->keys;
      if (const auto* d = std::get_if<ast::LabelDecl>(&decl); d && d->name.span == name.span)
        keys_ = {d->key};
    }
    return keys_.empty() ? nullptr : &keys_;
  }

  const World& world_;
  const source::SourceMap& map_;
  source::DiagnosticSink& sink_;
  std::vector<core::Input> inputs_;
  std::vector<ast::ExprId> keys_;
  size_t key_ = 0;
};

}  // namespace

void DeclareState(World& world, const source::SourceMap& map, source::DiagnosticSink& sink) {
  StateBuilder(world, map, sink).Declare(world);
}

std::vector<core::Input> BuildInputs(const World& world, const source::SourceMap& map,
                                     source::DiagnosticSink& sink) {
  return StateBuilder(world, map, sink).Build();
}

}  // namespace polc::sema::pol
