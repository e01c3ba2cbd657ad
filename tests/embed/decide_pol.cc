// The gateway of decide_pol.c in C++, over polc.hpp.
#include <polc.hpp>

#include <cstdlib>
#include <iostream>
#include <optional>

namespace {

constexpr int64_t kNow = 1795230840000;  // 2026-11-21T03:14:00Z

void Check(const polc::Error& error) {
  if (!error) return;
  std::cerr << error.message() << '\n';
  std::exit(1);
}
std::string_view View(polc_text text) { return {text.data, text.size}; }

class Gateway {
 public:
  explicit Gateway(const char* bundle) {
    Check(polc::Bundle::Open(bundle, &bundle_));
    Check(polc::Store::New(&store_));
    Fill();
    Check(polc::Engine::New(bundle_, store_, &engine_));
    Check(polc::Request::New(engine_, &request_));
  }

  // What is asked: the agent's part, and what the gateway knows whoever asks. `blast_radius`, in ten-thousandths, is
  // the gateway's own measurement.
  void Ask(std::string_view action, polc::Entity resource, std::optional<int64_t> blast_radius, bool frozen) {
    Check(request_.Reset(engine_));
    Check(request_.Set(POLC_PRINCIPAL, {"Agent", "oncall"}));
    Check(request_.Set(POLC_ACTION, {"Action", action}));
    Check(request_.Set(POLC_RESOURCE, resource));
    Check(request_.SetHost("now", polc::Values::Datetime(kNow)));
    if (blast_radius) Check(request_.SetHost("blast_radius", polc::Values::Decimal(*blast_radius)));
    Know("freeze", "Environment", {"Environment", "production"}, polc::Values::Bool(frozen));
    Know("restarts", "principal", {"Agent", "oncall"}, polc::Values::Long(0));
    Check(request_.SetEnforces({"timeout", "cost"}));
  }

  // What a person was shown comes back with the next request, signed; the gateway checked the signature.
  void Approve(std::string_view id, std::string_view who) {
    polc_approval approval{};
    approval.id = {id.data(), id.size()};
    approval.approver = {polc_text_of("Human"), {who.data(), who.size()}};
    approval.issued = kNow - 60000;
    std::copy(action_.begin(), action_.end(), approval.action_digest);
    std::copy(terms_.begin(), terms_.end(), approval.terms_digest);
    const auto snapshot = bundle_.snapshot_id();
    std::copy(snapshot.begin(), snapshot.end(), approval.snapshot_id);
    Check(request_.AddApproval(approval));
  }
  void Show(std::string_view kind, std::string_view text) {
    polc::Value value;
    Check(request_.values().String(text, &value));
    Check(request_.AddEvidence(kind, value, action_));
  }
  // Keeps what an approval has to name.
  void Hold() { Check(request_.Digests(&action_, &terms_)); }

  void Decide() {
    polc::Decision d;
    Check(request_.Decide(&d));
    std::cout << polc_outcome_name(d.outcome());
    switch (d.outcome()) {
      case POLC_ALLOW:
        PrintReasons(d);
        break;
      case POLC_ALLOW_WITH_LIMITS:  // let it go, within these limits; use up the approvals, write the updates
        PrintLimits(d);
        for (size_t i = 0; i < d.raw.counted_count; ++i) {
          polc_counted counted;
          Check(request_.Counted(i, &counted));
          std::cout << " approved by " << View(counted.approver.id);
        }
        PrintUpdates();
        break;
      case POLC_REQUIRE_APPROVAL:  // hold it, and show a person what is asked for
        for (size_t i = 0; i < d.raw.need_count; ++i) PrintNeed(i);
        PrintLimits(d);
        break;
      case POLC_SUGGEST:  // tell the agent what to ask for instead
        for (size_t i = 0; i < d.raw.suggestion_count; ++i) PrintSuggestion(i);
        break;
      default:
        std::cout << ' ' << d.why();
        PrintReasons(d);
        break;
    }
    std::cout << '\n';
  }

  // Why, for people and logs: each test of a rule, with where it stands and what it saw.
  void PrintWhy() {
    static constexpr const char* kAnswers[] = {"yes", "no", "error", "not asked"};
    Check(request_.NearMisses([&](const polc_rule_trace& rule) {
      std::cout << "near miss " << request_.RuleId(rule.by.rule) << '\n';
      for (size_t i = 0; i < rule.test_count; ++i) {
        const polc_test& test = rule.tests[i];
        std::cout << "  " << kAnswers[test.answer] << " at line " << test.line;
        for (size_t k = 0; k < test.observation_count; ++k) std::cout << ' ' << View(test.observations[k].value);
        std::cout << '\n';
      }
    }));
    Check(request_.TraceFacts([](const polc_fact_trace& fact) {
      std::cout << View(fact.name) << ' ' << View(fact.value);
      for (size_t i = 0; i < fact.clause_count; ++i) {
        if (fact.clauses[i].when.answer == POLC_YES) std::cout << " line " << fact.clauses[i].when.line;
      }
      std::cout << '\n';
    }));
  }

