// Bundles: mapping, verifying, and what their rules are.

#include "runtime/api/handles.h"
#include "runtime/entities/mapped_file.h"

using polc::api::BundleFile;
using polc::api::Fail;
using polc::api::Guard;
using polc::api::Text;

namespace polc::api {
namespace {

std::string_view MessageOf(const bundle::Status& status) { return bundle::BundleErrorMessage(status.error); }

polc_status OpenBytes(std::shared_ptr<const void> owner, std::span<const uint8_t> bytes, polc_bundle** out,
                      polc_error* error) {
  auto file = std::make_shared<BundleFile>();
  const bundle::Status status = bundle::Bundle::Open(bytes, &file->opened);
  if (!status.ok()) return Fail(error, POLC_ERROR_BUNDLE, MessageOf(status), status.at);
  file->owner = std::move(owner);
  *out = new polc_bundle{std::move(file)};
  return POLC_OK;
}

// Words, so that the copy is aligned as a bundle must be.
std::shared_ptr<const std::vector<uint64_t>> Copy(const void* bytes, size_t size) {
  auto words = std::make_shared<std::vector<uint64_t>>((size + 7) / 8);
  if (size > 0) std::memcpy(words->data(), bytes, size);
  return words;
}

std::string_view MessageOf(const bundle::UpdateStatus& status) {
  return status.error == bundle::UpdateError::kAdded ? bundle::BundleErrorMessage(status.added)
                                                     : bundle::UpdateErrorMessage(status.error);
}

polc_status UpdateBy(const BundleFile& base, std::shared_ptr<const void> owner,
                     std::span<const uint8_t> bytes, polc_bundle** out, polc_error* error) {
  auto update = std::make_shared<UpdateFile>();
  const bundle::UpdateStatus status = bundle::VerifyUpdate(bytes, *base.verified, &update->verified);
  if (!status.ok()) {
    const bool other = status.error == bundle::UpdateError::kOtherBase;
    return Fail(error, other ? POLC_ERROR_BASE : POLC_ERROR_BUNDLE, MessageOf(status), status.at);
  }
  update->owner = std::move(owner);
  auto file = std::make_shared<BundleFile>(base);
  file->update = std::move(update);
  *out = new polc_bundle{std::move(file)};
  return POLC_OK;
}

}  // namespace

polc_status DescribeRule(const BundleFile& file, uint32_t index, polc_rule* out, polc_error* error) {
  const bundle::Bundle* const has_it = file.FindRule(&index);
  if (has_it == nullptr) return Fail(error, POLC_ERROR_NOT_FOUND, "there is no rule of this number");
  const bundle::Bundle& bundle = *has_it;
  const bundle::RuleRow& row = bundle.rules()[index];
  polc_rule rule{};
  rule.id = Text(bundle.String(row.id));
  rule.effect = static_cast<polc_effect>(row.effect);
  rule.shadow = row.mode == static_cast<uint8_t>(bundle::Mode::kShadow);
  rule.because = Text(bundle.String(row.because));
  rule.template_id = Text(bundle.String(row.template_id));
  if (row.place.file != bundle::kNone) {
    rule.file = Text(bundle.String(bundle.files()[row.place.file].path));
    rule.line = row.place.line;
    rule.column = row.place.column;
  }
  rule.title = Text(row.pol == 0 ? std::string_view() : bundle.String(bundle.pol_rules()[row.pol - 1].title));
  // An update's controls are numbered after the base's.
  rule.first_control = row.controls.first;
  if (has_it != &file.opened) rule.first_control += static_cast<uint32_t>(file.opened.controls().size());
  rule.control_count = row.controls.count;
  return CopyOut(rule, out) ? POLC_OK : Fail(error, POLC_ERROR_ARGUMENT);
}

polc_status DescribeControl(const BundleFile& file, size_t index, polc_control* out, polc_error* error) {
  const bool is_added = file.update && index >= file.opened.controls().size();
  if (is_added) index -= file.opened.controls().size();
  const bundle::Bundle& bundle = is_added ? file.update->verified.added().bundle() : file.opened;
  if (index >= bundle.controls().size())
    return Fail(error, POLC_ERROR_NOT_FOUND, "there is no control of this number");
  const bundle::PairRow& row = bundle.controls()[index];
  polc_control control{};
  control.catalogue = Text(bundle.String(row.key));
  control.clause = Text(bundle.String(row.value));
  return CopyOut(control, out) ? POLC_OK : Fail(error, POLC_ERROR_ARGUMENT);
}

}  // namespace polc::api

