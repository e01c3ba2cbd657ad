// The C interface of runtime/sign.

#include "runtime/sign/polc_sign.h"

#include "runtime/api/handles.h"
#include "runtime/sign/bundle_signature.h"

using polc::api::Fail;

extern "C" polc_status polc_bundle_count_signers(const polc_bundle* bundle, const polc_text* public_keys, size_t count,
                                                 size_t* valid, polc_error* error) {
  if (bundle == nullptr || valid == nullptr || (public_keys == nullptr && count > 0)) {
    return Fail(error, POLC_ERROR_ARGUMENT);
  }
  *valid = 0;
  if (!bundle->file->verified) return Fail(error, POLC_ERROR_UNVERIFIED);
  return polc::api::Guard(error, [&] {
    std::vector<polc::sign::PublicKey> trusted(count);
    for (size_t i = 0; i < count; ++i) {
      const polc::sign::SignError bad = polc::sign::FromPem(polc::api::View(public_keys[i]), &trusted[i]);
      if (bad != polc::sign::SignError::kOk) {
        return Fail(error, POLC_ERROR_VALUE, polc::sign::SignErrorMessage(bad), i);
      }
    }
    *valid = polc::sign::ValidSigners(bundle->file->snapshot_id(), bundle->file->signatures(), trusted).size();
    return POLC_OK;
  });
}
