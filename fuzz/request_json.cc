// Requests and entities in JSON. The runtime's reader (runtime/json) and the compiler's (compiler/model)
// share no code; either both take a text or both refuse it, except for numbers the runtime refuses wherever
// they stand. What is taken as a request is decided, and the decision is UTF-8.
#include "compiler/model/request_json.h"

#include <string>

#include "compiler/model/entities_json.h"
#include "fuzz/check_diagnostics.h"
#include "runtime/bundle/builder.h"
#include "runtime/json/locate.h"
#include "runtime/json/polc_json.h"

using namespace polc;

namespace {

// A bundle without rules on an empty store, made once.
struct Runtime {
  polc_error error{sizeof(polc_error), POLC_OK, 0, {}};
  polc_bundle* bundle = nullptr;
  polc_store* store = nullptr;
  polc_engine* engine = nullptr;
  polc_request* request = nullptr;

  Runtime() {
    bundle::ImageBuilder b;
    std::vector<uint8_t> file;
    fuzz::Must(Write(b.Finish(), &file).ok(), "an empty bundle is written");
    Must(polc_bundle_open_memory(file.data(), file.size(), &bundle, &error));
    Must(polc_bundle_verify(bundle, &error));
    Must(polc_store_new(&store, &error));
    Must(polc_engine_new(bundle, store, &engine, &error));
    Must(polc_request_new(engine, &request, &error));
  }
  void Must(polc_status status) const {
    fuzz::Must(status == POLC_OK, "the runtime is set up", error.message);
  }

  bool TakesRequest(std::string_view text) {
    Must(polc_request_reset(request, engine, &error));
    if (polc_request_from_json(request, text.data(), text.size(), &error) != POLC_OK) return false;
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    if (polc_decide(request, &decision, &error) != POLC_OK) return false;
    std::string line(polc_decision_to_json(request, &decision, nullptr, 0), '\0');
    polc_decision_to_json(request, &decision, line.data(), line.size() + 1);
    fuzz::Must(!line.empty() && !source::FindInvalidUtf8(line), "a decision is UTF-8", line);
    return true;
  }
  bool TakesEntities(std::string_view text) {
    polc_store* fresh = nullptr;
    polc_edit* edit = nullptr;
    Must(polc_store_new(&fresh, &error));
    Must(polc_edit_new(fresh, &edit, &error));
    polc_status status = polc_edit_from_json(edit, text.data(), text.size(), &error);
    if (status == POLC_OK) status = polc_edit_commit(edit, &error);
    polc_edit_free(edit);
    polc_store_free(fresh);
    return status == POLC_OK;
  }
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Runtime runtime;
  const std::string text(fuzz::Text(data, size));
  source::SourceMap map;
  const source::FileId file = map.Add("fuzz", text);
  const std::optional<api_json::Breach> breach = api_json::FindBreach(text);
  const std::string_view what = breach ? breach->what : "";
  const bool only_here = what == "`-0` is no integer" || what == "a number is out of range";

  source::DiagnosticSink of_request;
  const source::Span whole{file, 0, static_cast<uint32_t>(size)};
  const bool request = model::ReadRequest(map, whole, 0, nullptr, model::RequestValidation::kOn, of_request)
                           .request.has_value();
  fuzz::CheckDiagnostics(map, of_request);
  const bool here = runtime.TakesRequest(text);
  fuzz::Must(request == here || (request && only_here), "both readers take a request or both refuse it",
             here ? "the runtime takes it" : runtime.error.message);

  source::DiagnosticSink of_entities;
  const bool entities = model::ReadEntities(map, file, nullptr, of_entities).valid;
  fuzz::CheckDiagnostics(map, of_entities);
  const bool entities_here = runtime.TakesEntities(text);
  fuzz::Must(entities == entities_here || (entities && only_here),
             "both readers take entities or both refuse them",
             entities_here ? "the runtime takes them" : runtime.error.message);
  return 0;
}
