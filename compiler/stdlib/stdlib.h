// The standard library: the Pol modules of stdlib/, embedded when polc is built.
//
// `use std.risk` finds its text here, so that a policy means the same wherever polc runs; the text is part of
// what a bundle's snapshot covers. Thread-safe. Tested by stdlib_test.cc.
#pragma once

#include <string_view>
#include <vector>

namespace polc::stdlib {

struct Module {
  std::string_view name;  // "std.risk"; stdlib/controls/soc2.pol is "std.controls.soc2"
  std::string_view text;
};

// Sorted by name.
const std::vector<Module>& Modules();

// The module `name`, or null.
const Module* Find(std::string_view name);

}  // namespace polc::stdlib
