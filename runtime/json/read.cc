#include "runtime/json/read.h"

#include <algorithm>
#include <cstring>

#include "runtime/json/members.h"
#include "runtime/json/uid_text.h"
#include "runtime/vm/builtins.h"

namespace polc::api_json {

using bundle::Kind;
using simdjson::dom::element_type;

polc_status Fail(polc_error* error, polc_status status, std::string_view message, uint64_t at) {
  if (error == nullptr || error->struct_size <= sizeof(size_t)) return status;
  polc_error full{};
  full.status = status;
  full.at = at;
  size_t size = std::min(message.size(), sizeof full.message - 1);
  // Do not cut a character in two.
  while (size < message.size() && size > 0 && (static_cast<unsigned char>(message[size]) & 0xC0) == 0x80)
    --size;
  std::memcpy(full.message, message.data(), size);
  // A caller with an older header has a shorter struct.
  const size_t end = std::min(error->struct_size, sizeof full);
  std::memcpy(reinterpret_cast<char*>(error) + sizeof(size_t),
              reinterpret_cast<const char*>(&full) + sizeof(size_t), end - sizeof(size_t));
  return status;
}

namespace {

using Element = Reader::Element;
using Object = Reader::Object;

bool HasFunctionAndArguments(const Element& element) {
  Object object;
  if (!IsObject(element, &object) || !HasString(object, "fn")) return false;
  if (Find(object, "arg")) return true;
  const std::optional<Member> arguments = Find(object, "args");
  return arguments && arguments->value.is_array();
}

std::string_view Describe(const Element& element) {
  switch (element.type()) {
    case element_type::NULL_VALUE:
      return "null";
    case element_type::BOOL:
      return "a boolean";
    case element_type::INT64:
      return "an integer";
    case element_type::UINT64:
    case element_type::DOUBLE:
      return "a number that is no 64-bit integer";
    case element_type::STRING:
      return "a string";
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
  }
  return "a value";
}

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kString:
      return "a string";
    case Kind::kDecimal:
      return "a decimal";
    case Kind::kIp:
      return "an IP address";
    case Kind::kDatetime:
      return "a datetime";
    case Kind::kDuration:
      return "a duration";
    default:
      return "another value";
  }
}

// User text for a message: on one line, and not all of it.
std::string Shown(std::string_view text) {
  constexpr size_t kLongest = 48;
  std::string out;
  for (char c : text) {
    const bool lead = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (out.size() >= kLongest && lead) return out + "…";
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  }
  return out;
}
std::string Quoted(std::string_view text) { return "`" + Shown(text) + "`"; }

}  // namespace

// ---- Problems
// ------------------------------------------------------------------------------------------------

bool Reader::Problem(polc_status status, std::string message, Target target) {
  status_ = status;
  message_ = std::move(message);
  target_ = target;
  return false;
}

bool Reader::WrongKind(const Element& seen, std::string_view wanted) {
  return Wrong("is " + std::string(Describe(seen)) + "; it has to be " + std::string(wanted));
}

bool Reader::WrongRoot(std::string_view wanted) { return Wrong("is no " + std::string(wanted)); }

bool Reader::Step(uint32_t index) {
  path_.push_back({index, false, {}});
  return false;
}

bool Reader::Step(uint32_t index, std::string_view key) {
  path_.push_back({index, true, key});
  return false;
}

bool Reader::Made(polc_status status, const polc_error& error) {
  if (status == POLC_OK) return true;
  return Problem(status, std::string("cannot be taken: ") + error.message);
}

polc_status Reader::Report(polc_error* error) const {
  if (error == nullptr) return status_;
  if (placed_) return Fail(error, status_, message_, at_);
  std::string name;
  std::vector<uint32_t> indices;
  for (auto step = path_.rbegin(); step != path_.rend(); ++step) {
    indices.push_back(step->index);
    if (!step->member) {
      name += "[" + std::to_string(step->index) + "]";
    } else {
      name += (name.empty() ? "" : ".") + Shown(step->key);
    }
  }
  // What is wrong is said last and must not be cut off: of a long path, the end.
  constexpr size_t kLongest = 100;
  if (name.size() > kLongest) {
    size_t begin = name.size() - kLongest;
    while ((static_cast<unsigned char>(name[begin]) & 0xC0) == 0x80) ++begin;
    name = "…" + name.substr(begin);
  }
  name = name.empty() ? "the text" : "`" + name + "`";
  return Fail(error, status_, name + " " + message_, FindPlace(text_, indices, target_));
}

