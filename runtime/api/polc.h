/* polc: decides what autonomous agents may do to production, before they do it.
 *
 * The C interface of the runtime. C99, no dependencies beyond the C++ standard library, no exceptions,
 * nothing printed, no global state. In short:
 *
 *   polc_bundle_open, polc_bundle_verify      a compiled policy (polc compile -o X.polb)
 *   polc_store_open | polc_store_new          the entities it speaks about
 *   polc_engine_new                           the two, linked
 *   polc_request_new, polc_request_set_*      one action that somebody asks to do
 *   polc_request_set_host, polc_request_add_* what the gateway itself vouches for
 *   polc_decide                               the answer, with the rules it rests on
 *
 * Status. Every function that can fail returns a polc_status; `error`, where given, also gets a text. Pass
 * NULL to do without. If polc cannot decide, the decision is deny.
 *
 * Ownership. What polc_X_new and polc_X_open hand out is given back with polc_X_free, in any order: an engine
 * keeps its bundle and entities alive by itself. polc_X_free(NULL) does nothing.
 *
 * Threads. Bundles (once verified), stores and engines may be used from any number of threads at once, also
 * while polc_engine_swap_* and polc_edit_commit run; readers never wait. A request, with the decision made
 * from it, belongs to one thread at a time.
 *
 * Versions. Structs the caller allocates begin with struct_size = sizeof(the struct): fields may be added at
 * the end, and a program built against an older header keeps working. docs/compatibility.md has the promises.
 */
#ifndef POLC_H
#define POLC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define POLC_API __attribute__((visibility("default")))
#else
#define POLC_API
#endif

/* The version of this interface; it grows when something is added and never breaks within a major version
 * of polc. polc_abi_version() is that of the library in use. */
#define POLC_ABI_VERSION 5u
POLC_API uint32_t polc_abi_version(void);
/* "0.1.0". */
POLC_API const char* polc_version(void);

typedef enum polc_status {
  POLC_OK = 0,
  POLC_ERROR_ARGUMENT =
      1,                 /* a NULL, a wrong struct_size, an index out of range, a value of another request */
  POLC_ERROR_MEMORY = 2, /* no memory */
  POLC_ERROR_FILE = 3,   /* a file cannot be opened, mapped or written */
  POLC_ERROR_BUNDLE = 4, /* not a bundle, or the verifier refuses it */
  POLC_ERROR_UNVERIFIED = 5, /* the bundle has not passed polc_bundle_verify */
  POLC_ERROR_STORE = 6,      /* not a compiled store, or it is damaged */
  POLC_ERROR_CYCLE = 7,      /* parents close a cycle */
  POLC_ERROR_VALUE = 8, /* a malformed decimal, address, date or duration; a repeated name; nested too deep */
  POLC_ERROR_INCOMPLETE = 9,    /* a request without principal, action or resource */
  POLC_ERROR_STALE_HANDLE = 10, /* an entity handle of another engine, or from before a swap */
  POLC_ERROR_NOT_FOUND = 11,    /* no such entity, input or rule */
  POLC_ERROR_JSON = 12,         /* malformed JSON, or JSON of another shape (polc_json.h) */
  POLC_ERROR_LIMIT = 13,        /* more ancestors than a store may hold: 2^27, summed over its entities */
  POLC_ERROR_BASE = 14,         /* an update of another bundle */
  POLC_STATUS_LAST_ = 0x7FFFFFFF /* no status: makes every int a value of the type, as C callers may pass any */
} polc_status;

/* "the bundle has not passed polc_bundle_verify". Never NULL. */
POLC_API const char* polc_status_text(polc_status status);

typedef struct polc_error {
  size_t struct_size;
  polc_status status;
  uint64_t at;       /* byte offset in the file or text at fault, where that means something */
  char message[232]; /* NUL-terminated UTF-8, cut if longer */
} polc_error;

/* Text: UTF-8, not NUL-terminated, may hold NUL. Belongs to whoever made it. */
typedef struct polc_text {
  const char* data;
  size_t size;
} polc_text;
/* Of a NUL-terminated string. */
POLC_API polc_text polc_text_of(const char* string);

/* ---- Bundles ------------------------------------------------------------------------------------------- */

typedef struct polc_bundle polc_bundle;

/* Maps the file and checks header and bounds; reads nothing else. */
POLC_API polc_status polc_bundle_open(const char* path, polc_bundle** out, polc_error* error);
/* The same from memory, which is copied. */
POLC_API polc_status polc_bundle_open_memory(const void* bytes, size_t size, polc_bundle** out,
                                             polc_error* error);
