// Every set of up to four rules over effects and modes, on every request that makes each condition true,
// false or an error, under four hosts: against a second reading (each rule votes for an outcome, the worst
// vote wins) and, between neighbours, against the laws of language.md §3.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "tests/pol/family.h"

namespace polc::tests {
namespace {

enum Kind_ : int { kAllow, kLimit1, kLimit2, kRequire, kEvidence, kSuggest, kForbid, kLiftable, kKinds };

// A rule of a set: what it does, whether enforced, and how its condition comes out on the request.
struct Slot {
  int kind = 0;
  bool shadow = false;
  Comes comes = Comes::kTrue;
};

// Enforcing, approving (kim of sec, max of dba, and the plan), refusing (lee of sec).
struct HostKind {
  bool enforces, approves, refuses;
};
constexpr HostKind kHosts[] = {
    {true, false, false}, {false, false, false}, {true, true, false}, {true, true, true}};

std::string RuleId(size_t i) { return "r" + std::to_string(i); }

Rule MakeRule(size_t position, const Slot& slot) {
  constexpr Effect kEffects[] = {Effect::kAllow,   Effect::kLimit,   Effect::kLimit,  Effect::kRequire,
                                 Effect::kRequire, Effect::kSuggest, Effect::kForbid, Effect::kForbid};
  Rule rule = World::Pol(RuleId(position).c_str(), kEffects[slot.kind]);
  rule.mode = slot.shadow ? Mode::kShadow : Mode::kEnforced;
  rule.conditions = {World::Context(rule, ("c" + std::to_string(position)).c_str())};
  switch (slot.kind) {
    case kLimit1:
    case kLimit2:
      rule.limits = {{"timeout", rule.AddLiteral(Seconds(slot.kind)), {}}};
      break;
    case kRequire:
      rule.needs.push_back({.approval = World::By(rule, 1, Team("sec"))});
      break;
    case kEvidence:
      rule.needs.push_back({.kind = core::Need::Kind::kEvidence, .evidence = "plan"});
      break;
    case kSuggest:
      World::Part(rule).suggestion = core::Suggestion{.action = Action("archive")};
      break;
    case kLiftable:
      World::LiftedBy(rule, 1, Team("dba"));
      break;
    default:
      break;
  }
  return rule;
}

// --- The second reading ---

struct Expected {
  Outcome outcome = Outcome::kAllow;
  Why why = Why::kNone;
  std::vector<std::string> reasons, shadow;
  size_t needs = 0;
  int timeout = 0;  // the lowest; 0: none, or denied
};

// What terms consist of: which limits and needs hold when no approval counts.
uint32_t TermsOf(const std::vector<Slot>& slots, bool with_shadow) {
  uint32_t terms = 0;
  for (const Slot& s : slots) {
    if (s.comes != Comes::kFalse && (with_shadow || !s.shadow) && s.kind >= kLimit1 && s.kind <= kEvidence)
      terms |= 1u << s.kind;
  }
  return terms;
}

Expected Read(const std::vector<Slot>& slots, const HostKind& host, bool with_shadow) {
  // Approvals name the terms of the rules enforced.
  const bool approved = host.approves && TermsOf(slots, with_shadow) == TermsOf(slots, false);
  bool granted = false, forbidden = false, forbidden_by_value = false, unenforced = false,
       unenforced_by_value = false, refused = false;
  std::array<std::vector<std::string>, 5> voters;  // by outcome
  std::vector<std::string> limits, allows, refusals;
  Expected out;
  for (size_t i = 0; i < slots.size(); ++i) {
    const Slot& s = slots[i];
    if (s.shadow && s.comes != Comes::kFalse) out.shadow.push_back(RuleId(i));
    if (s.shadow && !with_shadow) continue;
    if (s.kind == kAllow) {
      if (s.comes == Comes::kTrue) allows.push_back(RuleId(i));
      granted |= s.comes == Comes::kTrue;
      continue;
    }
    if (s.comes == Comes::kFalse) continue;
    const bool by_value = s.comes == Comes::kTrue;
    int vote = 0;
    switch (s.kind) {
      case kLimit1:
      case kLimit2:
        vote = host.enforces ? 1 : 4;
        unenforced |= !host.enforces;
        unenforced_by_value |= !host.enforces && by_value;
        limits.push_back(RuleId(i));
        out.timeout = out.timeout == 0 ? s.kind : std::min(out.timeout, s.kind);
        break;
      case kRequire:
        refused |= host.refuses;
        if (host.refuses) refusals.push_back(RuleId(i));
        vote = host.refuses ? 4 : approved ? 0 : 2;
        if (!approved) {
          voters[2].push_back(RuleId(i));
          ++out.needs;
        }
        break;
      case kEvidence:
        vote = host.approves ? 0 : 2;
        if (!host.approves) {
          voters[2].push_back(RuleId(i));
          ++out.needs;
        }
        break;
      case kSuggest:
        vote = 3;
        voters[3].push_back(RuleId(i));
        break;
      default:
        if (s.kind == kLiftable && approved) break;
        vote = 4;
        forbidden = true;
        forbidden_by_value |= by_value;
        voters[4].push_back(RuleId(i));
        break;
    }
    out.outcome = std::max(out.outcome, static_cast<Outcome>(vote));
  }
  if (!granted) out.outcome = Outcome::kDeny;
  if (out.outcome == Outcome::kDeny) {
    out.timeout = 0;
    if (forbidden) {
      out.why = forbidden_by_value ? Why::kForbidden : Why::kError;
      out.reasons = voters[4];
    } else if (!granted) {
      out.why = Why::kNoGrant;
    } else if (unenforced) {
      out.why = unenforced_by_value ? Why::kUnenforceable : Why::kError;
      out.reasons = limits;
    } else if (refused) {
      out.why = Why::kRefused;
      out.reasons = refusals;
    }
  } else if (out.outcome >= Outcome::kRequireApproval) {
    out.reasons = voters[static_cast<size_t>(out.outcome)];
  } else {
    out.reasons = allows;
    out.reasons.insert(out.reasons.end(), limits.begin(), limits.end());
    std::ranges::sort(out.reasons);
  }
  if (out.outcome != Outcome::kRequireApproval && out.outcome != Outcome::kSuggest) out.needs = 0;
  return out;
}

// --- Results, to be compared with those of neighbours ---

struct Result {
  uint8_t outcome, needs, timeout;
};
// A set with its request, whatever the order of the rules.
uint64_t Key(std::vector<int> codes, size_t host) {
  std::ranges::sort(codes);
  uint64_t key = 0;
  for (const int code : codes) key = key * 64 + static_cast<uint64_t>(code) + 1;
  return key * 4 + host;
}
int Code(const Slot& s) { return (s.kind * 2 + s.shadow) * 3 + static_cast<int>(s.comes); }
Slot SlotOf(int code) { return {code / 6, (code / 3 & 1) != 0, static_cast<Comes>(code % 3)}; }

// Whether b is at least as restrictive as a: by outcome, then by terms.
bool AtLeast(const Result& b, const Result& a) {
  if (b.outcome != a.outcome) return b.outcome > a.outcome;
  if (a.outcome == static_cast<uint8_t>(Outcome::kDeny)) return true;
  return b.needs >= a.needs && (a.timeout == 0 || (b.timeout != 0 && b.timeout <= a.timeout));
}

class Effects {
 public:
  Effects() {
    world_.options.validate_request = false;
    EXPECT_FALSE(world_.store.Close().has_value());
  }

