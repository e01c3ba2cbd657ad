#include "compiler/json/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace polc::json {
namespace {

using source::Code;
using source::DiagnosticSink;
using source::FileId;
using source::SourceMap;
using source::Span;

struct Parsed {
  SourceMap map;
  DiagnosticSink sink;
  std::optional<Document> document;
  FileId file = 0;

  std::string_view Text(Span span) const { return map.text(span); }
};

std::unique_ptr<Parsed> ParseText(std::string text, Duplicates duplicates = Duplicates::kReject) {
  auto p = std::make_unique<Parsed>();
  p->file = p->map.Add("a.json", std::move(text));
  p->document = Document::Parse(p->map, p->file, p->sink, duplicates);
  return p;
}

struct Problem {
  Code code;
  std::string text;  // what the span covers
  std::string message;
};

std::vector<Problem> Problems(const Parsed& p) {
  std::vector<Problem> out;
  for (const auto& d : p.sink.diagnostics()) out.push_back({d.code, std::string(p.Text(d.span)), d.message});
  return out;
}

// The one problem of a text that must not parse.
Problem Refused(std::string text) {
  auto p = ParseText(std::move(text));
  EXPECT_FALSE(p->document.has_value());
  std::vector<Problem> problems = Problems(*p);
  if (problems.size() != 1) {
    ADD_FAILURE() << problems.size() << " problems";
    return {};
  }
  return problems[0];
}

TEST(Json, KeepsPlacesOfValuesAndKeys) {
  auto p = ParseText(
      "\n { \"a\" : [ 1 ,-2, true,false , null ] ,\"b\\n\":{\"c\": \"x\\\"y\" } , \"d\" : 1.50e3 }  ");
  ASSERT_TRUE(p->document);
  Value root = p->document->root();
  ASSERT_TRUE(root.is(Kind::kObject));
  ASSERT_EQ(root.size(), 3u);
  EXPECT_EQ(root.span().begin, 2u);
  EXPECT_EQ(p->Text(root.span()).back(), '}');
  Member a = root.member(0);
  EXPECT_EQ(a.key, "a");
  EXPECT_EQ(p->Text(a.key_span), "\"a\"");
  EXPECT_EQ(p->Text(a.value.span()), "[ 1 ,-2, true,false , null ]");
  ASSERT_EQ(a.value.size(), 5u);
  EXPECT_EQ(p->Text(a.value.at(0).span()), "1");
  EXPECT_EQ(a.value.at(1).integer(), -2);
  EXPECT_EQ(p->Text(a.value.at(1).span()), "-2");
  EXPECT_TRUE(a.value.at(2).boolean());
  EXPECT_EQ(p->Text(a.value.at(2).span()), "true");
  EXPECT_FALSE(a.value.at(3).boolean());
  EXPECT_EQ(p->Text(a.value.at(3).span()), "false");
  EXPECT_TRUE(a.value.at(4).is(Kind::kNull));
  EXPECT_EQ(p->Text(a.value.at(4).span()), "null");
  Member b = root.member(1);
  EXPECT_EQ(b.key, "b\n");
  EXPECT_EQ(p->Text(b.key_span), "\"b\\n\"");
  EXPECT_EQ(b.value.Find("c")->string(), "x\"y");
  EXPECT_EQ(p->Text(b.value.Find("c")->span()), "\"x\\\"y\"");
  EXPECT_EQ(root.Find("d")->kind(), Kind::kOtherNumber);
  EXPECT_EQ(root.Find("d")->string(), "1.50e3");
  EXPECT_FALSE(root.Find("e"));
}

TEST(Json, ScalarsMayBeTheWholeText) {
  EXPECT_EQ(ParseText("7")->document->root().integer(), 7);
  EXPECT_EQ(ParseText(" \"s\" ")->document->root().string(), "s");
  EXPECT_EQ(ParseText("[]")->document->root().size(), 0u);
  EXPECT_EQ(ParseText("{}")->document->root().size(), 0u);
}

TEST(Json, IntegersAreExactAndEverythingElseIsAnotherNumber) {
  auto integer = [](const char* text) {
    auto p = ParseText(text);
    return p->document->root().is(Kind::kInteger) ? std::optional(p->document->root().integer())
                                                  : std::nullopt;
  };
  EXPECT_EQ(integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(integer("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(integer("9007199254740993"), 9007199254740993);
  EXPECT_EQ(integer("0"), 0);
  for (const char* text :
       {"9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
        "99999999999999999999999999", "1.0", "1e2", "-0", "-0.0", "1E+2"}) {
    auto p = ParseText(text);
    ASSERT_TRUE(p->document) << text;
    EXPECT_EQ(p->document->root().kind(), Kind::kOtherNumber) << text;
    EXPECT_EQ(p->document->root().string(), text);
  }
}

TEST(Json, NumbersBeyondDoubleAreRefusedInPlace) {
  Problem problem = Refused("[1, 1e400]");
  EXPECT_EQ(problem.code, Code::kJsonNumber);
  EXPECT_EQ(problem.text, "1e400");
}

TEST(Json, Escapes) {
  auto p = ParseText(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00\u0000")");
  ASSERT_TRUE(p->document);
  EXPECT_EQ(p->document->root().string(), std::string("\"\\/\b\f\n\r\tA\u00e9\u20ac\U0001F600\0", 19));
  EXPECT_EQ(ParseText("\"\xF0\x9F\x98\x80\"")->document->root().string(), "\U0001F600");
}

TEST(Json, MalformedTextsPointAtTheOffendingToken) {
  auto syntax = [](std::string text) {
    Problem problem = Refused(std::move(text));
    EXPECT_EQ(problem.code, Code::kJsonSyntax);
    return problem.text;
  };
  EXPECT_EQ(syntax(""), "");
  EXPECT_EQ(syntax("[1,,2]"), ",");
  EXPECT_EQ(syntax("[1 23]"), "23");
  EXPECT_EQ(syntax("{\"a\" \"bc\"}"), "\"bc\"");
  EXPECT_EQ(syntax("{\"a\":1,}"), "}");
  EXPECT_EQ(syntax("[1,]"), "]");
  EXPECT_EQ(syntax("{1:2}"), "1");
  EXPECT_EQ(syntax("[1] x"), "x");
  EXPECT_EQ(syntax("{} {}"), "{");
  EXPECT_EQ(syntax("[truE]"), "truE");
  EXPECT_EQ(syntax("[01]"), "1");
  EXPECT_EQ(syntax("[\"ab\ncd\"]"), "\"ab\n");
  EXPECT_EQ(syntax("[\"ab"), "\"ab");
  EXPECT_EQ(syntax("[1"), "");
  EXPECT_EQ(syntax("// c\n1"), "/");
  EXPECT_EQ(syntax("[1+5]"), "+");
  EXPECT_EQ(syntax("[1.x]"), "1.x");
  EXPECT_EQ(syntax("[1 , "), "");
  EXPECT_EQ(syntax("{\"a\"::1}"), ":");
  EXPECT_EQ(syntax("NaN"), "N");
  EXPECT_EQ(syntax("\xEF\xBB\xBF{}"), "\xEF\xBB\xBF");
  EXPECT_EQ(syntax(R"(["\ud800"])"), R"("\ud800")");
  EXPECT_EQ(syntax(R"(["\udc00x"])"), R"("\udc00)");
  EXPECT_EQ(syntax(R"(["\ud800\u0041"])"), R"("\ud800\u0041)");
  EXPECT_EQ(syntax(R"(["\x"])"), R"("\x)");
}

TEST(Json, SyntaxMessagesSayWhatWasSeenAndWanted) {
  EXPECT_EQ(Refused("[1,]").message, "malformed JSON: unexpected `]`; expected `[`, `{`, or a literal");
  EXPECT_EQ(Refused("[1] 2").message, "malformed JSON: unexpected number literal; expected end of input");
  EXPECT_EQ(Refused("[1").message, "malformed JSON: unexpected end of input; expected `]`");
  EXPECT_EQ(Refused("[\"; last read: '").message, "malformed JSON: invalid string: missing closing quote");
}

TEST(Json, InvalidUtf8IsReportedAtItsByte) {
  auto p = ParseText("[\"a\xC3\"]");
  EXPECT_FALSE(p->document);
  ASSERT_EQ(p->sink.diagnostics().size(), 1u);
  EXPECT_EQ(p->sink.diagnostics()[0].code, Code::kInvalidUtf8);
  EXPECT_EQ(p->sink.diagnostics()[0].span.begin, 3u);
}

// nlohmann/json ends at a NUL as if the text did.
TEST(Json, NothingHidesBehindANul) {
  for (const char* after : {"", " ", "]", " \"unread\""}) {
    const std::string text = std::string("[1] ") + '\0' + after;
    auto p = ParseText(text);
    EXPECT_FALSE(p->document) << after;
    ASSERT_EQ(p->sink.diagnostics().size(), 1u);
    EXPECT_EQ(p->sink.diagnostics()[0].code, Code::kJsonSyntax);
    EXPECT_EQ(p->sink.diagnostics()[0].span.begin, 4u);
  }
  EXPECT_FALSE(ParseText(std::string("[\"a") + '\0' + "\"]")->document);
  EXPECT_TRUE(ParseText("[\"a\\u0000\"]")->document) << "escaped, it is a character like others";
}

TEST(Json, DuplicateKeysNameBothPlaces) {
  std::string text = R"({"a":1,"b":{"k":1,"\u006b":2},"a":3,"a":4})";
  auto p = ParseText(text);
  EXPECT_FALSE(p->document);
  ASSERT_EQ(p->sink.diagnostics().size(), 3u);
  const auto& inner = p->sink.diagnostics()[0];
  EXPECT_EQ(inner.code, Code::kJsonDuplicateKey);
  EXPECT_EQ(p->Text(inner.span), "\"\\u006b\"");
  ASSERT_EQ(inner.labels.size(), 1u);
  EXPECT_EQ(p->Text(inner.labels[0].span), "\"k\"");
  for (size_t i : {size_t{1}, size_t{2}}) EXPECT_EQ(p->sink.diagnostics()[i].labels[0].span.begin, 1u);

  auto kept = ParseText(text, Duplicates::kKeep);
  ASSERT_TRUE(kept->document);
  EXPECT_EQ(kept->sink.diagnostics().size(), 3u);
  ASSERT_EQ(kept->document->duplicates().size(), 3u);
  EXPECT_TRUE(std::is_sorted(kept->document->duplicates().begin(), kept->document->duplicates().end(),
                             [](Span a, Span b) { return a.begin < b.begin; }));
  EXPECT_EQ(kept->document->root().Find("a")->integer(), 1);
}

TEST(Json, LookUpAndDuplicatesOnBothSidesOfTheLinearLimit) {
  for (int members : {15, 16, 17, 18, 400}) {
    std::string text = "{";
    for (int i = 0; i < members; ++i)
      text +=
          "\"k" + std::to_string(i * 7 % members) + "x" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    auto good = ParseText(text + "\"z\":0}");
    ASSERT_TRUE(good->document);
    Value root = good->document->root();
    for (size_t i = 0; i < root.size(); ++i) {
      Member m = root.member(i);
      ASSERT_TRUE(root.Find(m.key));
      EXPECT_EQ(root.Find(m.key)->span(), m.value.span());
    }
    EXPECT_FALSE(root.Find("k"));
    EXPECT_FALSE(root.Find("zz"));
    auto bad = ParseText(text + "\"z\":0,\"k0x0\":1}");
    EXPECT_FALSE(bad->document);
    ASSERT_EQ(bad->sink.diagnostics().size(), 1u);
    EXPECT_EQ(bad->sink.diagnostics()[0].labels[0].span.begin, 1u);
  }
}

TEST(Json, NestingLimitFromBothSides) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseText(nested(kMaxDepth))->document);
  auto p = ParseText(nested(kMaxDepth + 1));
  EXPECT_FALSE(p->document);
  ASSERT_EQ(p->sink.diagnostics().size(), 1u);
  EXPECT_EQ(p->sink.diagnostics()[0].code, Code::kNestingTooDeep);
  EXPECT_EQ(p->sink.diagnostics()[0].span.begin, kMaxDepth);
  // A million brackets neither overflow the stack nor take long.
  EXPECT_EQ(Problems(*ParseText(std::string(1'000'000, '[')))[0].code, Code::kNestingTooDeep);
}

TEST(Json, ParsesASliceOfAFileWithPlacesInTheFile) {
  SourceMap map;
  FileId file = map.Add("a.jsonl", "{\"a\":12}\n[3,]\n45");
  DiagnosticSink sink;
  auto first = Document::Parse(map, Span{file, 0, 8}, sink);
  ASSERT_TRUE(first);
  EXPECT_FALSE(Document::Parse(map, Span{file, 9, 13}, sink));
  ASSERT_EQ(sink.diagnostics().size(), 1u);
  EXPECT_EQ(sink.diagnostics()[0].span, (Span{file, 12, 13}));
  auto third = Document::Parse(map, Span{file, 14, 15}, sink);  // the slice ends inside the digits
  ASSERT_TRUE(third);
  EXPECT_EQ(third->root().integer(), 4);
  EXPECT_EQ(third->root().span(), (Span{file, 14, 15}));
}

// What the flat document holds, as nlohmann's tree.
nlohmann::json Tree(Value v) {
  switch (v.kind()) {
    case Kind::kNull:
      return nullptr;
    case Kind::kBool:
      return v.boolean();
    case Kind::kInteger:
      return v.integer();
    case Kind::kOtherNumber:
      return nlohmann::json::parse(v.string());
    case Kind::kString:
      return std::string(v.string());
    case Kind::kArray: {
      auto out = nlohmann::json::array();
      for (size_t i = 0; i < v.size(); ++i) out.push_back(Tree(v.at(i)));
      return out;
    }
    case Kind::kObject: {
      auto out = nlohmann::json::object();
      for (size_t i = 0; i < v.size(); ++i) out[std::string(v.member(i).key)] = Tree(v.member(i).value);
      return out;
    }
  }
  return nullptr;
}

// Every value's span holds exactly its text, and so do the spans of keys.
void CheckSpans(const SourceMap& map, Value v) {
  RC_ASSERT(nlohmann::json::parse(map.text(v.span())) == Tree(v));
  if (v.is(Kind::kArray)) {
    for (size_t i = 0; i < v.size(); ++i) CheckSpans(map, v.at(i));
  } else if (v.is(Kind::kObject)) {
    for (size_t i = 0; i < v.size(); ++i) {
      Member m = v.member(i);
      RC_ASSERT(nlohmann::json::parse(map.text(m.key_span)) == std::string(m.key));
      CheckSpans(map, m.value);
    }
  }
}

nlohmann::json AnyJson(int depth) {
  int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  auto any_text = [] {
    std::string out;
    for (int i = *rc::gen::inRange(0, 6); i > 0; --i)
      out += *rc::gen::element("a", "\"", "\\", "\n", "é", "😀", ",", ":", "{", "\x01");
    return out;
  };
  switch (kind) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<int64_t>();
    case 3:
      return 1.5;
    case 4:
      return any_text();
    case 5: {
      auto out = nlohmann::json::array();
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) out.push_back(AnyJson(depth - 1));
      return out;
    }
    default: {
      auto out = nlohmann::json::object();
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) out[any_text()] = AnyJson(depth - 1);
      return out;
    }
  }
}

