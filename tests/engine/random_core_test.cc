// Random core rules, mostly not well-typed, on every engine; and, closer than decisions can tell, each
// rule alone on oracle and VM: same truth, same error, no step above the bound.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "compiler/bridge/bridge.h"
#include "compiler/core/print.h"
#include "compiler/core/verify.h"
#include "compiler/emit/emit.h"
#include "compiler/oracle/authorize.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/explain.h"
#include "runtime/vm/message.h"
#include "tests/engine/engine.h"

namespace polc::tests {
namespace {

using core::ExprId;
using core::Op;
using core::Rule;
using data::EntityUid;
using data::Value;

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  uint32_t Below(size_t n) { return static_cast<uint32_t>(random_() % n); }
  bool Chance(uint32_t percent) { return Below(100) < percent; }

  EntityUid Uid() {
    static const char* kTypes[] = {"User", "Team", "Doc", "Ghost"};
    static const char* kIds[] = {"a", "b", "c", "zz"};
    return {kTypes[Below(4)], kIds[Below(4)]};
  }
  std::string Name() {
    static const char* kNames[] = {"n", "s", "b", "e", "set", "rec", "when", "missing"};
    return kNames[Below(8)];
  }
  std::string Text() {
    static const char* kTexts[] = {"",           "a",   "ab",         "aab",  "é",   "n", "1.5",
                                   "10.0.0.1/8", "::1", "2024-01-01", "1d2h", "x y", "b"};
    return kTexts[Below(13)];
  }
  Value Scalar() {
    static const int64_t kNumbers[] = {0, 1, -1, 2, 7, INT64_MAX, INT64_MIN, 86400000};
    switch (Below(9)) {
      case 0:
        return Value(Chance(50));
      case 1:
      case 2:
        return Value(kNumbers[Below(8)]);
      case 3:
      case 4:
        return Value(Text());
      case 5:
        return Value(Uid());
      case 6:
        return Value(data::Decimal{kNumbers[Below(8)]});
      case 7:
        return Value(data::Datetime{kNumbers[Below(8)]});
      default:
        return Value(data::Duration{kNumbers[Below(8)]});
    }
  }
  Value AnyValue(int depth = 2) {
    if (depth == 0 || Chance(60)) return Scalar();
    if (Chance(50)) {
      std::vector<Value> elements;
      for (uint32_t i = Below(4); i > 0; --i) elements.push_back(AnyValue(depth - 1));
      return Value::MakeSet(std::move(elements));
    }
    return Value::MakeRecord(Fields(depth - 1));
  }
  data::Record Fields(int depth) {
    std::map<std::string, Value> fields;
    for (uint32_t i = Below(5); i > 0; --i) fields.insert_or_assign(Name(), AnyValue(depth));
    return {fields.begin(), fields.end()};
  }

  data::Entity Entity(const EntityUid& uid, bool with_parents) {
    data::Entity entity;
    entity.uid = uid;
    for (auto& [name, value] : Fields(2)) entity.attrs.emplace(name, value);
    for (auto& [name, value] : Fields(1)) entity.tags.emplace(name, value);
    // Parents later in the alphabet only: no cycles.
    for (uint32_t i = with_parents ? Below(3) : 0; i > 0; --i) {
      const EntityUid parent = Uid();
      if (uid < parent) entity.parents.push_back(parent);
    }
    return entity;
  }
  void Fill(data::EntityStore* store) {
    for (const char* type : {"User", "Team", "Doc"}) {
      for (const char* id : {"a", "b", "c"}) {
        if (Chance(75)) store->Put(Entity({type, id}, true));
      }
    }
    ASSERT_FALSE(store->Close());
  }
  data::Request Request() {
    data::Request request{
        Uid(), {"Action", Chance(80) ? "view" : "edit"}, Uid(), Value::MakeRecord(Fields(2)), {}, {}, {}};
    if (Chance(25)) request.entities.push_back(Entity(Uid(), true));
    if (Chance(10)) request.entities.push_back(Entity(Uid(), true));
    if (request.entities.size() == 2 && request.entities[0].uid == request.entities[1].uid)
      request.entities.pop_back();
    return request;
  }

