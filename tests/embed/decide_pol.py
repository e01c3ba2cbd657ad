"""The gateway of decide_pol.c in Python, through ctypes: nothing but the installed library."""
import ctypes
import sys
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint8, c_uint32, c_uint64

NOW = 1795230840000  # 2026-11-21T03:14:00Z
PRINCIPAL, ACTION, RESOURCE = range(3)
Digest = c_uint8 * 32


class Text(Structure):
    _fields_ = [("data", c_char_p), ("size", c_size_t)]

    def __str__(self):
        return ctypes.string_at(ctypes.cast(self.data, ctypes.c_void_p), self.size).decode() if self.size else ""


class Uid(Structure):
    _fields_ = [("type", Text), ("id", Text)]


class Value(Structure):
    _fields_ = [("opaque", c_uint64 * 2)]


class RuleAt(Structure):
    _fields_ = [("rule", c_uint32), ("hop", c_uint32)]


def struct(name, *fields):
    """A struct of polc.h that the caller allocates; its size is filled in."""
    def init(self, **values):
        Structure.__init__(self, struct_size=ctypes.sizeof(type(self)), **values)
    return type(name, (Structure,), {"_fields_": [("struct_size", c_size_t), *fields], "__init__": init})


Error = struct("Error", ("status", c_int), ("at", c_uint64), ("message", c_char * 232))
Rule = struct("Rule", ("id", Text), ("effect", c_int), ("shadow", c_int), ("because", Text), ("template_id", Text),
              ("file", Text), ("line", c_uint32), ("column", c_uint32))
Content = struct("Content", ("kind", c_int), ("number", c_int64), ("type", Text), ("text", Text),
                 ("address", c_char * 64), ("count", c_size_t))
State = struct("State", ("input", Text), ("by", Text), ("key", POINTER(Value)), ("value", Value), ("has_as_of", c_int),
               ("as_of", c_int64))
Approval = struct("Approval", ("id", Text), ("approver", Uid), ("issued", c_int64), ("action_digest", Digest),
                  ("terms_digest", Digest), ("snapshot_id", Digest), ("consumed", c_int), ("key", Text), ("action", Text))
Decision = struct("Decision", ("outcome", c_int), ("would_be", c_int), ("reasons", POINTER(c_uint32)),
                  ("reason_count", c_size_t), ("errors", POINTER(c_uint32)), ("error_count", c_size_t),
                  ("shadow", POINTER(c_uint32)), ("shadow_count", c_size_t), ("snapshot_id", Digest), ("why", c_int),
                  ("reason_hops", POINTER(c_uint8)), ("shadow_hops", POINTER(c_uint8)), ("shadow_cap_count", c_size_t),
                  ("limit_count", c_size_t), ("need_count", c_size_t), ("liftable_count", c_size_t),
                  ("suggestion_count", c_size_t), ("fact_count", c_size_t), ("counted_count", c_size_t),
                  ("not_counted_count", c_size_t))
Limit = struct("Limit", ("kind", Text), ("value", Value), ("by", POINTER(RuleAt)), ("by_count", c_size_t))
Need = struct("Need", ("by", RuleAt), ("evidence", Text), ("approval", c_uint32), ("alternative_count", c_size_t))
Quorum = struct("Quorum", ("within", c_int64), ("including_owner", c_int), ("survives_policy_change", c_int),
                ("part_count", c_size_t))
Part = struct("Part", ("count", c_uint32), ("erred", c_int), ("pools", POINTER(Uid)), ("pool_count", c_size_t))
Suggestion = struct("Suggestion", ("action", Uid), ("resource", Uid), ("context", Value), ("by", POINTER(RuleAt)),
                    ("by_count", c_size_t))
Counted = struct("Counted", ("id", Text), ("approver", Uid), ("why", c_char_p))
Update = struct("Update", ("input", Text), ("by", Text), ("key", POINTER(Value)), ("update", c_int), ("amount", Value),
                ("read", POINTER(Value)))

