#include "compiler/simulate/quick.h"

#include <algorithm>

#include "compiler/json/json.h"
#include "compiler/model/request_json.h"
#include "compiler/source/source_map.h"

namespace polc::simulate {

using data::Kind;

namespace {

// The longest text of an entity that is remembered.
constexpr size_t kMostUidText = 512;

// How long the string or object is that begins here, if it is one without objects in it and its strings hold
// no `}`; the model's reader says what it is. 0: it is not.
size_t UidLength(std::string_view text) {
  text = text.substr(0, kMostUidText);
  if (text.starts_with('{')) {
    const size_t end = text.find('}');
    return end == text.npos ? 0 : end + 1;
  }
  if (!text.starts_with('"')) return 0;
  for (size_t at = text.find('"', 1); at != text.npos; at = text.find('"', at + 1)) {
    size_t escapes = 0;
    while (text[at - 1 - escapes] == '\\') ++escapes;
    if (escapes % 2 == 0) return at + 1;
  }
  return 0;
}

// `{"type":"T","id":"I"}`.
bool IsPlainUid(std::string_view text, std::string_view* type, std::string_view* id) {
  Cursor cursor(text);
  return cursor.Take(R"({"type":")") && cursor.Text(type) && cursor.Take(R"(,"id":")") && cursor.Text(id) &&
         cursor.Take('}') && cursor.left() == 0;
}

// What the model's reader takes it for, without a schema.
std::optional<data::EntityUid> ReadUid(std::string_view text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::string request = "{\"principal\":";
  for (const std::string_view part : {text, std::string_view(",\"action\":"), text,
                                      std::string_view(",\"resource\":"), text, std::string_view("}")}) {
    request += part;
  }
  const auto size = static_cast<uint32_t>(request.size());
  const source::FileId file = map.Add("", std::move(request));
  model::RequestResult read =
      model::ReadRequest(map, {file, 0, size}, 0, nullptr, model::RequestValidation::kOn, sink);
  if (!read.valid || !read.request || !sink.diagnostics().empty()) return std::nullopt;
  return std::move(read.request->principal);
}

// The function that makes values of a kind, of those that one text makes; empty: none.
std::string_view FunctionOf(Kind kind) {
  switch (kind) {
    case Kind::kDecimal:
      return "decimal";
    case Kind::kIp:
      return "ip";
    case Kind::kDatetime:
      return "datetime";
    case Kind::kDuration:
      return "duration";
    default:
      return "";
  }
}

constexpr std::string_view kExtension = R"({"__extn":{"fn":")", kArgument = R"(","arg":")";

// Has the attribute opened as values of this kind are.
void Open(Shape::Attribute* attribute, Kind kind) {
  attribute->opened = kind;
  attribute->opening = attribute->key;
  for (const std::string_view part : {kExtension, FunctionOf(kind), kArgument}) attribute->opening += part;
}

}  // namespace

QuickReader::QuickReader(const model::Schema* schema, std::vector<const core::Program*> programs,
                         std::array<const entities::Snapshot*, 2> snapshots, const Concern* concern)
    : schema_(schema), snapshots_(snapshots), concern_(concern) {
  for (const core::Program* program : programs) reads_.emplace_back(*program);
}

uint32_t QuickReader::TypeNumber(const std::string& name) {
  const auto [at, fresh] = type_numbers_.try_emplace(name, static_cast<uint32_t>(types_.size()));
  if (fresh) types_.push_back(name);
  return at->second;
}

uint32_t QuickReader::NameNumber(std::string_view name) {
  const auto at = std::ranges::find(names_, name);
  if (at != names_.end()) return static_cast<uint32_t>(at - names_.begin());
  if (names_.size() == kMostNames) return kNone32;
  names_.emplace_back(name);
  return static_cast<uint32_t>(names_.size() - 1);
}

bool QuickReader::IsRead(const data::EntityUid& action, const std::string& name) {
  return std::ranges::any_of(reads_,
                             [&](log::ReadIndex& reads) { return reads.Of(action).ReadsContext(name); });
}

