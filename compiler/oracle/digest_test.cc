// Canonical JSON and the digests made of it, against texts written out by hand.
#include "compiler/oracle/digest.h"

#include "compiler/oracle/pol_world.h"
#include "compiler/oracle/validate.h"

namespace polc::oracle {
namespace {

using namespace world;

TEST(Canonical, Values) {
  EXPECT_EQ(CanonicalJson(Value(true)), "true");
  EXPECT_EQ(CanonicalJson(Long(INT64_MIN)), "\"-9223372036854775808\"");
  EXPECT_EQ(CanonicalJson(Text("a\"\\\n\x01\x7f é")), "\"a\\\"\\\\\\n\\u0001\x7f é\"");
  EXPECT_EQ(CanonicalJson(Value(EntityUid{"T", "i"})), R"({"__entity":{"id":"i","type":"T"}})");
  EXPECT_EQ(CanonicalJson(Value(data::Decimal{200})), R"({"__extn":{"arg":"0.0200","fn":"decimal"}})");
  EXPECT_EQ(CanonicalJson(Value(data::Datetime{-5})), R"({"__extn":{"arg":"-5ms","fn":"datetime"}})");
  EXPECT_EQ(CanonicalJson(Seconds(2)), R"({"__extn":{"arg":"2000ms","fn":"duration"}})");
  EXPECT_EQ(CanonicalJson(Value::MakeSet({Long(10), Long(9), Long(9)})), R"(["10","9"])");
  EXPECT_EQ(CanonicalJson(Value::MakeRecord({{"b", Long(1)}, {"a", Value(false)}})),
            R"({"a":false,"b":"1"})");
}
TEST(Canonical, MembersAreSortedByUtf16) {
  // U+10000 is after U+FFFD in UTF-8 and before it in UTF-16.
  EXPECT_EQ(CanonicalJson(Value::MakeRecord({{"\uFFFD", Long(1)}, {"\U00010000", Long(2)}})),
            "{\"\U00010000\":\"2\",\"\uFFFD\":\"1\"}");
}
TEST(Canonical, DigestIsSha256) {
  EXPECT_EQ(DigestOf("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, TheActionIsWhatThePageSays) {
  World w;
  w.program.model.actions[3].digest = {{false, {"owner"}}, {false, {"owner", "team"}}, {true, {"tier"}}};
  w.HostSays("tool", Value::MakeRecord({{"schema", Text("s")}}));
  w.Say("trace", Text("t"));
  w.host.acts_for = {{.principal = {"Robot", "cron"}, .scope = {{"drops", "a"}}}};
  EXPECT_FALSE(w.store.Close().has_value());
  data::Request request = w.request;
  request.host = std::make_shared<Host>(w.host);
  request.context = CompleteContext(w.program, request);
  EXPECT_EQ(CanonicalObject(ActionParts(w.program, w.store, request)),
            R"({"action":{"id":"restart_pod","type":"Action"},)"
            R"("acts_for":[{"attributes":[{"path":["owner"]},{"path":["owner","team"]}],)"
            R"("principal":{"id":"cron","type":"Robot"},"scope":["a","drops"]}],)"
            R"("context":{"n":"1","share":{"__extn":{"arg":"1.0000","fn":"decimal"}},"tags":[]},)"
            R"("principal":{"id":"oncall","type":"Agent"},)"
            R"("principal_attributes":[{"path":["owner"],"value":{"__entity":{"id":"dana","type":"Human"}}},)"
            R"({"path":["owner","team"]}],)"
            R"("resource":{"id":"web","type":"Service"},)"
            R"("resource_attributes":[{"path":["tier"],"value":"1"}],"tool":{"schema":"s"}})");
}

TEST(Digest, TermsAreASet) {
  const data::NeedTerm quorum{
      .approval = {{.parts = {{.count = 2, .pools = {Team("b"), Team("a")}}}, .within_ms = 1000}}};
  const data::NeedTerm evidence{.evidence = "plan"};
  const std::vector<LimitValue> limits = {{"timeout", Seconds(1)}, {"cost"}, {"timeout", Seconds(1)}};
  const std::string text = TermsJson({quorum, evidence, quorum}, limits);
  EXPECT_EQ(text, R"({"limits":[{"error":true,"kind":"cost"},)"
                  R"({"kind":"timeout","value":{"__extn":{"arg":"1000ms","fn":"duration"}}}],)"
                  R"("needs":[{"approval":[{"including_owner":false,"parts":[{"count":"2","error":false,)"
                  R"("pools":[{"id":"a","type":"Team"},{"id":"b","type":"Team"}]}],)"
                  R"("survives_policy_change":false,"within":"1000"}]},{"evidence":"plan"}]})");
  EXPECT_EQ(TermsJson({evidence, quorum}, {limits[1], limits[0]}), text);
  EXPECT_EQ(TermsJson({}, {}), R"({"limits":[],"needs":[]})");
}

}  // namespace
}  // namespace polc::oracle
