"""The same gateway in Python, through ctypes: nothing but the installed library."""
import ctypes
import sys

lib = ctypes.CDLL(sys.argv[1])


class Error(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("status", ctypes.c_int), ("at", ctypes.c_uint64),
                ("message", ctypes.c_char * 232)]


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


class Value(ctypes.Structure):
    _fields_ = [("opaque", ctypes.c_uint64 * 2)]


class Decision(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("outcome", ctypes.c_int), ("would_be", ctypes.c_int),
                ("reasons", ctypes.POINTER(ctypes.c_uint32)), ("reason_count", ctypes.c_size_t),
                ("errors", ctypes.POINTER(ctypes.c_uint32)), ("error_count", ctypes.c_size_t),
                ("shadow", ctypes.POINTER(ctypes.c_uint32)), ("shadow_count", ctypes.c_size_t),
                ("snapshot_id", ctypes.c_uint8 * 32)]


class Rule(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("id", Text), ("effect", ctypes.c_int), ("shadow", ctypes.c_int),
                ("because", Text), ("template_id", Text), ("file", Text), ("line", ctypes.c_uint32),
                ("column", ctypes.c_uint32)]


def text(s):
    data = s.encode()
    return Text(data, len(data))


error = Error(struct_size=ctypes.sizeof(Error))


def call(name, *args):
    """Calls a function that returns a polc_status and takes the error last."""
    if getattr(lib, name)(*args, ctypes.byref(error)) != 0:
        sys.exit(f"{name}: {error.message.decode()}")


def handle():
    return ctypes.c_void_p()


lib.polc_request_values.restype = ctypes.c_void_p
lib.polc_outcome_name.restype = ctypes.c_char_p

bundle, store, engine, request = handle(), handle(), handle(), handle()
call("polc_bundle_open", sys.argv[2].encode(), ctypes.byref(bundle))
call("polc_bundle_verify", bundle)
call("polc_store_open", sys.argv[3].encode(), ctypes.byref(store))
call("polc_engine_new", bundle, store, ctypes.byref(engine))
call("polc_request_new", engine, ctypes.byref(request))

values = ctypes.c_void_p(lib.polc_request_values(request))
names = (Text * 3)(text("blast_radius"), text("now"), text("source"))
fields, context = (Value * 3)(), Value()
for i, (kind, literal) in enumerate([(b"decimal", "0.02"), (b"datetime", "2026-11-21T03:14:00Z"), (b"ip", "10.1.2.3")]):
    call("polc_value_parse", values, kind, text(literal), ctypes.byref(fields[i]))
call("polc_value_record", values, names, fields, ctypes.c_size_t(3), ctypes.byref(context))
for variable, (kind, name) in enumerate([("Agent", "oncall"), ("Action", "pod.restart"), ("Service", "checkout")]):
    call("polc_request_set", request, variable, text(kind), text(name))
call("polc_request_set_context", request, context)

decision = Decision(struct_size=ctypes.sizeof(Decision))
call("polc_decide", request, ctypes.byref(decision))
answer = [lib.polc_outcome_name(decision.outcome).decode()]
for i in range(decision.reason_count):
    rule = Rule(struct_size=ctypes.sizeof(Rule))
    call("polc_request_rule", request, decision.reasons[i], ctypes.byref(rule))
    answer.append(ctypes.string_at(ctypes.cast(rule.id.data, ctypes.c_void_p), rule.id.size).decode())
print(*answer)

for free, h in [("request", request), ("engine", engine), ("store", store), ("bundle", bundle)]:
    getattr(lib, f"polc_{free}_free")(h)
