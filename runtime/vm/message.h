// Errors and values as text, for decisions, explanations and logs.
//
// Not on the hot path: builds strings. The words say what was seen before which rule it broke, as the
// compiler's diagnostics do.
// Tested by vm_test.cc.
#pragma once

#include <string>

#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace polc::vm {

// A value as a Cedar expression: `1`, `"a"`, `User::"a"`, `[1, 2]`, `{"k": true}`, `ip("10.0.0.1/8")`.
// Texts and containers are cut at some length; entities and their like are whole.
void AppendValue(const World& world, const Memory& memory, const Value& value, std::string* out);

// "the entity `User::\"a\"` has no attribute `level`".
void AppendMessage(const Engine& engine, const Request& request, const Scratch& scratch, const Error& error,
                   std::string* out);

// "1.5000": four digits after the point, always.
void AppendDecimal(int64_t ten_thousandths, std::string* out);
// "attribute `n` of the context is missing". Of a misfit that is one.
void AppendMisfit(const Engine& engine, const Request& request, const Misfit& misfit, std::string* out);

// "10.0.0.1/8".
void AppendIp(const Memory& memory, const Value& ip, std::string* out);

}  // namespace polc::vm
