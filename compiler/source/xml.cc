#include "compiler/source/xml.h"

#include "compiler/source/render.h"

namespace polc::source {

std::string Xml(std::string_view text) {
  std::string out;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string XmlWithNames(std::string_view message) {
  std::string out;
  for (bool name = false;; name = !name) {
    const size_t end = message.find('`');
    out += Xml(message.substr(0, end));
    if (name) out += "</code>";
    if (end == message.npos) return out;
    if (!name) out += "<code>";
    message.remove_prefix(end + 1);
  }
}

}  // namespace polc::source
