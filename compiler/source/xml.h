// Text within XML and HTML. Tested by xml_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace polc::source {

// `text` made Printable (render.h), with `& < > " '` as entities: right between tags and in quoted
// attributes.
std::string Xml(std::string_view text);
// A message for a page: the same, and what it names in backticks as <code>.
std::string XmlWithNames(std::string_view message);

}  // namespace polc::source
