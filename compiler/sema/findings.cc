#include "compiler/sema/findings.h"

#include <algorithm>
#include <utility>

#include "compiler/data/value.h"

namespace polc::sema {

namespace {

// The longest path or literal a message quotes.
constexpr size_t kShownBytes = 60;

bool IsIdentifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

}  // namespace

void Findings::Clear() {
  found_.clear();
  index_.clear();
  errors_ = 0;
}

Findings::Found& Findings::Merge(source::Code code, source::Span span, std::string message, std::string help,
                                 source::Severity severity) {
  size_t hash = std::hash<std::string>()(message) ^ (size_t{span.begin} << 20) ^ static_cast<size_t>(code);
  auto [begin, end] = index_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    source::Diagnostic& d = found_[it->second].diagnostic;
    if (d.code == code && d.span == span && d.message == message) return found_[it->second];
  }
  if (severity == source::Severity::kError) ++errors_;
  Found found;
  found.diagnostic.code = code;
  found.diagnostic.severity = severity;
  found.diagnostic.message = std::move(message);
  found.diagnostic.span = span;
  found.diagnostic.help = std::move(help);
  index_.emplace(hash, found_.size());
  found_.push_back(std::move(found));
  return found_.back();
}

void Findings::Add(source::Code code, source::Span span, std::string message, std::string help,
                   source::Severity severity) {
  Merge(code, span, std::move(message), std::move(help), severity).everywhere = true;
}

void Findings::AddHere(source::Code code, source::Span span, std::string message, std::string help) {
  Found& found = Merge(code, span, std::move(message), std::move(help), source::Severity::kError);
  if (found.seen == 0) found.first = environment_;
  ++found.seen;
}

std::vector<source::Diagnostic> Findings::Take(const std::string& id, const Checked& checked) {
  std::vector<source::Diagnostic> result;
  result.reserve(found_.size());
  for (Found& found : found_) {
    source::Diagnostic& d = found.diagnostic;
    d.rule = id;
    if (!found.everywhere && found.seen < checked.count) {
      std::string where;
      auto say = [&](bool matters, std::string_view part, const std::string& value) {
        if (!matters) return;
        where += where.empty() ? ", when " : " and ";
        where += std::string(part) + " is `" + value + "`";
      };
      const Environment& e = found.first;
      say(checked.by_principal, "principal", schema_->entity(e.principal).name);
      say(checked.by_action, "action", data::ToString(schema_->action(e.action).action->uid));
      say(checked.by_resource, "resource", schema_->entity(e.resource).name);
      d.message += where;
      if (found.seen > 1) {
        d.message +=
            " (and in " + std::to_string(found.seen - 1) + (found.seen == 2 ? " more case)" : " more cases)");
      }
    }
    result.push_back(std::move(d));
  }
  Clear();
  return result;
}

std::string ExprText(const core::Rule& rule, core::ExprId id) {
  static constexpr const char* kVars[] = {"principal", "action", "resource", "context"};
  std::string path;
  while (path.size() <= kShownBytes) {
    const core::Expr& e = rule.exprs[id];
    switch (e.op) {
      case core::Op::kVar:
        return kVars[static_cast<int>(e.var())] + path;
      case core::Op::kLiteral: {
        std::string text = data::ToString(rule.value(e)) + path;
        return text.size() <= kShownBytes ? text : "";
      }
      case core::Op::kGetAttr:
        path =
            (IsIdentifier(rule.name(e)) ? "." + rule.name(e) : "[" + data::QuoteCedar(rule.name(e)) + "]") +
            path;
        id = rule.operands(e)[0];
        break;
      case core::Op::kGetTag: {
        const core::Expr& tag = rule.exprs[rule.operands(e)[1]];
        if (tag.op != core::Op::kLiteral) return "";
        path = ".getTag(" + data::ToString(rule.value(tag)) + ")" + path;
        id = rule.operands(e)[0];
        break;
      }
      default:
        return "";
    }
  }
  return "";
}

}  // namespace polc::sema
