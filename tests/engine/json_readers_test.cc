// The two readers of requests and entities, compiler/model's and runtime/json's, share no code. Whatever text
// they are given, both must take it or both must refuse it; what it means to them is compared by the engines.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "compiler/model/entities_json.h"
#include "compiler/model/request_json.h"
#include "runtime/bundle/test_images.h"
#include "runtime/json/locate.h"
#include "runtime/json/polc_json.h"

namespace polc::tests {
namespace {

const char* const kRequests[] = {
    R"({"principal":"U::\"a\"","action":"Action::\"v\"","resource":{"type":"A::R","id":"\u00e4\n"},"context":{}})",
    R"({"principal":{"__entity":{"type":"U","id":"a","x":[1]}},"action":"Action::\"v\"","resource":"R::\"\\u{e4}\\n\"",
        "context":{"a":[1,-2,"x",[true]],"b":{"__extn":{"fn":"decimal","arg":"1.50"}},"c":{"__extn":{"fn":"isInRange",
        "args":[{"__extn":{"fn":"ip","arg":"10.0.0.1"}},{"__extn":{"fn":"ip","arg":"::1/8"}}]}}},"other":[null,1.5e3]})",
    R"({"principal":"U::\"a\"","action":"Action::\"v\"","resource":"R::\"r\"","context":{"d":{"__entity":{"type":"U",
        "id":"1"}},"e":{"__expr":1},"f":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":
        "2024-01-05T10:00:00Z"}},{"__extn":{"fn":"duration","arg":"-1d2h"}}]}}},"entities":[{"uid":{"type":"U","id":"a"},
        "attrs":{"n":9223372036854775807},"parents":[{"type":"G","id":"g"}],"tags":{"t":false}}]})",
};
const char* const kEntities[] = {
    R"([{"uid":{"type":"U","id":"a"},"attrs":{"n":1,"s":[1,2],"r":{"__entity":{"type":"U","id":"b"}}},"parents":[]},
        {"uid":{"__entity":{"type":"U","id":"b"}},"attrs":{},"parents":[{"type":"U","id":"a"},{"__entity":{"type":"G",
        "id":"g"}}],"tags":{"x":{"__extn":{"fn":"ip","arg":"fe80::/10"}}},"more":0.25},
        {"uid":{"type":"Action","id":"v"},"attrs":{},"parents":[{"type":"N::Action","id":"w"}]}])",
    R"([{"uid":{"type":"U","id":"a"},"attrs":{"n":{"__extn":{"fn":"decimal","arg":"1.0"}},"s":[1,2]},"parents":[{"type":
        "U","id":"b"}]},{"uid":{"type":"U","id":"a"},"attrs":{"s":[2,1,1],"n":{"__extn":{"fn":"decimal","args":
        ["1.00"]}}},"tags":{},"parents":[{"type":"U","id":"b"}]}])",
};

// What mutations put in: each is a thing that some reader of JSON or Cedar takes differently.
const char* const kPieces[] = {"null",
                               "true",
                               "0.5",
                               "-0",
                               "1e3",
                               "9223372036854775808",
                               "18446744073709551616",
                               "-9223372036854775808",
                               "[]",
                               "{}",
                               "\"\"",
                               "\"__entity\"",
                               "\"__extn\"",
                               "\"__expr\"",
                               "\"type\"",
                               "\"id\"",
                               "\"fn\"",
                               "\"arg\"",
                               "\"args\"",
                               "\"uid\"",
                               "\"attrs\"",
                               "\"parents\"",
                               "\"tags\"",
                               "\"context\"",
                               "\"U\"",
                               "\"in\"",
                               "\"Action\"",
                               "\"ip\"",
                               "\"decimal\"",
                               "\"toDate\"",
                               "\"a\":1,",
                               "\\u0041",
                               "\\ud83d\\ude00",
                               "\\ud800",
                               "\\x",
                               "\xC3",
                               "\xEF\xBB\xBF",
                               "\t",
                               "\x01",
                               ",",
                               ":",
                               "[",
                               "]",
                               "{",
                               "}",
                               "\"",
                               "\\",
                               "0",
                               "-",
                               "__cedar",
                               " ",
                               "\\\"",
                               "'",
                               "\\u{41}"};

// Cuts, copies and inserts, at tokens as often as anywhere.
std::string Mutate(std::string text, std::mt19937_64& random) {
  auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  auto place = [&] {
    const size_t at = below(text.size() + 1);
    if (below(2) == 0) return at;
    const size_t token = text.find_first_of("{}[],:\"", at);
    return token == std::string::npos ? at : token;
  };
  for (size_t edits = 1 + below(3); edits > 0; --edits) {
    const size_t from = place(), to = std::max(from, place());
    switch (below(5)) {
      case 0:
        text.erase(from, below(2) == 0 ? 1 : to - from);
        break;
      case 1:
        text.insert(place(), text.substr(from, std::min<size_t>(to - from, 80)));
        break;
      case 2: {
        // One token for a piece.
        const size_t end = text.find_first_of(",:]}", from);
        const char* piece = kPieces[below(std::size(kPieces))];
        text.replace(from, end == std::string::npos ? 0 : end - from, piece);
        break;
      }
      case 3:
        text.insert(from, kPieces[below(std::size(kPieces))]);
        break;
      default: {
        // The names that mean something, exchanged.
        static constexpr std::string_view kNames[] = {"type", "id",       "fn",     "arg",
                                                      "args", "__entity", "__extn", "uid"};
        const std::string_view name = kNames[below(std::size(kNames))];
        const size_t at = text.find(name, from);
        if (at != std::string::npos) text.replace(at, name.size(), kNames[below(std::size(kNames))]);
        break;
      }
    }
  }
  return text;
}

