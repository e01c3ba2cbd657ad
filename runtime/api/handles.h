// What the C interface's opaque types are, and how failures cross its border. Private to runtime/api.
//
// Everything behind a handle is shared: freeing handles in any order is safe. No exception leaves this
// library: the only one its code can meet is std::bad_alloc, which Guard turns into a status.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/polc.h"
#include "runtime/bundle/update.h"
#include "runtime/entities/published.h"
#include "runtime/entities/store.h"
#include "runtime/vm/amended.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"
#include "runtime/vm/review.h"

namespace polc::api {

inline std::string_view View(polc_text text) { return {text.data, text.size}; }
inline polc_text Text(std::string_view text) { return {text.data(), text.size()}; }
inline bool Valid(polc_text text) { return text.data != nullptr || text.size == 0; }

// Fills `error`, if there is one, and returns `status`.
polc_status Fail(polc_error* error, polc_status status, std::string_view message = {}, uint64_t at = 0);

// Runs `body`, which returns a status; out of memory becomes POLC_ERROR_MEMORY.
template <typename Body>
polc_status Guard(polc_error* error, Body body) {
  try {
    return body();
  } catch (...) {
    return Fail(error, POLC_ERROR_MEMORY);
  }
}

// An update that was accepted for its base, and what keeps its bytes.
struct UpdateFile {
  std::shared_ptr<const void> owner;
  bundle::VerifiedUpdate verified;
};

// Bytes of a bundle, mapped or copied, with what was found out about them. With an update it stands for the
// updated set of rules; what is opened and verified is then the base.
struct BundleFile {
  std::shared_ptr<const void> owner;  // keeps the bytes
  bundle::Bundle opened;
  std::optional<bundle::VerifiedBundle> verified;
  std::shared_ptr<const UpdateFile> update;  // null: none

  // Once verified.
  const bundle::Digest& snapshot_id() const {
    return update ? update->verified.snapshot_id() : verified->snapshot_id();
  }
  std::span<const bundle::SignatureRow> signatures() const {
    return update ? update->verified.signatures() : opened.signatures();
  }
  // Rules are numbered as vm::Amended does. The bundle that has a rule, which counts on from 0 in it; null if
  // there is none, or it was taken away.
  const bundle::Bundle* FindRule(uint32_t* rule) const {
    const size_t kept = opened.rules().size();
    if (*rule < kept) {
      const bool is_removed = update && std::ranges::binary_search(update->verified.removed(), *rule);
      return is_removed ? nullptr : &opened;
    }
    *rule -= static_cast<uint32_t>(kept);
    const bool is_added = update && *rule < update->verified.added()->rules().size();
    return is_added ? &update->verified.added().bundle() : nullptr;
  }
  uint32_t rule_count() const {
    return static_cast<uint32_t>(opened.rules().size() +
                                 (update ? update->verified.added()->rules().size() : 0));
  }
};

// One state of an engine: a bundle linked to a snapshot. Immutable; a number of its own, so that entity
// handles of another state are recognised.
struct EngineState {
  std::shared_ptr<BundleFile> bundle;
  std::shared_ptr<const vm::Engine> engine;    // of the base, if the bundle is updated
  std::shared_ptr<const vm::Amended> amended;  // null: it is not
  uint64_t number;
  // What the hot path would have to look for. Entities have the numbers below `stored_count`, the store's,
  // and `own_count` more from `own_begin` on, the policies'.
  uint32_t stored_count, own_begin, own_count;
  uint32_t string_count;
  bundle::Digest snapshot_id;
  std::array<char, 64> snapshot_hex;

