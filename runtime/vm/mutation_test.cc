// Hostile bundles: truncated, flipped, re-sealed, with hostile fields, with random code. Each is refused,
// or it is another policy that runs within its bounds: no crash, no assert, no step above what it says.
// Run under ASan and UBSan this is what stands behind "hostile bytes can be refused but never crash".
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "runtime/bundle/test_pol_image.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/message.h"
#include "runtime/vm/request.h"
#include "runtime/vm/review.h"

namespace polc::vm {
namespace {

using bundle::Bundle;
using bundle::BundleError;
using bundle::Constant;
using bundle::Effect;
using bundle::Header;
using bundle::Image;
using bundle::ImageBuilder;
using bundle::kNone;
using bundle::Status;
using bundle::VerifiedBundle;
using entities::EmptyRecord;
using entities::MakeLong;
using entities::SnapshotBuilder;

// Every opcode and every section in one bundle.
Image EverythingImage() {
  ImageBuilder b;
  Image& image = b.image;
  const auto c = [&](const Constant& constant) { return std::to_string(b.AddConstant(constant)); };
  const auto s = [&](std::string_view text) { return std::to_string(b.String(text)); };
  const std::string yes = c(bundle::BoolConstant(true)), one = c(bundle::LongConstant(1));
  const std::string alice = c(bundle::EntityConstant("User", "alice")),
                    team = c(bundle::EntityConstant("Team", "sre"));
  const std::string set =
      c(bundle::SetConstant({bundle::LongConstant(1), bundle::EntityConstant("User", "alice"),
                             bundle::SetConstant({bundle::TextConstant("x")})}));
  const std::string record = c(bundle::RecordConstant(
      {{"n", bundle::LongConstant(7)}, {"ip", bundle::IpConstant(std::string(16, '\1'), 64)}}));
  const std::string text = c(bundle::TextConstant("hello world")), number = c(bundle::TextConstant("1.5"));
  const std::string tag = c(bundle::TextConstant("color")), address = c(bundle::TextConstant("fe80::1/64"));
  const std::string h = "h", d = "d";
  const std::string pattern = std::to_string(b.Pattern({&h, nullptr, &d}));
  const std::string shape = std::to_string(b.Shape({"b", "a"})), user = std::to_string(b.Type("User"));

  image.inputs.push_back(bundle::SwitchInput(&b, "freeze"));
  image.inputs.back().fresh_within_ms = 1000;
  bundle::InputRow keyed = bundle::SwitchInput(&b, "freezes");
  keyed.by = b.String("principal");
  keyed.key_type = bundle::AddValueType(&image, bundle::Kind::kEntity);
  image.value_types.back().of = b.Type("User");
  image.inputs.push_back(keyed);
  image.levels.push_back({b.String("Risk"), 1, {}, {0, 2}});
  image.level_names = {b.String("low"), b.String("high")};
  image.zones.push_back({b.String("Europe/Berlin"), b.String("2026a"), {0, 2}, INT64_MAX});
  image.zone_offsets = {{INT64_MIN, 3600000, 0}, {1000, 7200000, 0}};
  image.hours.push_back({b.String("business"), 0, 540, 1020, 31, {}});
  const uint32_t timeout = bundle::AddLimitKind(&b, "timeout", Kind::kLong, bundle::Merge::kLowest);
  image.facts.push_back(bundle::MakeFact(
      b.String("f"), AddBlock(&image, "const " + one + "\n var principal\n set 2\n return")));
  const std::vector<std::string> kBlocks = {
      "0 var principal\n 1 const " + alice + "\n 2 eq\n 3 and 6\n 4 var principal\n 5 is " + user +
          "\n 6 and 10\n" + "7 var principal\n 8 const " + team + "\n 9 in\n 10 return",
      "const " + one + "\n neg\n const " + one + "\n add\n const " + one + "\n sub\n const " + one +
          "\n mul\n const " + one + "\n lt\n const " + one + "\n const " + one + "\n le\n eq\n not\n return",
      "const " + record + "\n attr " + s("n") + "\n const " + set + "\n const " + record + "\n has " +
          s("n") + "\n check_bool\n record " + shape + "\n eq\n return",
      "0 var principal\n 1 const " + tag + "\n 2 has_tag\n 3 br_false 9\n 4 var principal\n 5 const " + tag +
          "\n 6 get_tag\n 7 like " + pattern + "\n 8 return\n 9 const " + text + "\n 10 like " + pattern +
          "\n 11 return",
      "0 const " + set + "\n 1 const " + one + "\n 2 contains\n 3 or 7\n 4 const " + set +
          "\n 5 fact 0\n 6 contains_all\n 7 return",
      "const " + set + "\n fact 0\n contains_any\n input 0\n check_bool\n eq\n return",
      "const " + number + "\n call decimal\n const " + number + "\n call decimal\n call lessThan\n const " +
          address + "\n call ip\n const " + address + "\n call ip\n call isInRange\n eq\n return",
      "const " + set + "\n is_empty\n fail 1 WrongArity/" + s("ip") + "\n check_bool\n return",
      "0 const " + set +
          "\n 1 each 7 some/16\n 3 element\n 4 var principal\n 5 eq\n 6 each_end some/16\n 7 return",
      "0 const " + set + "\n 1 each 8 number/3\n 3 element\n 4 const " + one +
          "\n 5 lt\n 6 not\n 7 each_end number/3\n 8 const " + one + "\n 9 eq\n 10 return",
      "var context\n attr " + s("n") + "\n const " + one + "\n le\n return",
      "0 var principal\n 1 input_of 1\n 2 check_bool\n 3 and 9\n 4 var principal\n 5 const " + one +
          "\n 6 attr_or " + s("n") + "\n 7 has_strict " + s("n") + "\n 8 check_bool\n 9 return",
      "var principal\n const " + team + "\n in_strict\n var principal\n const " + tag +
          "\n has_tag_strict\n eq\n return",
      "const " + set + "\n const " + set + "\n union\n const " + set + "\n intersect\n size\n const " + text +
          "\n lower\n rank 0\n eq\n return",
      "const " + one + "\n in_hours 0\n return",
      "const " + yes + "\n return",
  };
  for (size_t i = 0; i < kBlocks.size(); ++i) {
    bundle::RuleRow rule =
        bundle::MakeRule(b.String("rule" + std::string(1, static_cast<char>('a' + i))),
                         static_cast<Effect>(i % bundle::kEffectCount), AddBlock(&image, kBlocks[i]));
    rule.mode = static_cast<uint8_t>(i % 4 == 3);
    rule.error_rule = static_cast<uint8_t>(i % 2);
    const auto size = [](const auto& rows) { return static_cast<uint32_t>(rows.size()); };
    rule.limits = {size(image.limits), 1};
    bundle::LimitRow limit{};
    limit.kind = timeout;
    limit.value = AddBlock(&image, "const " + one + "\n return");
    image.limits.push_back(limit);
    rule.parts = {size(image.parts), 1};
    image.parts.push_back({3, {}, 0, bundle::kNowhere, 0});
    rule.annotations = {size(image.annotations), 1};
    image.annotations.push_back({b.String("id"), b.String("x")});
    rule.needs = {size(image.needs), 1};
    image.needs.push_back(bundle::AddApprovalNeed(&image, 2, "var principal\n return"));
    rule.controls = {size(image.controls), 0};
    image.rules.push_back(rule);
  }
  image.files.push_back({b.String("a.cedar"), 0, 0, 4});
  image.source_bytes = {'t', 'e', 'x', 't'};
  image.debug.push_back({1, {0, 0, 4, 1, 1}});
  image.meta.push_back({b.String("producer"), b.String("test")});
  // Small limits, so that small mutations reach them.
  image.max_elements = 1000;
  image.max_bytes = 1000;
  return b.Finish();
}

std::shared_ptr<const Snapshot> SomeWorld() {
  SnapshotBuilder b;
  const EntityId alice = b.Intern("User", "alice"), sre = b.Intern("Team", "sre");
  auto& v = b.values();
  b.Add(alice, *v.Record({{"n", MakeLong(1)}}), *v.Record({{"color", v.String("hard")}}), {sre});
  b.Add(sre, EmptyRecord(), EmptyRecord(), {});
  b.Add(b.Intern("Human", "alice"), EmptyRecord(), EmptyRecord(), {});
  b.Add(b.Intern("Human", "bob"), EmptyRecord(), EmptyRecord(), {sre});
  b.Add(b.Intern("Service", "d"), *v.Record({{"tier", v.String("one")}}), EmptyRecord(), {sre});
  EntityId bad;
  return b.Finish(&bad);
}

// Adds up what a block costs and reads every value it is shown.
struct CountingSink final : TraceSink {
  void Executed(const TraceEvent& e) override {
    steps += e.steps;
    ++events;
  }
  uint64_t steps = 0;
  uint64_t events = 0;
};

// Of Cedar's format and opcodes, or of a set with Pol.
enum class Start { kEverything, kPol };

class MutationTest : public ::testing::TestWithParam<Start> {
 protected:
  MutationTest() {
    const Image image = GetParam() == Start::kPol ? bundle::PolImage() : EverythingImage();
    EXPECT_TRUE(Write(image, &good_).ok());
    Bundle opened;
    VerifiedBundle verified;
    EXPECT_TRUE(Bundle::Open(good_, &opened).ok());
    const Status s = Verify(opened, &verified);
    EXPECT_TRUE(s.ok()) << BundleErrorName(s.error) << " at " << s.at;
    good_id_ = verified.snapshot_id();
  }