  core::ScopeTest Scope() {
    using TestOp = core::ScopeTest::Op;
    core::ScopeTest test;
    if (Chance(60)) return test;
    test.op = static_cast<TestOp>(1 + Below(4));
    if (test.op != TestOp::kIs) test.entity = Uid();
    if (test.op == TestOp::kIs || test.op == TestOp::kIsIn) test.type = Uid().type;
    return test;
  }

  // Leans towards operands that fit, so that evaluation gets somewhere; the rest errs, which is to be
  // compared as well.
  ExprId Bool(Rule& r, int depth) {
    if (depth == 0) return r.AddLiteral(Value(Chance(50)));
    const auto any = [&] { return Any(r, depth - 1); };
    const auto boolean = [&] { return Bool(r, depth - 1); };
    switch (Below(20)) {
      case 0:
      case 1: {
        const ExprId a = boolean(), b = boolean();
        return r.Add(Op::kAnd, {a, b});
      }
      case 2:
      case 3: {
        const ExprId a = boolean(), b = boolean();
        return r.Add(Op::kOr, {a, b});
      }
      case 4:
        return r.Add(Op::kNot, {boolean()});
      case 5: {
        const ExprId a = boolean(), b = boolean(), c = boolean();
        return r.Add(Op::kIf, {a, b, c});
      }
      case 6:
      case 7: {
        const ExprId a = any(), b = any();
        return r.Add(Op::kEq, {a, b});
      }
      case 8:
      case 9: {
        const ExprId a = Number(r, depth - 1), b = Number(r, depth - 1);
        return r.Add(Chance(50) ? Op::kLess : Op::kLessEq, {a, b});
      }
      case 10: {
        const ExprId a = Ent(r, depth - 1), b = Chance(60) ? Ent(r, depth - 1) : Set(r, depth - 1, true);
        return r.Add(Op::kIn, {a, b});
      }
      case 11:
        return r.AddNamed(Op::kIs, Ent(r, depth - 1), Uid().type);
      case 12:
        return r.AddNamed(Op::kHas, Holder(r, depth - 1), Name());
      case 13: {
        const ExprId a = Ent(r, depth - 1), b = Txt(r, depth - 1);
        return r.Add(Op::kHasTag, {a, b});
      }
      case 14:
        return r.AddLike(Txt(r, depth - 1), Pattern());
      case 15: {
        const ExprId a = Set(r, depth - 1, false), b = any();
        return r.Add(Op::kContains, {a, b});
      }
      case 16: {
        const ExprId a = Set(r, depth - 1, false), b = Set(r, depth - 1, false);
        return r.Add(Chance(50) ? Op::kContainsAll : Op::kContainsAny, {a, b});
      }
      case 17:
        return r.Add(Op::kIsEmpty, {Set(r, depth - 1, false)});
      case 18:
        return Call(r, depth);
      default:
        return any();
    }
  }

