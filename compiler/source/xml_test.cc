#include "compiler/source/xml.h"

#include <gtest/gtest.h>

namespace polc::source {
namespace {

TEST(Xml, NothingOfItIsMarkup) {
  EXPECT_EQ(Xml("<a href=\"x\" b='y'>&amp;"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(Xml("\x1b[0m"), "\\u{1b}[0m");
  EXPECT_EQ(Xml(""), "");
}

}  // namespace
}  // namespace polc::source
