#include "compiler/source/render.h"

#include <gtest/gtest.h>

#include <chrono>

namespace polc::source {
namespace {

// A span over the first `what` of the file.
Span At(const SourceMap& map, FileId file, std::string_view what) {
  size_t at = map.text(file).find(what);
  EXPECT_NE(at, std::string_view::npos) << what;
  return {file, static_cast<uint32_t>(at), static_cast<uint32_t>(at + what.size())};
}

TEST(RenderText, ShowsPlaceLineCaretHelpAndLabels) {
  SourceMap map;
  FileId file = map.Add("policy.pol", "permit r1\n  when principal.departmnt == \"hr\"\n");
  DiagnosticSink sink;
  Diagnostic& d =
      sink.Report(Code::kJsonShape, At(map, file, "departmnt"), "unknown attribute `departmnt` on `User`");
  d.help = "did you mean `department`?";
  d.labels.push_back({At(map, file, "r1"), "in this rule"});
  EXPECT_EQ(RenderText(map, sink.diagnostics()),
            "policy.pol:2:18: error: unknown attribute `departmnt` on `User` [JsonShape]\n"
            "  when principal.departmnt == \"hr\"\n"
            "                 ^~~~~~~~~\n"
            "  help: did you mean `department`?\n"
            "policy.pol:1:8: note: in this rule\n"
            "permit r1\n"
            "       ^~\n");
  EXPECT_NE(RenderText(map, sink.diagnostics(), {.color = true}).find("\x1b[1;31merror:"), std::string::npos);
}

TEST(RenderText, AlignsUnderTabsWideAndEscapedCharacters) {
  SourceMap map;
  FileId file = map.Add("a", "\t\xE6\xBC\xA2\x1b[31m\x80 here");
  DiagnosticSink sink;
  sink.Report(Code::kJsonShape, At(map, file, "here"), "say \x1b[0m");
  EXPECT_EQ(RenderText(map, sink.diagnostics()),
            "a:1:9: error: say \\u{1b}[0m [JsonShape]\n"
            "    \xE6\xBC\xA2\\u{1b}[31m\xEF\xBF\xBD here\n"
            "                  ^~~~\n")
      << "four columns for the tab, two for the ideograph, six for the escape";
}

TEST(RenderText, EscapesWhatWouldReorderTheLine) {
  EXPECT_EQ(Printable("a\xE2\x80\xAE"
                      "b"),
            "a\\u{202e}b")
      << "right-to-left override";
  EXPECT_EQ(Printable("\xC3\xA9\xE2\x82\xAC"), "\xC3\xA9\xE2\x82\xAC");
}

TEST(RenderText, PlacesAtTheEdges) {
  SourceMap map;
  FileId file = map.Add("a", "ab\n\nlast");
  DiagnosticSink sink;
  sink.Report(Code::kJsonSyntax, {file, 2, 2}, "end of a line");
  sink.Report(Code::kJsonSyntax, {file, 3, 3}, "an empty line");
  sink.Report(Code::kJsonSyntax, {file, 8, 8}, "end of the file");
  sink.Report(Code::kJsonSyntax, {file, 1, 7}, "three lines");
  sink.Report(Code::kJsonSyntax, {}, "nowhere");
  EXPECT_EQ(RenderText(map, sink.diagnostics()),
            "a:1:3: error: end of a line [JsonSyntax]\nab\n  ^\n"
            "a:2:1: error: an empty line [JsonSyntax]\n"
            "a:3:5: error: end of the file [JsonSyntax]\nlast\n    ^\n"
            "a:1:2: error: three lines [JsonSyntax]\nab\n ^\n"
            "error: nowhere [JsonSyntax]\n");
}

TEST(RenderText, CutsLongLines) {
  SourceMap map;
  std::string text = std::string(1000, 'x') + "HERE" + std::string(1000, 'y');
  FileId file = map.Add("a", text);
  DiagnosticSink sink;
  sink.Report(Code::kJsonShape, At(map, file, "HERE"), "m");
  EXPECT_EQ(RenderText(map, sink.diagnostics()),
            "a:1:1001: error: m [JsonShape]\n"
            "…" +
                std::string(40, 'x') + "HERE" + std::string(76, 'y') + "…\n" + std::string(41, ' ') +
                "^~~~\n");
  // At the limit the line is whole, one past it is cut.
  for (size_t length : {200u, 201u}) {
    SourceMap m;
    FileId f = m.Add("a", std::string(length, 'z'));
    DiagnosticSink s;
    s.Report(Code::kJsonShape, {f, 0, 1}, "m");
    EXPECT_EQ(RenderText(m, s.diagnostics()).find("…") == std::string::npos, length == 200) << length;
  }
}

TEST(RenderText, ManyPlacesOnOneLongLineAreLinear) {
  SourceMap map;
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "\xC3\xA9.... ";
  FileId file = map.Add("a", text);
  DiagnosticSink sink;
  for (uint32_t i = 0; i < 200000; ++i) sink.Report(Code::kJsonShape, {file, i * 7, i * 7 + 6}, "m");
  auto start = std::chrono::steady_clock::now();
  std::string json = RenderJson(map, sink.diagnostics());
  // Walking from the start of the line each time takes 140 G steps: minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_NE(json.find("\"column\":1199995,\"end_line\":1,\"end_column\":1200000"), std::string::npos);
}

TEST(RenderJson, HasExactlyTheDocumentedFields) {
  SourceMap map;
  FileId file = map.Add("d/a\xFF.cedar", "\xC3\xA9 x\ny");
  DiagnosticSink sink;
  Diagnostic& first = sink.Report(Code::kJsonShape, {file, 3, 6}, "quote \" and \n");
  first.help = "h";
  first.labels.push_back({{file, 0, 2}, "seen here"});
  Diagnostic& d = sink.Report(Code::kInvalidUtf8, {}, "m");
  d.severity = Severity::kNote;
  d.rule = "policy0";
  d.entity = "User::\"a\"";
  d.request = 0;
  EXPECT_EQ(
      RenderJson(map, sink.diagnostics()),
      R"([{"file":"d/a�.cedar","line":1,"column":3,"end_line":2,"end_column":2,"severity":"error",)"
      R"("code":"JsonShape","message":"quote \" and \n","help":"h; seen here )"
      "(d/a�.cedar:1:1)\"},"
      R"({"file":null,"line":null,"column":null,"end_line":null,"end_column":null,"severity":"note",)"
      R"("code":"InvalidUtf8","message":"m","help":"","rule":"policy0","entity":"User::\"a\"","request":0}])");
  EXPECT_EQ(RenderJson(map, {}), "[]");
}