// ---- The text
// ------------------------------------------------------------------------------------------------

bool Reader::Parse(Element* root) {
  // simdjson counts the scalars within as one level.
  simdjson::error_code code = parser_.allocate(std::max(text_.size(), size_t{1}), kMaxDepth + 1);
  if (code == simdjson::SUCCESS) code = parser_.parse(text_.data(), text_.size()).get(*root);
  if (code == simdjson::MEMALLOC) return Problem(POLC_ERROR_MEMORY, "cannot be read: there is no memory");
  if (code != simdjson::SUCCESS) {
    return IsWellFormed() && Wrong(std::string("cannot be read: ") + simdjson::error_message(code));
  }
  // To simdjson this is an integer; to the readers that everybody else uses it is none.
  if (MayHoldMinusZero(text_) && !IsWellFormed()) return false;
  return Check(*root, 1);
}

// Slow and exact; records what is malformed, if anything is.
bool Reader::IsWellFormed() {
  const std::optional<Breach> breach = FindBreach(text_);
  if (!breach) return true;
  placed_ = true;
  at_ = breach->at;
  return Wrong(std::string("malformed JSON: ") + breach->what);
}

bool Reader::Check(const Element& element, size_t depth) {
  Object object;
  Array array;
  const bool is_object = IsObject(element, &object);
  if (!is_object && element.get(array) != simdjson::SUCCESS) return true;
  // simdjson does not count an empty array or object.
  if (depth > kMaxDepth) return IsWellFormed();
  uint32_t index = 0;
  if (!is_object) {
    for (const Element child : array) {
      if (!Check(child, depth + 1)) return Step(index);
      ++index;
    }
    return true;
  }
  if (!CheckKeys(object)) return false;
  for (const auto field : object) {
    if (!Check(field.value, depth + 1)) return Step(index, field.key);
    ++index;
  }
  return true;
}

bool Reader::CheckKeys(const Object& object) {
  constexpr size_t kFew = 16;  // below this, comparing each with each is faster than sorting
  keys_.clear();
  for (const auto field : object) keys_.push_back(field.key);
  auto repeated = [&](size_t at) {
    Problem(POLC_ERROR_JSON, "stands twice in an object", Target::kKey);
    return Step(static_cast<uint32_t>(at), keys_[at]);
  };
  if (keys_.size() <= kFew) {
    for (size_t i = 1; i < keys_.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (keys_[i] == keys_[j]) return repeated(i);
      }
    }
    return true;
  }
  std::vector<uint32_t> order(keys_.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return keys_[a] < keys_[b]; });
  const auto twice = std::adjacent_find(order.begin(), order.end(),
                                        [&](uint32_t a, uint32_t b) { return keys_[a] == keys_[b]; });
  return twice == order.end() || repeated(twice[1]);
}

// ---- Values
// --------------------------------------------------------------------------------------------------

Reader::Escape Reader::EscapeOf(const Object& object, Element* contents) {
  if (object.size() != 1) return Escape::kNone;
  const auto only = *object.begin();
  *contents = only.value;
  Object ignored;
  if (only.key == "__expr" && only.value.is_string()) return Escape::kExpr;
  if (only.key == "__entity" && HasTypeAndId(only.value, &ignored)) return Escape::kEntity;
  if (only.key == "__extn" && HasFunctionAndArguments(only.value)) return Escape::kExtension;
  return Escape::kNone;
}

// What an escape holds beyond what it needs is ignored, but for numbers that are no integers.
bool Reader::OnlyIntegers(const Element& element) {
  uint32_t index = 0;
  switch (element.type()) {
    case element_type::UINT64:
    case element_type::DOUBLE:
      return Wrong("is no 64-bit integer");
    case element_type::ARRAY: {
      for (const Element child : Array(element.get_array().value_unsafe())) {
        if (!OnlyIntegers(child)) return Step(index);
        ++index;
      }
      return true;
    }
    case element_type::OBJECT: {
      for (const auto field : Object(element.get_object().value_unsafe())) {
        if (!OnlyIntegers(field.value)) return Step(index, field.key);
        ++index;
      }
      return true;
    }
    default:
      return true;
  }
}

