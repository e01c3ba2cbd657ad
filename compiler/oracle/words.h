// How the oracle's messages name what they speak of. Only the oracle's own files include this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/value.h"
#include "compiler/source/diagnostic.h"

namespace polc::oracle {

inline std::string Quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

inline std::string KindText(const data::Value& v) {
  if (v.is(data::Kind::kEntity)) return "entity of type " + Quoted(v.as_entity().type);
  return std::string(data::KindName(v.kind()));
}

// What of `fields` may have been meant by `name`, as the end of a sentence.
template <typename Fields>
std::string Proposal(const std::string& name, const Fields& fields) {
  std::vector<std::string> names;
  for (const auto& [key, value] : fields) names.push_back(key);
  if (auto near = source::DidYouMean(name, names)) return "; did you mean " + Quoted(*near) + "?";
  return "";
}

}  // namespace polc::oracle