/* Hashes and verifies everything, once; linear in the size. Not concurrently with other calls on the same
 * bundle. The file must not be changed while it is open. */
POLC_API polc_status polc_bundle_verify(polc_bundle* bundle, polc_error* error);
POLC_API void polc_bundle_free(polc_bundle* bundle);

/* The bundle that an update (polc compile --watch --updates) makes of a verified one: opened and verified, and
 * used like any other. Costs what the update holds: an engine of the base, or of another update of it, is
 * swapped to it in the time it takes to link the rules that changed. POLC_ERROR_BASE if the update is of
 * another bundle, which then has to be opened first. An update is always of a bundle as it was compiled; where
 * `base` is updated already, that one counts, and the new update takes the place of the old. Decisions cost
 * two searches for rules in place of one until a whole bundle is swapped in. Since version 4. */
POLC_API polc_status polc_bundle_update(const polc_bundle* base, const char* path, polc_bundle** out,
                                        polc_error* error);
/* The same from memory, which is copied. */
POLC_API polc_status polc_bundle_update_memory(const polc_bundle* base, const void* bytes, size_t size,
                                               polc_bundle** out, polc_error* error);

/* The policy snapshot id: SHA-256 of the bundle's content; of an updated one, of the update's, which names the
 * bundle it is of. Needs a verified bundle. */
POLC_API polc_status polc_bundle_snapshot_id(const polc_bundle* bundle, uint8_t id[32], polc_error* error);

typedef enum polc_effect {
  POLC_EFFECT_ALLOW = 0,
  POLC_EFFECT_LIMIT = 1,
  POLC_EFFECT_REQUIRE = 2,
  POLC_EFFECT_SUGGEST = 3,
  POLC_EFFECT_FORBID = 4
} polc_effect;

typedef struct polc_rule {
  size_t struct_size;
  polc_text id; /* the policy's id */
  polc_effect effect;
  int shadow;            /* 1: evaluated and reported, not enforced */
  polc_text because;     /* empty: none */
  polc_text template_id; /* empty: not linked from a template */
  polc_text file;        /* empty: unknown */
  uint32_t line, column; /* 1-based, columns in code points; 0: unknown */
  /* Since version 2. */
  polc_text title;                      /* empty: none */
  uint32_t first_control;               /* for polc_request_control and polc_bundle_control */
  size_t control_count;
} polc_rule;

/* A clause of a catalogue of controls that a rule meets. */
typedef struct polc_control {
  size_t struct_size;
  polc_text catalogue, clause; /* "soc2", "CC8.1" */
} polc_control;

/* Rules are numbered from 0, ascending by id; of an updated bundle the base's first, then those that the update
 * put in, and numbers of those it took away are POLC_ERROR_NOT_FOUND. Texts live as long as the bundle. Need a
 * verified bundle. */
POLC_API uint32_t polc_bundle_rule_count(const polc_bundle* bundle);
POLC_API polc_status polc_bundle_rule(const polc_bundle* bundle, uint32_t index, polc_rule* out,
                                      polc_error* error);

POLC_API polc_status polc_bundle_control(const polc_bundle* bundle, size_t index, polc_control* out,
                                         polc_error* error);

/* ---- Values -------------------------------------------------------------------------------------------- */

/* A value made by one request or edit (below), good only there and until it is reset or freed. */
typedef struct polc_value {
  uint64_t opaque[2];
} polc_value;

typedef struct polc_values polc_values; /* where values are made: see polc_request_values, polc_edit_values */

POLC_API polc_value polc_value_bool(int value);
POLC_API polc_value polc_value_long(int64_t value);
POLC_API polc_value polc_value_decimal(int64_t ten_thousandths);
POLC_API polc_value polc_value_datetime(int64_t ms_since_epoch);
POLC_API polc_value polc_value_duration(int64_t ms);
POLC_API polc_status polc_value_string(polc_values* in, polc_text text, polc_value* out, polc_error* error);
POLC_API polc_status polc_value_entity(polc_values* in, polc_text type, polc_text id, polc_value* out,
                                       polc_error* error);
/* As Cedar's constructors read it: kind "decimal", "ip", "datetime" or "duration". */
POLC_API polc_status polc_value_parse(polc_values* in, const char* kind, polc_text text, polc_value* out,
                                      polc_error* error);
/* Repeats are dropped. */
POLC_API polc_status polc_value_set(polc_values* in, const polc_value* elements, size_t count,
                                    polc_value* out, polc_error* error);