TEST(RenderGithub, EscapesAndOmitsColumnsAcrossLines) {
  SourceMap map;
  FileId file = map.Add("a,b:c.cedar", "one\ntwo");
  DiagnosticSink sink;
  sink.Report(Code::kJsonShape, {file, 1, 2}, "50%\nmore").help = "h";
  sink.Report(Code::kJsonShape, {file, 1, 5}, "m").severity = Severity::kNote;
  sink.Report(Code::kJsonShape, {}, "m").severity = Severity::kWarning;
  EXPECT_EQ(
      RenderGithub(map, sink.diagnostics()),
      "::error file=a%2Cb%3Ac.cedar,line=1,endLine=1,col=2,endColumn=3,title=JsonShape::50%25%0Amore%0Ahelp: "
      "h\n"
      "::notice file=a%2Cb%3Ac.cedar,line=1,endLine=2,col=2,title=JsonShape::m\n"
      "::warning title=JsonShape::m\n");
}

TEST(RenderSarif, NamesRulesAndPlaces) {
  SourceMap map;
  FileId file = map.Add("/d/a b.cedar", "one\ntwo");
  DiagnosticSink sink;
  Diagnostic& d = sink.Report(Code::kJsonShape, {file, 4, 7}, "m");
  d.labels.push_back({{file, 0, 3}, "first"});
  d.rule = "policy0";
  sink.Report(Code::kInvalidUtf8, {}, "n");
  std::string sarif = RenderSarif(map, sink.diagnostics(), "0.1.0");
  EXPECT_NE(sarif.find("\"uri\": \"file:///d/a%20b.cedar\""), std::string::npos) << sarif;
  EXPECT_NE(sarif.find("\"ruleIndex\": 1"), std::string::npos) << "JsonShape is the second rule that occurs";
  EXPECT_NE(sarif.find("\"relatedLocations\""), std::string::npos);
  EXPECT_NE(sarif.find("\"columnKind\": \"unicodeCodePoints\""), std::string::npos);
  EXPECT_NE(RenderSarif(map, {}, "0.1.0").find("\"results\": []"), std::string::npos);
}

TEST(Place, IsPathLineColumn) {
  SourceMap map;
  FileId file = map.Add("a", "x\ny");
  EXPECT_EQ(Place(map, {file, 2, 3}), "a:2:1");
  EXPECT_EQ(Place(map, {}), "");
}

}  // namespace
}  // namespace polc::source