  // Opens, verifies and, if accepted, runs it. Returns why it was refused.
  BundleError Try(const std::vector<uint8_t>& file, bool must_differ = true) {
    Bundle opened;
    VerifiedBundle verified;
    Status s = Bundle::Open(file, &opened);
    if (s.ok()) s = Verify(opened, &verified);
    if (!s.ok()) {
      ++refused_;
      return s.error;
    }
    ++accepted_;
    if (must_differ) {
      EXPECT_NE(verified.snapshot_id(), good_id_);
    }
    Run(verified);
    return BundleError::kOk;
  }

  void Run(const VerifiedBundle& verified) {
    const auto engine = Engine::Make(verified, world_);
    RunOnce(verified, *engine, {.rich = false});
    std::optional<Subject> subject = RunOnce(verified, *engine, {.rich = true});
    if (GetParam() != Start::kPol) return;
    if (subject) subject = RunOnce(verified, *engine, {.rich = true, .has_ticket = true});
    if (subject) RunOnce(verified, *engine, {.rich = true, .has_ticket = true, .approved = &*subject});
    RunOnce(verified, *engine, {.rich = true, .has_chain = true});
  }

  struct Asked {
    bool rich = false;  // with context, state and what the host says
    bool has_ticket = false;
    bool has_chain = false;
    const Subject* approved = nullptr;  // what approvals and evidence name
  };
  // What an approval would have to name, if the request fits the model.
  std::optional<Subject> RunOnce(const VerifiedBundle& verified, const Engine& engine, const Asked& asked) {
    Scratch scratch(engine);
    RequestBuilder builder(engine);
    FillRequest(verified, asked, &builder);
    EntityId bad;
    const std::optional<Request> request = builder.Finish(&bad);
    EXPECT_TRUE(request);
    const Decision d = engine.Decide(*request, &scratch);
    ++outcomes_[static_cast<size_t>(d.outcome)];
    std::string text;
    for (const RuleError& e : d.errors) AppendMessage(engine, *request, scratch, e.error, &text);
    for (uint32_t i = 0; i < verified->rules().size(); ++i) {
      CountingSink sink;
      engine.EvaluateRule(i, *request, &scratch, &sink);
      EXPECT_LE(sink.steps, verified->rules()[i].condition.max_steps);
    }
    for (uint32_t i = 0; i < verified->limits().size(); ++i) engine.EvaluateLimit(i, *request, &scratch);
    if (GetParam() != Start::kPol || !request->misfit().fits() || !request->unknown_entity().fits())
      return std::nullopt;
    Review review(engine, *request);
    for (uint32_t i = 0; i < verified->approvals().size(); ++i) review.Quorums(i, 0);
    review.state_read();
    review.Updates(d.outcome);
    return review.subject();
  }

