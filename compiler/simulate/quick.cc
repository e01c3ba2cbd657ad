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

bool IsExtension(Kind kind) {
  return kind == Kind::kDecimal || kind == Kind::kIp || kind == Kind::kDatetime || kind == Kind::kDuration;
}

}  // namespace

QuickReader::QuickReader(const model::Schema* schema, std::vector<const core::Program*> programs,
                         std::array<const entities::Snapshot*, 2> snapshots)
    : schema_(schema), snapshots_(snapshots), uids_(kSets * kWays) {
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

QuickReader::Action QuickReader::MakeAction(const data::EntityUid& uid) {
  Action out{uid, true, {}};
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
    if (a.kind == model::Type::Kind::kEntity) a.entity_type = TypeNumber(attribute.type->entity);
    out.quick &= a.name != kNone32;
    if (a.required) out.shape.required |= uint64_t{1} << out.shape.attributes.size();
    out.shape.attributes.push_back(std::move(a));
  }
  return out;
}

QuickReader::Action* QuickReader::ActionFor(const KnownUid& uid) {
  if (uid.action == kNone32) {
    const auto known = action_numbers_.find(uid.uid);
    uint32_t number;
    if (known != action_numbers_.end()) {
      number = known->second;
    } else {
      if (actions_.size() == kMostActions) return nullptr;
      number = static_cast<uint32_t>(actions_.size());
      actions_.push_back(MakeAction(uid.uid));
      action_numbers_.emplace(uid.uid, number);
    }
    uids_[static_cast<size_t>(&uid - uids_.data())].action = number;
    return &actions_[number];
  }
  return &actions_[uid.action];
}

bool QuickReader::Learn(std::string_view text, uint64_t hash) {
  std::optional<data::EntityUid> uid;
  std::string_view type, id;
  // Types that were seen are names of types.
  if (IsPlainUid(text, &type, &id) && type_numbers_.find(type) != type_numbers_.end()) {
    uid = data::EntityUid{std::string(type), std::string(id)};
  } else {
    uid = ReadUid(text);
  }
  if (!uid) return false;
  if (type_numbers_.size() >= kMostActions && type_numbers_.find(uid->type) == type_numbers_.end()) {
    return false;
  }
  KnownUid& place = uids_[(hash & (kSets - 1)) * kWays + learnt_ % kWays];
  place = {.hash = hash, .text = std::string(text), .uid = std::move(*uid), .generation = ++learnt_};
  place.type = TypeNumber(place.uid.type);
  place.conforms = true;
  if (schema_) {
    const model::EntityType* declared = schema_->FindEntityType(place.uid.type);
    place.conforms = declared && !schema_->IsActionType(place.uid.type) &&
                     !place.uid.type.ends_with("Action") &&
                     (!declared->enum_ids || std::ranges::count(*declared->enum_ids, place.uid.id) > 0);
  }
  for (size_t i = 0; i < snapshots_.size(); ++i) {
    if (!snapshots_[i]) continue;
    place.ids[i] = snapshots_[i]->Find(place.uid.type, place.uid.id).value_or(entities::kNoId);
  }
  return true;
}

QuickReader::Got QuickReader::Uid(Cursor* cursor, const KnownUid** out) {
  const size_t length = UidLength(cursor->rest());
  if (length == 0) return Got::kNo;
  const std::string_view text = cursor->rest().substr(0, length);
  const uint64_t hash = HashOf(text);
  const KnownUid* const set = &uids_[(hash & (kSets - 1)) * kWays];
  for (size_t way = 0; way < kWays; ++way) {
    if (set[way].hash != hash || set[way].text != text) continue;
    *out = &set[way];
    cursor->Skip(length);
    return Got::kYes;
  }
  return Learn(text, hash) ? Got::kLearnt : Got::kNo;
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
bool QuickReader::Extension(Cursor* cursor, QuickValue* out) {
  std::string_view fn, text;
  if (!cursor->Text(&fn) || !cursor->Take(R"(,"arg":")") || !cursor->Text(&text) || !cursor->Take("}}")) {
    return false;
  }
  const Kind kind = fn == "decimal"    ? Kind::kDecimal
                    : fn == "ip"       ? Kind::kIp
                    : fn == "datetime" ? Kind::kDatetime
                    : fn == "duration" ? Kind::kDuration
                                       : Kind::kBool;
  return Parse(kind, text, out);
}