RC_GTEST_PROP(JsonProperty, SameTreeAsNlohmannAndExactSpans, ()) {
  nlohmann::json tree = AnyJson(4);
  std::string text = tree.dump(*rc::gen::inRange(-1, 3), ' ', *rc::gen::arbitrary<bool>());
  SourceMap map;
  DiagnosticSink sink;
  auto document = Document::Parse(map, map.Add("p.json", text), sink);
  RC_ASSERT(document.has_value());
  RC_ASSERT(Tree(document->root()) == tree);
  CheckSpans(map, document->root());
}

TEST(Json, QuoteRoundTrips) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
  all += "é😀";
  auto p = ParseText(Quote(all));
  ASSERT_TRUE(p->document);
  EXPECT_EQ(p->document->root().string(), all);
  EXPECT_EQ(Quote("a\"\\\n\x01"), "\"a\\\"\\\\\\n\\u0001\"");
}

TEST(Json, MegabyteStrings) {
  std::string big(4 << 20, 'x');
  auto p = ParseText("[\"" + big + "\",\"\\n" + big + "\"]");
  ASSERT_TRUE(p->document);
  EXPECT_EQ(p->document->root().at(0).string().size(), big.size());
  EXPECT_EQ(p->document->root().at(1).string().size(), big.size() + 1);
}

}  // namespace
}  // namespace polc::json