  void RunAll(size_t most) {
    std::vector<Slot> slots;
    Grow(slots, 0, most);
    family_.Finish(1'000'000);
    CheckLaws();
  }

 private:
  void Grow(std::vector<Slot>& slots, int from, size_t most) {
    RunSet(slots);
    if (slots.size() == most) return;
    for (int next = from; next < kKinds * 2; ++next) {
      slots.push_back({next / 2, (next & 1) != 0});
      Grow(slots, next, most);
      slots.pop_back();
    }
  }

  void RunSet(std::vector<Slot> slots) {
    Program program = world_.program;
    for (size_t i = 0; i < slots.size(); ++i) program.rules.push_back(MakeRule(i, slots[i]));
    program = Finished(std::move(program));
    Program reversed = program;
    std::ranges::reverse(reversed.rules);
    family_.Set();
    int requests = 1;
    for (size_t i = 0; i < slots.size(); ++i) requests *= 3;
    for (int request = 0; request < requests; ++request) {
      data::Request asked = world_.request;
      int rest = request;
      for (size_t i = 0; i < slots.size(); ++i, rest /= 3) {
        slots[i].comes = static_cast<Comes>(rest % 3);
        if (slots[i].comes != Comes::kErrs)
          World::Set(asked.context, "c" + std::to_string(i), Value(slots[i].comes == Comes::kTrue));
      }
      RunRequest(program, reversed, slots, asked);
    }
  }