 private:
  ExprId Number(Rule& r, int depth) {
    if (depth == 0 || Chance(30)) {
      static const int64_t kEdges[] = {INT64_MAX, INT64_MIN, INT64_MAX / 2, INT64_MIN + 1};
      return r.AddLiteral(Value(Chance(20) ? kEdges[Below(4)] : int64_t{Below(5)} - 2));
    }
    switch (Below(6)) {
      case 0:
        return r.Add(Op::kNeg, {Number(r, depth - 1)});
      case 1:
      case 2: {
        static const Op kOps[] = {Op::kAdd, Op::kSub, Op::kMul};
        const ExprId a = Number(r, depth - 1), b = Number(r, depth - 1);
        return r.Add(kOps[Below(3)], {a, b});
      }
      case 3:
        return r.AddNamed(Op::kGetAttr, Holder(r, depth - 1), Name());
      case 4:
        return Call(r, depth);
      default:
        return Any(r, depth - 1);
    }
  }
  ExprId Ent(Rule& r, int depth) {
    if (depth > 0 && Chance(15)) return r.AddNamed(Op::kGetAttr, Holder(r, depth - 1), Name());
    if (Chance(5)) return Any(r, depth > 0 ? depth - 1 : 0);
    if (Chance(60)) return r.AddVar(static_cast<core::Var>(Below(3)));
    return r.AddLiteral(Value(Uid()));
  }
  ExprId Holder(Rule& r, int depth) {
    if (Chance(50)) return r.AddVar(static_cast<core::Var>(Below(4)));
    if (depth > 0 && Chance(30)) return Record(r, depth - 1);
    return Any(r, depth > 0 ? depth - 1 : 0);
  }
  ExprId Txt(Rule& r, int depth) {
    if (depth > 0 && Chance(30)) return r.AddNamed(Op::kGetAttr, Holder(r, depth - 1), Name());
    return Chance(90) ? r.AddLiteral(Value(Chance(50) ? Text() : Name())) : Any(r, depth > 0 ? depth - 1 : 0);
  }
  ExprId Set(Rule& r, int depth, bool entities) {
    if (depth > 0 && Chance(20)) return r.AddNamed(Op::kGetAttr, Holder(r, depth - 1), Name());
    if (Chance(5)) return Any(r, depth > 0 ? depth - 1 : 0);
    std::vector<ExprId> elements;
    for (uint32_t i = Below(4); i > 0; --i) {
      elements.push_back(entities && Chance(85) ? Ent(r, 0) : Any(r, depth > 0 ? depth - 1 : 0));
    }
    return r.Add(Op::kSet, elements);
  }
  ExprId Record(Rule& r, int depth) {
    std::map<std::string, ExprId> fields;
    for (uint32_t i = Below(4); i > 0; --i) {
      const std::string name = Name();
      if (!fields.contains(name)) fields.emplace(name, Any(r, depth));
    }
    return r.AddRecord({fields.begin(), fields.end()});
  }
  ExprId Call(Rule& r, int depth) {
    if (Chance(3)) return r.AddNamed(Op::kCallUnknown, Any(r, 0), "frob");
    const auto& functions = data::AllExtFns();
    const data::ExtFnInfo& info = functions[Below(functions.size())];
    std::vector<ExprId> arguments;
    for (const data::Kind kind : info.args) {
      if (Chance(4)) continue;  // wrong number
      if (Chance(10)) {
        arguments.push_back(Any(r, depth > 0 ? depth - 1 : 0));
      } else {
        arguments.push_back(r.AddLiteral(OfKind(kind)));
      }
    }
    return r.AddCall(info.fn, arguments);
  }
  Value OfKind(data::Kind kind) {
    if (kind == data::Kind::kIp) {
      data::IpAddr ip;
      ip.v6 = Chance(40);
      for (uint8_t& byte : ip.bytes) byte = Chance(70) ? 0 : static_cast<uint8_t>(Below(256));
      if (Chance(30)) ip.bytes[0] = 127;
      if (Chance(20)) ip.bytes[0] = ip.v6 ? 255 : 224;
      if (ip.v6 && Chance(30)) ip.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
      if (!ip.v6) std::fill(ip.bytes.begin() + 4, ip.bytes.end(), uint8_t{0});
      ip.prefix = static_cast<uint8_t>(Chance(50) ? (ip.v6 ? 128 : 32) : Below(ip.v6 ? 129 : 33));
      return Value(ip);
    }
    for (;;) {
      Value v = Scalar();
      if (v.is(kind)) return v;
    }
  }
  ExprId Any(Rule& r, int depth) {
    if (depth == 0 || Chance(25)) {
      if (Chance(30)) return r.AddVar(static_cast<core::Var>(Below(4)));
      return r.AddLiteral(Scalar());
    }
    switch (Below(9)) {
      case 0:
        return Bool(r, depth - 1);
      case 1:
        return Number(r, depth - 1);
      case 2:
        return Ent(r, depth - 1);
      case 3:
        return Txt(r, depth - 1);
      case 4:
        return Set(r, depth - 1, false);
      case 5:
        return Record(r, depth - 1);
      case 6:
        return r.AddNamed(Op::kGetAttr, Holder(r, depth - 1), Name());
      case 7: {
        const ExprId a = Ent(r, depth - 1), b = Txt(r, depth - 1);
        return r.Add(Op::kGetTag, {a, b});
      }
      default:
        return Call(r, depth);
    }
  }
  core::Pattern Pattern() {
    core::Pattern out;
    for (uint32_t i = Below(5); i > 0; --i) {
      if (Chance(50)) {
        out.push_back({true, ""});
      } else if (const std::string text = Text(); !text.empty() && (out.empty() || out.back().wildcard)) {
        out.push_back({false, text});
      }
    }
    return out;
  }

