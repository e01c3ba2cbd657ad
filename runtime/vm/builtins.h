// The extension functions: decimal, ipaddr, datetime, duration (bundle/builtins.def).
//
// The rules are Cedar's, as docs/cedar-users.md lists them. Written independently of compiler/data, which
// has the same functions for the compiler and the oracle: each checks the other.
// Tested by builtins_test.cc and, against the oracle, by tests/engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/bundle/opcodes.h"
#include "runtime/entities/value.h"

namespace polc::vm {

using entities::Memory;
using entities::Value;

struct IpAddress {
  bool v6 = false;
  uint8_t prefix = 32;
  uint8_t bytes[16] = {};  // network order; IPv4 in the first four
};

// The constructors' parsers; nothing if the text is not a literal of the type. Bounded by the text's
// length, no allocation.
std::optional<int64_t> ParseDecimal(std::string_view text);   // ten-thousandths
std::optional<int64_t> ParseDatetime(std::string_view text);  // milliseconds since 1970 began, UTC
std::optional<int64_t> ParseDuration(std::string_view text);  // milliseconds
std::optional<IpAddress> ParseIp(std::string_view text);

// Calls a function on arguments of the kinds its signature names. `scratch` is room for 16 bytes at
// offset `scratch_offset` of Region::kScratch, used if the result is an IPv6 address. Nothing is
// allocated. On failure returns false with the trap.
bool CallBuiltin(bundle::Builtin builtin, const Value* arguments, const Memory& memory, uint8_t* scratch,
                 uint64_t scratch_offset, Value* result, bundle::Trap* trap);

}  // namespace polc::vm
