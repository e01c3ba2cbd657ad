#include "compiler/source/xml.h"

#include <gtest/gtest.h>

namespace polc::source {
namespace {

TEST(Xml, NothingOfItIsMarkup) {
  EXPECT_EQ(Xml("<a href=\"x\" b='y'>&amp;"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(Xml("\x1b[0m"), "\\u{1b}[0m");
  EXPECT_EQ(Xml(""), "");
}

TEST(Xml, NamesOfAMessageAreCode) {
  EXPECT_EQ(XmlWithNames("`a<b` is `c`."), "<code>a&lt;b</code> is <code>c</code>.");
  EXPECT_EQ(XmlWithNames("none"), "none");
  EXPECT_EQ(XmlWithNames(""), "");
  // A tag that is opened is closed, whatever the message is.
  EXPECT_EQ(XmlWithNames("a `b"), "a <code>b</code>");
  EXPECT_EQ(XmlWithNames("`"), "<code></code>");
}

}  // namespace
}  // namespace polc::source
