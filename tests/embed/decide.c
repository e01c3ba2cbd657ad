/* The smallest gateway in C: opens a bundle and a compiled store, decides one request, prints the answer.
 * Uses only what `cmake --install` put in place. */
#include <polc.h>
#include <stdio.h>
#include <string.h>

static int fail(const char* what, const polc_error* error) {
  fprintf(stderr, "%s: %s\n", what, error->message);
  return 1;
}

int main(int argc, char** argv) {
  polc_error error = {sizeof error, POLC_OK, 0, {0}};
  polc_bundle* bundle = NULL;
  polc_store* store = NULL;
  polc_engine* engine = NULL;
  polc_request* request = NULL;
  polc_values* in;
  polc_text names[3];
  polc_value fields[3], context;
  polc_decision decision;
  size_t i;

  if (argc != 3) return fprintf(stderr, "usage: decide X.polb X.pols\n"), 2;
  if (polc_abi_version() < POLC_ABI_VERSION) return fprintf(stderr, "the library is older than the header\n"), 2;
  if (polc_bundle_open(argv[1], &bundle, &error) || polc_bundle_verify(bundle, &error)) return fail("bundle", &error);
  if (polc_store_open(argv[2], &store, &error)) return fail("store", &error);
  if (polc_engine_new(bundle, store, &engine, &error)) return fail("engine", &error);
  if (polc_request_new(engine, &request, &error)) return fail("request", &error);

  in = polc_request_values(request);
  names[0] = polc_text_of("blast_radius");
  names[1] = polc_text_of("now");
  names[2] = polc_text_of("source");
  if (polc_value_parse(in, "decimal", polc_text_of("0.02"), &fields[0], &error) ||
      polc_value_parse(in, "datetime", polc_text_of("2026-11-21T03:14:00Z"), &fields[1], &error) ||
      polc_value_parse(in, "ip", polc_text_of("10.1.2.3"), &fields[2], &error) ||
      polc_value_record(in, names, fields, 3, &context, &error)) {
    return fail("context", &error);
  }
  if (polc_request_set(request, POLC_PRINCIPAL, polc_text_of("Agent"), polc_text_of("oncall"), &error) ||
      polc_request_set(request, POLC_ACTION, polc_text_of("Action"), polc_text_of("pod.restart"), &error) ||
      polc_request_set(request, POLC_RESOURCE, polc_text_of("Service"), polc_text_of("checkout"), &error) ||
      polc_request_set_context(request, context, &error)) {
    return fail("request", &error);
  }

  memset(&decision, 0, sizeof decision);
  decision.struct_size = sizeof decision;
  if (polc_decide(request, &decision, &error)) return fail("decide", &error);
  printf("%s", polc_outcome_name(decision.outcome));
  for (i = 0; i < decision.reason_count; ++i) {
    polc_rule rule;
    memset(&rule, 0, sizeof rule);
    rule.struct_size = sizeof rule;
    if (polc_request_rule(request, decision.reasons[i], &rule, &error)) return fail("rule", &error);
    printf(" %.*s", (int)rule.id.size, rule.id.data);
  }
  printf("\n");

  polc_request_free(request);
  polc_engine_free(engine);
  polc_store_free(store);
  polc_bundle_free(bundle);
  return 0;
}
