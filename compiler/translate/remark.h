// What a translation between Cedar and Pol could not keep, told to whoever asked for it.
//
// No diagnostics: nothing is wrong with the policies.
#pragma once

#include <string>
#include <vector>

#include "compiler/source/source_map.h"

namespace polc::translate {

struct Remark {
  source::Span at;
  std::string text;  // "`p/a` is left out: Cedar has no clock"
};

// As comments, one a line; "" without remarks.
std::string CommentsOf(const std::vector<Remark>& remarks, std::string_view heading);

}  // namespace polc::translate
