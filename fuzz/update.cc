// Updates. The bytes are applied to one base as they are and once more with the base's id and the right
// hashes put in. What is taken no bit of the content can be changed of; it decides the same with the tree and
// the memo, by handles and rule by rule, as its trace says rule by rule that it must, and stays within the
// steps it says. Nothing of what is refused is decided by.
//
// With POLC_UPDATE=FOLDER the replay of an empty file writes the seeds there: for when the format changes.
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/fuzz.h"
#include "runtime/api/handles.h"
#include "runtime/bundle/assembly.h"
#include "runtime/bundle/builder.h"

using namespace polc;

namespace {

using bundle::Constant;
using bundle::Effect;
using bundle::ImageBuilder;
using bundle::Kind;
using bundle::Mode;

struct Rule {
  std::string id;
  Effect effect;
  Mode mode;
  std::function<std::string(ImageBuilder*)> code;
};

std::string Number(uint32_t n) { return std::to_string(n); }
std::string Entity(ImageBuilder* b, const char* type, const char* id) {
  Constant c;
  c.kind = Kind::kEntity;
  c.type = type;
  c.text = id;
  return Number(b->AddConstant(c));
}
std::string Long(ImageBuilder* b, int64_t n) {
  Constant c;
  c.kind = Kind::kLong;
  c.number = n;
  return Number(b->AddConstant(c));
}

// The principal is, or is below, somebody, and an attribute of the context is below a number.
Rule About(std::string id, Effect effect, const char* comparison, const char* type, const char* name,
           const char* attribute, int64_t below, Mode mode = Mode::kEnforced) {
  return {std::move(id), effect, mode, [=](ImageBuilder* b) {
            return "0 var principal\n1 const " + Entity(b, type, name) + "\n2 " + comparison +
                   "\n3 and 8\n4 var context\n5 attr " + Number(b->String(attribute)) + "\n6 const " +
                   Long(b, below) + "\n7 lt\n8 return\n";
          }};
}
// The principal is somebody, and a list of the context's names a service.
Rule Listed(std::string id, Effect effect, const char* agent, const char* service) {
  return {std::move(id), effect, Mode::kEnforced, [=](ImageBuilder* b) {
            return "0 var principal\n1 const " + Entity(b, "Agent", agent) +
                   "\n2 eq\n3 and 8\n4 var context\n5 attr " + Number(b->String("services")) + "\n6 const " +
                   Entity(b, "Service", service) + "\n7 contains\n8 return\n";
          }};
}

std::vector<uint8_t> BundleOf(const std::vector<Rule>& rules) {
  ImageBuilder b;
  for (const Rule& rule : rules) {
    bundle::AssemblyError error;
    const std::optional<std::vector<uint32_t>> code = bundle::Assemble(rule.code(&b), &error);
    fuzz::Must(code.has_value(), "the rules here assemble", error.message);
    bundle::RuleRow row{};
    row.id = b.String(rule.id);
    row.effect = static_cast<uint8_t>(rule.effect);
    row.mode = static_cast<uint8_t>(rule.mode);
    row.condition = {static_cast<uint32_t>(b.image.code.size()), static_cast<uint32_t>(code->size()), 0, 0,
                     0};
    row.because = row.template_id = bundle::kNone;
    row.place = {bundle::kNone, 0, 0, 0, 0};
    b.image.rules.push_back(row);
    b.image.code.insert(b.image.code.end(), code->begin(), code->end());
  }
  std::vector<uint8_t> file;
  fuzz::Must(Write(b.Finish(), &file).ok(), "the rules here are a bundle");
  return file;
}

std::vector<uint8_t> BaseFile() {
  return BundleOf({About("a", Effect::kAllow, "in", "Team", "sre", "risk", 5),
                   About("b", Effect::kAllow, "eq", "Agent", "oncall", "risk", 9),
                   About("f", Effect::kForbid, "eq", "Agent", "oncall", "risk", 2),
                   Listed("g", Effect::kForbid, "oncall", "web"),
                   About("h", Effect::kAllow, "eq", "Agent", "clerk", "risk", 5)});
}

polc_text T(std::string_view s) { return api::Text(s); }

// What all updates are applied to: the bundle, and a store that knows some of whom it speaks of.
struct Base {
  Base() {
    const std::vector<uint8_t> file = BaseFile();
    Taken(polc_bundle_open_memory(file.data(), file.size(), &opened, nullptr));
    Taken(polc_bundle_verify(opened, nullptr));
    Taken(polc_store_new(&store, nullptr));
    polc_edit* edit = nullptr;
    Taken(polc_edit_new(store, &edit, nullptr));
    const polc_text team = T("Team"), sre = T("sre");
    Taken(polc_edit_upsert(edit, team, sre, nullptr, nullptr, nullptr, nullptr, 0, nullptr));
    Taken(polc_edit_upsert(edit, T("Agent"), T("oncall"), nullptr, nullptr, &team, &sre, 1, nullptr));
    for (const auto& [type, id] : {std::pair("Agent", "clerk"), {"Action", "restart"}, {"Service", "db"}})
      Taken(polc_edit_upsert(edit, T(type), T(id), nullptr, nullptr, nullptr, nullptr, 0, nullptr));
    Taken(polc_edit_commit(edit, nullptr));
    polc_edit_free(edit);
  }
  static void Taken(polc_status status) { fuzz::Must(status == POLC_OK, "there is a base"); }
  const bundle::VerifiedBundle& verified() const { return *opened->file->verified; }

