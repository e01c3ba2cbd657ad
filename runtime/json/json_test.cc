// JSON in and out, as a gateway uses it.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "runtime/bundle/test_images.h"
#include "runtime/bundle/text.h"
#include "runtime/json/locate.h"
#include "runtime/json/polc_json.h"

namespace polc::api_json {
namespace {

using bundle::ImageBuilder;

// permit `sre "1"` if the principal is in Team::"sre"; permit `same` if context.x == context.y (errs without
// them).
std::vector<uint8_t> SmallBundle() {
  ImageBuilder b;
  const uint32_t team = b.AddConstant(bundle::EntityConstant("Team", "sre"));
  const uint32_t x = b.String("x");
  const uint32_t y = b.String("y");
  auto add = [&](const char* id, const std::string& code) {
    b.image.rules.push_back(bundle::MakeRule(b.String(id), bundle::Effect::kAllow, AddBlock(&b.image, code)));
  };
  add("same", "var context\nattr " + std::to_string(x) + "\nvar context\nattr " + std::to_string(y) +
                  "\neq\nreturn\n");
  add("sre \"1\"", "var principal\nconst " + std::to_string(team) + "\nin\nreturn\n");
  std::vector<uint8_t> file;
  const bundle::Status status = Write(b.Finish(), &file);
  EXPECT_TRUE(status.ok()) << BundleErrorName(status.error);
  return file;
}

struct JsonTest : ::testing::Test {
  polc_error error{sizeof(polc_error), POLC_OK, 0, {}};
  polc_bundle* bundle = nullptr;
  polc_store* store = nullptr;
  polc_engine* engine = nullptr;
  polc_request* request = nullptr;

  void SetUp() override {
    const std::vector<uint8_t> file = SmallBundle();
    ASSERT_EQ(polc_bundle_open_memory(file.data(), file.size(), &bundle, &error), POLC_OK) << error.message;
    ASSERT_EQ(polc_bundle_verify(bundle, &error), POLC_OK) << error.message;
    ASSERT_EQ(polc_store_new(&store, &error), POLC_OK);
    ASSERT_EQ(polc_engine_new(bundle, store, &engine, &error), POLC_OK) << error.message;
    ASSERT_EQ(polc_request_new(engine, &request, &error), POLC_OK);
  }
  void TearDown() override {
    polc_request_free(request);
    polc_engine_free(engine);
    polc_store_free(store);
    polc_bundle_free(bundle);
  }

  polc_status ReadRequest(const std::string& json) {
    EXPECT_EQ(polc_request_reset(request, engine, nullptr), POLC_OK);
    error = {sizeof(polc_error), POLC_OK, 0, {}};
    // Not NUL-terminated, and nothing may be read behind it.
    const std::vector<char> exact(json.begin(), json.end());
    return polc_request_from_json(request, exact.empty() ? "" : exact.data(), exact.size(), &error);
  }
  polc_status ReadEntities(const std::string& json) {
    error = {sizeof(polc_error), POLC_OK, 0, {}};
    polc_edit* edit = nullptr;
    EXPECT_EQ(polc_edit_new(store, &edit, nullptr), POLC_OK);
    polc_status status = polc_edit_from_json(edit, json.data(), json.size(), &error);
    if (status == POLC_OK) status = polc_edit_commit(edit, &error);
    polc_edit_free(edit);
    EXPECT_EQ(polc_engine_refresh(engine, nullptr), POLC_OK);
    return status;
  }
  polc_decision Decide() {
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    EXPECT_EQ(polc_decide(request, &decision, &error), POLC_OK) << error.message;
    return decision;
  }
  bool Allowed(const std::string& json) {
    EXPECT_EQ(ReadRequest(json), POLC_OK) << json << ": " << error.message;
    return Decide().outcome == POLC_ALLOW;
  }
  // Whether two values are equal to the language.
  bool Same(const std::string& x, const std::string& y) {
    return Allowed(
        R"({"principal":"U::\"u\"","action":"Action::\"a\"","resource":"R::\"r\"","context":{"x":)" + x +
        ",\"y\":" + y + "}}");
  }
};

std::string Nested(size_t arrays) { return std::string(arrays, '[') + std::string(arrays, ']'); }

TEST_F(JsonTest, ReadsARequestInEachSpelling) {
  ASSERT_EQ(
      ReadEntities(
          R"([{"uid":{"type":"User","id":"alice"},"attrs":{},"parents":[{"type":"Team","id":"sre"}]}])"),
      POLC_OK)
      << error.message;
  for (const char* principal :
       {R"({"type":"User","id":"alice"})", R"({"id":"alice","type":"User","more":1.5})",
        R"({"__entity":{"type":"User","id":"alice"}})", R"("User::\"alice\"")",
        R"("\u0055ser::\u0022alice\"")"}) {
    EXPECT_TRUE(Allowed(
        std::string(R"({"principal":)") + principal +
        R"(,"action":{"type":"Action","id":"a"},"resource":{"type":"R","id":""},"other":[null,1.5]})"))
        << principal;
  }
  EXPECT_FALSE(Allowed(R"({"principal":"User::\"bob\"","action":"Action::\"a\"","resource":"R::\"\""})"));
}

TEST_F(JsonTest, RequestsBringEntities) {
  const std::string head =
      R"({"principal":"User::\"a\"","action":"Action::\"a\"","resource":"R::\"\"","entities":)";
  EXPECT_TRUE(
      Allowed(head + R"([{"uid":{"__entity":{"type":"User","id":"a"}},"attrs":{"n":[1]},"tags":{"t":1},
                                  "parents":[{"__entity":{"type":"Team","id":"sre"}}]}]})"));
  EXPECT_FALSE(Allowed(head + "[]}"));
  EXPECT_EQ(
      ReadRequest(head + R"([{"uid":{"type":"A","id":"1"},"attrs":{},"parents":[{"type":"A","id":"1"}]}]})"),
      POLC_OK);
  polc_decision decision{};
  decision.struct_size = sizeof decision;
  EXPECT_EQ(polc_decide(request, &decision, &error), POLC_ERROR_CYCLE);
  EXPECT_EQ(decision.outcome, POLC_DENY);
}