  void FillRequest(const VerifiedBundle& verified, const Asked& asked, RequestBuilder* builder) const {
    const bool pol = GetParam() == Start::kPol;
    auto& v = builder->values();
    const EntityId principal = builder->Entity(pol ? "Human" : "User", asked.rich ? "alice" : "nobody");
    builder->SetPrincipal(principal);
    builder->SetAction(builder->Entity("Action", pol ? "restart" : "view"));
    builder->SetResource(builder->Entity(pol ? "Service" : "Doc", "d"));
    if (!asked.rich) return;
    if (!pol) {
      builder->SetContext(*v.Record({{"n", MakeLong(-1)}, {"s", v.String("text")}}));
    } else if (asked.has_ticket) {
      builder->SetContext(*v.Record({{"risk", v.String("high")}, {"ticket", v.String("t")}}));
    } else {
      builder->SetContext(*v.Record({{"risk", v.String("high")}}));
    }
    HostInputs& host = builder->host();
    for (uint32_t i = 0; i < verified->inputs().size(); ++i) {
      const bundle::InputRow& input = verified->inputs()[i];
      StateValue state{.input = i, .value = entities::MakeBool(!pol), .as_of_ms = 5};
      if (static_cast<bundle::InputKind>(input.kind) == bundle::InputKind::kNow) continue;
      if (static_cast<Kind>(input.value_kind) == Kind::kLong) state.value = MakeLong(1);
      if (input.by != kNone && pol) state.has_key = true, state.key = entities::MakeEntity(principal);
      host.state.push_back(state);
    }
    if (!pol) return;
    host.now_ms = 10;
    host.context = *v.Record({{"radius", entities::MakeNumber(Kind::kDecimal, 500)}});
    for (uint32_t i = 0; i < verified->limit_kinds().size(); ++i) host.enforces.push_back(i);
    Approval approval;
    approval.approver = builder->Entity("Human", "bob");
    approval.snapshot = verified.snapshot_id();
    approval.issued_ms = 1;
    approval.id = approval.signing_key = v.String("a1");
    approval.canonical = v.String("{}");
    bundle::Digest action{};
    if (asked.approved != nullptr) {
      approval.action = action = asked.approved->action_digest;
      approval.terms = asked.approved->terms_digest;
      approval.canonical = v.String(asked.approved->action);
    }
    host.approvals.push_back(approval);
    host.refusals.push_back({approval.approver, {}, 2, v.String("r1")});
    for (uint32_t i = 0; i < verified->evidence_kinds().size(); ++i)
      host.evidence.push_back({i, action, v.String("see there")});
    if (asked.has_chain) host.acts_for.push_back({builder->Entity("Human", "bob"), true, {v.String("fix")}});
  }