lib = ctypes.CDLL(sys.argv[1])
for made, argument in [("long", c_int64), ("decimal", c_int64), ("datetime", c_int64), ("duration", c_int64), ("bool", c_int)]:
    getattr(lib, f"polc_value_{made}").restype = Value
    getattr(lib, f"polc_value_{made}").argtypes = [argument]
for name in ("polc_request_values", "polc_edit_values"):
    getattr(lib, name).restype = ctypes.c_void_p
for name in ("polc_outcome_name", "polc_why_name"):
    getattr(lib, name).restype = c_char_p
error = Error()


def text(s):
    data = s.encode()
    return Text(data, len(data))


def call(name, *args):
    """Calls a function that returns a polc_status and takes the error last."""
    if getattr(lib, name)(*args, byref(error)) != 0:
        sys.exit(f"{name}: {error.message.decode()}")


def get(name, out, *args):
    """The struct, filled in by a function that takes it behind its other arguments."""
    call(name, request, *args, byref(out))
    return out


def made(where, kind, *args):
    """A value made by polc_value_KIND in the request or edit."""
    out = Value()
    call(f"polc_value_{kind}", ctypes.c_void_p(where), *args, byref(out))
    return out


def record(where, **fields):
    return made(where, "record", (Text * len(fields))(*map(text, fields)), (Value * len(fields))(*fields.values()),
                c_size_t(len(fields)))


def fill(store):
    """Who and what there is."""
    edit = ctypes.c_void_p()
    call("polc_edit_new", store, byref(edit))
    where = lib.polc_edit_values(edit)
    string = lambda s: made(where, "string", text(s))  # noqa: E731
    data = made(where, "set", (Value * 1)(string("orders")), c_size_t(1))
    agent = {"owner": made(where, "entity", text("Human"), text("dana")), "maturity": string("senior"),
             "credential_ttl": lib.polc_value_duration(900000)}
    for kind, name, attributes, parent in [
            ("Agent", "oncall", agent, ("Team", "sre")), ("Human", "dana", {}, ("Team", "sre")),
            ("Human", "kim", {}, ("Team", "security")), ("Human", "lee", {}, ("Team", "platform_leads")),
            ("Service", "checkout", {"tier": lib.polc_value_long(1)}, ("Environment", "production")),
            ("Table", "orders", {"data": data}, ("Environment", "production"))]:
        call("polc_edit_upsert", edit, text(kind), text(name), byref(record(where, **attributes)), None,
             (Text * 1)(text(parent[0])), (Text * 1)(text(parent[1])), c_size_t(1))
    call("polc_edit_commit", edit)
    lib.polc_edit_free(edit)


def know(name, by, key, value):
    """State that the gateway keeps: of this input, for this key, read just now."""
    of = made(lib.polc_request_values(request), "entity", *map(text, key))
    call("polc_request_add_state", request, byref(State(input=text(name), by=text(by), key=ctypes.pointer(of), value=value,
                                                        has_as_of=1, as_of=NOW)))


def ask(action, resource, blast_radius=None, frozen=False):
    """The agent's part, and what the gateway knows whoever asks; the blast radius is its own measurement."""
    call("polc_request_reset", request, engine)
    for variable, (kind, name) in enumerate([("Agent", "oncall"), ("Action", action), resource]):
        call("polc_request_set", request, variable, text(kind), text(name))
    call("polc_request_set_host", request, text("now"), lib.polc_value_datetime(NOW))
    if blast_radius is not None:
        call("polc_request_set_host", request, text("blast_radius"), lib.polc_value_decimal(blast_radius))
    know("freeze", "Environment", ("Environment", "production"), lib.polc_value_bool(frozen))
    know("restarts", "principal", ("Agent", "oncall"), lib.polc_value_long(0))
    call("polc_request_set_enforces", request, (Text * 2)(text("timeout"), text("cost")), c_size_t(2))