/* Names must be distinct. */
POLC_API polc_status polc_value_record(polc_values* in, const polc_text* names, const polc_value* values,
                                       size_t count, polc_value* out, polc_error* error);

typedef enum polc_kind {
  POLC_KIND_BOOL = 0, /* number: 0 or 1 */
  POLC_KIND_LONG = 1,
  POLC_KIND_STRING = 2,   /* text */
  POLC_KIND_ENTITY = 3,   /* type, text: its id */
  POLC_KIND_DECIMAL = 4,  /* number: ten-thousandths */
  POLC_KIND_IP = 5,       /* address: "10.0.0.0/8" */
  POLC_KIND_DATETIME = 6, /* number: milliseconds since 1970 */
  POLC_KIND_DURATION = 7, /* number: milliseconds */
  POLC_KIND_SET = 8,      /* count elements */
  POLC_KIND_RECORD = 9    /* count fields */
} polc_kind;

/* What is in a value that a decision gives. Texts live as long as the decision. */
typedef struct polc_value_content {
  size_t struct_size;
  polc_kind kind;
  int64_t number;
  polc_text type, text;
  char address[64]; /* NUL-terminated */
  size_t count;
} polc_value_content;

/* ---- Entity stores ------------------------------------------------------------------------------------- */

typedef struct polc_store polc_store;

/* An empty store. */
POLC_API polc_status polc_store_new(polc_store** out, polc_error* error);
/* A compiled store (polc compile --entities E -o X.pols), mapped. */
POLC_API polc_status polc_store_open(const char* path, polc_store** out, polc_error* error);
POLC_API void polc_store_free(polc_store* store);
/* How many entities are present. */
POLC_API uint32_t polc_store_size(const polc_store* store);

/* A set of changes that takes effect at once or not at all. One thread at a time; several edits of one store
 * may be prepared at once and are committed one after the other, the later winning where they overlap. */
typedef struct polc_edit polc_edit;
POLC_API polc_status polc_edit_new(polc_store* store, polc_edit** out, polc_error* error);
POLC_API void polc_edit_free(polc_edit* edit); /* discards what was not committed */
POLC_API polc_values* polc_edit_values(polc_edit* edit);

/* Adds the entity or replaces it whole. `attributes` and `tags` are records of this edit, or NULL for empty.
 */
POLC_API polc_status polc_edit_upsert(polc_edit* edit, polc_text type, polc_text id,
                                      const polc_value* attributes, const polc_value* tags,
                                      const polc_text* parent_types, const polc_text* parent_ids,
                                      size_t parent_count, polc_error* error);
/* Removes the entity; what has it as parent keeps it as a bare name. Not an error if it is absent. */
POLC_API polc_status polc_edit_remove(polc_edit* edit, polc_text type, polc_text id, polc_error* error);
/* Publishes the changes. POLC_ERROR_CYCLE and POLC_ERROR_LIMIT leave the store as it was. The edit is empty afterwards. */
POLC_API polc_status polc_edit_commit(polc_edit* edit, polc_error* error);

/* ---- Engines ------------------------------------------------------------------------------------------- */

typedef struct polc_engine polc_engine;

/* Links a verified bundle to the store as it is now. */
POLC_API polc_status polc_engine_new(polc_bundle* bundle, polc_store* store, polc_engine** out,
                                     polc_error* error);
POLC_API void polc_engine_free(polc_engine* engine);
/* From now on new requests are decided by this bundle, over the store as it is now. On failure nothing
 * changes. Requests made before keep what they were made with. */
POLC_API polc_status polc_engine_swap_bundle(polc_engine* engine, polc_bundle* bundle, polc_error* error);
/* From now on new requests see the store as it is now. Costs what was changed since. */
POLC_API polc_status polc_engine_refresh(polc_engine* engine, polc_error* error);

/* An entity by number, for callers that name the same ones again and again. */
typedef struct polc_entity {
  uint64_t engine; /* which state of which engine it belongs to */
  uint32_t number;
  uint32_t reserved; /* the library's own: copied with the rest it makes decisions faster */
} polc_entity;
/* POLC_ERROR_NOT_FOUND if neither store nor policies mention it. Good until the next swap or refresh. */
POLC_API polc_status polc_engine_entity(const polc_engine* engine, polc_text type, polc_text id,
                                        polc_entity* out, polc_error* error);

/* A name of a context attribute, by number; as polc_entity. */
typedef struct polc_attribute {
  uint64_t engine;
  uint32_t number;
  uint32_t reserved;
} polc_attribute;
/* POLC_ERROR_NOT_FOUND if the policies have no such name: unless one looks at the context as a whole, no
 * decision depends on the attribute. Good until the next swap or refresh. */