QuickReader::Got QuickReader::Value(Cursor* cursor, const Shape::Attribute& attribute, QuickValue* out) {
  const auto wanted = static_cast<Kind>(attribute.kind);
  const auto yes = [&](bool ok) {
    return ok && (!attribute.typed || out->kind == wanted) ? Got::kYes : Got::kNo;
  };
  if (attribute.typed && wanted == Kind::kEntity) {
    out->kind = Kind::kEntity;
    if (!cursor->rest().starts_with('{')) return Got::kNo;
    const Got got = Uid(cursor, &out->entity);
    if (got != Got::kYes) return got;
    return yes(out->entity->type == attribute.entity_type && out->entity->conforms);
  }
  if (cursor->Take('"')) {
    if (!cursor->Text(&out->text)) return Got::kNo;
    if (attribute.typed && IsExtension(wanted)) return yes(Parse(wanted, out->text, out));
    out->kind = Kind::kString;
    return yes(true);
  }
  if (cursor->Take("true") || cursor->Take("false")) {
    out->kind = Kind::kBool;
    out->number = cursor->at()[-2] == 'u';
    return yes(true);
  }
  if (cursor->Take(R"({"__extn":{"fn":")")) return yes(Extension(cursor, out));
  out->kind = Kind::kLong;
  return yes(cursor->Integer(&out->number));
}

QuickReader::Got QuickReader::Context(Cursor* cursor, Shape* shape, QuickRequest* out) {
  uint64_t seen = 0;
  size_t next = 0;  // the attribute that comes in the usual order
  if (!cursor->Take('}')) {
    do {
      size_t at = 0;
      for (const size_t size = shape->attributes.size(); at < size; ++at, ++next) {
        if (next >= size) next = 0;
        if (cursor->Take(shape->attributes[next].key)) break;
      }
      if (at == shape->attributes.size()) {
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
        shape->attributes.push_back(std::move(fresh));
        next = at;
      }
      const uint64_t bit = uint64_t{1} << next;
      const Shape::Attribute& attribute = shape->attributes[next];
      if ((seen & bit) != 0 || !attribute.quick || out->count == QuickRequest::kMostValues) return Got::kNo;
      seen |= bit;
      QuickValue& value = out->values[out->count++];
      value.name = attribute.name;
      const Got got = Value(cursor, attribute, &value);
      if (got != Got::kYes) return got;
      ++next;
    } while (cursor->Take(','));
    if (!cursor->Take('}')) return Got::kNo;
  }
  return (seen & shape->required) == shape->required ? Got::kYes : Got::kNo;
}

QuickReader::Got QuickReader::ReadOnce(Cursor* cursor, QuickRequest* out) {
  out->count = 0;
  const auto uid = [&](std::string_view key, const KnownUid** to) {
    return cursor->Take(key) ? Uid(cursor, to) : Got::kNo;
  };
  if (const Got got = uid(R"({"principal":)", &out->principal); got != Got::kYes) return got;
  if (const Got got = uid(R"(,"action":)", &out->action); got != Got::kYes) return got;
  if (const Got got = uid(R"(,"resource":)", &out->resource); got != Got::kYes) return got;
  Action* const action = ActionFor(*out->action);
  if (!action || !action->quick) return Got::kNo;
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
    if (const Got got = Context(cursor, &action->shape, out); got != Got::kYes) return got;
  } else if (action->shape.required != 0) {
    return Got::kNo;
  }
  return cursor->Take('}') ? Got::kYes : Got::kNo;
}

bool QuickReader::Read(Cursor* cursor, QuickRequest* out) {
  // Whoever is learnt may take the place of another of the same request: not again and again.
  constexpr int kMostTries = 12;
  const Cursor start = *cursor;
  for (int i = 0; i < kMostTries; ++i) {
    *cursor = start;
    const Got got = ReadOnce(cursor, out);
    if (got != Got::kLearnt) return got == Got::kYes;
  }
  return false;
}

}  // namespace polc::simulate