  void Report(const char* what) {
    std::printf("%s: %zu refused, %zu accepted and harmless", what, refused_, accepted_);
    for (size_t i = 0; i < std::size(outcomes_); ++i)
      std::printf("%s %zu %s", i == 0 ? ";" : ",", outcomes_[i],
                  std::string(OutcomeName(Outcome(i))).c_str());
    std::printf("\n");
  }

  std::vector<uint8_t> good_;
  bundle::Digest good_id_;
  std::shared_ptr<const Snapshot> world_ = SomeWorld();
  size_t refused_ = 0, accepted_ = 0;
  size_t outcomes_[5] = {};
};

INSTANTIATE_TEST_SUITE_P(Images, MutationTest, ::testing::Values(Start::kEverything, Start::kPol),
                         [](const auto& test) { return test.param == Start::kPol ? "Pol" : "Everything"; });

// Of changes that are sealed again, each this many-th is tried: all, unless POLC_MUTATION_STEP says
// otherwise, as sanitized runs do, which take ten times as long.
size_t Step() {
  const char* step = std::getenv("POLC_MUTATION_STEP");
  const int n = step != nullptr ? std::atoi(step) : 1;
  return n > 0 ? static_cast<size_t>(n) : 1;
}

TEST_P(MutationTest, TheBundleItselfRuns) {
  EXPECT_EQ(Try(good_, false), BundleError::kOk);
  Report("the bundle itself");
  if (GetParam() != Start::kPol) return;
  // The requests are worth attacking with: between them they come past everything.
  EXPECT_EQ(outcomes_[static_cast<size_t>(Outcome::kAllowWithLimits)], 1u);
  EXPECT_EQ(outcomes_[static_cast<size_t>(Outcome::kRequireApproval)], 1u);
  EXPECT_EQ(outcomes_[static_cast<size_t>(Outcome::kSuggest)], 1u);
  EXPECT_EQ(outcomes_[static_cast<size_t>(Outcome::kDeny)], 2u);
}

TEST_P(MutationTest, EveryTruncationIsRefused) {
  for (size_t n = 0; n < good_.size(); ++n) {
    // A copy of its own size, so that a sanitizer sees the end.
    EXPECT_NE(Try({good_.begin(), good_.begin() + static_cast<ptrdiff_t>(n)}), BundleError::kOk) << n;
  }
  Report("truncations");
}

TEST_P(MutationTest, EveryFlippedByteIsRefused) {
  for (size_t at = 0; at < good_.size(); ++at) {
    for (const uint8_t flip : {0x01, 0x10, 0x80, 0xFF}) {
      std::vector<uint8_t> file = good_;
      file[at] ^= flip;
      EXPECT_NE(Try(file), BundleError::kOk) << at;
    }
  }
  Report("flipped bytes");
}

TEST_P(MutationTest, EveryFlippedByteResealed) {
  Header header;
  std::memcpy(&header, good_.data(), sizeof(header));
  for (size_t at = 0; at < header.content_bytes; at += Step()) {
    for (const uint8_t flip : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF, 0x03}) {
      std::vector<uint8_t> file = good_;
      file[at] ^= flip;
      Bundle opened;
      // Reseal needs a file that opens; one that does not is refused already.
      if (Bundle::Open(file, &opened).ok()) bundle::Reseal(&file);
      Try(file);
    }
  }
  Report("flipped bytes, re-sealed");
  EXPECT_GT(refused_, 0u);
  EXPECT_GT(accepted_, 0u);  // texts, constants and effects: other policies
}

TEST_P(MutationTest, EveryFieldHostileResealed) {
  Header header;
  std::memcpy(&header, good_.data(), sizeof(header));
  for (size_t at = 0; at + 8 <= header.content_bytes; at += 4 * Step()) {
    uint32_t old;
    std::memcpy(&old, good_.data() + at, 4);
    for (const uint32_t value :
         {uint32_t{0}, uint32_t{1}, old + 1, old - 1, old * 2, old << 8, old >> 8, uint32_t{0x7FFFFFFF},
          uint32_t{0x80000000}, uint32_t{0xFFFFFFFE}, uint32_t{0xFFFFFFFF}, uint32_t{1} << 24,
          bundle::kMaxStack, bundle::kMaxStack + 1}) {
      for (const bool wide : {false, true}) {
        std::vector<uint8_t> file = good_;
        std::memcpy(file.data() + at, &value, 4);
        if (wide) std::memcpy(file.data() + at + 4, &value, 4);
        Bundle opened;
        if (Bundle::Open(file, &opened).ok()) bundle::Reseal(&file);
        Try(file, value != old);
      }
    }
  }
  Report("hostile fields, re-sealed");
}

TEST_P(MutationTest, ManyRandomChangesResealed) {
  std::mt19937 random(20261121);
  Header header;
  std::memcpy(&header, good_.data(), sizeof(header));
  const Bundle* view = nullptr;
  Bundle opened_good;
  ASSERT_TRUE(Bundle::Open(good_, &opened_good).ok());
  view = &opened_good;
  const auto code_at =
      static_cast<size_t>(reinterpret_cast<const uint8_t*>(view->code().data()) - good_.data());
  const size_t code_bytes = view->code().size_bytes();
  for (size_t i = 0; i < 30000; i += Step()) {
    std::vector<uint8_t> file = good_;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int k = 0; k < changes; ++k) {
      // Half of the changes in the code, and small: those have a chance.
      const size_t at = random() % 2 ? code_at + random() % code_bytes : random() % header.content_bytes;
      file[at] = random() % 3 ? static_cast<uint8_t>(random() % 40) : static_cast<uint8_t>(random());
    }
    Bundle opened;
    if (Bundle::Open(file, &opened).ok()) bundle::Reseal(&file);
    Try(file, false);
  }
  Report("random changes, re-sealed");
}

