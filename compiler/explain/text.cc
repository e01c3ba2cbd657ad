#include "compiler/explain/render.h"
#include "fmt/format.h"

namespace polc::explain {
namespace {

std::string_view Sign(Mark mark) {
  switch (mark) {
    case Mark::kYes:
      return "+ ";
    case Mark::kNo:
      return "- ";
    case Mark::kError:
      return "! ";
    case Mark::kPlain:
      return "";
  }
  return "";
}

void Put(const Line& line, size_t indent, std::string* out) {
  std::string text(indent, ' ');
  text += Sign(line.mark);
  text += line.text;
  if (!line.code.empty()) {
    if (line.text.empty()) {
      text += line.code;
    } else {
      // The test, then what was seen there.
      text = std::string(indent, ' ') + std::string(Sign(line.mark)) + line.code + ": " + line.text;
      if (line.text.ends_with(" when") || line.text.ends_with(" is") ||
          line.text.find(" by the ") != std::string::npos)
        text = std::string(indent, ' ') + std::string(Sign(line.mark)) + line.text +
               (line.text.find(" by the ") != std::string::npos ? ": " : " ") + line.code;
    }
  }
  if (!line.at.empty()) text += fmt::format("  [{}]", line.at);
  *out += text + "\n";
  for (const Line& below : line.below) Put(below, indent + 2, out);
}

}  // namespace

std::string ToText(const Document& document) {
  std::string out = document.asked + "\n" + document.outcome + ": " + document.lead + "\n";
  for (const Section& section : document.sections) {
    out += "\n" + section.heading + "\n";
    for (const Line& line : section.lines) Put(line, 2, &out);
  }
  return out;
}

}  // namespace polc::explain
