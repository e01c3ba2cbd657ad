#include "runtime/json/shape.h"

#include <algorithm>
#include <cstring>

#include "runtime/json/plain_scalars.h"
#include "runtime/json/uid_text.h"

namespace polc::api_json {

namespace {

constexpr size_t kNames = 6;

// A type or an id by its number.
PlainText* NameOf(PlainRequest* request, size_t number) {
  PlainUid& uid = number < 2 ? request->principal : number < 4 ? request->action : request->resource;
  return number % 2 == 0 ? &uid.type : &uid.id;
}

}  // namespace

bool Shape::Learn(std::string_view text, const PlainRequest& plain) {
  hole_count_ = 0;
  PlainRequest request = plain;
  struct Place {
    const PlainText* text;
    size_t of;
  };
  std::array<Place, kMostHoles> places;
  const size_t count = kNames + request.field_count;
  for (size_t i = 0; i < count; ++i) {
    places[i] = {i < kNames ? NameOf(&request, i) : &request.fields[i - kNames].text, i};
  }
  std::sort(places.begin(), places.begin() + count,
            [](const Place& a, const Place& b) { return a.text->data < b.text->data; });
  const char* at = text.data();
  const char* const end = at + text.size();
  char* to = between_.data();
  size_t room = kMostBytes;
  auto take = [&](const char* until) {
    const auto bytes = static_cast<size_t>(until - at);
    if (bytes > room) return false;
    to = std::copy(at, until, to);
    room -= bytes;
    return true;
  };
  for (size_t i = 0; i < count; ++i) {
    const auto& [hole, of] = places[i];
    if (!take(hole->data)) return false;
    holes_[i] = {static_cast<uint16_t>(hole->data - at), 0, 0, PlainKind::kString, static_cast<uint8_t>(of)};
    if (of >= kNames) {
      const PlainField& field = request.fields[of - kNames];
      holes_[i].kind = field.kind;
      holes_[i].name = static_cast<uint16_t>(hole->data - field.name.data);
      holes_[i].name_size = static_cast<uint16_t>(field.name.size);
    }
    at = hole->data + hole->size;
  }
  if (!take(end)) return false;
  behind_ = static_cast<size_t>(end - at);
  hole_count_ = count;
  return true;
}

bool Shape::Read(std::string_view text, PlainRequest* out) const {
  if (hole_count_ == 0) return false;
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* between = between_.data();
  for (size_t i = 0; i < hole_count_; ++i) {
    const Hole& hole = holes_[i];
    if (static_cast<size_t>(end - at) < hole.before || !bundle::SameBytes(at, between, hole.before))
      return false;
    at += hole.before;
    between += hole.before;
    PlainText* scalar;
    PlainField* field = nullptr;
    if (hole.of < kNames) {
      scalar = NameOf(out, hole.of);
    } else {
      field = &out->fields[hole.of - kNames];
      field->kind = hole.kind;
      field->name = {at - hole.name, hole.name_size};
      scalar = &field->text;
    }
    if (hole.kind == PlainKind::kString) {
      // Its closing quote is the first byte of what follows.
      at = ReadPlainString(at, end, scalar);
      if (at == nullptr) return false;
      --at;
      continue;
    }
    const char* const begin = at;
    at = hole.kind == PlainKind::kBool ? ReadPlainBool(at, end, &field->number)
                                       : ReadPlainInteger(at, end, &field->number);
    if (at == nullptr) return false;
    *scalar = {begin, static_cast<size_t>(at - begin)};
  }
  out->field_count = hole_count_ - kNames;
  return static_cast<size_t>(end - at) == behind_ && bundle::SameBytes(at, between, behind_);
}

bool TypeNames::Has(std::string_view name) {
  if (name.empty() || name.size() > kLongest) return IsTypeName(name);
  Known& known = known_[bundle::HashName(name) % 16];
  if (bundle::SameText({known.name, known.size}, name)) return true;
  if (!IsTypeName(name)) return false;
  known.size = static_cast<uint8_t>(name.size());
  std::memcpy(known.name, name.data(), name.size());
  return true;
}

bool PlainReader::Read(std::string_view text, PlainRequest* out) {
  for (size_t tried = 0; tried < shapes_.size(); ++tried) {
    const size_t at = (last_ + tried) % shapes_.size();
    if (!shapes_[at].Read(text, out)) continue;
    last_ = at;
    return types_.Has(out->principal.type) && types_.Has(out->action.type) && types_.Has(out->resource.type);
  }
  out->field_count = 0;
  if (!ReadPlain(text, out)) return false;
  last_ = next_;
  next_ = (next_ + 1) % shapes_.size();
  shapes_[last_].Learn(text, *out);
  return true;
}

}  // namespace polc::api_json