bool Reader::Value(const Element& element, polc_value* out) {
  switch (element.type()) {
    case element_type::NULL_VALUE:
      return Wrong("is null; Cedar has no null");
    case element_type::UINT64:
    case element_type::DOUBLE:
      return Wrong("is no 64-bit integer");
    case element_type::BOOL:
      *out = polc_value_bool(element.get_bool().value_unsafe());
      return true;
    case element_type::INT64:
      *out = polc_value_long(element.get_int64().value_unsafe());
      return true;
    case element_type::STRING:
      return Made(polc_value_string(values_, Text(StringOf(element)), out, &made_), made_);
    case element_type::ARRAY:
      return Set(element.get_array().value_unsafe(), out);
    case element_type::OBJECT:
      break;
  }
  const Object object = element.get_object().value_unsafe();
  Element contents;
  switch (EscapeOf(object, &contents)) {
    case Escape::kNone:
      return Record(object, out);
    case Escape::kExpr:
      return Wrong("uses `__expr`, which Cedar no longer has");
    case Escape::kEntity: {
      Uid uid;
      if (!OnlyIntegers(contents) || !UidParts(contents.get_object().value_unsafe(), &uid)) {
        return Step(0, "__entity");
      }
      return Made(polc_value_entity(values_, uid.type, uid.id, out, &made_), made_);
    }
    case Escape::kExtension:
      if (!OnlyIntegers(contents) || !ExtensionValue(contents.get_object().value_unsafe(), out)) {
        return Step(0, "__extn");
      }
      return true;
  }
  return false;
}

bool Reader::Record(const Object& object, polc_value* out) {
  const size_t first = elements_.size();
  const size_t first_name = names_.size();
  uint32_t index = 0;
  for (const auto field : object) {
    polc_value value;
    if (!Value(field.value, &value)) return Step(index, field.key);
    elements_.push_back(value);
    names_.push_back(Text(field.key));
    ++index;
  }
  const bool ok = Made(
      polc_value_record(values_, names_.data() + first_name, elements_.data() + first, index, out, &made_),
      made_);
  elements_.resize(first);
  names_.resize(first_name);
  return ok;
}

bool Reader::Set(const Array& array, polc_value* out) {
  return Gather(array, out, [&](const Element& e, polc_value* v) { return Value(e, v); });
}

// Needs a string `type` and a string `id`.
bool Reader::UidParts(const Object& object, Uid* out) {
  const Member type = *Find(object, "type");
  const std::string_view name = StringOf(type.value);
  if (!IsTypeName(name)) {
    Wrong("is " + Quoted(name) +
          ", no entity type: a name like `App::User`, without spaces or reserved words");
    return Step(type.index, "type");
  }
  *out = {Text(name), Text(StringOf(Find(object, "id")->value))};
  return true;
}

// Where only an entity can stand.
bool Reader::EntityReference(const Element& element, Uid* out) {
  Object object, escaped;
  if (IsObject(element, &object)) {
    if (HasString(object, "__expr")) return Wrong("uses `__expr`, which Cedar no longer has");
    const std::optional<Member> escape = Find(object, "__entity");
    if (escape && HasTypeAndId(escape->value, &escaped)) {
      return UidParts(escaped, out) || Step(escape->index, "__entity");
    }
    if (HasTypeAndId(element, &object)) return UidParts(object, out);
  }
  return Wrong("is " + std::string(Describe(element)) +
               (element.is_object() ? " without a `type` and an `id` that are strings" : "") +
               "; an entity is written {\"type\": \"User\", \"id\": \"alice\"}");
}

// ---- Extension values
// ----------------------------------------------------------------------------------------

