/* A gateway for a set with Pol, in C: what the gateway vouches for goes in by its own functions, and each of the
 * five outcomes is acted on. Decides six requests to examples/sre-oncall and prints a line for each.
 * Uses only what `cmake --install` put in place. */
#include <polc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1795230840000 /* 2026-11-21T03:14:00Z */

static polc_error error = {sizeof(polc_error), POLC_OK, 0, {0}};
static polc_engine* engine;
static polc_request* request;

static void check(polc_status status, const char* what) {
  if (status == POLC_OK) return;
  fprintf(stderr, "%s: %s\n", what, error.message);
  exit(1);
}

/* Any struct of polc.h that the caller allocates. */
#define CLEAR(s) (memset(&(s), 0, sizeof(s)), (s).struct_size = sizeof(s))
#define PRINT_TEXT(t) printf("%.*s", (int)(t).size, (t).data)

/* Who and what there is. `names` and `fields` are attributes; the last parent says what it is in. */
static void put(polc_edit* edit, const char* type, const char* id, const char* const* names, const polc_value* fields,
                size_t count, const char* parent_type, const char* parent_id) {
  polc_text texts[4], parents[2];
  polc_value attributes;
  size_t i;
  for (i = 0; i < count; ++i) texts[i] = polc_text_of(names[i]);
  parents[0] = polc_text_of(parent_type);
  parents[1] = polc_text_of(parent_id);
  check(polc_value_record(polc_edit_values(edit), texts, fields, count, &attributes, &error), "attributes");
  check(polc_edit_upsert(edit, polc_text_of(type), polc_text_of(id), &attributes, NULL, &parents[0], &parents[1], 1,
                         &error), "entity");
}

static void fill(polc_store* store) {
  static const char* const kAgent[] = {"credential_ttl", "maturity", "owner"};
  static const char* const kTier[] = {"tier"};
  static const char* const kData[] = {"data"};
  polc_edit* edit = NULL;
  polc_values* in;
  polc_value agent[3], orders, tier = polc_value_long(1), data;
  check(polc_edit_new(store, &edit, &error), "edit");
  in = polc_edit_values(edit);
  agent[0] = polc_value_duration(900000);
  check(polc_value_string(in, polc_text_of("senior"), &agent[1], &error), "maturity");
  check(polc_value_entity(in, polc_text_of("Human"), polc_text_of("dana"), &agent[2], &error), "owner");
  check(polc_value_string(in, polc_text_of("orders"), &orders, &error), "data");
  check(polc_value_set(in, &orders, 1, &data, &error), "data");
  put(edit, "Agent", "oncall", kAgent, agent, 3, "Team", "sre");
  put(edit, "Human", "dana", NULL, NULL, 0, "Team", "sre");
  put(edit, "Human", "kim", NULL, NULL, 0, "Team", "security");
  put(edit, "Human", "lee", NULL, NULL, 0, "Team", "platform_leads");
  put(edit, "Service", "checkout", kTier, &tier, 1, "Environment", "production");
  put(edit, "Table", "orders", kData, &data, 1, "Environment", "production");
  check(polc_edit_commit(edit, &error), "commit");
  polc_edit_free(edit);
}

/* State that the gateway keeps: of this input, for this key, read just now. */
static void know(const char* input, const char* by, const polc_value* key, polc_value value) {
  polc_state state;
  CLEAR(state);
  state.input = polc_text_of(input);
  state.by = polc_text_of(by);
  state.key = key;
  state.value = value;
  state.has_as_of = 1;
  state.as_of = NOW;
  check(polc_request_add_state(request, &state, &error), "state");
}

/* What is asked: the agent's part, and what the gateway knows whoever asks. `blast_radius`, in ten-thousandths,
 * is the gateway's own measurement; -1: there is none. */
