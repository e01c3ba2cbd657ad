// Cedar's extension functions over compiler-side values: decimal, ipaddr, datetime, duration.
//
// Rules: Cedar 4.5, exactly as docs/cedar-users.md lists them. Also used by the checker (constructor
// literals are evaluated at validation time) and by the entity reader (implicit constructors).
// extension.def lists the functions with their signatures.
// Tested by extension_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/data/value.h"

namespace polc::data {

enum class ExtFn : uint8_t {
#define POLC_EXT_FN(name, text, style, result, ...) k##name,
#include "compiler/data/extension.def"
};

enum class CallStyle : uint8_t { kFunction, kMethod };

struct ExtFnInfo {
  ExtFn fn;
  std::string_view name;  // "lessThan"
  CallStyle style;
  Kind result;
  std::vector<Kind> args;  // a method's receiver first
  bool is_constructor() const { return style == CallStyle::kFunction; }
};

const std::vector<ExtFnInfo>& AllExtFns();
const ExtFnInfo& Info(ExtFn fn);
std::optional<ExtFn> FindExtFn(std::string_view name);

// Calls `fn`. Arguments must be of the number and kinds of its signature. Errors (a malformed literal, an
// overflow) come back as the message.
std::variant<Value, std::string> CallExt(ExtFn fn, const std::vector<Value>& args);

// The constructor of an extension type, e.g. `ip` for kIp. Needs an extension kind.
ExtFn ConstructorOf(Kind kind);

// The canonical text inside an extension value's constructor: `1.5000`, `10.0.0.1/8`, `5ms`. A datetime has
// none that covers every value; this is then the duration since 1970-01-01. The address part is as RFC 5952
// writes it, but without embedded IPv4, which `ip` does not read. Needs an extension value.
std::string CanonicalText(const Value& value);

}  // namespace polc::data