// Needs what HasFunctionAndArguments asks for.
bool Reader::Call(const Object& call, Extension* out) {
  const Member function = *Find(call, "fn");
  const std::string_view name = StringOf(function.value);
  const std::optional<bundle::Builtin> builtin = bundle::FindBuiltin(name);
  if (!builtin) {
    Wrong("is " + Quoted(name) + ", no extension function");
    return Step(function.index, "fn");
  }
  const bundle::BuiltinInfo& info = bundle::Info(*builtin);
  const std::optional<Member> single = Find(call, "arg");
  const std::optional<Member> several = single ? std::nullopt : Find(call, "args");
  Array list;
  if (several) list = several->value.get_array().value_unsafe();
  const size_t given = single ? 1 : list.size();
  if (given != info.argument_count) {
    return Wrong("gives `" + std::string(info.name) + "` " + std::to_string(given) + " arguments; it takes " +
                 std::to_string(info.argument_count));
  }
  Extension arguments[2];
  if (single) {
    if (!Argument(single->value, info.arguments[0], &arguments[0])) return Step(single->index, "arg");
  } else {
    uint32_t index = 0;
    for (const Element element : list) {
      if (!Argument(element, info.arguments[index], &arguments[index])) {
        Step(index);
        return Step(several->index, "args");
      }
      ++index;
    }
  }
  // All bytes are named by their addresses, from a base of zero.
  const entities::Value values[2] = {arguments[0].value, arguments[1].value};
  bundle::Trap trap;
  if (vm::CallBuiltin(*builtin, values, entities::Memory{}, out->address,
                      reinterpret_cast<uintptr_t>(out->address), &out->value, &trap)) {
    out->text = arguments[0].text;
    return true;
  }
  if (trap == bundle::Trap::kBadLiteral) {
    return Problem(POLC_ERROR_VALUE,
                   "has " + Quoted(arguments[0].text) + ", which is not " + std::string(NameOf(info.result)));
  }
  return Problem(POLC_ERROR_VALUE, "gives " + std::string(NameOf(info.result)) + " that is out of range");
}

bool Reader::Argument(const Element& element, Kind kind, Extension* out) {
  Object object;
  Element contents;
  if (kind == Kind::kString) {
    if (!element.is_string()) return WrongKind(element, NameOf(kind));
    out->text = StringOf(element);
    out->value = {Kind::kString, entities::Region::kRequest, 0, static_cast<uint32_t>(out->text.size()),
                  reinterpret_cast<uintptr_t>(out->text.data())};
    return true;
  }
  if (!IsObject(element, &object) || EscapeOf(object, &contents) != Escape::kExtension) {
    return WrongKind(element, NameOf(kind));
  }
  if (!Call(contents.get_object().value_unsafe(), out)) return Step(0, "__extn");
  if (out->value.kind == kind) return true;
  return Wrong("is not " + std::string(NameOf(kind)));
}

bool Reader::ExtensionValue(const Object& call, polc_value* out) {
  Extension result;
  if (!Call(call, &result)) return false;
  const entities::Value& value = result.value;
  switch (value.kind) {
    case Kind::kBool:
      *out = polc_value_bool(value.boolean());
      return true;
    case Kind::kLong:
      *out = polc_value_long(value.number());
      return true;
    case Kind::kDecimal:
      *out = polc_value_decimal(value.number());
      return true;
    case Kind::kDatetime:
      *out = polc_value_datetime(value.number());
      return true;
    case Kind::kDuration:
      *out = polc_value_duration(value.number());
      return true;
    default:
      // Only `ip` gives an address, so `text` is what it was read from.
      return Made(polc_value_parse(values_, "ip", Text(result.text), out, &made_), made_);
  }
}

// ---- Requests and entities
// -----------------------------------------------------------------------------------

bool Reader::RequestUid(const Object& root, std::string_view key, Uid* out) {
  const std::optional<Member> member = Find(root, key);
  if (!member) return Wrong("lacks `" + std::string(key) + "`");
  return UidOrText(member->value, out) || Step(member->index, key);
}

// Where an entity may be given as text, too.
bool Reader::UidOrText(const Element& element, Uid* out) {
  if (!element.is_string()) return EntityReference(element, out);
  std::optional<UidText> uid = ParseUidText(StringOf(element));
  if (!uid) {
    return Wrong("is " + Quoted(StringOf(element)) +
                 ", no entity: a type and a quoted id in their normal form, like `User::\"alice\"`");
  }
  *out = {Text(uid->type), Text(ids_.emplace_back(std::move(uid->id)))};
  return true;
}