 private:
  void Fill() {
    polc::Edit edit;
    Check(polc::Edit::New(store_, &edit));
    polc::Values in = edit.values();
    polc::Value owner, maturity, orders, data, attributes;
    Check(in.Ref({"Human", "dana"}, &owner));
    Check(in.String("senior", &maturity));
    Check(in.Record({{"owner", owner}, {"maturity", maturity}, {"credential_ttl", polc::Values::Duration(900000)}},
                    &attributes));
    Check(edit.Upsert({"Agent", "oncall"}, {{"Team", "sre"}}, &attributes));
    Check(edit.Upsert({"Human", "dana"}, {{"Team", "sre"}}));
    Check(edit.Upsert({"Human", "kim"}, {{"Team", "security"}}));
    Check(edit.Upsert({"Human", "lee"}, {{"Team", "platform_leads"}}));
    Check(in.Record({{"tier", polc::Values::Long(1)}}, &attributes));
    Check(edit.Upsert({"Service", "checkout"}, {{"Environment", "production"}}, &attributes));
    Check(in.String("orders", &orders));
    Check(in.Set({orders}, &data));
    Check(in.Record({{"data", data}}, &attributes));
    Check(edit.Upsert({"Table", "orders"}, {{"Environment", "production"}}, &attributes));
    Check(edit.Commit());
  }

  // State that the gateway keeps: of this input, for this key, read just now.
  void Know(const char* input, const char* by, polc::Entity key, polc::Value value) {
    polc::Value of;
    Check(request_.values().Ref(key, &of));
    polc_state state{};
    state.input = polc_text_of(input);
    state.by = polc_text_of(by);
    state.key = &of;
    state.value = value;
    state.has_as_of = 1;
    state.as_of = kNow;
    Check(request_.AddState(state));
  }

  void PrintReasons(const polc::Decision& d) {
    for (size_t i = 0; i < d.raw.reason_count; ++i) std::cout << ' ' << request_.RuleId(d.raw.reasons[i]);
  }
  int64_t NumberIn(const polc::Value& value) {
    polc_value_content content;
    Check(request_.Content(value, &content));
    return content.number;
  }
  void PrintLimits(const polc::Decision& d) {
    for (size_t i = 0; i < d.raw.limit_count; ++i) {
      polc_limit limit;
      Check(request_.Limit(i, &limit));
      std::cout << ' ' << View(limit.kind) << '=' << NumberIn(limit.value);
    }
  }
  void PrintNeed(size_t index) {
    polc_need need;
    Check(request_.Need(index, &need));
    if (need.evidence.size > 0) {
      std::cout << " evidence " << View(need.evidence);
      return;
    }
    for (size_t a = 0; a < need.alternative_count; ++a) {
      polc_quorum quorum;
      Check(request_.Quorum(need.approval, need.by.hop, a, &quorum));
      for (size_t p = 0; p < quorum.part_count; ++p) {
        polc_quorum_part part;
        Check(request_.QuorumPart(need.approval, need.by.hop, a, p, &part));
        std::cout << ' ' << part.count << " of";
        for (size_t k = 0; k < part.pool_count; ++k) std::cout << ' ' << View(part.pools[k].id);
      }
      std::cout << " within " << quorum.within / 1000 << " s";
    }
  }
  void PrintUpdates() {
    polc_state_update update;
    for (size_t i = 0; !request_.StateUpdate(i, &update); ++i)
      std::cout << " then " << View(update.input) << " of " << View(update.by);
  }
  void PrintSuggestion(size_t index) {
    polc_suggestion suggestion;
    Check(request_.Suggestion(index, &suggestion));
    std::cout << ' ' << View(suggestion.action.id);
    polc_value_content content;
    Check(request_.Content(suggestion.context, &content));
    for (size_t i = 0; i < content.count; ++i) {
      std::string_view name;
      polc::Value value;
      Check(request_.Element(suggestion.context, i, &name, &value));
      std::cout << ' ' << name << '=' << NumberIn(value);
    }
  }

  polc::Bundle bundle_;
  polc::Store store_;
  polc::Engine engine_;
  polc::Request request_;
  std::array<uint8_t, 32> action_{}, terms_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::cerr << "usage: decide_pol X.polb [why]\n", 2;
  Gateway gateway(argv[1]);
  const polc::Entity checkout{"Service", "checkout"};
  gateway.Ask("get_logs", checkout, std::nullopt, false);
  gateway.Decide();
  gateway.Ask("restart_pod", checkout, 200, false);
  gateway.Decide();
  // A wide restart is held; two people approve what they were shown, and it is asked for anew.
  gateway.Ask("restart_pod", checkout, 750, false);
  gateway.Decide();
  gateway.Hold();
  gateway.Ask("restart_pod", checkout, 750, false);
  gateway.Approve("a1", "kim");
  gateway.Approve("a2", "lee");
  gateway.Show("rollback_plan", "kubectl rollout undo");
  gateway.Decide();
  gateway.Ask("drop_table", {"Table", "orders"}, std::nullopt, false);
  gateway.Decide();
  gateway.Ask("restart_pod", checkout, 200, true);
  gateway.Decide();
  if (argc > 2) {  // too wide for any allow: what came nearest, and what that rests on
    gateway.Ask("restart_pod", checkout, 3000, false);
    gateway.Decide();
    gateway.PrintWhy();
  }
}