extern "C" {

polc_status polc_bundle_open(const char* path, polc_bundle** out, polc_error* error) {
  if (path == nullptr || out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    std::shared_ptr<const polc::entities::MappedFile> file = polc::entities::MappedFile::Open(path);
    if (file == nullptr) return Fail(error, POLC_ERROR_FILE, "the bundle cannot be opened or mapped");
    return polc::api::OpenBytes(file, file->bytes(), out, error);
  });
}

polc_status polc_bundle_open_memory(const void* bytes, size_t size, polc_bundle** out, polc_error* error) {
  if ((bytes == nullptr && size > 0) || out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const auto words = polc::api::Copy(bytes, size);
    return polc::api::OpenBytes(words, {reinterpret_cast<const uint8_t*>(words->data()), size}, out, error);
  });
}

polc_status polc_bundle_update(const polc_bundle* base, const char* path, polc_bundle** out,
                               polc_error* error) {
  if (base == nullptr || path == nullptr || out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!base->file->verified) return Fail(error, POLC_ERROR_UNVERIFIED);
  return Guard(error, [&] {
    std::shared_ptr<const polc::entities::MappedFile> file = polc::entities::MappedFile::Open(path);
    if (file == nullptr) return Fail(error, POLC_ERROR_FILE, "the update cannot be opened or mapped");
    return polc::api::UpdateBy(*base->file, file, file->bytes(), out, error);
  });
}

polc_status polc_bundle_update_memory(const polc_bundle* base, const void* bytes, size_t size,
                                      polc_bundle** out, polc_error* error) {
  if (base == nullptr || (bytes == nullptr && size > 0) || out == nullptr)
    return Fail(error, POLC_ERROR_ARGUMENT);
  if (!base->file->verified) return Fail(error, POLC_ERROR_UNVERIFIED);
  return Guard(error, [&] {
    const auto words = polc::api::Copy(bytes, size);
    return polc::api::UpdateBy(*base->file, words, {reinterpret_cast<const uint8_t*>(words->data()), size},
                               out, error);
  });
}

polc_status polc_bundle_verify(polc_bundle* bundle, polc_error* error) {
  if (bundle == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    if (bundle->file->verified) return POLC_OK;
    polc::bundle::VerifiedBundle verified;
    const polc::bundle::Status status = polc::bundle::Verify(bundle->file->opened, &verified);
    if (!status.ok()) return Fail(error, POLC_ERROR_BUNDLE, polc::api::MessageOf(status), status.at);
    bundle->file->verified = verified;
    return POLC_OK;
  });
}

void polc_bundle_free(polc_bundle* bundle) { delete bundle; }

polc_status polc_bundle_snapshot_id(const polc_bundle* bundle, uint8_t id[32], polc_error* error) {
  if (bundle == nullptr || id == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!bundle->file->verified) return Fail(error, POLC_ERROR_UNVERIFIED);
  const polc::bundle::Digest& digest = bundle->file->snapshot_id();
  std::memcpy(id, digest.data(), digest.size());
  return POLC_OK;
}

uint32_t polc_bundle_rule_count(const polc_bundle* bundle) {
  if (bundle == nullptr || !bundle->file->verified) return 0;
  return bundle->file->rule_count();
}

polc_status polc_bundle_rule(const polc_bundle* bundle, uint32_t index, polc_rule* out, polc_error* error) {
  if (bundle == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!bundle->file->verified) return Fail(error, POLC_ERROR_UNVERIFIED);
  return polc::api::DescribeRule(*bundle->file, index, out, error);
}

polc_status polc_bundle_control(const polc_bundle* bundle, size_t index, polc_control* out,
                                polc_error* error) {
  if (bundle == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!bundle->file->verified) return Fail(error, POLC_ERROR_UNVERIFIED);
  return polc::api::DescribeControl(*bundle->file, index, out, error);
}

}  // extern "C"
