#include "cli/describe.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "fmt/format.h"

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

llvm::StringRef Ref(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string FiguresText(const bundle::Bundle& bundle) {
  const bundle::Header& header = bundle.header();
  std::string out;
  out += fmt::format("  rules     {}\n", bundle.rules().size());
  out += "  dispatch  one block of code per rule, each run once a decision\n";
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
  json.attribute("dispatch", "rule by rule");
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

std::string_view EffectWord(uint8_t effect) {
  switch (static_cast<bundle::Effect>(effect)) {
    case bundle::Effect::kAllow:
      return "permit";
    case bundle::Effect::kLimit:
      return "limit";
    case bundle::Effect::kRequire:
      return "require";
    case bundle::Effect::kSuggest:
      return "suggest";
    case bundle::Effect::kForbid:
      return "forbid";
  }
  return "";
}

std::string PlaceName(const bundle::Bundle& bundle, const bundle::Place& place) {
  if (place.file == bundle::kNone) return {};
  return fmt::format("{}:{}:{}", bundle.String(bundle.files()[place.file].path), place.line, place.column);
}

std::string_view SourceText(const bundle::Bundle& bundle, const bundle::Place& place) {
  if (place.file == bundle::kNone) return {};
  const bundle::FileRow& file = bundle.files()[place.file];
  if (place.end > file.bytes) return {};
  const auto bytes = bundle.source_bytes().subspan(file.first + place.begin, place.end - place.begin);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace polc::cli