TEST_F(JsonTest, ValuesMeanWhatCedarSays) {
  const struct {
    const char *x, *y;
    bool same;
  } cases[] = {
      {"1", "1", true},
      {"1", "true", false},
      {"9223372036854775807", "-9223372036854775808", false},
      {R"("a\u00e4")", R"("aä")", true},
      {"[1,2,2]", "[2,1]", true},
      {"[]", "{}", false},
      {R"({"a":1,"b":[]})", R"({"b":[],"a":1})", true},
      {R"({"__entity":{"type":"U","id":"1"}})", R"({"__entity":{"id":"1","type":"U","also":null}})", true},
      {R"({"__entity":{"type":"U","id":"1"}})", R"({"type":"U","id":"1"})", false},
      // An escape with company, or malformed, is a record.
      {R"({"__entity":{"type":"U"}})", R"({"__entity":{"type":"U"}})", true},
      {R"({"__entity":{"type":"U","id":"1"},"z":1})", R"({"__entity":{"type":"U","id":"1"}})", false},
      {R"({"__extn":{"fn":"decimal"}})", R"({"__extn":{"fn":"decimal"}})", true},
      {R"({"__extn":{"fn":"decimal","arg":"1.0"}})", R"({"__extn":{"fn":"decimal","args":["1.0000"]}})",
       true},
      {R"({"__extn":{"fn":"decimal","arg":"1.0"}})", R"("1.0")", false},
      {R"({"__extn":{"fn":"ip","arg":"10.0.0.1"}})", R"({"__extn":{"fn":"ip","arg":"10.0.0.1/32"}})", true},
      {R"({"__extn":{"fn":"ip","arg":"::1"}})", R"({"__extn":{"fn":"ip","arg":"0:0:0:0:0:0:0:1"}})", true},
      {R"({"__extn":{"fn":"ip","arg":"::1"}})", R"({"__extn":{"fn":"ip","arg":"::2"}})", false},
      {R"({"__extn":{"fn":"isInRange","args":[{"__extn":{"fn":"ip","arg":"a::1"}},{"__extn":{"fn":"ip","arg":"a::/16"}}]}})",
       "true", true},
      {R"({"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"1970-01-01"}},
                                          {"__extn":{"fn":"duration","arg":"1d"}}]}})",
       R"({"__extn":{"fn":"datetime","arg":"1970-01-02"}})", true},
      {R"({"__extn":{"fn":"toDays","arg":{"__extn":{"fn":"duration","arg":"2d"}}}})", "2", true},
  };
  for (const auto& c : cases) EXPECT_EQ(Same(c.x, c.y), c.same) << c.x << " " << c.y;
}

