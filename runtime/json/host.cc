// The host's part of a request: what the gateway vouches for. docs/requests.md has the shapes.

#include <cstring>

#include "runtime/json/members.h"
#include "runtime/json/read.h"
#include "runtime/json/uid_text.h"
#include "runtime/vm/builtins.h"

namespace polc::api_json {

using bundle::Kind;

namespace {

using Element = Reader::Element;
using Object = Reader::Object;
using Array = Reader::Array;

// "sha256:" and 64 hex digits, small ones.
bool ParseDigest(std::string_view text, uint8_t out[32]) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 64) return false;
  text.remove_prefix(kPrefix.size());
  for (size_t i = 0; i < 64; ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return false;
    out[i / 2] = static_cast<uint8_t>(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
  }
  return true;
}

}  // namespace

bool Reader::OnlyKeys(const Object& object, std::initializer_list<std::string_view> keys) {
  uint32_t index = 0;
  for (const auto field : object) {
    if (std::find(keys.begin(), keys.end(), field.key) == keys.end()) {
      Problem(POLC_ERROR_JSON, "is no member that is known here", Target::kKey);
      return Step(index, field.key);
    }
    ++index;
  }
  return true;
}

bool Reader::Host(const Object& root, HostParts* parts) {
  const std::optional<Member> member = Find(root, "host");
  if (!member) return true;
  Object host;
  if (!IsObject(member->value, &host)) {
    WrongKind(member->value, "an object");
    return Step(member->index, "host");
  }
  constexpr std::pair<std::string_view, HostMember> kMembers[] = {{"now", &Reader::HostNow},
                                                                  {"context", &Reader::HostContext},
                                                                  {"entities", &Reader::HostEntities},
                                                                  {"state", &Reader::HostState},
                                                                  {"approvals", &Reader::HostApproval},
                                                                  {"refusals", &Reader::HostRefusal},
                                                                  {"evidence", &Reader::HostEvidence},
                                                                  {"acts_for", &Reader::HostHop},
                                                                  {"enforces", &Reader::HostEnforces}};
  constexpr size_t kFirstList = 3, kLastList = 7;
  uint32_t index = 0;
  for (const auto field : host) {
    const auto* const known = std::find_if(std::begin(kMembers), std::end(kMembers),
                                           [&](const auto& m) { return m.first == field.key; });
    if (known == std::end(kMembers)) {
      Problem(POLC_ERROR_JSON, "is nothing a host says", Target::kKey);
      Step(index, field.key);
      return Step(member->index, "host");
    }
    const size_t i = static_cast<size_t>(known - kMembers);
    const bool read = i >= kFirstList && i <= kLastList ? Each(field.value, known->second, parts)
                                                        : (this->*known->second)(field.value, parts);
    if (!read) {
      Step(index, field.key);
      return Step(member->index, "host");
    }
    ++index;
  }
  return true;
}

bool Reader::Each(const Element& list, HostMember item, HostParts* parts) {
  Array array;
  if (list.get(array) != simdjson::SUCCESS) return WrongKind(list, "an array");
  uint32_t index = 0;
  for (const Element element : array) {
    if (!(this->*item)(element, parts)) return Step(index);
    ++index;
  }
  return true;
}

bool Reader::HostNow(const Element& element, HostParts* parts) {
  int64_t now = 0;
  if (!Time(element, &now)) return false;
  parts->values.emplace_back(Text("now"), polc_value_datetime(now));
  return true;
}

bool Reader::HostContext(const Element& element, HostParts* parts) {
  Object object;
  if (!IsObject(element, &object)) return WrongKind(element, "an object");
  const auto declared = model_->attributes().subspan(declared_.first, declared_.count);
  uint32_t index = 0;
  for (const auto field : object) {
    if (!field.value.is_null()) {
      const auto row = std::find_if(declared.begin(), declared.end(), [&](const bundle::AttributeRow& a) {
        return model_->String(a.name) == field.key && a.from_host != 0;
      });
      if (row == declared.end()) {
        Problem(POLC_ERROR_JSON, "is no attribute of the action that is declared `from host`", Target::kKey);
        return Step(index, field.key);
      }
      polc_value value;
      if (!TypedValue(field.value, row->type, &value)) return Step(index, field.key);
      parts->values.emplace_back(Text(field.key), value);
    }
    ++index;
  }
  return true;
}

bool Reader::HostEntities(const Element& element, HostParts*) { return Entities(element); }

