#include "compiler/source/quote.h"

#include <fmt/format.h>

namespace polc::source {
namespace {

bool IsInvisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

// Code points of an Excerpt: two thirds of a line of text.
constexpr size_t kExcerptLength = 60;

std::string EscapeInvisible(char32_t c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\0':
      return "\\0";
    default:
      return fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(c));
  }
}

}  // namespace

void AppendUtf8(char32_t code_point, std::string& out) {
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code_point >> 18));
    out += static_cast<char>(0x80 | ((code_point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  }
}

char32_t NextCodePoint(std::string_view text, size_t* offset) {
  auto byte = [&] { return static_cast<unsigned char>(text[(*offset)++]); };
  unsigned char lead = byte();
  if (lead < 0x80) return lead;
  int continuation = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  char32_t code_point = lead & (0x3F >> continuation);
  while (continuation-- > 0 && *offset < text.size()) code_point = (code_point << 6) | (byte() & 0x3F);
  return code_point;
}

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    size_t start = i;
    char32_t c = NextCodePoint(text, &i);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (IsInvisible(c)) {
      out += EscapeInvisible(c);
    } else {
      out += text.substr(start, i - start);
    }
  }
  return out;
}

std::string Quote(std::string_view text) { return '"' + Escape(text) + '"'; }

std::string Excerpt(std::string_view text) {
  std::string out;
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    if (count == kExcerptLength) return out + "…";
    size_t start = i;
    char32_t c = NextCodePoint(text, &i);
    if (IsInvisible(c)) {
      out += EscapeInvisible(c);
    } else {
      out += text.substr(start, i - start);
    }
  }
  return out;
}

}  // namespace polc::source