POLC_API polc_status polc_engine_attribute(const polc_engine* engine, polc_text name, polc_attribute* out,
                                           polc_error* error);

/* ---- Requests and decisions -----------------------------------------------------------------------------
 */

typedef struct polc_request polc_request;

/* An empty request for the engine's present state. */
POLC_API polc_status polc_request_new(const polc_engine* engine, polc_request** out, polc_error* error);
/* Empties the request and moves it to the engine's present state; keeps its memory.
 * After a decision, principal, action, resource and single attributes may also be set again without it: the
 * rest stays, the state of the engine too. Everything else needs a reset. */
POLC_API polc_status polc_request_reset(polc_request* request, const polc_engine* engine, polc_error* error);
POLC_API void polc_request_free(polc_request* request);

typedef enum polc_variable {
  POLC_PRINCIPAL = 0,
  POLC_ACTION = 1,
  POLC_RESOURCE = 2,
  POLC_VARIABLE_LAST_ = 0x7FFFFFFF
} polc_variable;
POLC_API polc_status polc_request_set(polc_request* request, polc_variable variable, polc_text type,
                                      polc_text id, polc_error* error);
POLC_API polc_status polc_request_set_entity(polc_request* request, polc_variable variable,
                                             polc_entity entity, polc_error* error);
/* Principal, action and resource at once: all of them, or none if one is not valid. */
POLC_API polc_status polc_request_set_entities(polc_request* request, const polc_entity entities[3],
                                               polc_error* error);
POLC_API polc_values* polc_request_values(polc_request* request);
/* A record of this request. Not set: empty. */
POLC_API polc_status polc_request_set_context(polc_request* request, polc_value context, polc_error* error);
/* One attribute of the context, which is then given attribute by attribute and not by
 * polc_request_set_context: nothing is copied or looked up. Setting it again replaces it. */
POLC_API polc_status polc_request_set_attribute(polc_request* request, polc_attribute attribute,
                                                polc_value value, polc_error* error);
/* An entity that comes with the request: it stands in front of the store's of the same name. */
POLC_API polc_status polc_request_add_entity(polc_request* request, polc_text type, polc_text id,
                                             const polc_value* attributes, const polc_value* tags,
                                             const polc_text* parent_types, const polc_text* parent_ids,
                                             size_t parent_count, polc_error* error);
/* ---- What the gateway vouches for ------------------------------------------------------------------------
 *
 * A request's context is the caller's word. What the gateway itself knows enters by the functions of this part
 * and by no others: agents have no way to fill these in. Whoever calls them has verified what they say: the
 * signature of an approval, where a counter's value comes from. What is left out is missing: no time, nobody
 * approved, nothing can be enforced. Policies without Pol rules read none of it. */

/* The time, under the name "now" (a datetime), or an attribute of the context that the policies declare
 * `from host`, by its name. POLC_ERROR_NOT_FOUND if no action of the bundle has one of this name. */
POLC_API polc_status polc_request_set_host(polc_request* request, polc_text name, polc_value value,
                                           polc_error* error);

/* An entity that the gateway knows: it stands in front of the store's of the same name. With Pol rules the
 * only way for entities to come with a request: polc_request_add_entity is the caller's word then, and
 * refuses with POLC_ERROR_ARGUMENT. */
POLC_API polc_status polc_request_add_host_entity(polc_request* request, polc_text type, polc_text id,
                                                  const polc_value* attributes, const polc_value* tags,
                                                  const polc_text* parent_types, const polc_text* parent_ids,
                                                  size_t parent_count, polc_error* error);

typedef struct polc_uid {
  polc_text type, id;
} polc_uid;

/* The value of a declared input: a switch, a counter, ... */
typedef struct polc_state {
  size_t struct_size;
  polc_text input;       /* as declared: "restarts" */
  polc_text by;          /* what it is kept for each of, as declared: "principal"; empty: there is one */
  const polc_value* key; /* which one; NULL iff `by` is empty */
  polc_value value;
  int has_as_of; /* 0: nobody knows how old it is, and it is too old wherever that matters */
  int64_t as_of; /* when it was read, in milliseconds since 1970 */
} polc_state;
/* POLC_ERROR_NOT_FOUND if the bundle declares no such input. */
POLC_API polc_status polc_request_add_state(polc_request* request, const polc_state* state, polc_error* error);