TEST_F(JsonTest, SaysWhatIsWrongWithARequestAndWhere) {
  const std::string good = R"({"principal":"U::\"u\"","action":"Action::\"a\"","resource":"R::\"r\"")";
  const struct {
    std::string json;
    std::string_view at;  // what stands there; empty: the end
    std::string_view message;
    polc_status status = POLC_ERROR_JSON;
  } cases[] = {
      {"", "", "malformed JSON: the text ends where a value is expected"},
      {good, "", "malformed JSON: expected `,` or `}`"},
      {good + R"(,"context":{"a":nul}})", "nul}", "malformed JSON: expected a value"},
      {good + ",\"x\":\"\xC3\x28\"}", "\xC3", "malformed JSON: this is not UTF-8"},
      {good + R"(,"context":{"a":-0}})", "-0", "malformed JSON: `-0` is no integer"},
      {good + R"(,"x":18446744073709551616})", "18446", "malformed JSON: a number is out of range"},
      {good + ",\"x\":" + Nested(kMaxDepth) + "}", "[]]",
       "malformed JSON: arrays and objects nested more than 512 deep"},
      {"[]", "[]", "the text is no object with `principal`, `action` and `resource`"},
      {"{}", "{}", "the text lacks `principal`"},
      {R"({"principal":"U::\"u\"","action":"Action::\"a\""})", "{", "the text lacks `resource`"},
      {R"({"principal":"alice"})", "\"alice", "`principal` is `alice`, no entity"},
      {R"({"principal":1})", "1", "`principal` is an integer; an entity is written"},
      {R"({"principal":{"type":"U"}})", "{\"type", "`principal` is an object without a `type` and an `id`"},
      {R"({"principal":{"type":"U V","id":"1"}})", "\"U V", "`principal.type` is `U V`, no entity type"},
      {R"({"principal":{"__entity":{"type":"in","id":"1"}}})", "\"in",
       "`principal.__entity.type` is `in`, no entity type"},
      {R"({"principal":{"__expr":"U::\"u\""}})", "{\"__expr", "`principal` uses `__expr`"},
      {good + R"(,"x":{"a":1,"b":{},"a":2}})", "\"a\":2", "`x.a` stands twice in an object"},
      {good + R"(,"principal":1})", "\"principal\":1", "`principal` stands twice in an object"},
      {good + R"(,"context":[]})", "[]", "`context` is an array; it has to be an object"},
      {good + R"(,"context":null})", "null", "`context` is null; it has to be an object"},
      {good + R"(,"context":{"__entity":{"type":"U","id":"1"}}})", "{\"__entity",
       "`context` is an escape that means no record"},
      {good + R"(,"context":{"a":[1,{"b":null}]}})", "null", "`context.a[1].b` is null; Cedar has no null"},
      {good + R"(,"context":{"a":0.5}})", "0.5", "`context.a` is no 64-bit integer"},
      {good + R"(,"context":{"a":9223372036854775808}})", "9223", "`context.a` is no 64-bit integer"},
      {good + R"(,"context":{"a":{"__expr":"1"}}})", "{\"__expr", "`context.a` uses `__expr`"},
      {good + R"(,"context":{"a":{"__entity":{"type":"U","id":"1","x":[0.5]}}}})", "0.5",
       "`context.a.__entity.x[0]` is no 64-bit integer"},
      {good + R"(,"context":{"a":{"__extn":{"fn":"foo","arg":"1"}}}})", "\"foo",
       "`context.a.__extn.fn` is `foo`, no extension function"},
      {good + R"(,"context":{"a":{"__extn":{"fn":"ip","args":[]}}}})", "{\"fn",
       "`context.a.__extn` gives `ip` 0 arguments; it takes 1"},
      {good + R"(,"context":{"a":{"__extn":{"fn":"lessThan","arg":"1"}}}})", "{\"fn",
       "`context.a.__extn` gives `lessThan` 1 arguments; it takes 2"},
      {good + R"(,"context":{"a":{"__extn":{"fn":"ip","arg":7}}}})", "7",
       "`context.a.__extn.arg` is an integer; it has to be a string"},
      {good + R"(,"context":{"a":{"__extn":{"fn":"isIpv4","arg":{"__extn":{"fn":"decimal","arg":"1.0"}}}}}})",
       "{\"__extn\":{\"fn\":\"decimal", "`context.a.__extn.arg` is not an IP address"},
      {good + R"(,"context":{"a":{"__extn":{"fn":"ip","arg":"300.1.1.1"}}}})", "{\"fn",
       "`context.a.__extn` has `300.1.1.1`, which is not an IP address", POLC_ERROR_VALUE},
      {good + R"(,"context":{"a":{"__extn":{"fn":"decimal","arg":"1"}}}})", "{\"fn",
       "`context.a.__extn` has `1`, which is not a decimal", POLC_ERROR_VALUE},
      {good +
           R"(,"context":{"a":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"1970-01-02"}},{"__extn":{"fn":"duration","arg":"9223372036854775807ms"}}]}}}})",
       "{\"fn\":\"offset", "`context.a.__extn` gives a datetime that is out of range", POLC_ERROR_VALUE},
      {good + R"(,"entities":{}})", "{}", "`entities` is an object; it has to be an array of entities"},
      {good + R"(,"entities":[1]})", "1]", "`entities[0]` is an integer; it has to be an object"},
      {good + R"(,"entities":[{"attrs":{},"parents":[]}]})", "{\"attrs", "`entities[0]` lacks `uid`"},
      {good + R"(,"entities":[{"uid":{"type":"A","id":"1"},"parents":[]}]})", "{\"uid",
       "`entities[0]` lacks `attrs`"},
      {good + R"(,"entities":[{"uid":{"type":"A","id":"1"},"attrs":{}}]})", "{\"uid",
       "`entities[0]` lacks `parents`"},
      {good + R"(,"entities":[{"uid":"A::\"1\"","attrs":{},"parents":[]}]})",
       "\"A::", "`entities[0].uid` is a string; an entity is written"},
      {good + R"(,"entities":[{"uid":{"type":"A","id":"1"},"attrs":[],"parents":[]}]})", "[],\"p",
       "`entities[0].attrs` is an array"},
      {good + R"(,"entities":[{"uid":{"type":"A","id":"1"},"attrs":{"n":null},"parents":[]}]})", "null",
       "`entities[0].attrs.n` is null"},
      {good + R"(,"entities":[{"uid":{"type":"A","id":"1"},"attrs":{},"parents":{}}]})", "{}}]",
       "`entities[0].parents` is an object"},
      {good + R"(,"entities":[{"uid":{"type":"A","id":"1"},"attrs":{},"parents":["A::\"2\""]}]})",
       "\"A::\\\"2", "`entities[0].parents[0]` is a string"},
      {good +
           R"(,"entities":[{"uid":{"type":"Action","id":"1"},"attrs":{},"parents":[{"type":"A","id":"2"}]}]})",
       "{\"type\":\"A\",", "`entities[0].parents[0]` is no action"},
      {good + R"(,"entities":[{"uid":{"type":"A","id":"1"},"attrs":{},"parents":[],"tags":{"t":0.5}}]})",
       "0.5", "`entities[0].tags.t` is no 64-bit integer"},
      {good +
           R"(,"entities":[{"uid":{"type":"A","id":"1"},"attrs":{"n":1},"parents":[]},{"uid":{"type":"A","id":"1"},"attrs":{},"parents":[]}]})",
       R"({"uid":{"type":"A","id":"1"},"attrs":{},)",
       "`entities[1]` is an entity that stands twice, and the two differ"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ReadRequest(c.json), c.status) << c.json << ": " << error.message;
    EXPECT_EQ(error.status, c.status);
    EXPECT_EQ(std::string_view(error.message).substr(0, c.message.size()), c.message) << c.json;
    EXPECT_EQ(error.at, c.at.empty() ? c.json.size() : c.json.find(c.at)) << c.json << ": " << error.message;
    // Nothing has been set.
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    EXPECT_EQ(polc_decide(request, &decision, nullptr), POLC_ERROR_INCOMPLETE) << c.json;
  }
}