  void RunRequest(const Program& program, const Program& reversed, const std::vector<Slot>& slots,
                  const data::Request& asked) {
    Host host = world_.host;
    for (size_t h = 0; h < std::size(kHosts); ++h) {
      const HostKind& kind = kHosts[h];
      host.enforces = kind.enforces ? world_.host.enforces : std::vector<std::string>();
      const Decision d = DecideOn(world_, program, asked, host);
      // Order never shows; every third is enough to see that it does not.
      if (pairs_++ % 3 == 0 && DecideOn(world_, reversed, asked, host) != d)
        ADD_FAILURE() << "order shows\n" << core::Dump(program);
      if (h == 0) {
        // What the people of the next hosts say is about this action, under these terms.
        for (const char* id : {"kim", "max"}) {
          approvals_.push_back({.id = id,
                                .approver = Human(id),
                                .issued = At(9000),
                                .action_digest = d.action_digest,
                                .terms_digest = d.terms_digest,
                                .snapshot = d.snapshot});
        }
        evidence_ = {{.kind = "plan", .value = Text("p"), .action_digest = d.action_digest}};
        refusals_ = {
            {.id = "r", .approver = Human("lee"), .issued = At(9000), .action_digest = d.action_digest}};
      }
      if (h == 1) {
        host.approvals = approvals_;
        host.evidence = evidence_;
        approvals_.clear();
      }
      if (h == 2) host.refusals = refusals_;
      Judge(program, slots, h, d);
    }
  }

  void Judge(const Program& program, const std::vector<Slot>& slots, size_t host, const Decision& d) {
    const Expected e = Read(slots, kHosts[host], false);
    const Outcome would_be = Read(slots, kHosts[host], true).outcome;
    const int timeout = d.limits.contains("timeout")
                            ? static_cast<int>(d.limits.at("timeout").value.as_duration().ms / 1000)
                            : 0;
    const bool good = d.outcome == e.outcome && d.why == e.why && d.reasons == e.reasons &&
                      d.shadow == e.shadow && d.needs.size() == e.needs && timeout == e.timeout &&
                      d.would_be == (e.shadow.empty() ? std::nullopt : std::optional(would_be));
    family_.Pair(good, [&] {
      std::string comes;
      for (const Slot& s : slots) comes += "TFE"[static_cast<int>(s.comes)];
      return core::Dump(program) + "conditions " + comes + ", host " + std::to_string(host) + "\nexpected " +
             std::string(OutcomeName(e.outcome)) + " " + std::string(WhyName(e.why)) + ", got " +
             std::string(OutcomeName(d.outcome)) + " " + std::string(WhyName(d.why));
    });
    std::vector<int> codes;
    for (const Slot& s : slots) codes.push_back(Code(s));
    results_[Key(codes, host)] = {static_cast<uint8_t>(d.outcome), static_cast<uint8_t>(d.needs.size()),
                                  static_cast<uint8_t>(timeout)};
  }

  // Laws 1 to 4, between every set with its request and those that differ in one thing.
  void CheckLaws() {
    size_t checked = 0, broken = 0;
    auto law = [&](bool holds, int number) {
      ++checked;
      if (!holds && ++broken <= 5) ADD_FAILURE() << "law " << number;
    };
    for (const auto& [key, result] : results_) {
      const size_t host = key % 4;
      std::vector<int> codes;
      for (uint64_t rest = key / 4; rest > 0; rest /= 64) codes.push_back(static_cast<int>(rest % 64) - 1);
      for (size_t i = 0; i < codes.size(); ++i) {
        const Slot slot = SlotOf(codes[i]);
        std::vector<int> without = codes;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        const Result& before = results_.at(Key(without, host));
        if (slot.shadow) {
          law(before.outcome == result.outcome && before.needs == result.needs, 0);
        } else if (slot.kind == kAllow) {
          law(AtLeast(before, result), 2);
        } else {
          law(AtLeast(result, before), 1);
        }
        if (slot.comes == Comes::kErrs) {
          for (const Comes value : {Comes::kTrue, Comes::kFalse}) {
            std::vector<int> valued = codes;
            valued[i] = Code({slot.kind, slot.shadow, value});
            law(AtLeast(result, results_.at(Key(valued, host))), 4);
          }
        }
      }
      if (host == 0) law(AtLeast(result, results_.at(Key(codes, 2))), 3);
    }
    std::printf("laws between neighbours: %zu checked, %zu broken\n", checked, broken);
    EXPECT_EQ(broken, 0u);
  }

  World world_;
  Family family_{"effects x modes x errors x approvals x limits"};
  std::vector<data::ApprovalItem> approvals_;
  std::vector<data::EvidenceItem> evidence_;
  std::vector<data::RefusalItem> refusals_;
  size_t pairs_ = 0;
  std::unordered_map<uint64_t, Result> results_;
};

TEST(Exhaustive, Effects) { Effects().RunAll(kSanitized ? 2 : 4); }

}  // namespace
}  // namespace polc::tests