static void ask(const char* action, const char* type, const char* id, int64_t blast_radius, int frozen) {
  static const char* const kEnforced[] = {"timeout", "cost"};
  polc_text enforces[2];
  polc_value key;
  int i;
  check(polc_request_reset(request, engine, &error), "reset");
  check(polc_request_set(request, POLC_PRINCIPAL, polc_text_of("Agent"), polc_text_of("oncall"), &error), "who");
  check(polc_request_set(request, POLC_ACTION, polc_text_of("Action"), polc_text_of(action), &error), "what");
  check(polc_request_set(request, POLC_RESOURCE, polc_text_of(type), polc_text_of(id), &error), "which");

  check(polc_request_set_host(request, polc_text_of("now"), polc_value_datetime(NOW), &error), "now");
  if (blast_radius >= 0)
    check(polc_request_set_host(request, polc_text_of("blast_radius"), polc_value_decimal(blast_radius), &error),
          "blast_radius");
  check(polc_value_entity(polc_request_values(request), polc_text_of("Environment"), polc_text_of("production"), &key,
                          &error), "key");
  know("freeze", "Environment", &key, polc_value_bool(frozen));
  check(polc_value_entity(polc_request_values(request), polc_text_of("Agent"), polc_text_of("oncall"), &key, &error),
        "key");
  know("restarts", "principal", &key, polc_value_long(0));
  for (i = 0; i < 2; ++i) enforces[i] = polc_text_of(kEnforced[i]);
  check(polc_request_set_enforces(request, enforces, 2, &error), "enforces");
}

/* What a person was shown comes back with the next request, signed; the gateway checked the signature. */
static void approve(const char* id, const char* who, const uint8_t action[32], const uint8_t terms[32],
                    const uint8_t snapshot[32]) {
  polc_approval approval;
  CLEAR(approval);
  approval.id = polc_text_of(id);
  approval.approver.type = polc_text_of("Human");
  approval.approver.id = polc_text_of(who);
  approval.issued = NOW - 60000;
  memcpy(approval.action_digest, action, 32);
  memcpy(approval.terms_digest, terms, 32);
  memcpy(approval.snapshot_id, snapshot, 32);
  check(polc_request_add_approval(request, &approval, &error), "approval");
}

static void print_reasons(const polc_decision* d) {
  size_t i;
  for (i = 0; i < d->reason_count; ++i) {
    polc_rule rule;
    CLEAR(rule);
    check(polc_request_rule(request, d->reasons[i], &rule, &error), "rule");
    printf(" ");
    PRINT_TEXT(rule.id);
  }
}

static void print_limits(const polc_decision* d) {
  size_t i;
  for (i = 0; i < d->limit_count; ++i) {
    polc_limit limit;
    polc_value_content content;
    CLEAR(limit);
    CLEAR(content);
    check(polc_request_limit(request, i, &limit, &error), "limit");
    check(polc_request_value(request, limit.value, &content, &error), "value");
    printf(" ");
    PRINT_TEXT(limit.kind);
    printf("=%ld", (long)content.number);
  }
}

/* `2 of Team "a" or Team "b"`, or a kind of evidence. */
static void print_need(size_t index) {
  polc_need need;
  size_t a, p, k;
  CLEAR(need);
  check(polc_request_need(request, index, &need, &error), "need");
  if (need.evidence.size > 0) {
    printf(" evidence ");
    PRINT_TEXT(need.evidence);
    return;
  }
  for (a = 0; a < need.alternative_count; ++a) {
    polc_quorum quorum;
    CLEAR(quorum);
    check(polc_request_quorum(request, need.approval, need.by.hop, a, &quorum, &error), "quorum");
    for (p = 0; p < quorum.part_count; ++p) {
      polc_quorum_part part;
      CLEAR(part);
      check(polc_request_quorum_part(request, need.approval, need.by.hop, a, p, &part, &error), "part");
      printf(" %u of", (unsigned)part.count);
      for (k = 0; k < part.pool_count; ++k) {
        printf(" ");
        PRINT_TEXT(part.pools[k].id);
      }
    }
    printf(" within %ld s", (long)(quorum.within / 1000));
  }
}

static void print_updates(void) {
  polc_state_update update;
  size_t i;
  for (i = 0; CLEAR(update), polc_request_state_update(request, i, &update, NULL) == POLC_OK; ++i) {
    printf(" then ");
    PRINT_TEXT(update.input);
    printf(" of ");
    PRINT_TEXT(update.by);
  }
}

static void print_suggestion(size_t index) {
  polc_suggestion suggestion;
  polc_value_content content;
  size_t i;
  CLEAR(suggestion);
  CLEAR(content);
  check(polc_request_suggestion(request, index, &suggestion, &error), "suggestion");
  printf(" ");
  PRINT_TEXT(suggestion.action.id);
  check(polc_request_value(request, suggestion.context, &content, &error), "context");
  for (i = 0; i < content.count; ++i) {
    polc_text name;
    polc_value value;
    polc_value_content field;
    CLEAR(field);
    check(polc_request_value_element(request, suggestion.context, i, &name, &value, &error), "field");
    check(polc_request_value(request, value, &field, &error), "value");
    printf(" ");
    PRINT_TEXT(name);
    printf("=%ld", (long)field.number);
  }
}

