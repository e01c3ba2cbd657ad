#include "compiler/explain/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::explain {
namespace {

using testing::HasSubstr;
using testing::Not;

Document Hostile() {
  Document d;
  d.asked = "Agent \"<script>alert(1)</script>\" asks";
  d.outcome = "deny";
  d.mark = Mark::kNo;
  d.lead = "a & b's";
  d.sections.push_back(
      {"<b>",
       {{.text = "</li>", .mark = Mark::kYes, .at = "\"><img>", .code = "<i>", .below = {{.text = "x"}}}}});
  d.path.push_back({"Why? </text>", "no", Mark::kNo, {{.text = "<rect>", .mark = Mark::kError}}});
  d.path.push_back({"deny", "a & b", Mark::kNo, {}});
  return d;
}

TEST(Render, MarkupIsEscapedEverywhere) {
  for (const std::string& page : {ToHtml(Hostile()), ToSvg(Hostile())}) {
    for (const char* raw : {"<script>", "</li>x", "<img>", "<i>", "<rect>", "Why? </text>", "a & b"})
      EXPECT_THAT(page, Not(HasSubstr(raw))) << raw;
  }
}

TEST(Render, ThePageNeedsNothingFromOutside) {
  const std::string page = ToHtml(Hostile());
  for (const char* outside : {"http://", "https://", "src=", "href=", "url(", "@import", "<script"}) {
    std::string rest = page;
    // The name of SVG's namespace is no address that is fetched.
    const std::string name = "http://www.w3.org/2000/svg";
    while (rest.find(name) != std::string::npos) rest.erase(rest.find(name), name.size());
    EXPECT_THAT(rest, Not(HasSubstr(outside)));
  }
  EXPECT_THAT(page, HasSubstr("name=\"viewport\""));
}

TEST(Render, TextSaysTheTestAndThenWhatWasSeen) {
  Document d;
  d.asked = "who asks";
  d.outcome = "deny";
  d.lead = "Denied.";
  d.sections.push_back(
      {"Why", {{.text = "n is 7", .mark = Mark::kNo, .at = "p.pol:3:1", .code = "n is at most 3"}}});
  EXPECT_EQ(ToText(d), "who asks\ndeny: Denied.\n\nWhy\n  - n is at most 3: n is 7  [p.pol:3:1]\n");
}

TEST(Render, LongLinesOfThePictureAreBroken) {
  Document d;
  d.asked = std::string(200, 'a');
  d.outcome = "deny";
  d.path.push_back({"deny", "word " + std::string(300, 'b'), Mark::kNo, {}});
  const std::string svg = ToSvg(d);
  EXPECT_THAT(svg, Not(HasSubstr(std::string(60, 'a'))));
  EXPECT_THAT(svg, Not(HasSubstr(std::string(60, 'b'))));
}

}  // namespace
}  // namespace polc::explain
