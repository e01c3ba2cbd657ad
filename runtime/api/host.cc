// What the gateway vouches for about a request.

#include "runtime/api/handles.h"

using polc::api::CheckOpen;
using polc::api::Fail;
using polc::api::Guard;
using polc::api::Unwrap;
using polc::api::Valid;
using polc::api::View;
using polc::bundle::Kind;
using polc::entities::Value;
using polc::vm::HostInputs;

namespace {

// The caller's struct as this library knows it; what an older header lacks is zero. Nothing if it says
// nothing.
template <typename Struct>
std::optional<Struct> CopyIn(const Struct* in) {
  if (in == nullptr || in->struct_size <= sizeof(size_t)) return std::nullopt;
  Struct full{};
  std::memcpy(&full, in, std::min(in->struct_size, sizeof full));
  return full;
}

const polc::bundle::Bundle& BundleOf(const polc_request* request) { return request->state->bundle->opened; }

template <typename Rows>
std::optional<uint32_t> FindRow(const polc::bundle::Bundle& bundle, const Rows& rows, std::string_view name) {
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (bundle.String(rows[i].name) == name) return i;
  }
  return std::nullopt;
}

bool IsFromHost(const polc::bundle::Bundle& bundle, std::string_view name) {
  for (const polc::bundle::ActionRow& action : bundle.actions()) {
    for (const auto& attribute : bundle.attributes().subspan(action.context.first, action.context.count)) {
      if (attribute.from_host != 0 && bundle.String(attribute.name) == name) return true;
    }
  }
  return false;
}

polc::bundle::Digest DigestOf(const uint8_t bytes[32]) {
  polc::bundle::Digest digest;
  std::copy(bytes, bytes + digest.size(), digest.begin());
  return digest;
}

}  // namespace

