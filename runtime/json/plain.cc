#include "runtime/json/plain.h"

#include <cstring>

#include "runtime/json/plain_bytes.h"
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
      std::string_view key;
      if (!String(&key) || !Take(':')) return false;
      // What begins so may be an escape and stand for something else.
      if (key.starts_with("__") || out->field_count == PlainRequest::kMostFields) return false;
      for (size_t i = 0; i < out->field_count; ++i) {
        if (std::string_view(out->fields[i].name) == key) return false;
      }
      PlainField& field = out->fields[out->field_count++];
      field.name = {key.data(), key.size()};
      return Scalar(&field);
    });
  }

  bool Scalar(PlainField* out) {
    Space();
    if (at_ == end_) return false;
    if (*at_ == '"') {
      out->kind = PlainField::Kind::kString;
      std::string_view text;
      const bool read = String(&text);
      out->text = {text.data(), text.size()};
      return read;
    }
    if (*at_ == 't' || *at_ == 'f') {
      const bool is_true = *at_ == 't';
      out->kind = PlainField::Kind::kBool;
      out->number = is_true;
      return is_true ? Word("true") : Word("false");
    }
    out->kind = PlainField::Kind::kLong;
    return Integer(&out->number);
  }

  [[gnu::always_inline]] bool Word(std::string_view word) {
    if (static_cast<size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
      return false;
    at_ += word.size();
    return true;
  }

  // What follows a number is looked at by whoever comes next: nothing but space, `,` or `}` is plain there.
  bool Integer(int64_t* out) {
    constexpr ptrdiff_t kMostDigits = 18;
    const bool negative = *at_ == '-';
    at_ += negative;
    const char* const first = at_;
    int64_t n = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (at_ - first == kMostDigits) return false;
      n = n * 10 + (*at_ - '0');
    }
    if (at_ == first || (*first == '0' && (negative || at_ - first > 1))) return false;
    *out = negative ? -n : n;
    return true;
  }

  bool String(std::string_view* out) {
    if (!Take('"')) return false;
    const std::string_view rest(at_, static_cast<size_t>(end_ - at_));
    const size_t size = FindMarked(rest, MarkNotPlain);
    if (size == rest.size() || rest[size] != '"') return false;
    *out = rest.substr(0, size);
    at_ += size + 1;
    return true;
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