bool Reader::HostEnforces(const Element& element, HostParts* parts) {
  parts->has_enforces = true;
  return Texts(element, &parts->enforces);
}

// Without `by` the one there is of this name.
const bundle::InputRow* Reader::FindInput(std::string_view name, std::string_view by) const {
  const bundle::InputRow* only = nullptr;
  size_t count = 0;
  for (const bundle::InputRow& input : model_->inputs()) {
    if (static_cast<bundle::InputKind>(input.kind) == bundle::InputKind::kNow) continue;
    if (model_->String(input.name) != name) continue;
    if (model_->String(input.by) == by) return &input;
    only = &input;
    ++count;
  }
  return by.empty() && count == 1 ? only : nullptr;
}

// An entity may be text here.
bool Reader::TypedKey(const Element& element, uint32_t type, polc_value* out) {
  Uid uid;
  if (!element.is_string() || static_cast<Kind>(model_->value_types()[type].kind) != Kind::kEntity) {
    return TypedValue(element, type, out);
  }
  return UidOrText(element, &uid) && Made(polc_value_entity(values_, uid.type, uid.id, out, &made_), made_);
}

bool Reader::HostState(const Element& element, HostParts* parts) {
  Object object;
  if (!IsObject(element, &object)) return WrongKind(element, "an object");
  polc_state state{};
  state.struct_size = sizeof state;
  state.by = Text("");
  if (!OnlyKeys(object, {"input", "by", "key", "value", "as_of"}) ||
      !MemberText(object, "input", true, &state.input) || !MemberText(object, "by", false, &state.by)) {
    return false;
  }
  const bundle::InputRow* row = FindInput(View(state.input), View(state.by));
  if (row == nullptr) return Wrong("is no input that the policies declare");
  if (row->by != bundle::kNone) state.by = Text(model_->String(row->by));
  const std::optional<Member> key = Find(object, "key"), value = Find(object, "value");
  if (key.has_value() != (row->by != bundle::kNone)) {
    return Wrong(key ? "has a `key`, and there is one of it only" : "lacks `key`");
  }
  if (key) {
    state.key = &parts->keys.emplace_back();
    if (!TypedKey(key->value, row->key_type, &parts->keys.back())) return Step(key->index, "key");
  }
  if (!value) return Wrong("lacks `value`");
  if (!TypedAs(value->value, static_cast<Kind>(row->value_kind), false, &state.value)) {
    return Step(value->index, "value");
  }
  if (const std::optional<Member> as_of = Find(object, "as_of")) {
    state.has_as_of = 1;
    if (!Time(as_of->value, &state.as_of)) return Step(as_of->index, "as_of");
  }
  parts->state.push_back(state);
  return true;
}

bool Reader::HostApproval(const Element& element, HostParts* parts) {
  Object object;
  if (!IsObject(element, &object)) return WrongKind(element, "an object");
  polc_approval approval{};
  approval.struct_size = sizeof approval;
  approval.key = approval.action = Text("");
  Uid approver;
  polc_text signature;
  if (!OnlyKeys(object, {"id", "approver", "issued", "action_digest", "terms_digest", "snapshot", "consumed",
                         "key", "action", "signature"}) ||
      !MemberText(object, "id", true, &approval.id) || !MemberUid(object, "approver", &approver) ||
      !MemberTime(object, "issued", &approval.issued) ||
      !MemberDigest(object, "action_digest", approval.action_digest) ||
      !MemberDigest(object, "terms_digest", approval.terms_digest) ||
      !MemberDigest(object, "snapshot", approval.snapshot_id) ||
      !MemberText(object, "key", false, &approval.key) ||
      !MemberText(object, "action", false, &approval.action) ||
      !MemberText(object, "signature", false, &signature)) {
    return false;
  }
  approval.approver = {approver.type, approver.id};
  if (const std::optional<Member> consumed = Find(object, "consumed")) {
    bool is_consumed = false;
    if (consumed->value.get(is_consumed) != simdjson::SUCCESS) {
      WrongKind(consumed->value, "a boolean");
      return Step(consumed->index, "consumed");
    }
    approval.consumed = is_consumed;
  }
  parts->approvals.push_back(approval);
  return true;
}