// Random code with sound operands that keeps an eye on the stack: much of it is accepted, so this walks
// where hand-written code does not.
TEST_P(MutationTest, RandomCode) {
  if (GetParam() == Start::kPol) GTEST_SKIP() << "the blocks of the other image have every opcode";
  std::mt19937 random(7);
  const Image base = EverythingImage();
  auto below = [&](size_t n) { return static_cast<uint32_t>(random() % n); };
  for (size_t round = 0; round < 60000; round += Step()) {
    std::vector<uint32_t> code;
    uint32_t depth = 0;
    size_t each_end = 0;  // where the open `each`'s target will be patched
    uint32_t each_depth = 0;
    std::vector<std::pair<size_t, uint32_t>> jumps;  // waiting for a place with their depth
    auto put = [&](bundle::Opcode op, uint32_t a = 0) { code.push_back(bundle::EncodeWord(op, a)); };
    const size_t length = 3 + below(25);
    using bundle::Opcode;
    for (size_t i = 0; i < length; ++i) {
      const uint32_t floor = each_end != 0 ? each_depth : 0;
      const uint32_t free = depth - floor;
      if (!jumps.empty() && jumps.back().second == depth && below(3) == 0) {
        const size_t at = jumps.back().first;
        if (code.size() - at - 1 > 0) {
          code[at] =
              bundle::EncodeWord(bundle::WordOpcode(code[at]), static_cast<uint32_t>(code.size() - at - 1));
          jumps.pop_back();
        }
      }
      const auto op = static_cast<Opcode>(below(bundle::kOpcodeCount));
      switch (op) {
        case Opcode::kConst:
          put(op, below(base.constant_count)), ++depth;
          break;
        case Opcode::kVar:
          put(op, below(4)), ++depth;
          break;
        case Opcode::kElement:
          if (each_end != 0) put(op), ++depth;
          break;
        case Opcode::kFact:
          put(op, 0), ++depth;
          break;
        case Opcode::kInput:
          put(op, 0), ++depth;
          break;
        case Opcode::kAnd:
        case Opcode::kOr:
          if (free < 1) break;
          put(Opcode::kCheckBool);
          jumps.emplace_back(code.size(), depth);
          put(op, 0);
          --depth;
          break;
        case Opcode::kBranchFalse:
          if (free < 1) break;
          put(Opcode::kCheckBool);
          jumps.emplace_back(code.size(), depth - 1);
          put(op, 0);
          --depth;
          break;
        case Opcode::kInputOf:
          if (free >= 1) put(op, 1);
          break;
        case Opcode::kRank:
        case Opcode::kInHours:
          if (free >= 1) put(op, 0);
          break;
        case Opcode::kAttrOr:
          if (free >= 2) put(op, below(base.string_ends.size())), --depth;
          break;
        case Opcode::kCheckBool:
        case Opcode::kNeg:
        case Opcode::kIsEmpty:
        case Opcode::kSize:
        case Opcode::kLower:
          if (free >= 1) put(op);
          break;
        case Opcode::kNot:
          if (free >= 1) put(Opcode::kCheckBool), put(op);
          break;
        case Opcode::kIs:
          if (free >= 1) put(op, below(base.types.size()));
          break;
        case Opcode::kHas:
        case Opcode::kHasStrict:
        case Opcode::kAttr:
          if (free >= 1) put(op, below(base.string_ends.size()));
          break;
        case Opcode::kLike:
          if (free >= 1) put(op, 0);
          break;
        case Opcode::kSet: {
          const uint32_t n = below(4);
          if (free >= n) put(op, n), depth += 1 - n;
          break;
        }
        case Opcode::kRecord:
          if (free >= 2) put(op, 0), --depth;
          break;
        case Opcode::kCall: {
          const uint32_t builtin = below(bundle::kBuiltinCount);
          const uint32_t n = Info(static_cast<bundle::Builtin>(builtin)).argument_count;
          if (free >= n) put(op, builtin), depth += 1 - n;
          break;
        }
        case Opcode::kFail: {
          const uint32_t n = below(2);
          if (free < n || below(4) != 0) break;
          put(op, n);
          code.push_back(bundle::PackTrap(Trap::kWrongArity, 0));
          depth += 1 - n;
          break;
        }
        case Opcode::kEach:
          if (each_end != 0 || free < 1 || !jumps.empty()) break;
          put(op, 0);
          each_end = code.size();
          code.push_back(bundle::PackQuantifier(static_cast<bundle::Quantifier>(below(3)), 1 + below(4)));
          each_depth = --depth;
          break;
        case Opcode::kEachEnd:
          if (each_end == 0 || free != 1 || !jumps.empty()) break;
          put(Opcode::kCheckBool);
          put(op, code[each_end]);
          code[each_end - 1] =
              bundle::EncodeWord(Opcode::kEach, static_cast<uint32_t>(code.size() - each_end - 1));
          each_end = 0;
          break;
        case Opcode::kJump:
        case Opcode::kReturn:
          break;
        default:  // the binary operators
          if (free >= 2) put(op), --depth;
          break;
      }
    }
    while (depth > 1) put(Opcode::kEq), --depth;
    if (depth == 0) put(Opcode::kConst, 0), ++depth;
    for (const auto& [at, wanted] : jumps) {
      code[at] =
          bundle::EncodeWord(bundle::WordOpcode(code[at]), static_cast<uint32_t>(code.size() - at - 1));
    }
    put(Opcode::kCheckBool);
    put(Opcode::kReturn);

    Image image = base;
    image.code.clear();
    image.rules.resize(1);
    image.facts[0].value = AddBlock(&image, "const 0\n return");
    image.rules[0].condition = AddBlock(&image, code);
    image.limits[0].value = AddBlock(&image, "const 0\n return");
    image.limits.resize(1);
    image.pools[0].group = AddBlock(&image, "const 0\n return");
    image.needs.resize(1), image.approvals.resize(1), image.quorums.resize(1), image.quorum_parts.resize(1);
    image.pools.resize(1), image.parts.resize(1), image.annotations.resize(1);
    image.debug.clear();
    std::vector<uint8_t> file;
    if (!Write(image, &file).ok()) {
      ++refused_;
      continue;
    }
    Try(file, false);
    if (HasFatalFailure()) return;
  }
  Report("random code");
  EXPECT_GT(accepted_ * Step(), 10000u);
}

}  // namespace
}  // namespace polc::vm
