// Pieces that decisions and requests in JSON have in common. For this room only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/host.h"
#include "compiler/model/value_json.h"
#include "llvm/Support/JSON.h"

namespace polc::host {

void ValueMember(llvm::StringRef key, const data::Value& value, llvm::json::OStream& json);
void UidMember(llvm::StringRef key, const data::EntityUid& uid, llvm::json::OStream& json);
// A time that has no text is written as a value.
void TimeMember(llvm::StringRef key, data::Datetime time, llvm::json::OStream& json);
void TextsMember(llvm::StringRef key, const std::vector<std::string>& texts, llvm::json::OStream& json);
// The whole object.
void WriteStateItem(const data::StateItem& item, llvm::json::OStream& json);

// Left out where it is empty.
template <typename List, typename Body>
void ArrayMember(llvm::StringRef key, const List& list, llvm::json::OStream& json, Body body) {
  if (list.empty()) return;
  json.attributeArray(key, [&] {
    for (const auto& item : list) body(item);
  });
}

}  // namespace polc::host
