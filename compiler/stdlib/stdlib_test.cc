#include "compiler/stdlib/stdlib.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace polc::stdlib {
namespace {

TEST(Stdlib, EveryFileIsAModuleWithItsText) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(POLC_SOURCE_DIR) / "stdlib";
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".pol") continue;
    ++files;
    std::string name = "std/" + fs::relative(entry.path(), folder).replace_extension().generic_string();
    std::replace(name.begin(), name.end(), '/', '.');
    const Module* module = Find(name);
    ASSERT_TRUE(module) << name;
    std::stringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    EXPECT_EQ(module->text, text.str()) << name;
  }
  EXPECT_EQ(Modules().size(), files);
  EXPECT_TRUE(std::ranges::is_sorted(Modules(), {}, &Module::name));
}

TEST(Stdlib, OtherNamesAreNoModules) {
  EXPECT_FALSE(Find("std"));
  EXPECT_FALSE(Find("std.ris"));
  EXPECT_FALSE(Find("risk"));
  EXPECT_FALSE(Find(""));
}

}  // namespace
}  // namespace polc::stdlib
