/* polc, requests, entities and decisions as JSON: an optional library beside the runtime, for gateways that
 * speak JSON anyway. Everything here is polc.h's rules: C99, no exceptions, nothing printed, no global state,
 * and an `error` that may be NULL.
 *
 * The JSON is Cedar's, read without a schema; docs/requests.md has what Pol rules add: `host`, values by the types
 * that the bundle declares, and no other keys.
 *
 *   request   {"principal": UID, "action": UID, "resource": UID, "context": {...}, "entities": [ENTITY, ...]}
 *             `context` and `entities` may be absent; other keys are ignored
 *   UID       {"type": "User", "id": "alice"}, {"__entity": {"type", "id"}}; in a request also the text
 *             "User::\"alice\"", in its normal form
 *   ENTITY    {"uid": UID, "attrs": {...}, "parents": [UID, ...], "tags": {...}}; `tags` may be absent
 *   values    booleans, 64-bit integers, strings, arrays (sets), objects (records), and the escapes
 *             {"__entity": {"type", "id"}} and {"__extn": {"fn", "arg" | "args"}}, which count only as an
 *             object's one key and well formed, and are a record otherwise
 *
 * Errors. POLC_ERROR_JSON: malformed, or of another shape: null, fractions, numbers beyond 64 bits and `-0`
 * are no values; a key that stands twice in an object, nesting deeper than 512, and an entity that stands
 * twice with differences are refused. POLC_ERROR_VALUE: a malformed decimal, address, date or duration.
 * `message` names the place by its keys (`context.risk`), `at` is its byte offset in the text.
 */
#ifndef POLC_JSON_H
#define POLC_JSON_H

#include "polc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills in an empty request: principal, action, resource, context and the entities that come along. What
 * has been set before and stands in the text is replaced. On failure nothing is set (but with
 * POLC_ERROR_MEMORY some may be: reset the request). Cycles among parents show in polc_decide. Linear in `size`, but
 * for sorting.
 * With Pol rules the text's `host` is what the gateway vouches for: never pass on a `host` that an agent wrote. Put
 * the agent's part together with your own, or leave `host` out and use polc_request_set_host and its siblings. */
POLC_API polc_status polc_request_from_json(polc_request* request, const char* json, size_t size,
                                            polc_error* error);

/* Adds the entities of an array to the edit, each as by polc_edit_upsert. On failure the edit is as it was
 * (but with POLC_ERROR_MEMORY some may have been added: free it). Cycles show in polc_edit_commit. */
POLC_API polc_status polc_edit_from_json(polc_edit* edit, const char* json, size_t size, polc_error* error);

/* Writes the decision, the last one made from `request`, as one object without a line end:
 *   {"outcome":"deny","decision":"deny","reasons":["id"],"errors":[{"rule":"id","message":"…"}],
 *    "snapshot":"sha256:…"}
 * and, with Pol rules, the members that docs/requests.md has.
 * `decision` is "allow" where the action may go ahead as it is (allow, allow_with_limits), else "deny".
 * Writes at most `size` bytes, the last a NUL, and returns how many the whole text has (without NUL): if that
 * is `size` or more, the text has been cut and is no JSON. 0: an argument is NULL or not of this request, or
 * there is no memory. Allocates nothing for sets without Pol rules unless a rule erred. */
POLC_API size_t polc_decision_to_json(const polc_request* request, const polc_decision* decision,
                                      char* buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* POLC_JSON_H */