bool Reader::Context(const Object& root, polc_value* out) {
  const std::optional<Member> member = Find(root, "context");
  if (!member) return Made(polc_value_record(values_, nullptr, nullptr, 0, out, &made_), made_);
  Object object;
  Element contents;
  if (!IsObject(member->value, &object)) {
    WrongKind(member->value, "an object");
  } else if (EscapeOf(object, &contents) != Escape::kNone) {
    Wrong("is an escape that means no record");
  } else if (model_ == nullptr ? Record(object, out) : TypedFields(object, declared_, out)) {
    return true;
  }
  return Step(member->index, "context");
}

bool Reader::RequestEntities(const Object& root) {
  const std::optional<Member> member = Find(root, "entities");
  return !member || Entities(member->value) || Step(member->index, "entities");
}

bool Reader::Entities(const Element& element) {
  Array array;
  if (element.get(array) != simdjson::SUCCESS) return WrongKind(element, "an array of entities");
  uint32_t index = 0;
  for (const Element entity : array) {
    if (!Entity(entity)) return Step(index);
    ++index;
  }
  return CompareRepeated(array);
}

bool Reader::Entity(const Element& element) {
  Object object;
  if (!IsObject(element, &object)) return WrongKind(element, "an object with `uid`, `attrs` and `parents`");
  const std::optional<Member> uid = Find(object, "uid");
  const std::optional<Member> attributes = Find(object, "attrs");
  const std::optional<Member> parents = Find(object, "parents");
  const std::optional<Member> tags = Find(object, "tags");
  if (!uid) return Wrong("lacks `uid`");
  if (!attributes) return Wrong("lacks `attrs`");
  if (!parents) return Wrong("lacks `parents`");
  EntityParts parts{};
  if (!EntityReference(uid->value, &parts.uid)) return Step(uid->index, "uid");
  const bundle::EntityTypeRow* const type =
      model_ == nullptr ? nullptr : FindEntityType(View(parts.uid.type));
  Object fields;
  const bool read = type != nullptr && IsObject(attributes->value, &fields)
                        ? TypedFields(fields, type->attributes, &parts.attributes)
                        : Fields(attributes->value, &parts.attributes);
  if (!read) return Step(attributes->index, "attrs");
  if (!Parents(parents->value, &parts)) return Step(parents->index, "parents");
  if (tags) {
    if (!Fields(tags->value, &parts.tags)) return Step(tags->index, "tags");
  } else if (!Made(polc_value_record(values_, nullptr, nullptr, 0, &parts.tags, &made_), made_)) {
    return false;
  }
  entities_.push_back(parts);
  return true;
}

// Attributes and tags: an object whose members are values; no escape means anything here.
bool Reader::Fields(const Element& element, polc_value* out) {
  Object object;
  return IsObject(element, &object) ? Record(object, out) : WrongKind(element, "an object");
}

bool Reader::Parents(const Element& element, EntityParts* out) {
  Array array;
  if (element.get(array) != simdjson::SUCCESS) return WrongKind(element, "an array");
  const bool action = Basename(View(out->uid.type)) == "Action";
  out->first_parent = parent_types_.size();
  uint32_t index = 0;
  for (const Element parent : array) {
    Uid uid;
    if (!EntityReference(parent, &uid)) return Step(index);
    if (action && Basename(View(uid.type)) != "Action") {
      Wrong("is no action; only actions can hold an action");
      return Step(index);
    }
    parent_types_.push_back(uid.type);
    parent_ids_.push_back(uid.id);
    ++index;
  }
  out->parent_count = index;
  return true;
}

// ---- Entities that stand twice
// -------------------------------------------------------------------------------

