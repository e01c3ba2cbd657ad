// What a run of tests says: text, JSON, JUnit, TAP, GitHub annotations.
//
// Tests stand in the order they were given in, whatever order they ran in; but for times, the same run says
// the same. Tested by tests/cases/test.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/policytest/run.h"
#include "compiler/source/source_map.h"
#include "llvm/Support/JSON.h"

namespace polc::policytest {

struct Ran {
  const TestCase* test = nullptr;
  Result result{};
  std::vector<std::string> seen{};  // if it failed: what its rules saw
  double seconds = 0;
};

size_t Failed(const std::vector<Ran>& ran);

std::string ToText(const std::vector<Ran>& ran, const source::SourceMap& map);
// The members of an object.
void ToJson(const std::vector<Ran>& ran, const source::SourceMap& map, llvm::json::OStream& json);
std::string ToJUnit(const std::vector<Ran>& ran, const source::SourceMap& map);
// Version 14.
std::string ToTap(const std::vector<Ran>& ran, const source::SourceMap& map);
// An annotation for each test that failed.
std::string ToGithub(const std::vector<Ran>& ran, const source::SourceMap& map);

}  // namespace polc::policytest