TEST_F(JsonTest, NestsAsDeepAsItSays) {
  const std::string head =
      R"({"principal":"U::\"u\"","action":"Action::\"a\"","resource":"R::\"r\"","context":{"x":)";
  const size_t left = kMaxDepth - 2;  // the request's object and the context's
  for (const char* inner : {"", "1"}) {
    auto arrays = [&](size_t n) { return std::string(n, '[') + inner + std::string(n, ']'); };
    EXPECT_EQ(ReadRequest(head + arrays(left) + "}}"), POLC_OK) << error.message;
    EXPECT_EQ(ReadRequest(head + arrays(left + 1) + "}}"), POLC_ERROR_JSON);
  }
  std::string objects;
  for (size_t i = 0; i < left; ++i) objects += "{\"x\":";
  objects += "1" + std::string(left, '}');
  EXPECT_TRUE(Same(objects, objects));
}

TEST_F(JsonTest, ManyKeysAreStillDistinct) {
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_TRUE(Same(many + "\"k\":1}", many + "\"k\":1}"));
  EXPECT_EQ(ReadRequest(many + "\"k50\":1}"), POLC_ERROR_JSON);
  EXPECT_STREQ(error.message, "`k50` stands twice in an object");
  EXPECT_EQ(error.at, many.size());
}