  // Whether a handle is one of this state's, and the base knows the entity.
  bool Has(const polc_entity& entity) const {
    return entity.engine == number && (entity.number < stored_count || entity.number - own_begin < own_count);
  }
  // What a handle remembers of its entity, so that a decision need not look it up first.
  vm::ClassId ClassOf(entities::EntityId id) const {
    return id < engine->entity_count() ? engine->ClassNumber(id) : vm::kNoClass;
  }
  // The numbers after the base's are those of entities, and of strings, that only the update mentions.
  bool IsOfUpdate(const polc_entity& entity) const {
    return amended != nullptr && entity.engine == number && entity.number >= own_begin + own_count &&
           entity.number - own_begin - own_count <
               amended->added().entity_count() - amended->added().own_begin();
  }
  bool Has(const polc_attribute& attribute) const {
    return attribute.engine == number && attribute.number < string_count;
  }
  // Name of an attribute, by the number of a handle of this state's.
  std::string_view AttributeName(uint32_t name) const {
    const uint32_t known = static_cast<uint32_t>(bundle->opened.string_ends().size());
    return name < known ? bundle->opened.String(name) : amended->added().bundle()->String(name - known);
  }
};

// What the accessors of a decision's terms hand out pointers into. Nothing moves once it is there.
struct TermLists {
  std::deque<std::vector<polc_rule_at>> rules;
  std::deque<std::vector<polc_uid>> uids;
  std::deque<polc_value> values;

  void Clear() {
    if (!rules.empty()) rules.clear();
    if (!uids.empty()) uids.clear();
    if (!values.empty()) values.clear();
  }
};

// Two digits a byte, lower case.
inline std::array<char, 64> HexOf(const uint8_t digest[32]) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 64> hex;
  for (size_t i = 0; i < 32; ++i) {
    hex[2 * i] = kDigits[digest[i] >> 4];
    hex[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return hex;
}

// Fills a polc_rule of struct_size or less.
polc_status DescribeRule(const BundleFile& file, uint32_t index, polc_rule* out, polc_error* error);
polc_status DescribeControl(const BundleFile& file, size_t index, polc_control* out, polc_error* error);

// Copies `full`, all but its struct_size, to the caller's struct as far as both reach: an older header's
// struct ends earlier, and what a newer header's has beyond ours stays as it was.
template <typename Struct>
bool CopyOut(const Struct& full, Struct* out) {
  if (out == nullptr || out->struct_size <= sizeof(size_t)) return false;
  const size_t end = std::min(out->struct_size, sizeof(Struct));
  std::memcpy(reinterpret_cast<char*>(out) + sizeof(size_t),
              reinterpret_cast<const char*>(&full) + sizeof(size_t), end - sizeof(size_t));
  return true;
}

}  // namespace polc::api

struct polc_bundle {
  std::shared_ptr<polc::api::BundleFile> file;
};

struct polc_store {
  std::shared_ptr<polc::entities::Store> store;
};

struct polc_engine {
  std::shared_ptr<polc::entities::Store> store;
  std::atomic<uint64_t> current{0};  // the number of `state`, once that is published
  std::mutex swapping;               // one swap or refresh at a time; readers do not take it
  polc::entities::Published<polc::api::EngineState> state;
};

// Where values are made. Entities named in values are numbered by whom the values are for.
struct polc_values {
  virtual polc::entities::ValueBuilder& builder() = 0;
  virtual polc::entities::EntityId Entity(std::string_view type, std::string_view id) = 0;

 protected:
  ~polc_values() = default;
};

struct polc_edit final : polc_values {
  explicit polc_edit(std::shared_ptr<polc::entities::Store> s) : store(std::move(s)), edit(*store) {}
  polc::entities::ValueBuilder& builder() override { return edit.values(); }
  polc::entities::EntityId Entity(std::string_view type, std::string_view id) override {
    return edit.Entity(type, id);
  }
  std::shared_ptr<polc::entities::Store> store;
  polc::entities::Edit edit;
};

struct polc_request final : polc_values {
  explicit polc_request(std::shared_ptr<const polc::api::EngineState> s);
  void Reset(std::shared_ptr<const polc::api::EngineState> s);
  // Gives up the last decision and what was handed out of it.
  void Forget();
  // Makes what was set the request that `ready` is; of accessors, too, after a decision that did without.
  polc_status Finish(polc_error* error) const;
  void Empty();
  void SetVariable(polc_variable variable, polc::entities::EntityId id) {
    building->Set(static_cast<polc::bundle::Variable>(variable), id);
    set |= static_cast<uint8_t>(1u << variable);
    Change();
  }
  // Whether attributes of the context have been set one by one.
  bool has_attributes() const { return building->has_attributes() || !attributes.empty(); }
  void ClearAttributes() {
    building->ClearAttributes();
    if (!attributes.empty()) attributes.clear();
  }
  // Not with these.
  void SetContext(const polc::entities::Value& record) {
    building->SetContext(record);
    has_whole_context = true;
    if (record.count > 0) set |= kUnusual;
  }
  // What was decided is no longer what is set.
  void Change() {
    ready = nullptr;
    decided = false;
  }
  polc::entities::ValueBuilder& builder() override { return building->values(); }
  polc::entities::EntityId Entity(std::string_view type, std::string_view id) override {
    return building->Entity(type, id);
  }

