// A document as text, JSON, a picture, or one HTML page.
//
// The text is for a terminal, 110 columns where it can. The page needs nothing from outside, reads on a
// phone, follows the reader's choice of dark or light, and has the picture in it; everything that comes from
// policies and requests is escaped. The JSON has a documented schema (docs/explain.md); an agent's is made of
// the document alone. Tested by render_test.cc and tests/cases/explain.
#pragma once

#include <string>

#include "compiler/explain/document.h"

namespace polc::explain {

std::string ToText(const Document& document);
// The path of the decision, from the question to the outcome, as an SVG document.
std::string ToSvg(const Document& document);
std::string ToHtml(const Document& document);
// One line.
std::string ToJson(const Document& document, const Explanation& explanation, const Changes* changes);

}  // namespace polc::explain
