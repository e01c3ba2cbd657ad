#include "compiler/log/names.h"

#include <gtest/gtest.h>

namespace polc::log {
namespace {

Names Of(std::string request) {
  Record record;
  record.request = std::move(request);
  return NamesIn(record);
}

TEST(Names, EverySpellingOfAnEntity) {
  const Names names = Of(R"({"principal":{"type":"A::B","id":"x"},"action":"Action::\"go\"",)"
                         R"("resource":{"__entity":{"type":"R","id":"\""}}})");
  EXPECT_EQ(names.uids[0], "A::B::\"x\"");
  EXPECT_EQ(names.types[0], "A::B");
  EXPECT_EQ(names.uids[1], "Action::\"go\"");
  EXPECT_EQ(names.types[1], "Action");
  EXPECT_EQ(names.uids[2], "R::\"\\\"\"");
  EXPECT_EQ(names.types[2], "R");
}

TEST(Names, NothingIsMadeUp) {
  for (const char* request : {"", "[]", "{}", R"({"principal":1})", R"({"principal":{"type":"A"}})",
                              R"({"principal":{"type":"A","id":1}})", R"({"principal":)"}) {
    const Names names = Of(request);
    EXPECT_EQ(names.uids[0], "") << request;
    EXPECT_EQ(names.types[0], "") << request;
  }
}

}  // namespace
}  // namespace polc::log