/* A person's word that an action may go, verified by the gateway. docs/approvals.md says what it names. */
typedef struct polc_approval {
  size_t struct_size;
  polc_text id; /* the gateway's name for it */
  polc_uid approver;
  int64_t issued; /* milliseconds since 1970 */
  uint8_t action_digest[32], terms_digest[32], snapshot_id[32];
  int consumed;       /* 1: it let an action go before */
  polc_text key;      /* which of their keys signed it; may be empty; for reports */
  polc_text action;   /* what polc_action_text gave when it was asked for; may be empty; for reports */
} polc_approval;
POLC_API polc_status polc_request_add_approval(polc_request* request, const polc_approval* approval,
                                               polc_error* error);

/* A person's word that it may not. */
typedef struct polc_refusal {
  size_t struct_size;
  polc_text id;
  polc_uid approver;
  int64_t issued;
  uint8_t action_digest[32];
} polc_refusal;
POLC_API polc_status polc_request_add_refusal(polc_request* request, const polc_refusal* refusal,
                                              polc_error* error);

/* POLC_ERROR_NOT_FOUND if the bundle declares no evidence of this kind. */
POLC_API polc_status polc_request_add_evidence(polc_request* request, polc_text kind, polc_value value,
                                               const uint8_t action_digest[32], polc_error* error);

/* Whom the principal acts for, or whom the one added before acts for. `scope`: the classes of actions it may use
 * of theirs; NULL: all. At most 4. */
POLC_API polc_status polc_request_add_acts_for(polc_request* request, polc_text type, polc_text id,
                                               const polc_text* scope, size_t scope_count, polc_error* error);

/* The kinds of limits that the enforcement point can enforce; others make a deny where they hold. Kinds the
 * bundle does not declare do not matter. Replaces what was said before. */
POLC_API polc_status polc_request_set_enforces(polc_request* request, const polc_text* kinds, size_t count,
                                               polc_error* error);

/* ---- Decisions ------------------------------------------------------------------------------------------- */

typedef enum polc_outcome {
  POLC_ALLOW = 0,
  POLC_ALLOW_WITH_LIMITS = 1,
  POLC_REQUIRE_APPROVAL = 2,
  POLC_SUGGEST = 3,
  POLC_DENY = 4,
  POLC_OUTCOME_LAST_ = 0x7FFFFFFF /* no outcome; see POLC_STATUS_LAST_ */
} polc_outcome;
/* "allow", "allow_with_limits", "require_approval", "suggest", "deny". */
POLC_API const char* polc_outcome_name(polc_outcome outcome);

/* Why a deny is one. */
typedef enum polc_why {
  POLC_WHY_NONE = 0, /* it is none, or no rule is Pol */
  POLC_WHY_FORBIDDEN = 1,
  POLC_WHY_NO_GRANT = 2,
  POLC_WHY_ERROR = 3, /* what denies does so by an error */
  POLC_WHY_INVALID_REQUEST = 4,
  POLC_WHY_UNKNOWN_ENTITY = 5,
  POLC_WHY_UNENFORCEABLE = 6,
  POLC_WHY_REFUSED = 7,
  POLC_WHY_STATE_CONFLICT = 8, /* said by gateways: the state moved between decision and action */
  POLC_WHY_LAST_ = 0x7FFFFFFF
} polc_why;
/* "forbidden", "no_grant", ...; "" for POLC_WHY_NONE. */
POLC_API const char* polc_why_name(polc_why why);

/* In the place of a rule. Of a reason: no rule grants the action to whom the principal acts for. */
#define POLC_NO_RULE UINT32_MAX

typedef struct polc_decision {
  size_t struct_size;
  polc_outcome outcome;
  polc_outcome would_be;   /* with the shadow rules enforced */
  const uint32_t* reasons; /* the rules the outcome rests on, ascending */
  size_t reason_count;
  const uint32_t* errors; /* the rules that could not be evaluated, ascending; POLC_NO_RULE: a cap, a ladder's row,
                             an input, or the request itself (polc_error_name) */
  size_t error_count;
  const uint32_t* shadow; /* the shadow rules that hold or erred, ascending */
  size_t shadow_count;
  uint8_t snapshot_id[32]; /* of the bundle that decided */
  /* Since version 2. What follows is counted here and asked for by index below. */
  polc_why why;
  const uint8_t* reason_hops; /* for whom each reason speaks: 0 the principal, 1 whom it acts for, ...; NULL: 0 */
  const uint8_t* shadow_hops; /* the same of `shadow` */
  size_t shadow_cap_count;    /* caps in shadow that hold or erred; named by polc_shadow_name behind the rules */
  size_t limit_count, need_count, liftable_count, suggestion_count, fact_count;
  size_t counted_count, not_counted_count;
} polc_decision;

