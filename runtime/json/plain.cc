#include "runtime/json/plain.h"

#include "runtime/json/uid_text.h"

namespace polc::api_json {

namespace {

// Goes through the text from left to right. Everything returns false where the text is not plain.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool Request(PlainRequest* out) {
    enum : unsigned { kPrincipal = 1, kAction = 2, kResource = 4, kContext = 8 };
    unsigned seen = 0;
    const bool read = Object([&](std::string_view key) {
      unsigned member = 0;
      bool ok = false;
      if (key == "principal") {
        member = kPrincipal, ok = Uid(&out->principal);
      } else if (key == "action") {
        member = kAction, ok = Uid(&out->action);
      } else if (key == "resource") {
        member = kResource, ok = Uid(&out->resource);
      } else if (key == "context") {
        member = kContext, ok = Context(out);
      }
      ok = ok && (seen & member) == 0;
      seen |= member;
      return ok;
    });
    if (!read || (seen | kContext) != (kPrincipal | kAction | kResource | kContext)) return false;
    Space();
    return at_ == end_;
  }

 private:
  // An object, each member's value read by `member(key)`.
  template <typename Member>
  bool Object(Member member) {
    if (!Take('{')) return false;
    if (Take('}')) return true;
    do {
      std::string_view key;
      if (!String(&key) || !Take(':') || !member(key)) return false;
    } while (Take(','));
    return Take('}');
  }

  bool Uid(PlainUid* out) {
    enum : unsigned { kType = 1, kId = 2 };
    unsigned seen = 0;
    const bool read = Object([&](std::string_view key) {
      const unsigned member = key == "type" ? unsigned{kType} : key == "id" ? unsigned{kId} : 0;
      if (member == 0 || (seen & member) != 0) return false;
      seen |= member;
      return String(member == kType ? &out->type : &out->id);
    });
    return read && seen == (kType | kId) && IsTypeName(out->type);
  }

  bool Context(PlainRequest* out) {
    return Object([&](std::string_view key) {
      // What begins so may be an escape and stand for something else.
      if (key.starts_with("__") || out->field_count == PlainRequest::kMostFields) return false;
      for (size_t i = 0; i < out->field_count; ++i) {
        if (out->fields[i].name == key) return false;
      }
      PlainField& field = out->fields[out->field_count++];
      field.name = key;
      return Scalar(&field);
    });
  }

  bool Scalar(PlainField* out) {
    Space();
    if (at_ == end_) return false;
    if (*at_ == '"') {
      out->kind = PlainField::Kind::kString;
      return String(&out->text);
    }
    if (*at_ == 't' || *at_ == 'f') {
      const bool is_true = *at_ == 't';
      out->kind = PlainField::Kind::kBool;
      out->number = is_true;
      return Word(is_true ? "true" : "false");
    }
    out->kind = PlainField::Kind::kLong;
    return Integer(&out->number);
  }

  bool Word(std::string_view word) {
    if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return false;
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
    const char* const first = at_;
    while (at_ != end_ && *at_ >= 0x20 && *at_ < 0x7F && *at_ != '"' && *at_ != '\\') ++at_;
    if (at_ == end_ || *at_ != '"') return false;
    *out = {first, static_cast<size_t>(at_ - first)};
    ++at_;
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