  polc_bundle* opened = nullptr;
  polc_store* store = nullptr;
};
const Base& TheBase() {
  static const Base base;
  return base;
}

struct Seed {
  const char* name;
  std::vector<uint8_t> file;
};
std::vector<Seed> Seeds() {
  auto make = [](std::vector<uint32_t> removed, const std::vector<Rule>& added) {
    return bundle::WriteUpdate(TheBase().verified().snapshot_id(), removed, BundleOf(added));
  };
  return {{"changed.update", make({1, 2}, {About("b", Effect::kForbid, "eq", "Agent", "oncall", "level", 3),
                                           About("c", Effect::kAllow, "eq", "Agent", "new", "risk", 7),
                                           Listed("d", Effect::kAllow, "oncall", "web"),
                                           About("i", Effect::kForbid, "eq", "Agent", "clerk", "level", 3)})},
          {"emptied.update", make({0, 1, 2, 3, 4}, {})},
          {"added.update",
           make({}, {About("aa", Effect::kAllow, "eq", "Agent", "oncall", "risk", 1),
                     About("ss", Effect::kForbid, "in", "Team", "sre", "risk", 4, Mode::kShadow)})}};
}

struct Wish {
  const char *agent, *service;
  std::vector<std::pair<const char*, int64_t>> numbers;  // of the context
  bool lists = false;                                    // the context has a list of services, too
};
const Wish kWishes[] = {{"oncall", "web", {{"risk", 3}}},
                        {"oncall", "web", {{"level", 2}, {"risk", 1}}, true},
                        {"new", "db", {{"risk", 6}, {"level", 4}}},
                        {"clerk", "db", {{"risk", 3}}},
                        {"clerk", "db", {{"level", 2}, {"risk", 3}}},
                        {"nobody", "web", {}}};

bool FillByNames(polc_request* r, const Wish& wish) {
  polc_request_set(r, POLC_PRINCIPAL, T("Agent"), T(wish.agent), nullptr);
  polc_request_set(r, POLC_ACTION, T("Action"), T("restart"), nullptr);
  polc_request_set(r, POLC_RESOURCE, T("Service"), T(wish.service), nullptr);
  std::vector<polc_text> names;
  std::vector<polc_value> values;
  for (const auto& [name, number] : wish.numbers) {
    names.push_back(T(name));
    values.push_back(polc_value_long(number));
  }
  if (wish.lists) {
    polc_value services[2];
    polc_value_entity(polc_request_values(r), T("Service"), T("web"), &services[0], nullptr);
    polc_value_entity(polc_request_values(r), T("Service"), T("db"), &services[1], nullptr);
    names.push_back(T("services"));
    polc_value_set(polc_request_values(r), services, 2, &values.emplace_back(), nullptr);
  }
  polc_value context;
  return polc_value_record(polc_request_values(r), names.data(), values.data(), names.size(), &context,
                           nullptr) == POLC_OK &&
         polc_request_set_context(r, context, nullptr) == POLC_OK;
}

// What a caller keeps that decides by handles.
struct Handles {
  polc_entity entities[3];
  std::vector<polc_attribute> attributes;
  std::vector<polc_value> values;
};
// False where something has no handle.
bool Find(const polc_engine* engine, const Wish& wish, Handles* out) {
  if (wish.lists) return false;
  const std::pair<const char*, const char*> uids[] = {
      {"Agent", wish.agent}, {"Action", "restart"}, {"Service", wish.service}};
  for (size_t i = 0; i < 3; ++i) {
    if (polc_engine_entity(engine, T(uids[i].first), T(uids[i].second), &out->entities[i], nullptr) !=
        POLC_OK)
      return false;
  }
  for (const auto& [name, number] : wish.numbers) {
    if (polc_engine_attribute(engine, T(name), &out->attributes.emplace_back(), nullptr) != POLC_OK)
      return false;
    out->values.push_back(polc_value_long(number));
  }
  return true;
}
void FillByHandles(polc_request* r, const Handles& handles) {
  bool filled = polc_request_set_entities(r, handles.entities, nullptr) == POLC_OK;
  for (size_t i = 0; i < handles.values.size(); ++i)
    filled &= polc_request_set_attribute(r, handles.attributes[i], handles.values[i], nullptr) == POLC_OK;
  fuzz::Must(filled, "a request can be filled in by handles");
}

void Append(std::string* out, const char* what, const uint32_t* rules, size_t count) {
  *out += what;
  for (size_t i = 0; i < count; ++i) *out += " " + Number(rules[i]);
}

// All there is to a decision that the request was decided by.
std::string Shown(const polc_request* r, const polc_decision& d) {
  std::string out = polc_outcome_name(d.outcome);
  out += std::string("/") + polc_outcome_name(d.would_be);
  Append(&out, " by", d.reasons, d.reason_count);
  Append(&out, " shadow", d.shadow, d.shadow_count);
  Append(&out, " errors", d.errors, d.error_count);
  for (size_t i = 0; i < d.error_count; ++i) {
    char text[256];
    polc_error_text(r, i, text, sizeof text);
    out += std::string("\n") + text;
  }
  return out;
}

// About what the request is filled with.
std::string Decided(polc_request* r) {
  polc_decision d{};
  d.struct_size = sizeof d;
  if (polc_decide(r, &d, nullptr) != POLC_OK) return "none";
  std::string out = Shown(r, d);
  polc_outcome alone = POLC_DENY;
  fuzz::Must(polc_decide_outcome(r, &alone, nullptr) == POLC_OK && alone == d.outcome,
             "the outcome alone is that of the decision", out);
  return out;
}

// In one call, whatever the request is filled with.
std::string DecidedAtOnce(polc_request* r, const Handles& handles) {
  polc_decision d{};
  d.struct_size = sizeof d;
  if (polc_decide_handles(r, handles.entities, handles.attributes.data(), handles.values.data(),
                          handles.values.size(), &d, nullptr) != POLC_OK) {
    return "none";
  }
  return Shown(r, d);
}

// The same rule by rule, without the texts.
std::string Straight(polc_request* r) {
  fuzz::Must(r->Finish(nullptr) == POLC_OK, "what was decided can be decided again");
  const vm::Decision d =
      vm::Decide(*r->state->amended, *r->ready, &*r->scratch, r->amending.get(), /*straight=*/true);
  std::string out(OutcomeName(d.outcome));
  out += "/" + std::string(OutcomeName(d.would_be));
  Append(&out, " by", d.reasons.data(), d.reasons.size());
  Append(&out, " shadow", d.shadow.data(), d.shadow.size());
  out += " errors";
  for (const vm::RuleError& e : d.errors) out += " " + Number(e.rule);
  return out;
}

// What the trace of each rule comes to.
struct Traced {
  const polc_bundle* bundle;
  uint32_t by_effect[POLC_EFFECT_FORBID + 1] = {};
  uint32_t erred = 0, next = 0;