bool Reader::HostRefusal(const Element& element, HostParts* parts) {
  Object object;
  if (!IsObject(element, &object)) return WrongKind(element, "an object");
  polc_refusal refusal{};
  refusal.struct_size = sizeof refusal;
  Uid approver;
  polc_text ignored;
  if (!OnlyKeys(object, {"id", "approver", "issued", "action_digest", "key", "signature"}) ||
      !MemberText(object, "id", true, &refusal.id) || !MemberUid(object, "approver", &approver) ||
      !MemberTime(object, "issued", &refusal.issued) ||
      !MemberDigest(object, "action_digest", refusal.action_digest) ||
      !MemberText(object, "key", false, &ignored) || !MemberText(object, "signature", false, &ignored)) {
    return false;
  }
  refusal.approver = {approver.type, approver.id};
  parts->refusals.push_back(refusal);
  return true;
}

bool Reader::HostEvidence(const Element& element, HostParts* parts) {
  Object object;
  if (!IsObject(element, &object)) return WrongKind(element, "an object");
  HostParts::Evidence evidence{};
  if (!OnlyKeys(object, {"kind", "value", "action_digest"}) ||
      !MemberText(object, "kind", true, &evidence.kind) ||
      !MemberDigest(object, "action_digest", evidence.action_digest)) {
    return false;
  }
  const auto kinds = model_->evidence_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const bundle::EvidenceKindRow& row) {
    return model_->String(row.name) == View(evidence.kind);
  });
  if (kind == kinds.end()) return Wrong("is of no kind of evidence that the policies declare");
  const std::optional<Member> value = Find(object, "value");
  if (!value) return Wrong("lacks `value`");
  if (!TypedValue(value->value, kind->type, &evidence.value)) return Step(value->index, "value");
  parts->evidence.push_back(evidence);
  return true;
}

bool Reader::HostHop(const Element& element, HostParts* parts) {
  Object object;
  if (!IsObject(element, &object)) return WrongKind(element, "an object");
  HostParts::Hop hop{};
  if (!OnlyKeys(object, {"principal", "scope"}) || !MemberUid(object, "principal", &hop.principal))
    return false;
  if (const std::optional<Member> scope = Find(object, "scope")) {
    hop.has_scope = true;
    if (!Texts(scope->value, &hop.scope)) return Step(scope->index, "scope");
  }
  parts->acts_for.push_back(std::move(hop));
  return true;
}

// ---- Members
// ------------------------------------------------------------------------------------------------

bool Reader::MemberText(const Object& object, std::string_view key, bool required, polc_text* out) {
  const std::optional<Member> member = Find(object, key);
  if (!member) return !required || Wrong("lacks `" + std::string(key) + "`");
  if (!member->value.is_string()) {
    WrongKind(member->value, "a string");
    return Step(member->index, key);
  }
  *out = Text(StringOf(member->value));
  return true;
}

bool Reader::MemberUid(const Object& object, std::string_view key, Uid* out) {
  const std::optional<Member> member = Find(object, key);
  if (!member) return Wrong("lacks `" + std::string(key) + "`");
  return UidOrText(member->value, out) || Step(member->index, key);
}

bool Reader::MemberTime(const Object& object, std::string_view key, int64_t* out) {
  const std::optional<Member> member = Find(object, key);
  if (!member) return Wrong("lacks `" + std::string(key) + "`");
  return Time(member->value, out) || Step(member->index, key);
}

bool Reader::MemberDigest(const Object& object, std::string_view key, uint8_t out[32]) {
  const std::optional<Member> member = Find(object, key);
  if (!member) return Wrong("lacks `" + std::string(key) + "`");
  if (ParseDigest(StringOf(member->value), out)) return true;
  Wrong("is no digest: `sha256:` and 64 hex digits");
  return Step(member->index, key);
}

bool Reader::Time(const Element& element, int64_t* out) {
  polc_value value;
  if (!TypedAs(element, Kind::kDatetime, false, &value)) return false;
  entities::Value read;
  static_assert(sizeof read == sizeof value);
  std::memcpy(&read, &value, sizeof read);
  if (read.kind != Kind::kDatetime) return Wrong("is no time, like \"2026-11-21T03:14:00Z\"");
  *out = read.number();
  return true;
}

bool Reader::Texts(const Element& element, std::vector<polc_text>* out) {
  Array array;
  if (element.get(array) != simdjson::SUCCESS) return WrongKind(element, "an array of strings");
  uint32_t index = 0;
  for (const Element text : array) {
    if (!text.is_string()) {
      WrongKind(text, "a string");
      return Step(index);
    }
    out->push_back(Text(StringOf(text)));
    ++index;
  }
  return true;
}

}  // namespace polc::api_json