// A bundle without rules: all that is asked is whether a request can be decided.
struct Runtime {
  polc_error error{sizeof(polc_error), POLC_OK, 0, {}};
  polc_bundle* bundle = nullptr;
  polc_store* store = nullptr;
  polc_engine* engine = nullptr;
  polc_request* request = nullptr;

  Runtime() {
    bundle::ImageBuilder b;
    std::vector<uint8_t> file;
    EXPECT_TRUE(Write(b.Finish(), &file).ok());
    EXPECT_EQ(polc_bundle_open_memory(file.data(), file.size(), &bundle, &error), POLC_OK) << error.message;
    EXPECT_EQ(polc_bundle_verify(bundle, &error), POLC_OK) << error.message;
    EXPECT_EQ(polc_store_new(&store, &error), POLC_OK);
    EXPECT_EQ(polc_engine_new(bundle, store, &engine, &error), POLC_OK) << error.message;
    EXPECT_EQ(polc_request_new(engine, &request, &error), POLC_OK);
  }
  ~Runtime() {
    polc_request_free(request);
    polc_engine_free(engine);
    polc_store_free(store);
    polc_bundle_free(bundle);
  }

  bool TakesRequest(const std::string& text) {
    EXPECT_EQ(polc_request_reset(request, engine, nullptr), POLC_OK);
    if (polc_request_from_json(request, text.data(), text.size(), &error) != POLC_OK) return false;
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    return polc_decide(request, &decision, &error) == POLC_OK;
  }
  bool TakesEntities(const std::string& text) {
    polc_store* fresh = nullptr;
    polc_edit* edit = nullptr;
    EXPECT_EQ(polc_store_new(&fresh, nullptr), POLC_OK);
    EXPECT_EQ(polc_edit_new(fresh, &edit, nullptr), POLC_OK);
    polc_status status = polc_edit_from_json(edit, text.data(), text.size(), &error);
    if (status == POLC_OK) status = polc_edit_commit(edit, &error);
    polc_edit_free(edit);
    polc_store_free(fresh);
    return status == POLC_OK;
  }
  // Numbers that runtime/json refuses wherever they stand, and compiler/model only where they mean something.
  bool RefusedANumber(const std::string& text) const {
    const std::optional<api_json::Breach> breach = api_json::FindBreach(text);
    const std::string_view what = breach ? breach->what : "";
    return what == "`-0` is no integer" || what == "a number is out of range";
  }
};

bool ModelTakes(const std::string& text, bool request) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("text", text);
  if (!request) return model::ReadEntities(map, file, nullptr, sink).valid;
  const source::Span whole{file, 0, static_cast<uint32_t>(text.size())};
  return model::ReadRequest(map, whole, 0, nullptr, model::RequestValidation::kOn, sink).request.has_value();
}

void Compare(const std::vector<std::string>& seeds, bool request) {
  constexpr int kRounds = 20000;
  Runtime runtime;
  std::mt19937_64 random(20250103);
  int taken = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string& seed = seeds[static_cast<size_t>(i) % seeds.size()];
    const std::string text = static_cast<size_t>(i) < seeds.size() ? seed : Mutate(seed, random);
    const bool model = ModelTakes(text, request);
    runtime.error.message[0] = '\0';
    const bool here = request ? runtime.TakesRequest(text) : runtime.TakesEntities(text);
    EXPECT_TRUE(model || static_cast<size_t>(i) >= seeds.size()) << text;
    taken += here;
    if (model == here || (model && runtime.RefusedANumber(text))) continue;
    ADD_FAILURE() << "compiler/model " << (model ? "takes" : "refuses") << ", runtime/json "
                  << (here ? "takes" : runtime.error.message) << ": " << text;
    if (::testing::Test::HasFailure() && i > 200) return;
  }
  // Otherwise the comparison would be one of refusals only.
  EXPECT_GT(taken, kRounds / 20);
  std::printf("%d texts, %d taken by both\n", kRounds, taken);
}

TEST(JsonReaders, AgreeOnRequests) { Compare({std::begin(kRequests), std::end(kRequests)}, true); }
TEST(JsonReaders, AgreeOnEntities) { Compare({std::begin(kEntities), std::end(kEntities)}, false); }

}  // namespace
}  // namespace polc::tests
