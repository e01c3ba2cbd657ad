// Entity stores and edits.

#include "runtime/api/handles.h"
#include "runtime/entities/mapped_file.h"
#include "runtime/entities/store_file.h"

using polc::api::Fail;
using polc::api::Guard;
using polc::api::Valid;
using polc::api::View;
using polc::entities::EmptyRecord;
using polc::entities::EntityId;
using polc::entities::Value;

extern "C" {

polc_status polc_store_new(polc_store** out, polc_error* error) {
  if (out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    *out = new polc_store{std::make_shared<polc::entities::Store>()};
    return POLC_OK;
  });
}

polc_status polc_store_open(const char* path, polc_store** out, polc_error* error) {
  if (path == nullptr || out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    std::shared_ptr<const polc::entities::MappedFile> file = polc::entities::MappedFile::Open(path);
    if (file == nullptr) return Fail(error, POLC_ERROR_FILE, "the store cannot be opened or mapped");
    std::shared_ptr<const polc::entities::Snapshot> snapshot;
    const polc::entities::StoreStatus status = polc::entities::OpenStore(file->bytes(), file, &snapshot);
    if (!status.ok()) {
      return Fail(error, POLC_ERROR_STORE, polc::entities::StoreErrorMessage(status.error), status.at);
    }
    *out = new polc_store{std::make_shared<polc::entities::Store>(std::move(snapshot))};
    return POLC_OK;
  });
}

void polc_store_free(polc_store* store) { delete store; }

uint32_t polc_store_size(const polc_store* store) {
  return store == nullptr ? 0 : store->store->Current()->present_count();
}

polc_status polc_edit_new(polc_store* store, polc_edit** out, polc_error* error) {
  if (store == nullptr || out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    *out = new polc_edit(store->store);
    return POLC_OK;
  });
}

void polc_edit_free(polc_edit* edit) { delete edit; }

polc_values* polc_edit_values(polc_edit* edit) { return edit; }

polc_status polc_edit_upsert(polc_edit* edit, polc_text type, polc_text id, const polc_value* attributes,
                             const polc_value* tags, const polc_text* parent_types,
                             const polc_text* parent_ids, size_t parent_count, polc_error* error) {
  if (edit == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    polc::api::EntityParts parts;
    const polc_status status = polc::api::ReadEntity(*edit, type, id, attributes, tags, parent_types,
                                                     parent_ids, parent_count, &parts, error);
    if (status != POLC_OK) return status;
    edit->edit.Upsert(parts.id, parts.attributes, parts.tags, std::move(parts.parents));
    return POLC_OK;
  });
}

polc_status polc_edit_remove(polc_edit* edit, polc_text type, polc_text id, polc_error* error) {
  if (edit == nullptr || !Valid(type) || !Valid(id)) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    edit->edit.Remove(edit->edit.Entity(View(type), View(id)));
    return POLC_OK;
  });
}

polc_status polc_edit_commit(polc_edit* edit, polc_error* error) {
  if (edit == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const std::optional<polc::entities::EditRefusal> refusal = edit->edit.Commit();
    if (!refusal) return POLC_OK;
    const std::string entity = "`" + refusal->type + "::\"" + refusal->id + "\"`";
    if (refusal->why == polc::entities::EditRefusal::Why::kCycle) {
      return Fail(error, POLC_ERROR_CYCLE, entity + " is above itself");
    }
    return Fail(error, POLC_ERROR_LIMIT, "with " + entity + " the store has more ancestors than it may hold");
  });
}

}  // extern "C"
