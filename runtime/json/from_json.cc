// polc_request_from_json and polc_edit_from_json: everything is read before anything is set.

#include "runtime/api/handles.h"
#include "runtime/json/read.h"
#include "runtime/json/shape.h"

using polc::api_json::EntityParts;
using polc::api_json::Fail;
using polc::api_json::HostParts;
using polc::api_json::PlainField;
using polc::api_json::PlainKind;
using polc::api_json::PlainReader;
using polc::api_json::PlainRequest;
using polc::api_json::PlainUid;
using polc::api_json::Reader;
using polc::api_json::Text;
using polc::api_json::Uid;

namespace {

// Runs `body`; the only exception its code can meet is std::bad_alloc.
template <typename Body>
polc_status Guard(polc_error* error, Body body) {
  try {
    return body();
  } catch (...) {
    return Fail(error, POLC_ERROR_MEMORY, polc_status_text(POLC_ERROR_MEMORY));
  }
}

polc_status WrongArgument(polc_error* error) {
  return Fail(error, POLC_ERROR_ARGUMENT, polc_status_text(POLC_ERROR_ARGUMENT));
}

// Puts the host's part into the request.
polc_status SetHost(polc_request* request, const HostParts& host, polc_error* error) {
  polc_status status = POLC_OK;
  auto each = [&](const auto& list, auto set) {
    for (const auto& item : list) {
      if (status == POLC_OK) status = set(item);
    }
  };
  each(host.values, [&](const auto& v) { return polc_request_set_host(request, v.first, v.second, error); });
  each(host.state, [&](const polc_state& s) { return polc_request_add_state(request, &s, error); });
  each(host.approvals, [&](const polc_approval& a) { return polc_request_add_approval(request, &a, error); });
  each(host.refusals, [&](const polc_refusal& r) { return polc_request_add_refusal(request, &r, error); });
  each(host.evidence, [&](const HostParts::Evidence& e) {
    return polc_request_add_evidence(request, e.kind, e.value, e.action_digest, error);
  });
  each(host.acts_for, [&](const HostParts::Hop& hop) {
    static const polc_text kNoClass{"", 0};  // an empty scope is one, too
    return polc_request_add_acts_for(request, hop.principal.type, hop.principal.id,
                                     !hop.has_scope      ? nullptr
                                     : hop.scope.empty() ? &kNoClass
                                                         : hop.scope.data(),
                                     hop.scope.size(), error);
  });
  if (status == POLC_OK && host.has_enforces) {
    status = polc_request_set_enforces(request, host.enforces.data(), host.enforces.size(), error);
  }
  return status;
}

// The context's record. Its names are distinct.
polc_status MakeContext(polc_values* values, const PlainRequest& plain, polc_value* out, polc_error* error) {
  polc_text names[PlainRequest::kMostFields];
  polc_value of[PlainRequest::kMostFields];
  for (size_t i = 0; i < plain.field_count; ++i) {
    const PlainField& field = plain.fields[i];
    names[i] = Text(field.name);
    switch (field.kind) {
      case PlainKind::kBool:
        of[i] = polc_value_bool(field.number != 0);
        break;
      case PlainKind::kLong:
        of[i] = polc_value_long(field.number);
        break;
      case PlainKind::kString: {
        const polc_status status = polc_value_string(values, Text(field.text), &of[i], error);
        if (status != POLC_OK) return status;
        break;
      }
    }
  }
  return polc_value_record(values, names, of, plain.field_count, out, error);
}

polc_status SetPlain(polc_request* request, polc_values* values, const PlainRequest& plain,
                     polc_error* error) {
  polc_value context = polc::api::Wrap(polc::entities::EmptyRecord());
  if (plain.field_count > 0) {
    const polc_status status = MakeContext(values, plain, &context, error);
    if (status != POLC_OK) return status;
  }
  // The one that can fail comes first.
  if (request->has_attributes()) return polc_request_set_context(request, context, error);
  request->SetContext(polc::api::Unwrap(context));
  auto set = [&](polc_variable variable, const PlainUid& uid) {
    request->SetVariable(variable, values->Entity(uid.type, uid.id));
  };
  set(POLC_PRINCIPAL, plain.principal);
  set(POLC_ACTION, plain.action);
  set(POLC_RESOURCE, plain.resource);
  return POLC_OK;
}

// How this request's callers write.
PlainReader& PlainReaderOf(polc_request* request) {
  if (request->beside == nullptr) request->beside = std::make_shared<PlainReader>();
  return *static_cast<PlainReader*>(request->beside.get());
}

polc_status Read(polc_request* request, polc_values* values, std::string_view text, polc_error* error) {
  // With Pol, values are read by the types that are declared.
  const bool pol = request->state->bundle->opened.is_pol();
  if (PlainRequest plain; !pol && PlainReaderOf(request).Read(text, &plain))
    return SetPlain(request, values, plain, error);
  Reader reader(values, text);
  Reader::Element root;
  if (!reader.Parse(&root)) return reader.Report(error);
  Reader::Object object;
  if (root.get(object) != simdjson::SUCCESS) {
    reader.WrongRoot("object with `principal`, `action` and `resource`");
    return reader.Report(error);
  }
  const polc::bundle::Bundle& bundle = request->state->bundle->opened;
  if (pol) {
    reader.UseModel(bundle);
    if (!reader.OnlyKeys(object, {"principal", "action", "resource", "context", "host"}))
      return reader.Report(error);
  }
  Uid principal, action, resource;
  polc_value context;
  HostParts host;
  if (!reader.RequestUid(object, "principal", &principal) || !reader.RequestUid(object, "action", &action) ||
      !reader.RequestUid(object, "resource", &resource)) {
    return reader.Report(error);
  }
  reader.SetAction(action);
  if (!reader.Context(object, &context) ||
      !(pol ? reader.Host(object, &host) : reader.RequestEntities(object))) {
    return reader.Report(error);
  }
  polc_status status = polc_request_set_context(request, context, error);
  if (status == POLC_OK)
    status = polc_request_set(request, POLC_PRINCIPAL, principal.type, principal.id, error);
  if (status == POLC_OK) status = polc_request_set(request, POLC_ACTION, action.type, action.id, error);
  if (status == POLC_OK) status = polc_request_set(request, POLC_RESOURCE, resource.type, resource.id, error);
  const auto add = pol ? polc_request_add_host_entity : polc_request_add_entity;
  for (const EntityParts& entity : reader.entities()) {
    if (status != POLC_OK) break;
    status = add(request, entity.uid.type, entity.uid.id, &entity.attributes, &entity.tags,
                 reader.parent_types(entity), reader.parent_ids(entity), entity.parent_count, error);
  }
  return status == POLC_OK ? SetHost(request, host, error) : status;
}

polc_status Read(polc_edit* edit, polc_values* values, std::string_view text, polc_error* error) {
  Reader reader(values, text);
  Reader::Element root;
  if (!reader.Parse(&root) || !reader.Entities(root)) return reader.Report(error);
  for (const EntityParts& entity : reader.entities()) {
    const polc_status status =
        polc_edit_upsert(edit, entity.uid.type, entity.uid.id, &entity.attributes, &entity.tags,
                         reader.parent_types(entity), reader.parent_ids(entity), entity.parent_count, error);
    if (status != POLC_OK) return status;
  }
  return POLC_OK;
}

}  // namespace

extern "C" {

polc_status polc_request_from_json(polc_request* request, const char* json, size_t size, polc_error* error) {
  if (request == nullptr || json == nullptr) return WrongArgument(error);
  polc_values* const values = polc_request_values(request);
  if (values == nullptr) {
    return Fail(error, POLC_ERROR_ARGUMENT, "the request has been decided: reset it first");
  }
  return Guard(error, [&] { return Read(request, values, {json, size}, error); });
}

polc_status polc_edit_from_json(polc_edit* edit, const char* json, size_t size, polc_error* error) {
  if (edit == nullptr || json == nullptr) return WrongArgument(error);
  return Guard(error, [&] { return Read(edit, polc_edit_values(edit), {json, size}, error); });
}

}  // extern "C"