static polc_decision decide(void) {
  polc_decision d;
  size_t i;
  CLEAR(d);
  check(polc_decide(request, &d, &error), "decide");
  printf("%s", polc_outcome_name(d.outcome));
  switch (d.outcome) {
    case POLC_ALLOW:
      print_reasons(&d);
      break;
    case POLC_ALLOW_WITH_LIMITS: /* let it go, within these limits; use up the approvals, write the updates */
      print_limits(&d);
      for (i = 0; i < d.counted_count; ++i) {
        polc_counted counted;
        CLEAR(counted);
        check(polc_request_counted(request, i, &counted, &error), "counted");
        printf(" approved by ");
        PRINT_TEXT(counted.approver.id);
      }
      print_updates();
      break;
    case POLC_REQUIRE_APPROVAL: /* hold it, and show a person what is asked for */
      for (i = 0; i < d.need_count; ++i) print_need(i);
      print_limits(&d);
      break;
    case POLC_SUGGEST: /* tell the agent what to ask for instead */
      for (i = 0; i < d.suggestion_count; ++i) print_suggestion(i);
      break;
    default:
      printf(" %s", polc_why_name(d.why));
      print_reasons(&d);
      break;
  }
  printf("\n");
  return d;
}

/* Why, for people and logs: each test of a rule, with where it stands and what it saw. */
static int print_rule(const polc_rule_trace* rule, void* user) {
  static const char* const kAnswers[] = {"yes", "no", "error", "not asked"};
  char name[100];
  size_t i, k;
  (void)user;
  polc_rule_name(request, rule->by, name, sizeof name);
  printf("near miss %s\n", name);
  for (i = 0; i < rule->test_count; ++i) {
    const polc_test* test = &rule->tests[i];
    printf("  %s at line %u", kAnswers[test->answer], (unsigned)test->line);
    for (k = 0; k < test->observation_count; ++k) {
      printf(" ");
      PRINT_TEXT(test->observations[k].value);
    }
    printf("\n");
  }
  return 0;
}

static int print_fact(const polc_fact_trace* fact, void* user) {
  size_t i;
  (void)user;
  PRINT_TEXT(fact->name);
  printf(" ");
  PRINT_TEXT(fact->value);
  for (i = 0; i < fact->clause_count; ++i)
    if (fact->clauses[i].when.answer == POLC_YES) printf(" line %u", (unsigned)fact->clauses[i].when.line);
  printf("\n");
  return 0;
}

int main(int argc, char** argv) {
  polc_bundle* bundle = NULL;
  polc_store* store = NULL;
  polc_decision held;
  polc_value plan;
  uint8_t action[32], terms[32];

  if (argc < 2) return fprintf(stderr, "usage: decide_pol X.polb [why]\n"), 2;
  check(polc_bundle_open(argv[1], &bundle, &error), "bundle");
  check(polc_bundle_verify(bundle, &error), "bundle");
  check(polc_store_new(&store, &error), "store");
  fill(store);
  check(polc_engine_new(bundle, store, &engine, &error), "engine");
  check(polc_request_new(engine, &request, &error), "request");

  ask("get_logs", "Service", "checkout", -1, 0);
  decide();
  ask("restart_pod", "Service", "checkout", 200, 0);
  decide();

  /* A wide restart is held; two people approve what they were shown, and it is asked for anew. */
  ask("restart_pod", "Service", "checkout", 750, 0);
  held = decide();
  check(polc_request_digests(request, action, terms, &error), "digests");
  ask("restart_pod", "Service", "checkout", 750, 0);
  approve("a1", "kim", action, terms, held.snapshot_id);
  approve("a2", "lee", action, terms, held.snapshot_id);
  check(polc_value_string(polc_request_values(request), polc_text_of("kubectl rollout undo"), &plan, &error), "plan");
  check(polc_request_add_evidence(request, polc_text_of("rollback_plan"), plan, action, &error), "evidence");
  decide();

  ask("drop_table", "Table", "orders", -1, 0);
  decide();
  ask("restart_pod", "Service", "checkout", 200, 1);
  decide();

  if (argc > 2) { /* too wide for any allow: what came nearest, and what that rests on */
    ask("restart_pod", "Service", "checkout", 3000, 0);
    decide();
    check(polc_near_misses(request, print_rule, NULL, &error), "near misses");
    check(polc_trace_facts(request, print_fact, NULL, &error), "facts");
  }

  polc_request_free(request);
  polc_engine_free(engine);
  polc_store_free(store);
  polc_bundle_free(bundle);
  return 0;
}