/* Decides. The arrays live in the request until its next use. On failure *out is a deny without reasons.
 * Allocates nothing once the request has been used for its like: by handles and attributes or by names, but
 * for requests that bring entities. */
POLC_API polc_status polc_decide(polc_request* request, polc_decision* out, polc_error* error);

/* The fastest way: sets principal, action and resource, sets these `count` attributes of the context and no
 * others, and decides, in one call. What else was set stays: what the gateway vouches for, and a context that
 * was set whole where `count` is 0. On failure *out is a deny without reasons; after POLC_ERROR_STALE_HANDLE
 * and POLC_ERROR_ARGUMENT the request is as it was. Since version 5. */
POLC_API polc_status polc_decide_handles(polc_request* request, const polc_entity entities[3],
                                         const polc_attribute* attributes, const polc_value* values,
                                         size_t count, polc_decision* out, polc_error* error);

/* The outcome alone, as soon as it is settled. */
POLC_API polc_status polc_decide_outcome(polc_request* request, polc_outcome* out, polc_error* error);

/* Decides the request once for each of `count` entities in the place of `variable`, in their order; what does
 * not depend on it is asked once. `each` gets the decisions, each good until it returns; if it returns
 * anything but 0 the rest is left out. It must not use the request. A failure ends the batch. Afterwards the
 * request stands as the last entity left it. */
POLC_API polc_status polc_decide_each(polc_request* request, polc_variable variable,
                                      const polc_entity* entities, size_t count,
                                      int (*each)(size_t index, const polc_decision* decision, void* user),
                                      void* user, polc_error* error);

/* The rules that `reasons` and `errors` number: those of the bundle the request is decided by. */
POLC_API polc_status polc_request_rule(const polc_request* request, uint32_t index, polc_rule* out,
                                       polc_error* error);
POLC_API polc_status polc_request_control(const polc_request* request, size_t index, polc_control* out,
                                          polc_error* error);
/* Why errors[index] of the last decision could not be evaluated, as text. Writes at most `size` bytes, the
 * last a NUL, and returns how many the whole text has (without NUL). 0 if there is no such error. */
POLC_API size_t polc_error_text(const polc_request* request, size_t index, char* buffer, size_t size);
/* What could not be evaluated: the rule, cap, row or input, with for whom it speaks. Empty: the request. */
POLC_API size_t polc_error_name(const polc_request* request, size_t index, char* buffer, size_t size);
/* The same of shadow[index], and of caps in shadow behind these. */
POLC_API size_t polc_shadow_name(const polc_request* request, size_t index, char* buffer, size_t size);

/* ---- The terms of a decision -----------------------------------------------------------------------------
 *
 * Of the last decision of the request; `index` is below the count that polc_decision gives. Everything pointed
 * to lives in the request until its next use. docs/language.md says what each means. */

/* What is in a value. */
POLC_API polc_status polc_request_value(const polc_request* request, polc_value value, polc_value_content* out,
                                        polc_error* error);
/* An element of a set, or a field of a record with its name. `name` may be NULL. */
POLC_API polc_status polc_request_value_element(const polc_request* request, polc_value value, size_t index,
                                                polc_text* name, polc_value* out, polc_error* error);

/* A rule, and for whom it speaks: 0 the principal, 1 whom it acts for, and so on. */
typedef struct polc_rule_at {
  uint32_t rule, hop;
} polc_rule_at;

/* Its name: the rule's id, with ` for Type::"id"` where it speaks for somebody else; `acts_for Type::"id"` without a
 * rule. Writes at most `size` bytes, the last a NUL, and returns how many the whole text has. */
POLC_API size_t polc_rule_name(const polc_request* request, polc_rule_at rule, char* buffer, size_t size);

/* What the enforcement point must do. */
typedef struct polc_limit {
  size_t struct_size;
  polc_text kind;
  polc_value value;
  const polc_rule_at* by;
  size_t by_count;
} polc_limit;
POLC_API polc_status polc_request_limit(const polc_request* request, size_t index, polc_limit* out,
                                        polc_error* error);

/* What has to be there before the action may go. */
typedef struct polc_need {
  size_t struct_size;
  polc_rule_at by;
  polc_text evidence; /* the kind of evidence; empty: an approval */
  uint32_t approval;  /* for polc_request_quorum; an approval's */
  size_t alternative_count;
} polc_need;
POLC_API polc_status polc_request_need(const polc_request* request, size_t index, polc_need* out,
                                       polc_error* error);

