// polc_request_from_json and polc_edit_from_json: everything is read before anything is set.

#include "runtime/json/read.h"

using polc::api_json::EntityParts;
using polc::api_json::Fail;
using polc::api_json::Reader;
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

polc_status Read(polc_request* request, polc_values* values, std::string_view text, polc_error* error) {
  Reader reader(values, text);
  Reader::Element root;
  if (!reader.Parse(&root)) return reader.Report(error);
  Reader::Object object;
  if (root.get(object) != simdjson::SUCCESS) {
    reader.WrongRoot("object with `principal`, `action` and `resource`");
    return reader.Report(error);
  }
  Uid principal, action, resource;
  polc_value context;
  if (!reader.RequestUid(object, "principal", &principal) || !reader.RequestUid(object, "action", &action) ||
      !reader.RequestUid(object, "resource", &resource) || !reader.Context(object, &context) ||
      !reader.RequestEntities(object)) {
    return reader.Report(error);
  }
  polc_status status = polc_request_set(request, POLC_PRINCIPAL, principal.type, principal.id, error);
  if (status == POLC_OK) status = polc_request_set(request, POLC_ACTION, action.type, action.id, error);
  if (status == POLC_OK) status = polc_request_set(request, POLC_RESOURCE, resource.type, resource.id, error);
  if (status == POLC_OK) status = polc_request_set_context(request, context, error);
  for (const EntityParts& entity : reader.entities()) {
    if (status != POLC_OK) break;
    status = polc_request_add_entity(request, entity.uid.type, entity.uid.id, &entity.attributes,
                                     &entity.tags, reader.parent_types(entity), reader.parent_ids(entity),
                                     entity.parent_count, error);
  }
  return status;
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
