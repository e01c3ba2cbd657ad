#include "compiler/simulate/emit_tests.h"

#include <algorithm>
#include <deque>
#include <set>

#include "compiler/data/extension.h"
#include "compiler/host/decision_json.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::simulate {

namespace {

using data::EntityUid;
using data::Kind;
using data::Value;

bool IsWord(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string Name(std::string_view text) { return IsWord(text) ? std::string(text) : data::QuoteCedar(text); }

// `A::B` is `A.B` in Pol.
std::string TypeName(const std::string& type) {
  std::string out;
  for (size_t i = 0; i < type.size(); ++i) {
    if (type.compare(i, 2, "::") == 0) {
      out += '.';
      ++i;
    } else {
      out += type[i];
    }
  }
  return out;
}

std::string Entity(const EntityUid& uid) { return TypeName(uid.type) + " " + data::QuoteCedar(uid.id); }

std::string Duration(int64_t ms) {
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

// 7.5% of 750 units.
std::string Percent(int64_t units) {
  std::string out = std::to_string(units / 100);
  if (units % 100 != 0) {
    out += fmt::format(".{:02}", units % 100);
    while (out.back() == '0') out.pop_back();
  }
  return out + "%";
}

// A literal of Pol; nothing where it has none of this value. Nesting is the model's.
std::optional<std::string> Literal(const Value& value, const core::Type* type) {
  switch (value.kind()) {
    case Kind::kBool:
      return value.as_bool() ? "true" : "false";
    case Kind::kLong:
      return std::to_string(value.as_long());
    case Kind::kString:
      return type && !type->levels.empty() ? value.as_string() : data::QuoteCedar(value.as_string());
    case Kind::kEntity:
      return Entity(value.as_entity());
    case Kind::kDecimal:
      return type && type->percent ? Percent(value.as_decimal().units) : data::CanonicalText(value);
    case Kind::kIp:
      return "ip " + data::QuoteCedar(data::CanonicalText(value));
    case Kind::kDatetime:
      return host::TimeText(value.as_datetime());
    case Kind::kDuration:
      return Duration(value.as_duration().ms);
    case Kind::kSet: {
      std::string out = "[";
      for (const Value& element : value.as_set()) {
        const std::optional<std::string> text = Literal(element, type ? type->element.get() : nullptr);
        if (!text) return std::nullopt;
        out += (out.size() > 1 ? ", " : "") + *text;
      }
      return out + "]";
    }
    case Kind::kRecord: {
      std::string out = "{";
      for (const auto& [key, field] : value.as_record()) {
        const core::Attribute* declared = type ? core::FindAttribute(type->fields, key) : nullptr;
        const std::optional<std::string> text = Literal(field, declared ? declared->type.get() : nullptr);
        if (!text) return std::nullopt;
        out += (out.size() > 1 ? ", " : "") + Name(key) + ": " + *text;
      }
      return out + "}";
    }
  }
  return std::nullopt;
}

class Block {
 public:
  Block(const core::Program& program, const data::EntityStore& store, const data::Request& request,
        const data::Decision& decision)
      : program_(program), store_(store), request_(request), decision_(decision) {}

  // Nothing where Pol cannot say it.
  std::optional<std::string> Write(const std::string& title) {
    out_ = fmt::format("test {}\n", data::QuoteCedar(title));
    const core::Action* action = program_.model.FindAction(request_.action);
    if (!action) return std::nullopt;
    GivenEntities();
    GivenHost();
    std::string with;
    auto add = [&](const data::Record& fields) {
      for (const auto& [key, value] : fields) {
        const core::Attribute* declared = core::FindAttribute(action->context, key);
        // `tool` is there in every test.
        if (!declared) continue;
        with += (with.empty() ? " with " : ", ") + Name(key) + " " + Text(value, declared->type.get());
      }
    };
    add(request_.context.as_record());
    if (request_.host) add(request_.host->context.as_record());
    out_ += fmt::format("  when {} asks to {} on {}{}\n", Entity(request_.principal),
                        Name(request_.action.id), Entity(request_.resource), with);
    Expect();
    return good_ ? std::optional(out_) : std::nullopt;
  }

 private:
  std::string Text(const Value& value, const core::Type* type) {
    const std::optional<std::string> text = Literal(value, type);
    good_ &= text.has_value();
    return text.value_or("");
  }

  const data::Entity* Find(const EntityUid& uid) const {
    for (const data::Entity& entity : request_.entities) {
      if (entity.uid == uid) return &entity;
    }
    return store_.Find(uid);
  }

  void GivenEntities() {
    std::deque<EntityUid> open = {request_.principal, request_.resource};
    if (request_.host) {
      for (const data::Hop& hop : request_.host->acts_for) open.push_back(hop.principal);
      for (const data::ApprovalItem& item : request_.host->approvals) open.push_back(item.approver);
      for (const data::RefusalItem& item : request_.host->refusals) open.push_back(item.approver);
    }
    std::set<EntityUid> seen;
    for (; !open.empty(); open.pop_front()) {
      const EntityUid uid = open.front();
      const data::Entity* entity = Find(uid);
      const core::EntityType* type = program_.model.FindType(uid.type);
      if (!entity || !type || !seen.insert(uid).second) continue;
      if (seen.size() > kMaxGivenEntities) {
        good_ = false;
        return;
      }
      std::string line = "  given " + Entity(uid);
      for (const EntityUid& parent : entity->parents) {
        line += (&parent == &entity->parents.front() ? " in " : ", ") + Entity(parent);
        open.push_back(parent);
      }
      bool first = true;
      for (const auto& [name, value] : entity->attrs) {
        const core::Attribute* declared = core::FindAttribute(type->attributes, name);
        line += (std::exchange(first, false) ? " with " : ", ") + Name(name) + " " +
                Text(value, declared ? declared->type.get() : nullptr);
        if (value.is(Kind::kEntity)) open.push_back(value.as_entity());
      }
      out_ += line + "\n";
    }
  }

  void GivenHost() {
    if (!request_.host) return;
    const data::Host& host = *request_.host;
    if (host.now) {
      const std::optional<std::string> now = host::TimeText(*host.now);
      good_ &= now.has_value();
      if (now) out_ += fmt::format("  given now {}\n", *now);
    }
    for (const data::StateItem& item : host.state) {
      const core::Input* input = nullptr;
      for (const core::Input& i : program_.inputs) {
        if (i.name == item.input && i.by == item.by) input = &i;
      }
      if (!input) continue;
      out_ += "  given " + Name(item.input);
      if (item.key) out_ += " of " + Text(*item.key, input->key_type.get());
      out_ += " is ";
      if (input->kind == core::Input::Kind::kSwitch || input->kind == core::Input::Kind::kLabel) {
        out_ += item.value == Value(true) ? "on" : "off";
      } else if (input->kind == core::Input::Kind::kBreaker) {
        out_ += item.value == Value(true) ? "open" : "closed";
      } else {
        out_ += Text(item.value, nullptr);
      }
      out_ += "\n";
    }
    auto vote = [&](const char* what, const EntityUid& person, data::Datetime issued) {
      const int64_t ago = host.now ? std::max<int64_t>(host.now->ms - issued.ms, 0) : 0;
      out_ += fmt::format("  given {} by {} {} ago\n", what, Entity(person), Duration(ago));
    };
    for (const data::ApprovalItem& item : host.approvals) {
      const bool counts =
          std::ranges::any_of(decision_.counted, [&](const auto& c) { return c.id == item.id; });
      if (counts) vote("approval", item.approver, item.issued);
    }
    for (const data::RefusalItem& item : host.refusals) vote("refusal", item.approver, item.issued);
    for (const data::EvidenceItem& item : host.evidence) {
      const core::EvidenceKind* kind = core::FindNamed(program_.evidence_kinds, item.kind);
      const core::Type* type = kind ? kind->type.get() : nullptr;
      if (!item.value.is(Kind::kRecord)) {
        out_ += fmt::format("  given evidence {} {}\n", item.kind, Text(item.value, type));
        continue;
      }
      out_ += "  given evidence " + item.kind;
      bool first = true;
      for (const auto& [name, value] : item.value.as_record()) {
        const core::Attribute* field = type ? core::FindAttribute(type->fields, name) : nullptr;
        out_ += (std::exchange(first, false) ? " with " : ", ") + Name(name) + " " +
                Text(value, field ? field->type.get() : nullptr);
      }
      good_ &= !first;
      out_ += "\n";
    }
    for (const data::Hop& hop : host.acts_for) {
      const bool first = &hop == &host.acts_for.front();
      out_ += first ? fmt::format("  given {} acts for ", Entity(request_.principal)) : std::string(", ");
      out_ += Entity(hop.principal);
      if (hop.scope) out_ += fmt::format(" to do any {}", fmt::join(*hop.scope, ", "));
      if (&hop == &host.acts_for.back()) out_ += "\n";
    }
    std::set<std::string> enforced(host.enforces.begin(), host.enforces.end()), all;
    for (const core::LimitKind& kind : program_.limit_kinds) all.insert(kind.name);
    if (enforced != all && !all.empty()) {
      out_ += enforced.empty() ? "  given enforces nothing\n"
                               : fmt::format("  given enforces {}\n", fmt::join(enforced, ", "));
    }
  }

  void Expect() {
    const data::Decision& d = decision_;
    out_ += "  expect ";
    switch (d.outcome) {
      case data::Outcome::kAllow:
      case data::Outcome::kAllowWithLimits:
        out_ += "allow";
        break;
      case data::Outcome::kRequireApproval:
        out_ += "require approval";
        break;
      case data::Outcome::kSuggest:
        good_ &= !d.suggestions.empty();
        out_ += "suggest " + (d.suggestions.empty() ? "" : Name(d.suggestions.front().action.id));
        break;
      case data::Outcome::kDeny:
        out_ += "deny";
        if (d.reasons.empty()) out_ += fmt::format(" because {}", WhyName(d.why));
        break;
    }
    for (const auto& [kind, limit] : d.limits) {
      if (d.outcome != data::Outcome::kAllowWithLimits) break;
      const core::LimitKind* declared = core::FindNamed(program_.limit_kinds, kind);
      out_ += (kind == d.limits.begin()->first ? " with limits " : ", ") + kind + " " +
              Text(limit.value, declared ? declared->type.get() : nullptr);
    }
    // A rule that speaks for somebody the principal acts for has no name in a test.
    const bool named =
        std::ranges::none_of(d.reasons, [](const std::string& rule) { return rule.find(' ') != rule.npos; });
    if (named && !d.reasons.empty()) out_ += fmt::format(" by {}", fmt::join(d.reasons, ", "));
    out_ += "\n";
  }

  const core::Program& program_;
  const data::EntityStore& store_;
  const data::Request& request_;
  const data::Decision& decision_;
  std::string out_;
  bool good_ = true;
};

}  // namespace

std::optional<std::string> WriteTest(const core::Program& program, const data::EntityStore& store,
                                     const data::Request& request, const data::Decision& decision,
                                     const std::string& title) {
  return Block(program, store, request, decision).Write(title);
}

std::vector<EmittedTest> EmitTests(const Report& report, const About& about, const data::EntityStore& store) {
  std::vector<EmittedTest> out;
  std::set<std::string> titles;
  for (const Group& group : report.groups) {
    if (!group.smallest) continue;
    const EntityUid& action = group.smallest->after_request.action;
    const std::string base = fmt::format("{}: {} of {} by {}, was {}", group.after, action.id,
                                         group.resource_type, group.principal_type, group.before);
    std::string title = base;
    for (size_t n = 2; !titles.insert(title).second; ++n) title = fmt::format("{} ({})", base, n);
    std::optional<std::string> text =
        WriteTest(*about.new_set.program, store, group.smallest->after_request, group.smallest->after, title);
    if (text) out.push_back({std::move(title), std::move(*text)});
  }
  return out;
}

namespace {

// The modules that a text names in `use` lines: `use std.autonomy with …, std.limits`. Those in shadow are
// left out: a second `use` would put them in force.
void AddUses(std::string_view text, std::set<std::string>& modules) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("use ") || line.find('(') != line.npos) continue;
    line = line.substr(4, line.find("//") == line.npos ? line.npos : line.find("//") - 4);
    for (size_t from = 0; from < line.size();) {
      const size_t comma = std::min(line.find(',', from), line.size());
      std::string_view name = line.substr(from, comma - from);
      from = comma + 1;
      name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
      name = name.substr(0, name.find(' '));
      // After `with` come settings, which are no modules.
      const bool dotted = std::ranges::all_of(name, [](char c) {
        return c == '.' || c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      });
      if (dotted && name.find('.') != name.npos) modules.emplace(name);
    }
  }
}

}  // namespace

std::string TestFile(const std::vector<EmittedTest>& tests, const std::string& policy,
                     const source::SourceMap& map, std::string_view about) {
  std::string out = fmt::format("// {}\n", about);
  out += fmt::format("policy {}\n", data::QuoteCedar(policy));
  std::set<std::string> modules;
  for (source::FileId file = 0; file < map.size(); ++file) {
    const std::string& path = map.path(file);
    if (path.ends_with(".pol") && !path.starts_with("std/")) AddUses(map.text(file), modules);
  }
  if (!modules.empty()) out += fmt::format("use {}\n", fmt::join(modules, ", "));
  for (const EmittedTest& test : tests) out += "\n" + test.text;
  return out;
}

}  // namespace polc::simulate
