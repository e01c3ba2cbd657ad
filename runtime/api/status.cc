// Status texts, versions, and how an error is filled in.

#include <algorithm>
#include <cstring>

#include "runtime/api/handles.h"

namespace polc::api {

polc_status Fail(polc_error* error, polc_status status, std::string_view message, uint64_t at) {
  if (error == nullptr) return status;
  if (message.empty()) message = polc_status_text(status);
  polc_error full{};
  full.status = status;
  full.at = at;
  size_t size = std::min(message.size(), sizeof full.message - 1);
  // Do not cut a character in two.
  while (size < message.size() && size > 0 && (static_cast<unsigned char>(message[size]) & 0xC0) == 0x80)
    --size;
  std::memcpy(full.message, message.data(), size);
  CopyOut(full, error);
  return status;
}

}  // namespace polc::api

extern "C" {

uint32_t polc_abi_version(void) { return POLC_ABI_VERSION; }

const char* polc_version(void) { return POLC_VERSION; }

polc_text polc_text_of(const char* string) { return {string, string == nullptr ? 0 : std::strlen(string)}; }

const char* polc_status_text(polc_status status) {
  switch (status) {
    case POLC_OK:
      return "no error";
    case POLC_ERROR_ARGUMENT:
      return "an argument is NULL, out of range or not of this object";
    case POLC_ERROR_MEMORY:
      return "there is no memory";
    case POLC_ERROR_FILE:
      return "the file cannot be opened, mapped or written";
    case POLC_ERROR_BUNDLE:
      return "not a bundle, or one the verifier refuses";
    case POLC_ERROR_UNVERIFIED:
      return "the bundle has not passed polc_bundle_verify";
    case POLC_ERROR_STORE:
      return "not a compiled store, or a damaged one";
    case POLC_ERROR_CYCLE:
      return "parents close a cycle";
    case POLC_ERROR_VALUE:
      return "the value is malformed, has a repeated name or is nested too deep";
    case POLC_ERROR_INCOMPLETE:
      return "the request has no principal, action or resource";
    case POLC_ERROR_STALE_HANDLE:
      return "the handle belongs to another engine or to a state before a swap";
    case POLC_ERROR_NOT_FOUND:
      return "there is no such entity, input or rule";
    case POLC_ERROR_JSON:
      return "malformed JSON, or JSON of another shape";
    case POLC_ERROR_LIMIT:
      return "more ancestors than a store may hold";
    case POLC_ERROR_BASE:
      return "the update is of another bundle";
    case POLC_STATUS_LAST_:
      break;
  }
  return "unknown status";
}

const char* polc_outcome_name(polc_outcome outcome) {
  switch (outcome) {
    case POLC_ALLOW:
      return "allow";
    case POLC_ALLOW_WITH_LIMITS:
      return "allow_with_limits";
    case POLC_REQUIRE_APPROVAL:
      return "require_approval";
    case POLC_SUGGEST:
      return "suggest";
    case POLC_DENY:
    case POLC_OUTCOME_LAST_:
      return "deny";
  }
  return "deny";
}

}  // extern "C"
