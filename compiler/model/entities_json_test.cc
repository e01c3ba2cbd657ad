#include "compiler/model/entities_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/model/resolve.h"

namespace polc::model {
namespace {

using source::Code;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kSchema = R"(
  entity Team in [Org];
  entity Org;
  entity Tier enum ["free", "paid"];
  entity User in [Team] { age: Long, ip?: ipaddr, boss?: User, tier?: Tier } tags Set<Long>;
  entity Doc;
  action all;
  action read in [all] appliesTo { principal: [User], resource: [Doc] };
  action peek in [read] appliesTo { principal: [User], resource: [Doc] };
)";

struct Outcome {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::optional<Schema> schema;
  EntitiesResult result;

  std::vector<Code> codes() const {
    std::vector<Code> out;
    for (const auto& d : sink.diagnostics()) out.push_back(d.code);
    return out;
  }
  std::string verdicts() const {
    std::string out;
    for (const auto& v : result.verdicts) out += v.uid + (v.valid ? "+ " : "- ");
    return out;
  }
  std::string place(size_t i) const { return std::string(map.text(sink.diagnostics()[i].span)); }
};

std::unique_ptr<Outcome> Read(std::string text, const char* schema = nullptr) {
  auto out = std::make_unique<Outcome>();
  if (schema) {
    out->schema = LoadSchema(out->map, {out->map.Add("s.cedarschema", schema)}, out->sink);
    EXPECT_TRUE(out->schema);
    EXPECT_FALSE(out->sink.has_errors());
  }
  source::FileId file = out->map.Add("e.json", std::move(text));
  out->result = ReadEntities(out->map, file, out->schema ? &*out->schema : nullptr, out->sink);
  EXPECT_EQ(out->result.valid, !out->sink.has_errors());
  return out;
}

std::string User(std::string id, std::string attrs = "{\"age\": 1}", std::string parents = "[]",
                 std::string more = "") {
  return R"({"uid": {"type": "User", "id": ")" + id + R"("}, "attrs": )" + attrs + R"(, "parents": )" +
         parents + more + "}";
}
std::string Uid(std::string type, std::string id) {
  return R"({"type": ")" + type + R"(", "id": ")" + id + R"("})";
}
std::string Action(std::string id, std::string parents, std::string more = "") {
  return R"({"uid": {"type": "Action", "id": ")" + id + R"("}, "attrs": {}, "parents": )" + parents + more +
         "}";
}

TEST(EntitiesJson, WithoutSchema) {
  auto r = Read("[" +
                User("a", R"({"x": [1], "u": {"__entity": {"type": "Q", "id": "q"}}})",
                     "[" + Uid("T", "t") + "]", R"(, "tags": {"k": 1}, "unknown": 1.5)") +
                "," + User("b", "{}", R"([{"__entity": {"type": "User", "id": "a"}}])") + "]");
  EXPECT_TRUE(r->result.valid);
  EXPECT_EQ(r->verdicts(), "User::\"a\"+ User::\"b\"+ ");
  EXPECT_EQ(r->result.store.size(), 2u);
  EXPECT_TRUE(r->result.store.In({"User", "b"}, {"T", "t"}));
  EXPECT_EQ(r->result.store.Find({"User", "a"})->tags.at("k").as_long(), 1);
  EXPECT_EQ(r->map.text(r->result.verdicts[1].span).front(), '{');
}

TEST(EntitiesJson, OneBadEntityDoesNotHideTheOthers) {
  auto r = Read("[" + User("a", "{\"x\": 1.5}") + "," + User("b") +
                ", 7, {\"uid\": \"User::\\\"c\\\"\", \"attrs\": {}, \"parents\": []}," +
                User("d", "[]", "{}", ", \"tags\": null") + "," + User("e") + "]");
  EXPECT_EQ(r->verdicts(), "User::\"a\"- User::\"b\"+ - - User::\"d\"- User::\"e\"+ ");
  EXPECT_THAT(r->codes(), ElementsAre(Code::kJsonNumber, Code::kJsonShape, Code::kJsonShape, Code::kJsonShape,
                                      Code::kJsonShape, Code::kJsonShape));
  EXPECT_EQ(r->sink.diagnostics()[0].entity, "User::\"a\"");
  EXPECT_EQ(r->sink.diagnostics()[2].help, "write `{\"type\":\"User\",\"id\":\"c\"}`");
  EXPECT_EQ(r->sink.diagnostics()[3].entity, "User::\"d\"");
  EXPECT_EQ(r->result.store.size(), 2u);
}

TEST(EntitiesJson, RepeatedKeysConcernTheirEntity) {
  auto r = Read("[" + User("a", "{\"x\": {\"k\": 1, \"k\": 2}}") + "," + User("b") + "]");
  EXPECT_EQ(r->verdicts(), "User::\"a\"- User::\"b\"+ ");
  ASSERT_THAT(r->codes(), ElementsAre(Code::kJsonDuplicateKey));
  EXPECT_EQ(r->sink.diagnostics()[0].entity, "User::\"a\"");
}

TEST(EntitiesJson, DocumentsThatAreNoArrays) {
  for (const char* text : {"{}", "null", "\"x\"", "[", "", "[]x"}) {
    auto r = Read(text);
    EXPECT_FALSE(r->result.valid) << text;
    EXPECT_EQ(r->codes().size(), 1u) << text;
  }
  EXPECT_TRUE(Read("[]")->result.valid);
}

TEST(EntitiesJson, DuplicateUids) {
  auto same = Read("[" + User("a", "{\"x\": [1, 2]}") + "," + User("a", "{\"x\": [2, 1, 1]}") + "]");
  EXPECT_TRUE(same->result.valid);
  EXPECT_EQ(same->result.store.size(), 1u);
  auto r = Read("[" + User("a", "{}") + "," + User("b") + "," + User("a", "{\"x\": 1}") + "]");
  EXPECT_EQ(r->verdicts(), "User::\"a\"- User::\"b\"+ User::\"a\"- ");
  ASSERT_THAT(r->codes(), ElementsAre(Code::kDuplicateEntity));
  EXPECT_EQ(r->sink.diagnostics()[0].labels[0].span, r->result.verdicts[0].span);
  EXPECT_EQ(r->sink.diagnostics()[0].span, r->result.verdicts[2].span);
  EXPECT_EQ(r->result.store.size(), 1u);
}

TEST(EntitiesJson, Cycles) {
  auto r = Read("[" + User("a", "{}", "[" + Uid("User", "b") + "]") + "," +
                User("b", "{}", "[" + Uid("User", "a") + "]") + "," +
                User("c", "{}", "[" + Uid("User", "a") + "]") + "," +
                User("s", "{}", "[" + Uid("User", "s") + "]") + "]");
  EXPECT_EQ(r->verdicts(), "User::\"a\"- User::\"b\"- User::\"c\"+ User::\"s\"- ");
  ASSERT_THAT(r->codes(), ElementsAre(Code::kEntityCycle, Code::kEntityCycle));
  EXPECT_EQ(r->sink.diagnostics()[0].message, "`User::\"a\"` is its own ancestor, by way of `User::\"b\"`");
  EXPECT_EQ(r->sink.diagnostics()[1].message, "`User::\"s\"` is its own ancestor");
  EXPECT_EQ(r->result.store.size(), 1u);
}

TEST(EntitiesJson, OnlyActionsHoldActions) {
  auto r = Read("[" + Action("x", "[" + Uid("User", "a") + "]") + "," +
                Action("y", "[" + Uid("N::Action", "z") + "]") + "]");
  EXPECT_EQ(r->verdicts(), "Action::\"x\"- Action::\"y\"+ ");
  EXPECT_THAT(r->codes(), ElementsAre(Code::kInvalidParent));
}

TEST(EntitiesJson, ConformsToTheSchema) {
  auto r = Read(
      "[" +
          User(
              "a",
              R"({"age": 3, "ip": "::1", "boss": {"type": "User", "id": "b"}, "tier": {"type": "Tier", "id": "free"}})",
              "[" + Uid("Team", "t") + "," + Uid("Org", "o") + "]", R"(, "tags": {"t": [1, 2], "u": []})") +
          R"(, {"uid": {"__entity": {"type": "Tier", "id": "paid"}}, "attrs": {}, "parents": [], "x": 1}])",
      kSchema);
  EXPECT_TRUE(r->result.valid) << r->sink.diagnostics()[0].message;
  EXPECT_EQ(r->result.store.size(), 5u);  // and three actions
  EXPECT_TRUE(r->result.store.In({"Action", "peek"}, {"Action", "all"}));
  EXPECT_EQ(ToString(r->result.store.Find({"User", "a"})->attrs.at("ip")), "ip(\"::1/128\")");
}

TEST(EntitiesJson, EveryBreachOfTheSchemaIsFound) {
  struct Case {
    std::string entity;
    std::vector<Code> codes;
    std::string place;
  };
  std::vector<Case> cases = {
      {User("a", "{}"), {Code::kEntityValueMismatch}, "{}"},
      {User("a", R"({"age": 1, "agee": 2})"), {Code::kEntityValueMismatch}, "\"agee\""},
      {User("a", R"({"age": "1", "ip": 4})"),
       {Code::kEntityValueMismatch, Code::kEntityValueMismatch},
       "\"1\""},
      {User("a", R"({"age": 1, "boss": {"type": "Doc", "id": "b"}})"),
       {Code::kEntityValueMismatch},
       R"({"type": "Doc", "id": "b"})"},
      {User("a", R"({"age": 1, "tier": {"type": "Tier", "id": "gold"}})"),
       {Code::kInvalidEnumEntity},
       R"({"type": "Tier", "id": "gold"})"},
      {User("a", R"({"age": 1})", "[" + Uid("Doc", "d") + "]"), {Code::kInvalidParent}, Uid("Doc", "d")},
      {User("a", R"({"age": 1})", "[" + Uid("User", "d") + "]"), {Code::kInvalidParent}, Uid("User", "d")},
      {User("a", R"({"age": 1})", "[" + Uid("Action", "read") + "]"),
       {Code::kInvalidParent},
       Uid("Action", "read")},
      {User("a", R"({"age": 1})", "[]", R"(, "tags": {"t": [true]})"), {Code::kEntityValueMismatch}, "true"},
      {R"({"uid": {"type": "Doc", "id": "d"}, "attrs": {}, "parents": [], "tags": {"t": 1}})",
       {Code::kEntityValueMismatch},
       "\"t\""},
      {R"({"uid": {"type": "Docs", "id": "d"}, "attrs": {}, "parents": []})",
       {Code::kUndeclaredEntityType},
       Uid("Docs", "d")},
      {R"({"uid": {"type": "Tier", "id": "d"}, "attrs": {}, "parents": []})",
       {Code::kInvalidEnumEntity},
       Uid("Tier", "d")},
      {R"({"uid": {"type": "Tier", "id": "free"}, "attrs": {}, "parents": [{"type": "Org", "id": "o"}]})",
       {Code::kInvalidParent},
       Uid("Org", "o")},
      {R"({"uid": {"type": "Action", "id": "d"}, "attrs": {}, "parents": []})",
       {Code::kUndeclaredAction},
       Uid("Action", "d")},
      {R"({"uid": {"type": "Doc", "id": "d"}, "attrs": {}})",
       {Code::kJsonShape},
       R"({"uid": {"type": "Doc", "id": "d"}, "attrs": {}})"},
  };
  for (const Case& c : cases) {
    auto r = Read("[" + c.entity + "," + User("fine") + "]", kSchema);
    EXPECT_EQ(r->codes(), c.codes) << c.entity;
    ASSERT_FALSE(r->sink.diagnostics().empty());
    EXPECT_EQ(r->place(0), c.place);
    EXPECT_FALSE(r->result.verdicts[0].valid);
    EXPECT_TRUE(r->result.verdicts[1].valid);
    EXPECT_EQ(r->sink.diagnostics()[0].entity, r->result.verdicts[0].uid);
    EXPECT_EQ(r->result.store.size(), 4u);
  }
}

TEST(EntitiesJson, SuppliedActionsMustBeTheSchemas) {
  std::string all = Uid("Action", "all"), read = Uid("Action", "read");
  auto good = [&](std::string text) { return Read("[" + text + "]", kSchema)->result.valid; };
  EXPECT_TRUE(good(Action("all", "[]")));
  EXPECT_TRUE(good(Action("read", "[" + all + "]")));
  EXPECT_TRUE(good(Action("peek", "[" + read + "," + all + "]")));
  EXPECT_TRUE(good(Action("peek", "[" + read + "]") + "," + Action("read", "[" + all + "]")));
  EXPECT_FALSE(good(Action("read", "[]")));
  EXPECT_FALSE(good(Action("all", "[" + read + "]")));
  EXPECT_FALSE(good(Action("peek", "[" + read + "]")));  // the closure of the document has no `all`
  EXPECT_FALSE(good(Action("all", "[]", ", \"tags\": {\"a\": 1}")));
  auto r = Read(R"([{"uid": {"type": "Action", "id": "all"}, "attrs": {"a": 1}, "parents": []}])", kSchema);
  EXPECT_THAT(r->codes(), ElementsAre(Code::kActionMismatch));
  EXPECT_TRUE(r->result.store.Find({"Action", "all"})->attrs.empty());  // the schema's takes its place
}

TEST(EntitiesJson, WritingReadsBack) {
  auto r = Read("[" +
                User("b\\n\\\"", R"({"x": [1, {"k": {"__extn": {"fn": "duration", "arg": "1h"}}}]})",
                     "[" + Uid("T", "t") + "," + Uid("A", "a") + "," + Uid("A", "a") + "]",
                     R"(, "tags": {"k": true})") +
                "," + User("a", "{}") + "]");
  auto text = ToJson(r->result.store);
  ASSERT_TRUE(std::holds_alternative<std::string>(text));
  auto again = Read(std::get<std::string>(text));
  EXPECT_TRUE(again->result.valid);
  EXPECT_EQ(again->result.store.order(), r->result.store.order());
  EXPECT_EQ(std::get<std::string>(ToJson(again->result.store)), std::get<std::string>(text));
  for (const auto& uid : r->result.store.order()) {
    EXPECT_EQ(again->result.store.Find(uid)->attrs, r->result.store.Find(uid)->attrs);
    EXPECT_EQ(again->result.store.Find(uid)->tags, r->result.store.Find(uid)->tags);
    EXPECT_EQ(again->result.store.Ancestors(uid), r->result.store.Ancestors(uid));
  }
  EXPECT_EQ(std::get<std::string>(ToJson(data::EntityStore())), "[]\n");
  auto reserved = ToJson(Read("[" + User("a", R"({"x": {"__entity": 1}})") + "]")->result.store);
  EXPECT_TRUE(std::holds_alternative<ReservedKey>(reserved));
}

TEST(EntitiesJson, ManyRepeatsAndLongCyclesAreLinear) {
  constexpr int kMany = 50'000;
  std::string text = "[";
  for (int i = 0; i < kMany; ++i) {
    if (i > 0) text += ',';
    text += User(std::to_string(i), "{\"k\": 1, \"k\": 2}",
                 "[" + Uid("User", std::to_string((i + 1) % kMany)) + "]");
  }
  auto r = Read(text + "]");
  EXPECT_EQ(r->sink.diagnostics().size(), size_t{kMany});
  EXPECT_EQ(r->result.store.size(), 0u);
  text = "[";
  for (int i = 0; i < kMany; ++i) {
    if (i > 0) text += ',';
    text += User(std::to_string(i), "{}", "[" + Uid("User", std::to_string((i + 1) % kMany)) + "]");
  }
  auto cycle = Read(text + "]");
  EXPECT_THAT(cycle->codes(), ElementsAre(Code::kEntityCycle));
  EXPECT_LT(cycle->sink.diagnostics()[0].message.size(), 300u);
}

}  // namespace
}  // namespace polc::model
