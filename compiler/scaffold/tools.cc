#include "compiler/scaffold/tools.h"

#include <algorithm>

#include "compiler/data/value.h"
#include "compiler/syntax/pol_parser.h"

namespace polc::scaffold {

std::string PolName(std::string_view name) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const auto tokens = syntax::TokenizePol(map, map.Add("<name>", std::string(name)), sink);
  const bool plain = tokens && !sink.has_errors() && tokens->size() == 1 &&
                     tokens->front().kind == syntax::TokenKind::kIdentifier &&
                     map.text(tokens->front().span).size() == name.size();
  return plain ? std::string(name) : data::QuoteCedar(name);
}

std::string OneLine(std::string_view text, size_t width) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+200B..U+200F, U+2028..U+202E and U+2060..U+206F in UTF-8: invisible, or they turn text around.
    if (c == 0xE2 && i + 2 < text.size()) {
      const auto d = static_cast<unsigned char>(text[i + 1]), e = static_cast<unsigned char>(text[i + 2]);
      const bool hidden = (d == 0x80 && ((e >= 0x8B && e <= 0x8F) || (e >= 0xA8 && e <= 0xAE))) ||
                          (d == 0x81 && e >= 0xA0 && e <= 0xAF);
      if (hidden) {
        i += 2;
        continue;
      }
    }
    if (c < 0x20 || c == 0x7F || c == ' ') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += text[i];
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.size() <= width) return out;
  size_t cut = out.rfind(' ', width - 1);
  if (cut == std::string::npos) cut = width - 1;
  while (cut > 0 && (static_cast<unsigned char>(out[cut]) & 0xC0) == 0x80) --cut;  // never inside a character
  return out.substr(0, cut) + " ...";
}

// What the model of a new project declares, and what Pol does.
RecordNames::RecordNames() : taken_({"Agent", "Human", "Server", "Team", "Tool"}) {}

std::string RecordNames::Make(std::string_view tool, std::string_view field) {
  std::string name;
  for (std::string_view part : {tool, field}) {
    bool start = true;
    for (char c : part) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && (c < '0' || c > '9')) {
        start = true;
        continue;
      }
      if (name.empty() && !letter) name = "R";
      name += start && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      start = false;
    }
  }
  if (name.empty()) name = "Arguments";
  std::string distinct = name;
  for (size_t n = 2; std::ranges::count(taken_, distinct) > 0; ++n) distinct = name + std::to_string(n);
  taken_.push_back(distinct);
  return distinct;
}

}  // namespace polc::scaffold