  polc_outcome outcome() const {
    if (by_effect[POLC_EFFECT_FORBID] > 0 || by_effect[POLC_EFFECT_ALLOW] == 0) return POLC_DENY;
    if (by_effect[POLC_EFFECT_SUGGEST] > 0) return POLC_SUGGEST;
    if (by_effect[POLC_EFFECT_REQUIRE] > 0) return POLC_REQUIRE_APPROVAL;
    return by_effect[POLC_EFFECT_LIMIT] > 0 ? POLC_ALLOW_WITH_LIMITS : POLC_ALLOW;
  }
};
int Trace(const polc_rule_trace* trace, void* user) {
  Traced* const to = static_cast<Traced*>(user);
  polc_rule rule{};
  rule.struct_size = sizeof rule;
  fuzz::Must(
      polc_bundle_rule(to->bundle, trace->by.rule, &rule, nullptr) == POLC_OK && trace->by.rule >= to->next,
      "rules that are there are traced in their order");
  to->next = trace->by.rule + 1;
  to->erred += trace->verdict == POLC_ERRED;
  if (trace->holds && !rule.shadow) ++to->by_effect[rule.effect];
  return 0;
}
int Look(const polc_rule_explanation*, void*) { return 0; }
int Glance(const polc_rule_trace*, void*) { return 0; }

struct Steps final : vm::TraceSink {
  void Executed(const vm::TraceEvent& event) override { total += event.steps; }
  uint64_t total = 0;
};

// What was taken.
void Run(polc_bundle* updated, const bundle::VerifiedUpdate& update) {
  polc_rule rule{};
  rule.struct_size = sizeof rule;
  const uint32_t rules = polc_bundle_rule_count(updated);
  size_t there = 0;
  for (uint32_t i = 0; i <= rules; ++i) there += polc_bundle_rule(updated, i, &rule, nullptr) == POLC_OK;
  fuzz::Must(there == rules - update.removed().size(), "rules are the base's that stay and those that come");

  polc_engine* engine = nullptr;
  polc_request* request = nullptr;
  Base::Taken(polc_engine_new(updated, TheBase().store, &engine, nullptr));
  Base::Taken(polc_request_new(engine, &request, nullptr));
  for (const Wish& wish : kWishes) {
    polc_request_reset(request, engine, nullptr);
    fuzz::Must(FillByNames(request, wish), "a request can be filled in");
    const std::string by_names = Decided(request);
    fuzz::Must(Decided(request) == by_names, "it decides the same again", by_names);
    const std::string straight = Straight(request);
    fuzz::Must(straight == by_names.substr(0, by_names.find('\n')), "it decides the same rule by rule",
               by_names + "\nand " + straight);

    Traced traced{updated};
    fuzz::Must(polc_trace(request, Trace, &traced, nullptr) == POLC_OK, "it has a trace");
    fuzz::Must(by_names.starts_with(std::string(polc_outcome_name(traced.outcome())) + "/"),
               "it decides what its rules come to", by_names);
    polc_explain(request, Look, nullptr, nullptr);
    polc_near_misses(request, Glance, nullptr, nullptr);

    const vm::Engine& added = request->state->amended->added();
    for (uint32_t i = 0; i < added.bundle()->rules().size(); ++i) {
      Steps steps;
      added.EvaluateRule(i, request->amending->request(), request->amending->scratch(), &steps);
      fuzz::Must(steps.total <= added.bundle()->rules()[i].condition.max_steps,
                 "a rule stays within its steps");
    }

    Handles handles;
    if (!Find(engine, wish, &handles)) continue;
    polc_request_reset(request, engine, nullptr);
    FillByHandles(request, handles);
    fuzz::Must(Decided(request) == by_names, "it decides the same by handles", by_names);
    fuzz::Must(Decided(request) == by_names, "it decides the same by handles again", by_names);
    fuzz::Must(DecidedAtOnce(request, handles) == by_names, "it decides the same in one call", by_names);
    // A handle that does not know its entity's class, or another's, is slower and no other.
    for (polc_entity& entity : handles.entities) {
      entity.reserved ^= 1;
      fuzz::Must(DecidedAtOnce(request, handles) == by_names, "it decides the same by a spoilt handle",
                 by_names);
    }
  }
  polc_request_free(request);
  polc_engine_free(engine);
}

// Whether it is taken. `size`: of the file that lies in `words`.
bool Try(std::vector<uint64_t> words, size_t size) {
  const Base& base = TheBase();
  auto* const bytes = reinterpret_cast<uint8_t*>(words.data());
  bundle::VerifiedUpdate update;
  const bundle::UpdateStatus status = VerifyUpdate({bytes, size}, base.verified(), &update);
  fuzz::Must(status.at <= size, "what is wrong is in the file");
  polc_bundle* updated = nullptr;
  const polc_status applied = polc_bundle_update_memory(base.opened, bytes, size, &updated, nullptr);
  fuzz::Must((applied == POLC_OK) == status.ok(), "what is accepted is applied",
             UpdateErrorName(status.error));
  if (!status.ok()) return false;
  Run(updated, update);
  polc_bundle_free(updated);

  // Which bits, what the file says decides: a find is found again.
  const size_t content = size - sizeof(bundle::Digest) - sizeof(bundle::Tail) -
                         update.signatures().size() * sizeof(bundle::SignatureRow);
  const bundle::Digest id = update.snapshot_id();
  for (size_t i = 0; i + 3 < id.size(); i += 4) {
    uint32_t at;
    std::memcpy(&at, id.data() + i, sizeof at);
    bytes[at / 8 % content] ^= static_cast<uint8_t>(1 << at % 8);
    bundle::VerifiedUpdate other;
    fuzz::Must(!VerifyUpdate({bytes, size}, base.verified(), &other).ok(), "a changed bit is noticed");
    bytes[at / 8 % content] ^= static_cast<uint8_t>(1 << at % 8);
  }
  return true;
}

// Puts in what no fuzzer guesses, as far as the file says where its parts lie.
void Seal(std::vector<uint64_t>* words, size_t size) {
  auto* const bytes = reinterpret_cast<uint8_t*>(words->data());
  bundle::UpdateHeader header;
  if (size < sizeof header) return;
  const bundle::Digest& base = TheBase().verified().snapshot_id();
  std::memcpy(bytes + offsetof(bundle::UpdateHeader, base), base.data(), base.size());
  std::memcpy(&header, bytes, sizeof header);
  const uint64_t room = size - sizeof header;
  const uint64_t removed = bundle::AlignUp(uint64_t{header.removed_count} * sizeof(uint32_t));
  if (removed > room || header.added_bytes > room - removed ||
      room - removed - header.added_bytes < sizeof(bundle::Digest)) {
    return;
  }
  auto seal = [](uint8_t* begin, size_t content) {
    const bundle::Digest digest = bundle::Sha256Of({begin, content});
    std::memcpy(begin + content, digest.data(), digest.size());
  };
  uint8_t* const added = bytes + sizeof header + removed;
  bundle::Bundle opened;
  if (bundle::Bundle::Open({added, header.added_bytes}, &opened).ok()) seal(added, opened.content().size());
  seal(bytes, sizeof header + removed + header.added_bytes);
}

bool Apply(const uint8_t* data, size_t size) {
  std::vector<uint64_t> words((size + 7) / 8, 0);  // updates lie at multiples of 8
  if (size > 0) std::memcpy(words.data(), data, size);
  Try(words, size);
  Seal(&words, size);
  return Try(std::move(words), size);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) {
    Apply(data, size);
    return 0;
  }
  // No bytes: those made here are good.
  const char* const folder = std::getenv("POLC_UPDATE");
  for (const auto& [name, file] : Seeds()) {
    fuzz::Must(Apply(file.data(), file.size()), "a good update is taken");
    if (folder == nullptr) continue;
    std::ofstream out(std::string(folder) + "/" + name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  }
  return 0;
}
