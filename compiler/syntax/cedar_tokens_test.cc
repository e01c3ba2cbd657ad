#include "compiler/syntax/cedar_tokens.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "compiler/syntax/ast_printer.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/testing/random_policy.h"

// After the AST: ANTLR defines short names.
#include "compiler/syntax/antlr_glue.h"
#include "grammar/CedarLexer.h"

namespace polc::syntax {
namespace {

using Tokens = std::vector<CedarToken>;

// What the grammar says.
Tokens Generated(std::string_view text) {
  Utf8Stream stream(text);
  grammar::CedarLexer lexer(&stream);
  lexer.removeErrorListeners();
  Tokens out;
  for (TokenPtr t = lexer.nextToken(); t->getType() != antlr4::Token::EOF; t = lexer.nextToken()) {
    const source::Span span = SpanOfToken(t.get(), 0);
    out.push_back({t->getType(), span.begin, span.end});
  }
  return out;
}

Tokens ByHand(std::string_view text, size_t begin, size_t end) {
  CedarTokens tokens(text, begin, end);
  Tokens out;
  for (CedarToken t = tokens.Next(); t.type != antlr4::Token::EOF; t = tokens.Next()) out.push_back(t);
  return out;
}

std::string Show(const Tokens& tokens) {
  std::string out;
  for (const CedarToken& t : tokens) {
    out += std::to_string(t.type) + "@" + std::to_string(t.begin) + "-" + std::to_string(t.end) + " ";
  }
  return out;
}

void ExpectSame(const std::string& text) {
  ASSERT_EQ(Show(Generated(text)), Show(ByHand(text, 0, text.size()))) << text;
}

// Texts of pieces at which tokens begin, end or go on.
std::string RandomText(uint32_t seed) {
  static const char* const kPieces[] = {"a",
                                        "_",
                                        "Z9",
                                        "0",
                                        "007",
                                        "if",
                                        "in",
                                        "is",
                                        "has",
                                        "like",
                                        "then",
                                        "else",
                                        "true",
                                        "false",
                                        "truex",
                                        "?",
                                        "?a",
                                        "?9",
                                        "\"",
                                        "\\",
                                        "\\\"",
                                        "\\\n",
                                        "\n",
                                        "\r",
                                        " ",
                                        "\t",
                                        "\v",
                                        "\f",
                                        "\x1c",
                                        "//",
                                        "/",
                                        "/*",
                                        ";",
                                        "::",
                                        ":",
                                        "=",
                                        "==",
                                        "!",
                                        "!=",
                                        "<",
                                        "<=",
                                        ">",
                                        ">=",
                                        "|",
                                        "||",
                                        "&",
                                        "&&",
                                        "+",
                                        "-",
                                        "*",
                                        "%",
                                        "@",
                                        ".",
                                        ",",
                                        "(",
                                        ")",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        "'",
                                        "#",
                                        "~",
                                        "$",
                                        "^",
                                        "`",
                                        "\xC2\x85",
                                        "\xC2\xA0",
                                        "\xE2\x80\x83",
                                        "\xE3\x80\x80",
                                        "\xC3\xA9",
                                        "\xE2\x82\xAC",
                                        "\xF0\x9F\x98\x80",
                                        "\xEF\xBB\xBF",
                                        "\x01",
                                        "\x7F",
                                        "\"a\"",
                                        "\"x;y//z\"",
                                        "// \"c;\n"};
  std::mt19937 random(seed);
  std::string out;
  for (size_t i = random() % 40; i > 0; --i) out += kPieces[random() % std::size(kPieces)];
  return out;
}

TEST(CedarTokens, AreThoseOfTheGrammar) {
  for (uint32_t seed = 0; seed < 20000; ++seed) ExpectSame(RandomText(seed));
  for (uint32_t seed = 0; seed < 300; ++seed) ExpectSame(PrintPolicy(testing::RandomPolicy(seed)));
  for (int c = 0; c < 0x80; ++c) {
    const std::string one(1, static_cast<char>(c));
    for (const char* around : {"", "a", "1", "\"", "\\", " ", "/"}) ExpectSame(around + one + around);
  }
  ExpectSame("");
}

TEST(CedarTokens, CutTextsHaveTheSameTokens) {
  size_t cut_somewhere = 0;
  for (uint32_t seed = 0; seed < 20000; ++seed) {
    const std::string text = RandomText(seed) + ";" + RandomText(seed + 20000);
    for (const size_t step : {1u, 10u}) {
      Tokens pieces;
      size_t begin = 0;
      std::vector<size_t> cuts = CutsBehindSemicolons(text, step);
      cut_somewhere += !cuts.empty();
      cuts.push_back(text.size());
      for (const size_t cut : cuts) {
        ASSERT_LE(begin, cut);
        const Tokens piece = ByHand(text, begin, cut);
        pieces.insert(pieces.end(), piece.begin(), piece.end());
        begin = cut;
      }
      ASSERT_EQ(Show(ByHand(text, 0, text.size())), Show(pieces)) << text;
    }
  }
  EXPECT_GT(cut_somewhere, 10000u);
}

TEST(CedarTokens, CutsKeepTheirDistance) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "permit(principal,action,resource);\n";
  const std::vector<size_t> cuts = CutsBehindSemicolons(text, 1000);
  ASSERT_GT(cuts.size(), 25u);
  size_t before = 0;
  for (const size_t cut : cuts) {
    EXPECT_EQ(text[cut - 1], ';');
    EXPECT_GE(cut - before, 1000u);
    EXPECT_LT(cut - before, 1050u);
    before = cut;
  }
  EXPECT_LT(before, text.size());
}

// A file large enough to be read by several threads reads as if by one.
TEST(CedarTokens, LargeFilesComeInOrder) {
  std::string text;
  constexpr size_t kPolicies = 20000;
  for (size_t i = 0; i < kPolicies; ++i) {
    text += i % 1000 == 7 ? "permit(principal action, resource);\n"
                          : "@n(\"" + std::to_string(i) + "\") permit(principal, action, resource);\n";
  }
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("large.cedar", text);
  std::vector<Span> places;
  const std::vector<ParsedPolicy> policies = ParseCedar(map, file, sink, &places);
  ASSERT_EQ(places.size(), kPolicies);
  ASSERT_EQ(policies.size(), kPolicies - kPolicies / 1000);
  for (const ParsedPolicy& p : policies) {
    ASSERT_EQ(*p.policy.FindAnnotation("n"), std::to_string(p.index));
    ASSERT_EQ(p.policy.span, places[p.index]);
  }
  ASSERT_EQ(sink.diagnostics().size(), kPolicies / 1000);
  for (size_t i = 0; i < sink.diagnostics().size(); ++i) {
    const Span& at = sink.diagnostics()[i].span;
    ASSERT_LE(places[i * 1000 + 7].begin, at.begin);
    ASSERT_GE(places[i * 1000 + 7].end, at.end);
  }
}

// What is taken comes in the order of the file, in pieces, and whoever takes it may report in between.
TEST(CedarTokens, LargeFilesAreHandedOnInParts) {
  constexpr size_t kPolicies = 50000;
  std::string text;
  for (size_t i = 0; i < kPolicies; ++i) {
    text +=
        i % 1000 == 7 ? "permit(principal action, resource);\n" : "permit(principal, action, resource);\n";
  }
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("large.cedar", text);
  std::vector<Span> places;
  std::vector<size_t> good;
  size_t parts = 0, largest = 0;
  ParseCedarParts(map, file, sink, [&](ParsedPart part) {
    ++parts;
    largest = std::max(largest, part.places.size());
    places.insert(places.end(), part.places.begin(), part.places.end());
    for (const ParsedPolicy& p : part.policies) {
      EXPECT_EQ(p.policy.span, places[p.index]);
      good.push_back(p.index);
    }
    EXPECT_EQ(good.size() + (places.size() + 992) / 1000, places.size()) << "some are missing";
    sink.Report(source::Code::kDuplicatePolicyId, part.places.front(), "the part's own");
  });
  ASSERT_EQ(places.size(), kPolicies);
  EXPECT_TRUE(std::ranges::is_sorted(good));
  EXPECT_GT(parts, 4u);
  EXPECT_LT(largest, kPolicies / 4);
  EXPECT_EQ(sink.diagnostics().size(), parts + kPolicies / 1000);

  map.Add("bad.cedar", "permit(principal, action, resource);\xFF");
  ParseCedarParts(map, 1, sink, [](const ParsedPart&) { ADD_FAILURE() << "of no text"; });
}

}  // namespace
}  // namespace polc::syntax