/* What would lift a rule that holds. */
typedef struct polc_liftable {
  size_t struct_size;
  polc_rule_at by;
  uint32_t approval;
  size_t alternative_count;
  int lifted; /* 1: it has */
} polc_liftable;
POLC_API polc_status polc_request_liftable(const polc_request* request, size_t index, polc_liftable* out,
                                           polc_error* error);

/* One of the alternatives of an approval that `hop` asks for; its parts must all be filled, by different people. */
typedef struct polc_quorum {
  size_t struct_size;
  int64_t within; /* milliseconds */
  int including_owner, survives_policy_change;
  size_t part_count;
} polc_quorum;
POLC_API polc_status polc_request_quorum(const polc_request* request, uint32_t approval, uint32_t hop,
                                         size_t alternative, polc_quorum* out, polc_error* error);

/* `count` people of any of the pools. */
typedef struct polc_quorum_part {
  size_t struct_size;
  uint32_t count;
  int erred; /* 1: a pool could not be evaluated */
  const polc_uid* pools;
  size_t pool_count;
} polc_quorum_part;
POLC_API polc_status polc_request_quorum_part(const polc_request* request, uint32_t approval, uint32_t hop,
                                              size_t alternative, size_t part, polc_quorum_part* out,
                                              polc_error* error);

/* What to ask for instead: this action, by the same principal, on the same resource. */
typedef struct polc_suggestion {
  size_t struct_size;
  polc_uid action, resource;
  polc_value context;
  const polc_rule_at* by;
  size_t by_count;
} polc_suggestion;
POLC_API polc_status polc_request_suggestion(const polc_request* request, size_t index, polc_suggestion* out,
                                             polc_error* error);

typedef struct polc_fact {
  size_t struct_size;
  polc_text name;
  polc_value value;
} polc_fact;
POLC_API polc_status polc_request_fact(const polc_request* request, size_t index, polc_fact* out,
                                       polc_error* error);

/* Approvals that counted are used up when the action is let go: the gateway notes them as consumed in that step. */
typedef struct polc_counted {
  size_t struct_size;
  polc_text id;
  polc_uid approver;
  const char* why; /* of one that did not count: "expired", "from_owner", ...; else empty */
} polc_counted;
POLC_API polc_status polc_request_counted(const polc_request* request, size_t index, polc_counted* out,
                                          polc_error* error);
POLC_API polc_status polc_request_not_counted(const polc_request* request, size_t index, polc_counted* out,
                                              polc_error* error);

/* State that rules of the action read, as the gateway supplied it. POLC_ERROR_NOT_FOUND past the last. */
POLC_API polc_status polc_request_state_read(const polc_request* request, size_t index, polc_state* out,
                                             polc_error* error);

typedef enum polc_update {
  POLC_UPDATE_ADD = 0,   /* `amount` more */
  POLC_UPDATE_SET = 1,   /* a label */
  POLC_UPDATE_DENIAL = 2 /* of a breaker: one more denial */
} polc_update;

/* What the gateway writes in the step that lets the action go; POLC_ERROR_NOT_FOUND past the last. If the value is not `read` any more, decide again,
 * or deny (POLC_WHY_STATE_CONFLICT). */
typedef struct polc_state_update {
  size_t struct_size;
  polc_text input, by;
  const polc_value* key; /* NULL iff `by` is empty */
  polc_update update;
  polc_value amount;      /* POLC_UPDATE_ADD */
  const polc_value* read; /* the value the decision saw; NULL: it was not supplied */
} polc_state_update;
POLC_API polc_status polc_request_state_update(const polc_request* request, size_t index, polc_state_update* out,
                                               polc_error* error);

/* What an approval of the request just decided has to name. Computed when asked for.
 * POLC_ERROR_NOT_FOUND if it was denied as invalid or for an unknown entity. */
POLC_API polc_status polc_request_digests(const polc_request* request, uint8_t action[32], uint8_t terms[32],
                                          polc_error* error);
/* The action as text, of which its digest is the SHA-256: canonical JSON. Writes at most `size` bytes, the last a
 * NUL, and returns how many the whole text has. */
POLC_API size_t polc_action_text(const polc_request* request, char* buffer, size_t size);

/* ---- Explaining -----------------------------------------------------------------------------------------
 */

typedef enum polc_verdict { POLC_SATISFIED = 0, POLC_NOT_SATISFIED = 1, POLC_ERRED = 2 } polc_verdict;

