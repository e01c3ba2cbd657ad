#include "cli/describe.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "compiler/source/render.h"
#include "compiler/tree/report.h"
#include "fmt/format.h"
#include "runtime/vm/dispatch.h"

namespace polc::cli {
namespace {

struct SectionFigures {
  std::string_view name;
  size_t rows, bytes;
};

std::vector<SectionFigures> Sections(const bundle::Bundle& bundle) {
  return {
#define POLC_SECTION(name, row, field, meaning) {#name, bundle.field().size(), bundle.field().size_bytes()},
#include "runtime/bundle/sections.def"
  };
}

constexpr std::string_view kDispatch[] = {"one by one, each rule's code run once a decision",
                                          "by scope, then the rules that fit one by one",
                                          "by scope, then by tests that rules share"};
// So many lines of a list; the rest is counted. JSON has all.
constexpr size_t kMostActions = 20, kMostRules = 10;

std::string Count(uint64_t n, std::string_view one) {
  return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s");
}

std::string TreeText(const bundle::Bundle& bundle, const tree::TreeReport& report) {
  std::string out;
  if (report.level != tree::Level::kStraight) {
    out += fmt::format("  tree      {}, {}, {} of {} in switches, {} bytes in memory\n",
                       Count(report.groups, "group"), Count(report.nodes, "node"), report.cases,
                       Count(report.tests, "test"), report.bytes);
    out += fmt::format("  tests     {} in rules, {} that differ, {} of scope on {}\n", report.conjuncts,
                       report.tests, report.scope_tests, Count(report.atoms, "atom"));
    if (report.never > 0) out += fmt::format("  never     {} cannot hold\n", Count(report.never, "rule"));
  }
  for (size_t i = 0; i < report.actions.size(); ++i) {
    if (i == kMostActions && report.actions.size() > kMostActions + 1) {
      out += fmt::format("  action    and {} more\n", report.actions.size() - i - 1);
      i = report.actions.size() - 1;  // what holds for any other action
    }
    const tree::ActionCost& a = report.actions[i];
    out += fmt::format("  action    {}: {}, {}, {} at most\n", source::Printable(a.action),
                       Count(a.rules, "rule"), Count(a.tests, "test"), Count(a.steps, "step"));
  }
  for (size_t i = 0; i < report.unindexed.size(); ++i) {
    if (i == kMostRules) {
      out += fmt::format("  unindexed and {} more\n", report.unindexed.size() - i);
      break;
    }
    out += fmt::format("  unindexed {}: {}\n",
                       source::Printable(bundle.String(bundle.rules()[report.unindexed[i].rule].id)),
                       report.unindexed[i].reason);
  }
  return out;
}

llvm::StringRef Ref(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

tree::TreeReport ReportOn(const bundle::Bundle& bundle) {
  return tree::Report(bundle, vm::MakeTree(bundle, tree::LevelOf(bundle)));
}

std::string FiguresText(const bundle::Bundle& bundle) {
  const bundle::Header& header = bundle.header();
  std::string out;
  out += fmt::format("  rules     {}\n", bundle.rules().size());
  const tree::TreeReport report = ReportOn(bundle);
  out += fmt::format("  dispatch  {}\n", kDispatch[static_cast<size_t>(report.level)]);
  out += TreeText(bundle, report);
  out += fmt::format("  stack     {} values at most\n", header.max_stack);
  out += fmt::format("  scratch   {} bytes at most\n", header.scratch_bytes);
  out += fmt::format("  steps     {} at most a decision, with {} elements and {} bytes an instruction\n",
                     header.max_steps, header.max_elements, header.max_bytes);
  out += fmt::format("  bytes     {}\n", bundle.file().size());
  for (const SectionFigures& section : Sections(bundle)) {
    if (section.rows == 0) continue;
    out += fmt::format("    {:14}  {:>9} in {} {}\n", section.name, section.bytes, section.rows,
                       section.rows == 1 ? "row" : "rows");
  }
  return out;
}

void FiguresJson(const bundle::Bundle& bundle, llvm::json::OStream& json) {
  const bundle::Header& header = bundle.header();
  json.attribute("rules", static_cast<uint64_t>(bundle.rules().size()));
  const tree::TreeReport report = ReportOn(bundle);
  json.attribute("opt_level", static_cast<uint64_t>(report.level));
  json.attributeObject("tree", [&] {
    json.attribute("groups", report.groups);
    json.attribute("nodes", report.nodes);
    json.attribute("switches", report.switches);
    json.attribute("cases", report.cases);
    json.attribute("bytes", report.bytes);
    json.attribute("conjuncts", report.conjuncts);
    json.attribute("tests", report.tests);
    json.attribute("scope_tests", report.scope_tests);
    json.attribute("atoms", report.atoms);
    json.attribute("never", report.never);
  });
  json.attributeArray("actions", [&] {
    for (const tree::ActionCost& a : report.actions) {
      json.object([&] {
        json.attribute("action", llvm::json::fixUTF8(Ref(a.action)));
        json.attribute("rules", a.rules);
        json.attribute("tests", a.tests);
        json.attribute("steps", a.steps);
      });
    }
  });
  json.attributeArray("unindexed", [&] {
    for (const tree::UnindexedRule& u : report.unindexed) {
      json.object([&] {
        json.attribute("rule", Ref(bundle.String(bundle.rules()[u.rule].id)));
        json.attribute("reason", u.reason);
      });
    }
  });
  json.attribute("max_stack", header.max_stack);
  json.attribute("scratch_bytes", header.scratch_bytes);
  json.attribute("max_steps", header.max_steps);
  json.attribute("max_elements", header.max_elements);
  json.attribute("max_bytes", header.max_bytes);
  json.attribute("bytes", static_cast<uint64_t>(bundle.file().size()));
  json.attributeObject("sections", [&] {
    for (const SectionFigures& section : Sections(bundle)) {
      json.attributeObject(Ref(section.name), [&] {
        json.attribute("rows", static_cast<uint64_t>(section.rows));
        json.attribute("bytes", static_cast<uint64_t>(section.bytes));
      });
    }
  });
}

}  // namespace polc::cli
