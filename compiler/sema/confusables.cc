#include "compiler/sema/confusables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>

#include "compiler/data/extension.h"
#include "compiler/data/value.h"

namespace polc::sema {

using source::Code;

namespace {

using ScriptMask = std::array<uint64_t, 4>;
struct ScriptRun {
  char32_t first;
  uint16_t set;
};
struct CodePointRange {
  char32_t first;
  char32_t last;
};
#include "compiler/sema/unicode_tables.inc"

// The longest text a message repeats.
constexpr size_t kShownBytes = 80;

// The code point at `pos`, which is moved past it. `text` is valid UTF-8 (the readers refuse other input).
char32_t Next(std::string_view text, size_t& pos) {
  auto byte = [&](size_t i) -> char32_t { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  char32_t b = byte(pos);
  if (b < 0x80) {
    pos += 1;
    return b;
  }
  int more = b >= 0xF0 ? 3 : b >= 0xE0 ? 2 : 1;
  char32_t c = b & (0x3F >> more);
  for (int i = 1; i <= more; ++i) c = c << 6 | (byte(pos + i) & 0x3F);
  pos += 1 + more;
  return c;
}

const ScriptMask& ScriptsOf(char32_t c) {
  auto it = std::upper_bound(std::begin(kScriptRuns), std::end(kScriptRuns), c,
                             [](char32_t x, const ScriptRun& run) { return x < run.first; });
  return kScriptSets[std::prev(it)->set];
}

bool IsAllowedInIdentifiers(char32_t c) {
  auto it = std::upper_bound(std::begin(kIdentifierAllowed), std::end(kIdentifierAllowed), c,
                             [](char32_t x, const CodePointRange& range) { return x < range.first; });
  return it != std::begin(kIdentifierAllowed) && c <= std::prev(it)->last;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// As much of `text` as a message shows, special characters escaped.
std::string Shown(std::string_view text) {
  if (text.size() > kShownBytes) {
    size_t cut = kShownBytes;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    return data::QuoteCedar(text.substr(0, cut)) + "…";
  }
  return data::QuoteCedar(text);
}

void CheckString(std::string_view text, source::Span span, Findings& findings) {
  if (IsAscii(text)) return;
  if (HasBidiControl(text)) {
    findings.Add(Code::kBidiCharsInString, span,
                 "string " + Shown(text) + " has characters that change the reading direction",
                 "leave them out: readers do not see them", source::Severity::kWarning);
  } else if (!IsSingleScript(text)) {
    findings.Add(Code::kMixedScriptString, span,
                 "string " + Shown(text) + " mixes letters of several scripts",
                 "make sure that each letter is the one it looks like", source::Severity::kWarning);
  }
}

void CheckIdentifier(std::string_view text, source::Span span, Findings& findings) {
  if (HasBidiControl(text)) {
    findings.Add(Code::kBidiCharsInIdentifier, span,
                 "identifier " + Shown(text) + " has characters that change the reading direction",
                 "leave them out: readers do not see them", source::Severity::kWarning);
  } else if (std::optional<char32_t> c = FindRestricted(text)) {
    findings.Add(
        Code::kConfusableIdentifier, span,
        fmt::format(
            "identifier {} has the character U+{:04X}, which can be overlooked or mistaken for another",
            Shown(text), static_cast<uint32_t>(*c)),
        "Unicode advises against it in identifiers", source::Severity::kWarning);
  } else if (!IsSingleScript(text)) {
    findings.Add(Code::kMixedScriptIdentifier, span,
                 "identifier " + Shown(text) + " mixes letters of several scripts",
                 "make sure that each letter is the one it looks like", source::Severity::kWarning);
  }
}

void CheckUid(const data::EntityUid& uid, source::Span span, Findings& findings) {
  // Types are ASCII identifiers; their parts are fine unless the type came from elsewhere.
  if (!IsAscii(uid.type)) CheckIdentifier(uid.type, span, findings);
  CheckIdentifier(uid.id, span, findings);
}

void CheckScope(const core::ScopeTest& test, Findings& findings) {
  using Op = core::ScopeTest::Op;
  if (!test.slot && test.op != Op::kAny && test.op != Op::kIs) CheckUid(test.entity, test.span, findings);
}

}  // namespace

bool IsSingleScript(std::string_view text) {
  if (IsAscii(text)) return true;  // Latin and what fits any script
  ScriptMask common;
  common.fill(~uint64_t{0});
  for (size_t pos = 0; pos < text.size();) {
    const ScriptMask& mask = ScriptsOf(Next(text, pos));
    for (size_t i = 0; i < common.size(); ++i) common[i] &= mask[i];
  }
  return std::any_of(common.begin(), common.end(), [](uint64_t bits) { return bits != 0; });
}

bool HasBidiControl(std::string_view text) {
  if (IsAscii(text)) return false;
  for (size_t pos = 0; pos < text.size();) {
    char32_t c = Next(text, pos);
    if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) return true;
  }
  return false;
}

std::optional<char32_t> FindRestricted(std::string_view text) {
  for (size_t pos = 0; pos < text.size();) {
    char32_t c = Next(text, pos);
    if (c >= 0x20 && c < 0x7F) continue;
    if (!IsAllowedInIdentifiers(c)) return c;
  }
  return std::nullopt;
}

void CheckConfusables(const core::Rule& rule, Findings& findings) {
  CheckScope(rule.principal, findings);
  for (const data::EntityUid& uid : rule.action.actions) CheckUid(uid, rule.action.span, findings);
  CheckScope(rule.resource, findings);
  for (const core::Expr& e : rule.exprs) {
    switch (e.op) {
      case core::Op::kLiteral:
        if (rule.value(e).is(data::Kind::kString)) CheckString(rule.value(e).as_string(), e.span, findings);
        if (rule.value(e).is(data::Kind::kEntity)) CheckUid(rule.value(e).as_entity(), e.span, findings);
        break;
      case core::Op::kHas:
      case core::Op::kGetAttr:
      case core::Op::kCallUnknown:
        CheckIdentifier(rule.name(e), e.span, findings);
        break;
      case core::Op::kRecord:
        for (const std::string& name : rule.names(e)) CheckIdentifier(name, e.span, findings);
        break;
      case core::Op::kLike: {
        std::string pattern;
        for (const core::PatternPart& part : rule.pattern(e)) pattern += part.wildcard ? "*" : part.literal;
        CheckString(pattern, e.span, findings);
        break;
      }
      default:
        break;
    }
  }
}

}  // namespace polc::sema