TEST_F(JsonTest, EntitiesThatStandTwiceMustBeTheSame) {
  auto entity = [](const char* attrs, const char* tags, const char* parents) {
    return std::string(R"({"uid":{"type":"A","id":"1"},"attrs":)") + attrs + ",\"tags\":" + tags +
           ",\"parents\":" + parents + "}";
  };
  const std::string first = entity(
      R"({"s":[1,{"__extn":{"fn":"decimal","arg":"1.0"}}],"ip":{"__extn":{"fn":"ip","arg":"::1"}},"e":{"__entity":{"type":"A","id":"2"}},"b":{"__extn":{"fn":"isIpv4","arg":{"__extn":{"fn":"ip","arg":"1.1.1.1"}}}}})",
      R"({"t":"x"})", R"([{"type":"A","id":"2"},{"type":"A","id":"3"}])");
  const std::string same = entity(
      R"({"b":true,"e":{"__entity":{"id":"2","type":"A"}},"ip":{"__extn":{"fn":"ip","arg":"0::1"}},"s":[{"__extn":{"fn":"decimal","arg":"1.00"}},1,1]})",
      R"({"t":"x"})", R"([{"type":"A","id":"3"},{"type":"A","id":"2"},{"type":"A","id":"3"}])");
  EXPECT_EQ(ReadEntities("[" + first + "," + same + "]"), POLC_OK) << error.message;
  EXPECT_EQ(polc_store_size(store), 1u);
  auto swapped = [&](const std::string& from, const std::string& to) {
    std::string text = first;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const std::string& other :
       {swapped("[1,", "[2,"), swapped("[1,", "[\"1\","),
        swapped("decimal\",\"arg\":\"1.0", "decimal\",\"arg\":\"1.1"), swapped("::1", "::2"),
        swapped("\"1.1.1.1\"", "\"::\""), swapped("\"t\"", "\"u\""), swapped("\"x\"", "\"y\""),
        swapped(R"({"type":"A","id":"3"})", R"({"type":"A","id":"4"})"), swapped(R"({"t":"x"})", "{}"),
        swapped(R"({"__entity":{"type":"A","id":"2"}})", R"({"type":"A","id":"2"})")}) {
    EXPECT_EQ(ReadEntities("[" + first + "," + other + "]"), POLC_ERROR_JSON) << other;
    EXPECT_STREQ(error.message, "`[1]` is an entity that stands twice, and the two differ");
  }
}

TEST_F(JsonTest, AFailedEditAddsNothing) {
  EXPECT_EQ(ReadEntities(R"([{"uid":{"type":"A","id":"1"},"attrs":{},"parents":[]},{}])"), POLC_ERROR_JSON);
  EXPECT_STREQ(error.message, "`[1]` lacks `uid`");
  EXPECT_EQ(polc_store_size(store), 0u);
  EXPECT_EQ(ReadEntities("{}"), POLC_ERROR_JSON);
  EXPECT_STREQ(error.message, "the text is an object; it has to be an array of entities");
  EXPECT_EQ(ReadEntities(R"([{"uid":{"type":"A","id":"1"},"attrs":{},"parents":[{"type":"A","id":"1"}]}])"),
            POLC_ERROR_CYCLE);
}

TEST_F(JsonTest, RefusesWrongArguments) {
  EXPECT_EQ(polc_request_from_json(nullptr, "{}", 2, &error), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_request_from_json(request, nullptr, 0, &error), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_edit_from_json(nullptr, "[]", 2, nullptr), POLC_ERROR_ARGUMENT);
  EXPECT_TRUE(Same("1", "1"));  // decided: no longer open
  EXPECT_EQ(polc_request_from_json(request, "{}", 2, &error), POLC_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "the request has been decided: reset it first");
  // An older, shorter polc_error is filled as far as it goes; without one it does not matter.
  polc_error old{offsetof(polc_error, message) + 8, POLC_OK, 0, {}};
  std::memset(old.message, 'x', sizeof old.message);
  ASSERT_EQ(polc_request_reset(request, engine, nullptr), POLC_OK);
  EXPECT_EQ(polc_request_from_json(request, "{}", 2, &old), POLC_ERROR_JSON);
  EXPECT_EQ(std::string_view(old.message, 9), "the textx");
  EXPECT_EQ(polc_request_from_json(request, "{}", 2, nullptr), POLC_ERROR_JSON);
}