def number(value):
    return get("polc_request_value", Content(), value).number


def limits(d):
    for i in range(d.limit_count):
        limit = get("polc_request_limit", Limit(), c_size_t(i))
        yield f"{limit.kind}={number(limit.value)}"


def reasons(d):
    return [str(get("polc_request_rule", Rule(), d.reasons[i]).id) for i in range(d.reason_count)]


def needs(d):
    for i in range(d.need_count):
        need = get("polc_request_need", Need(), c_size_t(i))
        if need.evidence.size:
            yield f"evidence {need.evidence}"
        for a in range(need.alternative_count):
            at = (need.approval, need.by.hop, c_size_t(a))
            quorum = get("polc_request_quorum", Quorum(), *at)
            for p in range(quorum.part_count):
                part = get("polc_request_quorum_part", Part(), *at, c_size_t(p))
                yield " ".join([f"{part.count} of", *(str(part.pools[k].id) for k in range(part.pool_count))])
            yield f"within {quorum.within // 1000} s"


def updates():
    index = 0
    while lib.polc_request_state_update(request, c_size_t(index), byref(update := Update()), None) == 0:
        yield f"then {update.input} of {update.by}"
        index += 1


def suggestions(d):
    for i in range(d.suggestion_count):
        suggestion = get("polc_request_suggestion", Suggestion(), c_size_t(i))
        yield str(suggestion.action.id)
        for k in range(get("polc_request_value", Content(), suggestion.context).count):
            name, value = Text(), Value()
            call("polc_request_value_element", request, suggestion.context, c_size_t(k), byref(name), byref(value))
            yield f"{name}={number(value)}"


def decide():
    d = get("polc_decide", Decision())
    said = [lib.polc_outcome_name(d.outcome).decode()]
    if said[0] == "allow":
        said += reasons(d)
    elif said[0] == "allow_with_limits":  # let it go, within these limits; use up the approvals, write the updates
        said += limits(d)
        for i in range(d.counted_count):
            said.append(f"approved by {get('polc_request_counted', Counted(), c_size_t(i)).approver.id}")
        said += updates()
    elif said[0] == "require_approval":  # hold it, and show a person what is asked for
        said += [*needs(d), *limits(d)]
    elif said[0] == "suggest":  # tell the agent what to ask for instead
        said += suggestions(d)
    else:
        said += [lib.polc_why_name(d.why).decode(), *reasons(d)]
    print(*said)
    return d


bundle, store, engine, request = (ctypes.c_void_p() for _ in range(4))
call("polc_bundle_open", sys.argv[2].encode(), byref(bundle))
call("polc_bundle_verify", bundle)
call("polc_store_new", byref(store))
fill(store)
call("polc_engine_new", bundle, store, byref(engine))
call("polc_request_new", engine, byref(request))

checkout = ("Service", "checkout")
ask("get_logs", checkout)
decide()
ask("restart_pod", checkout, 200)
decide()
# A wide restart is held; two people approve what they were shown, and it is asked for anew.
ask("restart_pod", checkout, 750)
held = decide()
action, terms = Digest(), Digest()
call("polc_request_digests", request, action, terms)
ask("restart_pod", checkout, 750)
for who, name in [("kim", "a1"), ("lee", "a2")]:
    call("polc_request_add_approval", request, byref(Approval(
        id=text(name), approver=Uid(text("Human"), text(who)), issued=NOW - 60000, action_digest=action, terms_digest=terms,
        snapshot_id=held.snapshot_id)))
plan = made(lib.polc_request_values(request), "string", text("kubectl rollout undo"))
call("polc_request_add_evidence", request, text("rollback_plan"), plan, action)
decide()
ask("drop_table", ("Table", "orders"))
decide()
ask("restart_pod", checkout, 200, frozen=True)
decide()

for free, h in [("request", request), ("engine", engine), ("store", store), ("bundle", bundle)]:
    getattr(lib, f"polc_{free}_free")(h)