typedef enum polc_part {
  POLC_PART_PRINCIPAL = 0, /* the rule's scope */
  POLC_PART_ACTION = 1,
  POLC_PART_RESOURCE = 2,
  POLC_PART_CONDITION = 3, /* a `when` or `unless` */
  POLC_PART_NONE = 4       /* nothing alone decided: the rule is satisfied */
} polc_part;

/* A value that was seen while the deciding part was evaluated. */
typedef struct polc_observation {
  polc_text value;       /* as Cedar writes it: `7`, `User::"a"`, `decimal("0.4000")` */
  polc_text file;        /* where the expression stands that has it */
  uint32_t line, column; /* 1-based, columns in code points */
  uint32_t begin, end;   /* bytes in that file */
} polc_observation;

typedef struct polc_rule_explanation {
  size_t struct_size;
  uint32_t rule;
  polc_verdict verdict;
  polc_part part; /* which part decided */
  polc_text file; /* where it stands */
  uint32_t line, column;
  uint32_t begin, end;
  polc_text message;                    /* verdict erred: why; else empty */
  const polc_observation* observations; /* in the order of evaluation */
  size_t observation_count;
} polc_rule_explanation;

/* Evaluates every rule once more by the same bytecode and says how each came out. `each` is called once a
 * rule, ascending, from this thread; what it gets lives until it returns; if it returns anything but 0,
 * explaining ends there. Not for the hot path. */
POLC_API polc_status polc_explain(polc_request* request,
                                  int (*each)(const polc_rule_explanation* explanation, void* user),
                                  void* user, polc_error* error);

/* ---- The whole trace: what `polc explain` is made of. Not for the hot path. A decision that was made of the
 * request stays. A request that is denied before a rule is asked (POLC_WHY_INVALID_REQUEST, _UNKNOWN_ENTITY) has no
 * trace. What a callback gets lives until it returns; if it returns anything but 0, tracing ends there. */

typedef enum polc_answer {
  POLC_YES = 0,
  POLC_NO = 1,
  POLC_TEST_ERRED = 2,
  POLC_NOT_ASKED = 3 /* it would err, behind a test that was not true */
} polc_answer;

/* One test: a part of a rule's scope, one of the tests its conditions join with `and`, or the `when` of a fact's clause. */
typedef struct polc_test {
  polc_part part; /* POLC_PART_CONDITION of a fact's clause */
  polc_answer answer;
  polc_text file; /* where it stands; empty: nowhere */
  uint32_t line, column;
  uint32_t begin, end;
  polc_text message;                    /* erred or not asked: why; else empty */
  const polc_observation* observations; /* in the order of evaluation */
  size_t observation_count;
} polc_test;

typedef struct polc_rule_trace {
  size_t struct_size;
  polc_rule_at by;
  polc_verdict verdict;
  int in_scope; /* 0: the tests are those of the scope alone */
  int holds;    /* by an error, too; whether approval lifts it is polc_request_liftable's to say */
  const polc_test* tests;
  size_t test_count;
} polc_rule_trace;

/* Each rule, ascending, for the requester, then for each it acts for. */
POLC_API polc_status polc_trace(polc_request* request, int (*each)(const polc_rule_trace* rule, void* user),
                                void* user, polc_error* error);

/* Where nothing is granted: the at most 3 allows that came nearest, those whose scope fits first, then by how many tests
 * fail. For the first of those who ask for whom no allow holds. None if each has one. */
POLC_API polc_status polc_near_misses(polc_request* request,
                                      int (*each)(const polc_rule_trace* rule, void* user), void* user,
                                      polc_error* error);

/* A clause, row or cap of a fact. */
typedef struct polc_clause_trace {
  polc_text id;    /* of a row or cap; else empty */
  polc_text value; /* what it gives, as Cedar writes it; empty: that erred */
  polc_test when;  /* POLC_YES of what the fact is otherwise, or of its expression */
} polc_clause_trace;

typedef struct polc_fact_trace {
  size_t struct_size;
  polc_text name;
  uint32_t hop;
  polc_text value; /* as Cedar writes it; empty: it erred */
  const polc_clause_trace* clauses;
  size_t clause_count;
} polc_fact_trace;

/* How each fact that the action's rules may read got its value, ladders (`autonomy`) among them. */
POLC_API polc_status polc_trace_facts(polc_request* request,
                                      int (*each)(const polc_fact_trace* fact, void* user), void* user,
                                      polc_error* error);

#ifdef __cplusplus
}
#endif

#endif /* POLC_H */
