// Small questions about JSON elements. Private to runtime/json. Tested by json_test.cc.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/json/read.h"

namespace polc::api_json {

struct Member {
  uint32_t index;
  Reader::Element value;
};

inline std::optional<Member> Find(const Reader::Object& object, std::string_view key) {
  uint32_t index = 0;
  for (const auto field : object) {
    if (field.key == key) return Member{index, field.value};
    ++index;
  }
  return std::nullopt;
}

inline std::string_view StringOf(const Reader::Element& element) {
  std::string_view text;
  return element.get(text) == simdjson::SUCCESS ? text : std::string_view();
}

inline bool IsObject(const Reader::Element& element, Reader::Object* object) {
  return element.get(*object) == simdjson::SUCCESS;
}

inline bool HasString(const Reader::Object& object, std::string_view key) {
  const std::optional<Member> member = Find(object, key);
  return member && member->value.is_string();
}

inline bool HasTypeAndId(const Reader::Element& element, Reader::Object* object) {
  return IsObject(element, object) && HasString(*object, "type") && HasString(*object, "id");
}

}  // namespace polc::api_json
