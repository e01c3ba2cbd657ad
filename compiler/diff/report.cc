#include "compiler/diff/diff.h"
#include "compiler/host/clock_times.h"
#include "compiler/host/decision_json.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::diff {

namespace {

// `1 edit`, `2 edits`.
std::string Counted(uint64_t n, std::string_view what, std::string_view plural) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : plural);
}

std::string CauseOf(const Diff& diff, const Class& c) {
  if (!c.cause) return "no edit by itself";
  std::vector<std::string> parts;
  for (const size_t edit : c.cause->edits) parts.push_back(simulate::Describe(diff.edits[edit]));
  return fmt::format("{}", fmt::join(parts, " and "));
}

std::string_view Heading(simulate::Bucket bucket) {
  switch (bucket) {
    case simulate::Bucket::kLooser:
      return "looser";
    case simulate::Bucket::kStricter:
      return "stricter";
    case simulate::Bucket::kError:
      return "in error";
    default:
      return "with other terms";
  }
}

std::string Extent(const Diff& diff) {
  std::string out = fmt::format("{} of {} kinds of request concerned, {} requests decided by both",
                                diff.concerned, diff.environments, diff.points);
  if (diff.exact()) return out + ": exact, nothing else differs";
  out += ". Not exact: there may be more that differs";
  if (diff.left_over > 0)
    out += fmt::format("; {} requests differ that are in no class shown", diff.left_over);
  return out;
}

}  // namespace

std::string RenderText(const Diff& diff, const simulate::About& about) {
  std::string out = fmt::format("{} -> {}: {}; requests that come out otherwise: {}\n{}\n", about.before,
                                about.after, Counted(diff.edits.size(), "edit", "s"),
                                Counted(diff.classes.size(), "class", "es"), Extent(diff));
  for (const std::string& note : diff.notes) out += fmt::format("  not told apart: {}\n", note);
  for (const Class& c : diff.classes) {
    out += fmt::format("\n{}: {} -> {}\n  {} does {} on {}\n", Heading(c.bucket), c.before, c.after,
                       c.principal_type, fmt::join(c.actions, ", "), c.resource_type);
    for (const auto& [name, words] : c.conditions) out += fmt::format("  {}: {}\n", name, words);
    if (!c.whole) out += "  among the requests that were tried\n";
    out += fmt::format("  by {}\n  example: {}\n", CauseOf(diff, c), simulate::RequestText(c.example, about));
  }
  return out;
}

std::string RenderMarkdown(const Diff& diff, const simulate::About& about) {
  std::string out = fmt::format("### `{}` → `{}`\n\n{}. {}.\n", about.before, about.after,
                                Counted(diff.edits.size(), "edit", "s"), Extent(diff));
  for (const std::string& note : diff.notes) out += fmt::format("- not told apart: {}\n", note);
  for (const Class& c : diff.classes) {
    out += fmt::format("\n**{}**: {} → {}, {} does {} on {}, by {}\n\n", Heading(c.bucket), c.before, c.after,
                       c.principal_type, fmt::join(c.actions, ", "), c.resource_type, CauseOf(diff, c));
    if (!c.conditions.empty()) out += "| what | value |\n|---|---|\n";
    for (const auto& [name, words] : c.conditions) out += fmt::format("| `{}` | {} |\n", name, words);
    out += fmt::format("\n```json\n{}\n```\n", simulate::RequestText(c.example, about));
  }
  return out;
}

std::string RenderJson(const Diff& diff, const simulate::About& about) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  json.object([&] {
    json.attribute("before", llvm::json::fixUTF8(about.before));
    json.attribute("after", llvm::json::fixUTF8(about.after));
    json.attribute("exact", diff.exact());
    json.attribute("environments", static_cast<int64_t>(diff.environments));
    json.attribute("concerned", static_cast<int64_t>(diff.concerned));
    json.attribute("decided", static_cast<int64_t>(diff.points));
    json.attribute("left_over", static_cast<int64_t>(diff.left_over));
    json.attributeArray("not_told_apart", [&] {
      for (const std::string& note : diff.notes) json.value(llvm::json::fixUTF8(note));
    });
    json.attributeArray("classes", [&] {
      for (const Class& c : diff.classes) {
        json.object([&] {
          const std::string_view bucket = simulate::BucketName(c.bucket);
          json.attribute("bucket", llvm::StringRef(bucket.data(), bucket.size()));
          json.attribute("before", c.before);
          json.attribute("after", c.after);
          json.attribute("principal_type", llvm::json::fixUTF8(c.principal_type));
          json.attribute("resource_type", llvm::json::fixUTF8(c.resource_type));
          json.attributeArray("actions", [&] {
            for (const std::string& action : c.actions) json.value(llvm::json::fixUTF8(action));
          });
          json.attributeObject("where", [&] {
            for (const auto& [name, words] : c.conditions) {
              json.attribute(llvm::json::fixUTF8(name), llvm::json::fixUTF8(words));
            }
          });
          json.attribute("whole", c.whole);
          json.attribute("cause", llvm::json::fixUTF8(CauseOf(diff, c)));
          json.attributeBegin("example");
          json.rawValue(simulate::RequestText(c.example, about));
          json.attributeEnd();
          json.attributeObject("decision_before", [&] { host::WriteDecision(c.example.before, json); });
          json.attributeObject("decision_after", [&] { host::WriteDecision(c.example.after, json); });
        });
      }
    });
  });
  return host::WithClockTimes(out) + "\n";
}

}  // namespace polc::diff