TEST_F(JsonTest, LongPathsAndTextsAreCutBetweenCharacters) {
  std::string context = "1.5";
  for (int i = 0; i < 20; ++i)
    context = "{\"" + std::string(3 + i % 5, 'a') + "ääääääääääääääääääää\n\":" + context + "}";
  for (size_t at = context.find('\n'); at != std::string::npos; at = context.find('\n'))
    context.replace(at, 1, "\\n");
  EXPECT_EQ(
      ReadRequest(R"({"principal":"U::\"u\"","action":"Action::\"a\"","resource":"R::\"r\"","context":)" +
                  context + "}"),
      POLC_ERROR_JSON);
  const std::string_view message = error.message;
  EXPECT_TRUE(bundle::IsUtf8(message));
  EXPECT_EQ(message.find('\n'), std::string_view::npos);
  EXPECT_EQ(message.substr(0, 4), "`…");
  EXPECT_EQ(message.substr(message.size() - 22), "` is no 64-bit integer") << message;
}

// ---- Decisions
// -----------------------------------------------------------------------------------------------

TEST_F(JsonTest, WritesADecision) {
  ASSERT_EQ(ReadRequest(
                R"({"principal":"User::\"a\"","action":"Action::\"a\"","resource":"R::\"\"","context":{"x":1},
      "entities":[{"uid":{"type":"User","id":"a"},"attrs":{},"parents":[{"type":"Team","id":"sre"}]}]})"),
            POLC_OK);
  const polc_decision decision = Decide();
  const size_t size = polc_decision_to_json(request, &decision, nullptr, 0);
  std::string text(size, '?');
  EXPECT_EQ(polc_decision_to_json(request, &decision, text.data(), size + 1), size);
  std::string message(polc_error_text(request, 0, nullptr, 0), '?');
  polc_error_text(request, 0, message.data(), message.size() + 1);
  EXPECT_NE(message, "");
  std::string id;
  for (uint8_t byte : decision.snapshot_id) {
    for (int digit : {byte >> 4, byte & 15}) id += "0123456789abcdef"[digit];
  }
  EXPECT_EQ(
      text,
      R"({"outcome":"allow","decision":"allow","reasons":["sre \"1\""],"errors":[{"rule":"same","message":")" +
          message + R"("}],"snapshot":"sha256:)" + id + R"("})");
  EXPECT_FALSE(FindBreach(text)) << text;
  // Cut anywhere, and nothing is written behind the end.
  for (size_t room = 0; room <= size; ++room) {
    std::string cut(size + 2, '?');
    EXPECT_EQ(polc_decision_to_json(request, &decision, cut.data(), room), size);
    std::string wanted = room == 0 ? "" : text.substr(0, room - 1) + '\0';
    wanted.resize(size + 2, '?');
    EXPECT_EQ(cut, wanted);
  }
}

TEST_F(JsonTest, WritesADenial) {
  ASSERT_FALSE(Same("1", "2"));
  const polc_decision decision = Decide();
  std::string text(polc_decision_to_json(request, &decision, nullptr, 0), '?');
  polc_decision_to_json(request, &decision, text.data(), text.size() + 1);
  EXPECT_EQ(text.substr(0, text.find("\"sha256")),
            R"({"outcome":"deny","decision":"deny","reasons":[],"errors":[],"snapshot":)");
}

TEST_F(JsonTest, WritesNothingForWrongArguments) {
  ASSERT_TRUE(Same("1", "1"));
  polc_decision decision = Decide();
  EXPECT_EQ(polc_decision_to_json(nullptr, &decision, nullptr, 0), 0u);
  EXPECT_EQ(polc_decision_to_json(request, nullptr, nullptr, 0), 0u);
  const uint32_t beyond = 2;
  decision.reasons = &beyond;
  EXPECT_EQ(polc_decision_to_json(request, &decision, nullptr, 0), 0u);
  decision = Decide();
  decision.struct_size = offsetof(polc_decision, snapshot_id);
  EXPECT_EQ(polc_decision_to_json(request, &decision, nullptr, 0), 0u);
}

}  // namespace
}  // namespace polc::api_json