QuickReader::Action QuickReader::MakeAction(const data::EntityUid& uid) {
  Action out{uid, true, {}, concern_ ? concern_->OfAction(uid) : ~uint32_t{0}};
  for (log::ReadIndex& reads : reads_) out.quick &= !reads.Of(uid).whole_context;
  if (!schema_) return out;
  const model::Action* declared = schema_->FindAction(uid);
  if (!declared || declared->context.size() > kMostNames) {
    out.quick = false;
    return out;
  }
  for (const std::string& type : declared->principal_types) {
    out.shape.principal_types.push_back(TypeNumber(type));
  }
  for (const std::string& type : declared->resource_types) {
    out.shape.resource_types.push_back(TypeNumber(type));
  }
  for (const auto& [name, attribute] : declared->context) {
    Shape::Attribute a;
    a.key = json::Quote(name) + ":";
    a.name = NameNumber(name);
    a.typed = true;
    a.kind = attribute.type->kind;
    a.quick = a.kind != model::Type::Kind::kSet && a.kind != model::Type::Kind::kRecord;
    a.required = attribute.required;
    a.read = IsRead(uid, name);
    if (const auto kind = static_cast<Kind>(a.kind); !FunctionOf(kind).empty()) Open(&a, kind);
    if (a.kind == model::Type::Kind::kEntity) a.entity_type = TypeNumber(attribute.type->entity);
    out.quick &= a.name != kNone32;
    if (a.required) out.shape.required |= uint64_t{1} << out.shape.attributes.size();
    out.shape.attributes.push_back(std::move(a));
  }
  return out;
}

QuickReader::Action* QuickReader::ActionFor(KnownUid* known) {
  if (known->action != kNone32) return &actions_[known->action];
  const data::EntityUid& uid = uids_.UidOf(*known);
  const auto [at, fresh] = action_numbers_.try_emplace(uid, static_cast<uint32_t>(actions_.size()));
  if (fresh && actions_.size() == kMostActions) {
    action_numbers_.erase(at);
    return nullptr;
  }
  if (fresh) actions_.push_back(MakeAction(uid));
  known->action = at->second;
  return &actions_[at->second];
}

bool QuickReader::Learn(const Place& place) {
  std::optional<data::EntityUid> uid;
  std::string_view type, id;
  // Types that were seen are names of types.
  if (IsPlainUid(place.text, &type, &id) && type_numbers_.find(type) != type_numbers_.end()) {
    uid = data::EntityUid{std::string(type), std::string(id)};
  } else {
    uid = ReadUid(place.text);
  }
  if (!uid) return false;
  if (type_numbers_.size() >= kMostActions && type_numbers_.find(uid->type) == type_numbers_.end()) {
    return false;
  }
  KnownUid& known = uids_.Add(place.text, place.hash, *uid);
  known.type = TypeNumber(uid->type);
  known.conforms = true;
  if (schema_) {
    const model::EntityType* declared = schema_->FindEntityType(uid->type);
    known.conforms = declared && !schema_->IsActionType(uid->type) && !uid->type.ends_with("Action") &&
                     (!declared->enum_ids || std::ranges::count(*declared->enum_ids, uid->id) > 0);
  }
  for (size_t i = 0; i < snapshots_.size(); ++i) {
    if (!snapshots_[i]) continue;
    known.ids[i] = snapshots_[i]->Find(uid->type, uid->id).value_or(entities::kNoId);
  }
  known.as_principal = concern_ ? concern_->OfPrincipal(*uid) : ~uint32_t{0};
  known.as_resource = concern_ ? concern_->OfResource(*uid) : ~uint32_t{0};
  return true;
}

bool QuickReader::Locate(Cursor* cursor, Place* out) const {
  const size_t length = UidLength(cursor->rest());
  if (length == 0) return false;
  out->text = cursor->rest().substr(0, length);
  out->hash = HashOf(out->text);
  uids_.Expect(out->hash);
  cursor->Skip(length);
  return true;
}

QuickReader::Got QuickReader::Find(const Place& place, KnownUid** out) {
  *out = uids_.Find(place.text, place.hash);
  if (*out) return Got::kYes;
  return Learn(place) ? Got::kLearnt : Got::kNo;
}