bool Reader::CompareRepeated(const Array& array) {
  if (entities_.size() < 2) return true;
  std::vector<uint32_t> order(entities_.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  auto name = [&](uint32_t i) { return std::pair(View(entities_[i].uid.type), View(entities_[i].uid.id)); };
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const auto left = name(a), right = name(b);
    return left != right ? left < right : a < b;
  });
  std::vector<Element> elements;  // filled when needed
  for (size_t i = 1; i < order.size(); ++i) {
    if (name(order[i - 1]) != name(order[i])) continue;
    if (elements.empty()) {
      for (const Element element : array) elements.push_back(element);
    }
    const auto canonical = [&](uint32_t at) { return Canonical(entities_[at], elements[at]); };
    if (canonical(order[i - 1]) == canonical(order[i])) continue;
    Wrong("is an entity that stands twice, and the two differ");
    return Step(order[i]);
  }
  return true;
}

// The same bytes for the same value, other bytes for another one. The element has been read without problems.
void Reader::AppendCanonical(const Element& element, std::string* out) {
  auto text = [&](char tag, std::string_view bytes) {
    *out += tag;
    *out += std::to_string(bytes.size());
    *out += ':';
    *out += bytes;
  };
  switch (element.type()) {
    case element_type::BOOL:
      *out += element.get_bool().value_unsafe() ? "true" : "false";
      return;
    case element_type::INT64:
      text('l', std::to_string(element.get_int64().value_unsafe()));
      return;
    case element_type::STRING:
      text('s', StringOf(element));
      return;
    case element_type::ARRAY: {
      std::vector<std::string> parts;
      for (const Element child : Array(element.get_array().value_unsafe())) {
        AppendCanonical(child, &parts.emplace_back());
      }
      std::sort(parts.begin(), parts.end());
      parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
      *out += '[';
      for (const std::string& part : parts) *out += part;
      *out += ']';
      return;
    }
    case element_type::OBJECT:
      break;
    default:
      return;
  }
  const Object object = element.get_object().value_unsafe();
  Element contents;
  switch (EscapeOf(object, &contents)) {
    case Escape::kEntity: {
      const Object parts = contents.get_object().value_unsafe();
      text('t', StringOf(Find(parts, "type")->value));
      text('i', StringOf(Find(parts, "id")->value));
      return;
    }
    case Escape::kExtension: {
      Extension value;
      Call(contents.get_object().value_unsafe(), &value);
      if (value.value.kind == Kind::kBool) {
        *out += value.value.boolean() ? "true" : "false";
      } else if (value.value.kind == Kind::kIp) {
        const bool v6 = (value.value.count & bundle::kIpV6) != 0;
        text(v6 ? '6' : '4', v6 ? std::string(reinterpret_cast<const char*>(value.address), 16)
                                : std::to_string(value.value.bits));
        text('/', std::to_string(value.value.count));
      } else {
        const char tag = value.value.kind == Kind::kLong
                             ? 'l'
                             : static_cast<char>('A' + static_cast<int>(value.value.kind));
        text(tag, std::to_string(value.value.number()));
      }
      return;
    }
    default:
      break;
  }
  AppendCanonicalFields(object, out);
}

void Reader::AppendCanonicalFields(const Object& object, std::string* out) {
  std::vector<std::pair<std::string_view, Element>> fields;
  for (const auto field : object) fields.emplace_back(field.key, field.value);
  std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  *out += '{';
  for (const auto& [key, value] : fields) {
    *out += std::to_string(key.size()) + ":";
    *out += key;
    AppendCanonical(value, out);
  }
  *out += '}';
}

std::string Reader::Canonical(const EntityParts& entity, const Element& element) {
  const Object object = element.get_object().value_unsafe();
  std::string out;
  for (std::string_view key : {"attrs", "tags"}) {
    const std::optional<Member> fields = Find(object, key);
    if (fields) {
      AppendCanonicalFields(fields->value.get_object().value_unsafe(), &out);
    } else {
      out += "{}";
    }
  }
  std::vector<std::pair<std::string_view, std::string_view>> parents;
  for (size_t i = 0; i < entity.parent_count; ++i) {
    parents.emplace_back(View(parent_types(entity)[i]), View(parent_ids(entity)[i]));
  }
  std::sort(parents.begin(), parents.end());
  parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
  for (const auto& [type, id] : parents) {
    out += std::to_string(id.size()) + ":";
    out += id;
    out += type;
    out += ';';
  }
  return out;
}

}  // namespace polc::api_json
