#include "runtime/json/plain.h"

#include <cstring>

#include "runtime/json/plain_scalars.h"
#include "runtime/json/uid_text.h"

namespace polc::api_json {

namespace {

// Goes through the text from left to right. Everything returns false where the text is not plain.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool Request(PlainRequest* out) {
    static constexpr std::string_view kMembers[] = {"\"principal\"", "\"action\"", "\"resource\"",
                                                    "\"context\""};
    unsigned seen = 0;
    const bool read = Object([&] {
      const size_t member = Name(kMembers, &seen);
      return member == 0   ? Uid(&out->principal)
             : member == 1 ? Uid(&out->action)
             : member == 2 ? Uid(&out->resource)
                           : member == 3 && Context(out);
    });
    constexpr unsigned kAll = 15, kContext = 8;
    if (!read || (seen | kContext) != kAll) return false;
    Space();
    return at_ == end_;
  }

 private:
  // An object, each member read by `member()`.
  template <typename Member>
  [[gnu::always_inline]] bool Object(Member member) {
    if (!Take('{')) return false;
    if (Take('}')) return true;
    do {
      if (!member()) return false;
    } while (Take(','));
    return Take('}');
  }

  // The name of a member and the colon behind it: which of those given, in their quotes; none of them, or one
  // that was seen before, is their number.
  template <size_t kCount>
  [[gnu::always_inline]] size_t Name(const std::string_view (&names)[kCount], unsigned* seen) {
    Space();
    // Unrolled, each name is compared as a constant.
#pragma GCC unroll 4
    for (size_t i = 0; i < kCount; ++i) {
      if (!Word(names[i])) continue;
      const bool again = (*seen >> i & 1) != 0;
      *seen |= 1u << i;
      return again || !Take(':') ? kCount : i;
    }
    return kCount;
  }

  bool Uid(PlainUid* out) {
    static constexpr std::string_view kMembers[] = {"\"type\"", "\"id\""};
    unsigned seen = 0;
    const bool read = Object([&] {
      const size_t member = Name(kMembers, &seen);
      return member == 0 ? String(&out->type) : member == 1 && String(&out->id);
    });
    return read && seen == 3 && IsTypeName(out->type);
  }

  bool Context(PlainRequest* out) {
    return Object([&] {
      PlainText name;
      if (!String(&name) || !Take(':')) return false;
      const std::string_view key = name;
      // What begins so may be an escape and stand for something else.
      if (key.starts_with("__") || out->field_count == PlainRequest::kMostFields) return false;
      for (size_t i = 0; i < out->field_count; ++i) {
        if (std::string_view(out->fields[i].name) == key) return false;
      }
      PlainField& field = out->fields[out->field_count++];
      field.name = name;
      return Scalar(&field);
    });
  }

  bool Scalar(PlainField* out) {
    Space();
    if (at_ == end_) return false;
    if (*at_ == '"') {
      out->kind = PlainKind::kString;
      return String(&out->text);
    }
    const char* const begin = at_;
    const bool is_bool = *at_ == 't' || *at_ == 'f';
    out->kind = is_bool ? PlainKind::kBool : PlainKind::kLong;
    if (!Go(is_bool ? ReadPlainBool(at_, end_, &out->number) : ReadPlainInteger(at_, end_, &out->number)))
      return false;
    out->text = {begin, static_cast<size_t>(at_ - begin)};
    return true;
  }

  [[gnu::always_inline]] bool Word(std::string_view word) {
    if (static_cast<size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
      return false;
    at_ += word.size();
    return true;
  }

  bool String(PlainText* out) { return Take('"') && Go(ReadPlainString(at_, end_, out)); }
  // To where a scalar ends, if it does.
  bool Go(const char* end) {
    if (end != nullptr) at_ = end;
    return end != nullptr;
  }

  bool Take(char c) {
    Space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void Space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  const char* at_;
  const char* const end_;
};

}  // namespace

bool ReadPlain(std::string_view text, PlainRequest* out) { return Scanner(text).Request(out); }

}  // namespace polc::api_json