bool QuickReader::Parse(Kind kind, std::string_view text, QuickValue* out) {
  out->kind = kind;
  std::optional<int64_t> number;
  switch (kind) {
    case Kind::kDecimal:
      number = vm::ParseDecimal(text);
      break;
    case Kind::kDatetime:
      number = vm::ParseDatetime(text);
      break;
    case Kind::kDuration:
      number = vm::ParseDuration(text);
      break;
    case Kind::kIp:
      if (const std::optional<vm::IpAddress> ip = vm::ParseIp(text)) return out->ip = *ip, true;
      return false;
    default:
      return false;
  }
  if (number) out->number = *number;
  return number.has_value();
}

// Behind `{"__extn":{"fn":"`.
bool QuickReader::Extension(Cursor* cursor, Shape::Attribute* attribute, QuickValue* out) {
  std::string_view fn, text;
  if (!cursor->Text(&fn) || !cursor->Take(R"(,"arg":")") || !cursor->UpToQuote(&text) ||
      !cursor->Take("}}")) {
    return false;
  }
  for (const Kind kind : {Kind::kDecimal, Kind::kIp, Kind::kDatetime, Kind::kDuration}) {
    if (fn != FunctionOf(kind)) continue;
    if (!attribute->typed) Open(attribute, kind);  // what comes next will be alike
    return Parse(kind, text, out);
  }
  return false;
}

// Behind the name and the colon.
QuickReader::Got QuickReader::Value(Cursor* cursor, Shape::Attribute* attribute, QuickValue* out) {
  const auto wanted = static_cast<Kind>(attribute->kind);
  const auto yes = [&](bool ok) {
    return ok && (!attribute->typed || out->kind == wanted) ? Got::kYes : Got::kNo;
  };
  if (attribute->typed && wanted == Kind::kEntity) {
    out->kind = Kind::kEntity;
    if (!cursor->rest().starts_with('{')) return Got::kNo;
    Place place;
    KnownUid* known;
    if (!Locate(cursor, &place)) return Got::kNo;
    if (const Got got = Find(place, &known); got != Got::kYes) return got;
    out->entity = known;
    return yes(out->entity->type == attribute->entity_type && out->entity->conforms);
  }
  if (cursor->Take('"')) {
    if (!cursor->Text(&out->text)) return Got::kNo;
    if (attribute->typed && !FunctionOf(wanted).empty()) return yes(Parse(wanted, out->text, out));
    out->kind = Kind::kString;
    return yes(true);
  }
  if (cursor->Take("true") || cursor->Take("false")) {
    out->kind = Kind::kBool;
    out->number = cursor->at()[-2] == 'u';
    return yes(true);
  }
  if (cursor->Take(kExtension)) return yes(Extension(cursor, attribute, out));
  out->kind = Kind::kLong;
  return yes(cursor->Integer(&out->number));
}

QuickReader::Got QuickReader::Context(Cursor* cursor, Action* action, QuickRequest* out) {
  std::vector<Shape::Attribute>& attributes = action->shape.attributes;
  uint64_t seen = 0;
  size_t next = 0;  // the attribute that comes in the usual order
  if (!cursor->Take('}')) {
    do {
      size_t at = 0;
      bool is_open = false;
      for (const size_t size = attributes.size(); at < size; ++at, ++next) {
        if (next >= size) next = 0;
        const Shape::Attribute& attribute = attributes[next];
        is_open = !attribute.opening.empty() && cursor->Take(attribute.opening);
        if (is_open || cursor->Take(attribute.key)) break;
      }
      if (at == attributes.size()) {
        // Without a schema any name will do but those that may begin an escape.
        std::string_view name;
        if (schema_ || at == kMostNames || !cursor->Take('"') || !cursor->Text(&name) ||
            name.starts_with("__") || !cursor->Take(':')) {
          return Got::kNo;
        }
        Shape::Attribute fresh;
        fresh.name = NameNumber(name);
        if (fresh.name == kNone32) return Got::kNo;
        fresh.key = '"' + std::string(name) + "\":";
        fresh.read = IsRead(action->uid, std::string(name));
        attributes.push_back(std::move(fresh));
        next = at;
      }
      const uint64_t bit = uint64_t{1} << next;
      Shape::Attribute& attribute = attributes[next];
      if ((seen & bit) != 0 || !attribute.quick || out->count == QuickRequest::kMostValues) return Got::kNo;
      seen |= bit;
      QuickValue& value = out->values[out->count];
      value.name = attribute.name;
      if (is_open) {
        std::string_view text;
        if (!cursor->UpToQuote(&text) || !cursor->Take("}}") || !Parse(attribute.opened, text, &value)) {
          return Got::kNo;
        }
      } else if (const Got got = Value(cursor, &attribute, &value); got != Got::kYes) {
        return got;
      }
      // What nothing reads has been looked at for whether it conforms.
      out->count += attribute.read;
      ++next;
    } while (cursor->Take(','));
    if (!cursor->Take('}')) return Got::kNo;
  }
  return (seen & action->shape.required) == action->shape.required ? Got::kYes : Got::kNo;
}