  std::mt19937 random_;
};

core::Program RandomProgram(Generator& g, size_t rules) {
  core::Program program;
  for (size_t i = 0; i < rules; ++i) {
    Rule rule;
    rule.id = "policy" + std::to_string(i);
    rule.effect = g.Chance(65) ? core::Effect::kAllow : core::Effect::kForbid;
    if (g.Chance(5)) rule.effect = static_cast<core::Effect>(g.Below(5));
    if (g.Chance(10)) rule.mode = core::Mode::kShadow;
    if (g.Chance(20)) rule.on_error = core::ErrorRule::kFailClosed;
    rule.principal = g.Scope();
    rule.resource = g.Scope();
    if (g.Chance(25)) rule.action = {core::ActionTest::Op::kEq, {{"Action", "view"}}, {}};
    if (g.Chance(10)) rule.action = {core::ActionTest::Op::kIn, {{"Action", "edit"}, {"Action", "view"}}, {}};
    for (uint32_t k = g.Below(3); k > 0; --k) {
      const ExprId id = g.Bool(rule, 4);
      rule.conditions.push_back(id);
    }
    program.rules.push_back(std::move(rule));
  }
  return program;
}

// What the oracle's error is called in the VM.
bool SameError(oracle::EvalError::Code code, vm::Trap trap) {
  using Code = oracle::EvalError::Code;
  using vm::Trap;
  switch (code) {
    case Code::kTypeError:
      return trap == Trap::kTypeError;
    case Code::kEntityDoesNotExist:
      return trap == Trap::kEntityAbsent;
    case Code::kAttributeDoesNotExist:
      return trap == Trap::kAttributeAbsent;
    case Code::kTagDoesNotExist:
      return trap == Trap::kTagAbsent;
    case Code::kIntegerOverflow:
      return trap == Trap::kOverflow;
    case Code::kExtensionError:
      return trap == Trap::kBadLiteral || trap == Trap::kOutOfRange;
    case Code::kUnknownFunction:
      return trap == Trap::kUnknownFunction;
    case Code::kWrongArgumentCount:
      return trap == Trap::kWrongArity;
    default:
      return false;
  }
}

// What the oracle says of one rule: decided alone, as an allow in force.
vm::Verdict OracleVerdict(core::Rule rule, const data::EntityStore& store, const data::Request& request) {
  rule.effect = core::Effect::kAllow;
  rule.mode = core::Mode::kEnforced;
  core::Program alone;
  alone.rules.push_back(std::move(rule));
  const oracle::Answer answer = oracle::Authorize(alone, store, request);
  if (!answer.errors.empty()) return vm::Verdict::kErred;
  return answer.reasons.empty() ? vm::Verdict::kNotSatisfied : vm::Verdict::kSatisfied;
}

struct StepCounter final : vm::TraceSink {
  void Executed(const vm::TraceEvent& e) override { steps += e.steps; }
  uint64_t steps = 0;
};

TEST(RandomCore, OracleAndVmAgreeOnEveryRule) {
  size_t held = 0, failed = 0, erred = 0;
  size_t explained[3] = {};
  std::map<vm::Trap, size_t> traps;
  for (uint32_t seed = 0; seed < 1500; ++seed) {
    Generator g(seed);
    data::EntityStore store;
    g.Fill(&store);
    const core::Program program = RandomProgram(g, 8);
    ASSERT_EQ(core::Verify(program), std::nullopt) << seed;
    source::DiagnosticSink sink;
    const auto bytes = emit::Emit(program, {}, sink);
    ASSERT_TRUE(bytes);
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    ASSERT_TRUE(bundle::Bundle::Open(*bytes, &opened).ok());
    const bundle::Status status = Verify(opened, &verified);
    ASSERT_TRUE(status.ok()) << BundleErrorName(status.error);
    const auto engine = vm::Engine::Make(verified, bridge::MakeSnapshot(store));
    vm::Scratch scratch(*engine);
    for (int k = 0; k < 4; ++k) {
      const data::Request request = g.Request();
      data::EntityStore seen(&store);
      for (const data::Entity& entity : request.entities) seen.Put(entity);
      ASSERT_FALSE(seen.Close());
      const auto made = bridge::MakeRequest(*engine, request);
      ASSERT_TRUE(made);
      const oracle::Answer answer = oracle::Authorize(program, seen, request);
      const vm::Decision decision = engine->Decide(*made, &scratch);
      ASSERT_EQ(vm::OutcomeName(decision.outcome), oracle::OutcomeName(answer.outcome)) << seed;
      ASSERT_EQ(vm::OutcomeName(decision.would_be), oracle::OutcomeName(answer.would_be)) << seed;
      std::vector<std::string> shadow;
      for (uint32_t i : decision.shadow)
        shadow.emplace_back(engine->bundle()->String(engine->bundle()->rules()[i].id));
      ASSERT_EQ(shadow, answer.shadow) << seed;
      std::map<std::string, oracle::EvalError> oracle_errors;
      for (const oracle::RuleError& e : answer.errors) oracle_errors.emplace(e.rule, e.error);
      // Rules alone: the emitted order is by id, which is policy0 … policy7 here.
      for (uint32_t i = 0; i < program.rules.size(); ++i) {
        StepCounter counter;
        const vm::Evaluation e = engine->EvaluateRule(i, *made, &scratch, &counter);
        ASSERT_LE(counter.steps, engine->bundle()->rules()[i].condition.max_steps);
        const auto it = oracle_errors.find(program.rules[i].id);
        std::string message;
        if (!e.ok) AppendMessage(*engine, *made, scratch, e.error, &message);
        ASSERT_EQ(e.ok, it == oracle_errors.end()) << seed << " " << message << "\n"
                                                   << core::Dump(program.rules[i]);
        if (!e.ok) {
          ASSERT_TRUE(SameError(it->second.code, e.error.trap))
              << seed << "\nvm: " << message << "\noracle: " << it->second.message << "\n"
              << core::Dump(program.rules[i]);
          ++traps[e.error.trap];
          ++erred;
        } else {
          ++(e.value.boolean() ? held : failed);
        }
        // What `polc explain` says of the rule is what the oracle says, and it names what decided.
        const vm::RuleExplanation why = ExplainRule(*engine, i, *made, &scratch);
        ASSERT_EQ(why.verdict, OracleVerdict(program.rules[i], seen, request))
            << seed << "\n"
            << core::Dump(program.rules[i]);
        ASSERT_EQ(why.part.has_value(), why.verdict != vm::Verdict::kSatisfied) << seed;
        ASSERT_EQ(why.message, message) << seed;
        ++explained[static_cast<size_t>(why.verdict)];
      }
    }
  }
  std::printf("rules: %zu held, %zu did not, %zu erred\n", held, failed, erred);
  std::printf("explained as the oracle decides: %zu satisfied, %zu not, %zu erred\n", explained[0],
              explained[1], explained[2]);
  for (const auto& [trap, count] : traps)
    std::printf("  %s %zu\n", std::string(TrapName(trap)).c_str(), count);
  // A generator that only errs, or never does, would show nothing.
  EXPECT_GT(held, 3000u);
  EXPECT_GT(failed, 3000u);
  EXPECT_GT(erred, 3000u);
  for (const auto trap : {vm::Trap::kTypeError, vm::Trap::kOverflow, vm::Trap::kEntityAbsent,
                          vm::Trap::kAttributeAbsent, vm::Trap::kTagAbsent, vm::Trap::kUnknownFunction,
                          vm::Trap::kWrongArity, vm::Trap::kBadLiteral, vm::Trap::kOutOfRange}) {
    EXPECT_GT(traps[trap], 10u) << TrapName(trap);
  }
}

TEST(RandomCore, AllEnginesDecideAlike) {
  const auto engines = AllEngines();
  ASSERT_FALSE(engines.empty());
  for (uint32_t seed = 100000; seed < 100600; ++seed) {
    Generator g(seed);
    data::EntityStore store;
    g.Fill(&store);
    const core::Program program = RandomProgram(g, 1 + g.Below(6));
    std::vector<data::Request> requests;
    for (int k = 0; k < 4; ++k) requests.push_back(g.Request());
    std::vector<Decision> first;
    for (const auto& engine : engines) {
      engine->SetStore(store);
      const auto loaded = engine->Load(program);
      for (size_t k = 0; k < requests.size(); ++k) {
        const Decision decision = loaded->Decide(requests[k]);
        if (engine == engines.front()) {
          first.push_back(decision);
        } else {
          ASSERT_EQ(ToString(decision), ToString(first[k])) << engine->name() << " seed " << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace polc::tests