extern "C" {

polc_status polc_request_set_host(polc_request* request, polc_text name, polc_value value,
                                  polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  if (!Valid(name)) return Fail(error, POLC_ERROR_ARGUMENT);
  const Value given = Unwrap(value);
  if (View(name) == "now") {
    if (given.kind != Kind::kDatetime) return Fail(error, POLC_ERROR_ARGUMENT, "`now` is a datetime");
    request->building->host().now_ms = given.number();
    return POLC_OK;
  }
  if (!IsFromHost(BundleOf(request), View(name))) {
    return Fail(error, POLC_ERROR_NOT_FOUND, "no action has a context attribute of this name from the host");
  }
  request->set |= polc_request::kUnusual;
  return Guard(error, [&] {
    auto& context = request->host_context;
    const auto same = std::find_if(context.begin(), context.end(),
                                   [&](const auto& field) { return field.first == View(name); });
    if (same != context.end()) {
      same->second = given;
    } else {
      context.emplace_back(View(name), given);
    }
    return POLC_OK;
  });
}

polc_status polc_request_add_host_entity(polc_request* request, polc_text type, polc_text id,
                                         const polc_value* attributes, const polc_value* tags,
                                         const polc_text* parent_types, const polc_text* parent_ids,
                                         size_t parent_count, polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  return Guard(error, [&] {
    return polc::api::AddEntity(request, type, id, attributes, tags, parent_types, parent_ids, parent_count,
                                error);
  });
}

polc_status polc_request_add_state(polc_request* request, const polc_state* state, polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  const std::optional<polc_state> given = CopyIn(state);
  if (!given || !Valid(given->input) || !Valid(given->by)) return Fail(error, POLC_ERROR_ARGUMENT);
  if ((given->key != nullptr) != (given->by.size != 0)) {
    return Fail(error, POLC_ERROR_ARGUMENT, "there is a key if and only if there is what it is kept for");
  }
  const polc::bundle::Bundle& bundle = BundleOf(request);
  for (uint32_t i = 0; i < bundle.inputs().size(); ++i) {
    const polc::bundle::InputRow& row = bundle.inputs()[i];
    const std::string_view by = row.by == polc::bundle::kNone ? std::string_view() : bundle.String(row.by);
    if (static_cast<polc::bundle::InputKind>(row.kind) == polc::bundle::InputKind::kNow) continue;
    if (bundle.String(row.name) != View(given->input) || by != View(given->by)) continue;
    return Guard(error, [&] {
      polc::vm::StateValue value;
      value.input = i;
      value.has_key = given->key != nullptr;
      if (value.has_key) value.key = Unwrap(*given->key);
      value.value = Unwrap(given->value);
      if (given->has_as_of != 0) value.as_of_ms = given->as_of;
      request->building->host().state.push_back(value);
      return POLC_OK;
    });
  }
  return Fail(error, POLC_ERROR_NOT_FOUND, "the policies declare no such input");
}

polc_status polc_request_add_approval(polc_request* request, const polc_approval* approval,
                                      polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  const std::optional<polc_approval> given = CopyIn(approval);
  if (!given || !Valid(given->id) || !Valid(given->approver.type) || !Valid(given->approver.id) ||
      !Valid(given->key) || !Valid(given->action)) {
    return Fail(error, POLC_ERROR_ARGUMENT);
  }
  return Guard(error, [&] {
    polc::vm::Approval said;
    said.approver = request->Entity(View(given->approver.type), View(given->approver.id));
    said.action = DigestOf(given->action_digest);
    said.terms = DigestOf(given->terms_digest);
    said.snapshot = DigestOf(given->snapshot_id);
    said.issued_ms = given->issued;
    said.consumed = given->consumed != 0;
    said.id = request->builder().String(View(given->id));
    said.signing_key = request->builder().String(View(given->key));
    said.canonical = request->builder().String(View(given->action));
    request->building->host().approvals.push_back(said);
    return POLC_OK;
  });
}

polc_status polc_request_add_refusal(polc_request* request, const polc_refusal* refusal, polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  const std::optional<polc_refusal> given = CopyIn(refusal);
  if (!given || !Valid(given->id) || !Valid(given->approver.type) || !Valid(given->approver.id)) {
    return Fail(error, POLC_ERROR_ARGUMENT);
  }
  return Guard(error, [&] {
    polc::vm::Refusal said;
    said.approver = request->Entity(View(given->approver.type), View(given->approver.id));
    said.action = DigestOf(given->action_digest);
    said.issued_ms = given->issued;
    said.id = request->builder().String(View(given->id));
    request->building->host().refusals.push_back(said);
    return POLC_OK;
  });
}

polc_status polc_request_add_evidence(polc_request* request, polc_text kind, polc_value value,
                                      const uint8_t action_digest[32], polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  if (!Valid(kind) || action_digest == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  const polc::bundle::Bundle& bundle = BundleOf(request);
  const std::optional<uint32_t> row = FindRow(bundle, bundle.evidence_kinds(), View(kind));
  if (!row) return Fail(error, POLC_ERROR_NOT_FOUND, "the policies declare no evidence of this kind");
  return Guard(error, [&] {
    request->building->host().evidence.push_back({*row, DigestOf(action_digest), Unwrap(value)});
    return POLC_OK;
  });
}

polc_status polc_request_add_acts_for(polc_request* request, polc_text type, polc_text id,
                                      const polc_text* scope, size_t scope_count, polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  if (!Valid(type) || !Valid(id) || (scope == nullptr && scope_count > 0)) {
    return Fail(error, POLC_ERROR_ARGUMENT);
  }
  for (size_t i = 0; i < scope_count; ++i) {
    if (!Valid(scope[i])) return Fail(error, POLC_ERROR_ARGUMENT);
  }
  HostInputs& host = request->building->host();
  if (host.acts_for.size() == polc::vm::kMaxHops) {
    return Fail(error, POLC_ERROR_ARGUMENT, "a principal acts for at most 4 in a row");
  }
  return Guard(error, [&] {
    polc::vm::ActedFor hop;
    hop.principal = request->Entity(View(type), View(id));
    hop.has_scope = scope != nullptr;
    for (size_t i = 0; i < scope_count; ++i) hop.scope.push_back(request->builder().String(View(scope[i])));
    host.acts_for.push_back(std::move(hop));
    return POLC_OK;
  });
}

polc_status polc_request_set_enforces(polc_request* request, const polc_text* kinds, size_t count,
                                      polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  if (kinds == nullptr && count > 0) return Fail(error, POLC_ERROR_ARGUMENT);
  for (size_t i = 0; i < count; ++i) {
    if (!Valid(kinds[i])) return Fail(error, POLC_ERROR_ARGUMENT);
  }
  const polc::bundle::Bundle& bundle = BundleOf(request);
  return Guard(error, [&] {
    std::vector<uint32_t> rows;
    for (size_t i = 0; i < count; ++i) {
      const std::optional<uint32_t> row = FindRow(bundle, bundle.limit_kinds(), View(kinds[i]));
      if (row) rows.push_back(*row);
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    request->building->host().enforces = std::move(rows);
    return POLC_OK;
  });
}

}  // extern "C"
