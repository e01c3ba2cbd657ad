// The VM as a gateway reaches it: over the C interface, with entities, requests and decisions as JSON
// (runtime/json). What compiler/model writes must be read there as what it was, and the decision line must
// say what the decision is.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "compiler/emit/emit.h"
#include "compiler/json/json.h"
#include "compiler/model/entities_json.h"
#include "compiler/model/value_json.h"
#include "runtime/json/polc_json.h"
#include "tests/engine/engine.h"

namespace polc::tests {

namespace {

// As for the VM: what must not happen stops the test at once, with the reason.
[[noreturn]] void Broken(std::string_view what) {
  std::fprintf(stderr, "no way to decide over JSON: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

template <typename Text>
std::string Written(std::variant<std::string, Text> json) {
  if (const Text* reserved = std::get_if<Text>(&json)) Broken("JSON cannot carry the key " + reserved->key);
  return std::get<std::string>(std::move(json));
}

std::string RequestText(const data::Request& request) {
  std::string out = "{\"principal\":" + model::ToJson(request.principal) +
                    ",\"action\":" + model::ToJson(request.action) +
                    ",\"resource\":" + json::Quote(data::ToString(request.resource)) +
                    ",\"context\":" + Written(model::ToJson(request.context));
  if (!request.entities.empty()) {
    data::EntityStore own;
    for (const data::Entity& entity : request.entities) own.Put(entity);
    out += ",\"entities\":" + Written(model::ToJson(own));
  }
  return out + "}";
}

// A bundle's or store's handle, given back at the end.
template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* handle) const { Free(handle); }
};
template <typename T, void (*Free)(T*)>
using Handle = std::unique_ptr<T, Freed<T, Free>>;

class LoadedJson : public Loaded {
 public:
  LoadedJson(const std::vector<uint8_t>& bytes, polc_store* store) {
    polc_bundle* opened = nullptr;
    Must(polc_bundle_open_memory(bytes.data(), bytes.size(), &opened, &error_));
    bundle_.reset(opened);
    Must(polc_bundle_verify(opened, &error_));
    polc_engine* engine = nullptr;
    Must(polc_engine_new(opened, store, &engine, &error_));
    engine_.reset(engine);
    polc_request* request = nullptr;
    Must(polc_request_new(engine, &request, &error_));
    request_.reset(request);
  }

  Decision Decide(const data::Request& request) override {
    const std::string text = RequestText(request);
    Must(polc_request_reset(request_.get(), engine_.get(), &error_));
    Must(polc_request_from_json(request_.get(), text.data(), text.size(), &error_));
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    const polc_status status = polc_decide(request_.get(), &decision, &error_);
    if (status == POLC_ERROR_CYCLE) return {};  // no such request can be read
    Must(status);
    std::string line(polc_decision_to_json(request_.get(), &decision, nullptr, 0), '\0');
    polc_decision_to_json(request_.get(), &decision, line.data(), line.size() + 1);
    return Read(line);
  }

 private:
  void Must(polc_status status) {
    if (status != POLC_OK) Broken(error_.message);
  }

  static Decision Read(const std::string& line) {
    source::SourceMap map;
    source::DiagnosticSink sink;
    const std::optional<json::Document> document =
        json::Document::Parse(map, map.Add("decision", line), sink);
    if (!document) Broken("not JSON: " + line);
    const json::Value root = document->root();
    Decision out{root.Find("decision")->string() == "allow", {}, {}};
    const json::Value reasons = *root.Find("reasons");
    for (size_t i = 0; i < reasons.size(); ++i) out.reasons.emplace_back(reasons.at(i).string());
    const json::Value errors = *root.Find("errors");
    for (size_t i = 0; i < errors.size(); ++i) out.errors.emplace_back(errors.at(i).Find("rule")->string());
    std::sort(out.reasons.begin(), out.reasons.end());
    std::sort(out.errors.begin(), out.errors.end());
    return out;
  }

  polc_error error_{sizeof(polc_error), POLC_OK, 0, {}};
  Handle<polc_bundle, polc_bundle_free> bundle_;
  Handle<polc_engine, polc_engine_free> engine_;
  Handle<polc_request, polc_request_free> request_;
};

class JsonEngine : public Engine {
 public:
  std::string_view name() const override { return "json"; }
  void SetStore(const data::EntityStore& store) override {
    const std::string text = Written(model::ToJson(store));
    polc_error error{sizeof(polc_error), POLC_OK, 0, {}};
    polc_store* made = nullptr;
    polc_edit* edit = nullptr;
    if (polc_store_new(&made, &error) != POLC_OK) Broken(error.message);
    store_.reset(made);
    if (polc_edit_new(made, &edit, &error) != POLC_OK) Broken(error.message);
    const Handle<polc_edit, polc_edit_free> freed(edit);
    if (polc_edit_from_json(edit, text.data(), text.size(), &error) != POLC_OK) Broken(error.message);
    if (polc_edit_commit(edit, &error) != POLC_OK) Broken(error.message);
  }
  std::unique_ptr<Loaded> Load(const core::Program& program) override {
    source::DiagnosticSink sink;
    const std::optional<std::vector<uint8_t>> bytes = emit::Emit(program, {}, sink);
    if (!bytes) Broken(sink.diagnostics().empty() ? "no reason given" : sink.diagnostics()[0].message);
    return std::make_unique<LoadedJson>(*bytes, store_.get());
  }

 private:
  Handle<polc_store, polc_store_free> store_;
};

}  // namespace

std::unique_ptr<Engine> MakeJsonEngine() { return std::make_unique<JsonEngine>(); }

}  // namespace polc::tests