bool QuickReader::Begin(Cursor* cursor, Begun* out) const {
  return cursor->Take(R"({"principal":)") && Locate(cursor, &out->places[0]) &&
         cursor->Take(R"(,"action":)") && Locate(cursor, &out->places[1]) &&
         cursor->Take(R"(,"resource":)") && Locate(cursor, &out->places[2]);
}

void QuickReader::Fetch(const Begun& begun, size_t step) const {
  constexpr size_t kLine = 64;  // of the cache
  const auto fetch = [](const void* from, size_t size) {
    for (size_t at = 0; at < size; at += kLine) __builtin_prefetch(static_cast<const char*>(from) + at);
  };
  const entities::Snapshot& snapshot = *snapshots_[1];  // most often the only one
  for (const Place& place : begun.places) {
    const KnownUid* const known = uids_.Guess(place.hash);
    if (!known) continue;
    if (step == 0) {
      fetch(known, sizeof *known);
      continue;
    }
    if (known->ids[1] == entities::kNoId) continue;
    const entities::Value& attributes = snapshot.Attributes(known->ids[1]);
    if (step == 1) {
      fetch(&attributes, sizeof(entities::EntityRow));
      continue;
    }
    constexpr size_t kMostFields = 8;
    if (attributes.region != entities::Region::kStore) continue;
    entities::Memory memory;
    memory.base[static_cast<size_t>(entities::Region::kStore)] = snapshot.base();
    fetch(memory.At(entities::Region::kStore, attributes.bits),
          std::min<size_t>(attributes.count, kMostFields) * 2 * sizeof(entities::Value));
  }
}

QuickReader::Got QuickReader::ReadOnce(const Begun& begun, Cursor* cursor, QuickRequest* out) {
  out->count = 0;
  KnownUid *of_principal, *of_action, *of_resource;
  if (const Got got = Find(begun.places[0], &of_principal); got != Got::kYes) return got;
  if (const Got got = Find(begun.places[1], &of_action); got != Got::kYes) return got;
  if (const Got got = Find(begun.places[2], &of_resource); got != Got::kYes) return got;
  out->principal = of_principal;
  out->action = of_action;
  out->resource = of_resource;
  Action* const action = ActionFor(of_action);
  if (!action || !action->quick) return Got::kNo;
  out->action_concerns = action->concerns;
  if (schema_) {
    const auto fits = [](const KnownUid& who, const std::vector<uint32_t>& types) {
      return who.conforms && std::ranges::find(types, who.type) != types.end();
    };
    if (!fits(*out->principal, action->shape.principal_types) ||
        !fits(*out->resource, action->shape.resource_types)) {
      return Got::kNo;
    }
  }
  if (cursor->Take(R"(,"context":{)")) {
    if (const Got got = Context(cursor, action, out); got != Got::kYes) return got;
  } else if (action->shape.required != 0) {
    return Got::kNo;
  }
  return cursor->Take('}') ? Got::kYes : Got::kNo;
}

bool QuickReader::Read(const Begun& begun, Cursor* cursor, QuickRequest* out) {
  // Whoever is learnt may have the others of the same request forgotten: not again and again.
  constexpr int kMostTries = 12;
  const Cursor start = *cursor;
  for (int i = 0; i < kMostTries; ++i) {
    *cursor = start;
    const Got got = ReadOnce(begun, cursor, out);
    if (got != Got::kLearnt) return got == Got::kYes;
  }
  return false;
}

}  // namespace polc::simulate