  std::shared_ptr<const polc::api::EngineState> state;
  mutable std::optional<polc::vm::RequestBuilder> building;
  mutable const polc::vm::Request* ready = nullptr;  // lies in `building`; null: not yet, or changed since
  mutable bool closed = false;                       // a decision was asked for since the last reset
  std::optional<polc::vm::Scratch> scratch;
  bool has_whole_context = false;  // not attribute by attribute
  // Of an updated bundle; else null and empty. Attributes that were set one by one are kept by name, since
  // the base need not have the name.
  std::unique_ptr<polc::vm::AmendedScratch> amending;
  std::vector<polc::vm::NamedValue> attributes;
  mutable size_t context_begin = 0, context_end = 0;  // words of what Finish made of them
  // Principal, action, resource, as bits; whether there is anything that RequestBuilder::DecideQuickly is
  // not to be asked about; and whether it is RequestBuilder::FindSettled or Amended::DecideQuickly instead.
  static constexpr uint8_t kComplete = 7, kUnusual = 8, kPol = 16, kAmended = 32;
  uint8_t set = 0;
  std::vector<std::pair<std::string, polc::entities::Value>> host_context;  // by polc_request_set_host
  mutable polc::vm::Decision decision{};
  // Not null: `decision` is to be made of it when somebody asks for more than polc_decision says.
  mutable const polc::vm::Settled* settled = nullptr;
  bool decided = false;          // `decision` is that of what is set
  mutable bool is_quick = true;  // it has an outcome and reasons, and nothing else was kept for it
  std::vector<uint32_t> erred, reasons;
  std::vector<uint8_t> reason_hops;
  // What accessors point into, until the next use; and what they ask beside the decision.
  mutable polc::api::TermLists lists;
  mutable std::unique_ptr<polc::vm::Review> review;
  // What a library beside this one keeps from one use to the next: runtime/json how requests are written.
  std::shared_ptr<void> beside;
};

namespace polc::api {

// An entity as polc_edit_upsert and polc_request_add_entity take it.
struct EntityParts {
  entities::EntityId id;
  entities::Value attributes;
  entities::Value tags;
  std::vector<entities::EntityId> parents;
};
polc_status ReadEntity(polc_values& in, polc_text type, polc_text id, const polc_value* attributes,
                       const polc_value* tags, const polc_text* parent_types, const polc_text* parent_ids,
                       size_t parent_count, EntityParts* out, polc_error* error);

inline entities::Value Unwrap(const polc_value& value) { return std::bit_cast<entities::Value>(value); }
inline polc_value Wrap(const entities::Value& value) { return std::bit_cast<polc_value>(value); }

// Whether accessors have a decision to speak of; then its request is ready.
bool IsDecided(const polc_request* request);

// Writes at most `size` bytes, the last a NUL; how many the whole text has.
size_t CopyText(std::string_view text, char* buffer, size_t size);
// The same of a name, with for whom it speaks.
size_t NameFor(const polc_request* request, std::string_view name, uint32_t hop, char* buffer, size_t size);

// Whether the request can still be filled in.
polc_status CheckOpen(const polc_request* request, polc_error* error);
// Adds an entity to the request, whoever vouches for it.
polc_status AddEntity(polc_request* request, polc_text type, polc_text id, const polc_value* attributes,
                      const polc_value* tags, const polc_text* parent_types, const polc_text* parent_ids,
                      size_t parent_count, polc_error* error);

}  // namespace polc::api
