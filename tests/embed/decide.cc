// The same gateway in C++, over polc.hpp.
#include <polc.hpp>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: decide X.polb X.pols\n", 2;
  auto fail = [](const polc::Error& error) { return std::cerr << error.message() << '\n', 1; };

  polc::Bundle bundle;
  polc::Store store;
  polc::Engine engine;
  polc::Request request;
  if (polc::Error e = polc::Bundle::Open(argv[1], &bundle)) return fail(e);
  if (polc::Error e = polc::Store::Open(argv[2], &store)) return fail(e);
  if (polc::Error e = polc::Engine::New(bundle, store, &engine)) return fail(e);
  if (polc::Error e = polc::Request::New(engine, &request)) return fail(e);

  polc::Values values = request.values();
  polc::Value blast_radius, now, source, context;
  if (polc::Error e = values.Parse("decimal", "0.02", &blast_radius)) return fail(e);
  if (polc::Error e = values.Parse("datetime", "2026-11-21T03:14:00Z", &now)) return fail(e);
  if (polc::Error e = values.Parse("ip", "10.1.2.3", &source)) return fail(e);
  if (polc::Error e =
          values.Record({{"blast_radius", blast_radius}, {"now", now}, {"source", source}}, &context)) {
    return fail(e);
  }
  if (polc::Error e = request.Set(POLC_PRINCIPAL, {"Agent", "oncall"})) return fail(e);
  if (polc::Error e = request.Set(POLC_ACTION, {"Action", "pod.restart"})) return fail(e);
  if (polc::Error e = request.Set(POLC_RESOURCE, {"Service", "checkout"})) return fail(e);
  if (polc::Error e = request.SetContext(context)) return fail(e);

  polc::Decision decision;
  if (polc::Error e = request.Decide(&decision)) return fail(e);
  std::cout << polc_outcome_name(decision.outcome());
  for (size_t i = 0; i < decision.raw.reason_count; ++i) std::cout << ' ' << request.RuleId(decision.raw.reasons[i]);
  std::cout << '\n';
}
