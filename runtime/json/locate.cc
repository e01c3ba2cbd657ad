#include "runtime/json/locate.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "runtime/bundle/text.h"

namespace polc::api_json {

namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The number four hexadecimal digits mean, or -1.
int HexDigits(std::string_view four) {
  if (four.size() != 4) return -1;
  int n = 0;
  for (char c : four) {
    const int digit = IsDigit(c)             ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    n = n * 16 + digit;
  }
  return n;
}

// Reads a text token by token. Stops at the first breach, or at the value or key it looks for.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  Scanner(std::string_view text, std::span<const uint32_t> path, Target target)
      : text_(text), path_(path), target_(target), searching_(true) {}

  // Whether the text is well formed, and what was looked for, if anything, not in it.
  bool Run() {
    for (;;) {
      Skip();
      if (AtTarget(Target::kValue)) return false;
      bool opened = false;
      if (!Value(&opened)) return false;
      if (!opened) {
        // Behind a value: the ends of what ends here, then a comma or the end of the text.
        for (;;) {
          Skip();
          if (open_.empty()) return at_ == text_.size() || Fail("expected nothing more");
          if (!Eat(open_.back().object ? '}' : ']')) break;
          open_.pop_back();
        }
        if (!Eat(',')) return Fail(open_.back().object ? "expected `,` or `}`" : "expected `,` or `]`");
        ++open_.back().index;
      }
      if (open_.back().object && !Key()) return false;
    }
  }

  bool found() const { return found_; }
  size_t at() const { return at_; }
  const char* what() const { return what_; }

 private:
  struct Open {
    bool object;
    uint32_t index;
  };

  bool Fail(const char* what) { return what_ = what, false; }
  bool Fail(const char* what, size_t at) { return at_ = at, Fail(what); }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void Skip() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Eat(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool AtTarget(Target target) {
    found_ = searching_ && target == target_ &&
             std::equal(open_.begin(), open_.end(), path_.begin(), path_.end(),
                        [](const Open& open, uint32_t index) { return open.index == index; });
    return found_;
  }

  bool Key() {
    Skip();
    if (AtTarget(Target::kKey)) return false;
    if (Peek() != '"') return Fail("expected a key in double quotes");
    if (!String()) return false;
    Skip();
    return Eat(':') || Fail("expected `:`");
  }

  // Reads a value; of an array or object that is not empty, the bracket that opens it.
  bool Value(bool* opened) {
    const char c = Peek();
    if (c == '{' || c == '[') {
      if (open_.size() == kMaxDepth) return Fail("arrays and objects nested more than 512 deep");
      ++at_;
      Skip();
      if (Eat(c == '{' ? '}' : ']')) return true;
      open_.push_back({c == '{', 0});
      *opened = true;
      return true;
    }
    if (c == '"') return String();
    if (c == '-' || IsDigit(c)) return Number();
    for (std::string_view literal : {"true", "false", "null"}) {
      if (text_.substr(at_, literal.size()) != literal) continue;
      at_ += literal.size();
      return true;
    }
    return Fail(at_ == text_.size() ? "the text ends where a value is expected" : "expected a value");
  }

  bool String() {
    const size_t begin = at_++;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return Fail("a control character in a string is not escaped");
      if (c == '\\' && !Escape()) return false;
    }
    return Fail("a string has no closing quote", begin);
  }

  // From the backslash to the last character of the escape.
  bool Escape() {
    const size_t begin = at_++;
    const char c = Peek();
    if (c != 'u') {
      return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos ||
             Fail("there is no such escape in JSON", begin);
    }
    const int unit = HexDigits(text_.substr(at_ + 1, 4));
    if (unit < 0) return Fail("`\\u` takes four hexadecimal digits", begin);
    at_ += 4;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    const bool paired = unit < 0xDC00 && text_.substr(at_ + 1, 2) == "\\u";
    const int low = paired ? HexDigits(text_.substr(at_ + 3, 4)) : -1;
    if (low < 0xDC00 || low > 0xDFFF) return Fail("half of a surrogate pair", begin);
    at_ += 6;
    return true;
  }

  bool Number() {
    const size_t begin = at_;
    const bool minus = Eat('-');
    const size_t digits = at_;
    if (!Digits()) return Fail("expected a digit");
    if (text_[digits] == '0' && at_ > digits + 1) return Fail("a number begins with 0", begin);
    const bool zero = text_[digits] == '0';
    bool integer = true;
    if (Eat('.')) {
      integer = false;
      if (!Digits()) return Fail("expected a digit");
    }
    if (Peek() == 'e' || Peek() == 'E') {
      integer = false;
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!Digits()) return Fail("expected a digit");
    }
    if (minus && zero && integer) return Fail("`-0` is no integer", begin);
    return (integer ? FitsInteger(begin) : FitsDouble(begin)) || Fail("a number is out of range", begin);
  }

  bool FitsInteger(size_t begin) const {
    uint64_t magnitude = 0;
    int64_t number = 0;
    const char* const first = text_.data() + begin;
    const char* const last = text_.data() + at_;
    return std::from_chars(first, last, number).ec == std::errc() ||
           std::from_chars(first, last, magnitude).ec == std::errc();
  }

  // What is too small is 0 to every reader.
  bool FitsDouble(size_t begin) const {
    const std::string_view token = text_.substr(begin, at_ - begin);
    double number = 0;
    if (std::from_chars(token.data(), token.data() + token.size(), number).ec == std::errc()) return true;
    const size_t exponent = token.find_first_of("eE");
    if (exponent != std::string_view::npos) return token[exponent + 1] == '-';
    return token[token[0] == '-'] == '0';
  }

  bool Digits() {
    const size_t begin = at_;
    while (IsDigit(Peek())) ++at_;
    return at_ > begin;
  }

  std::string_view text_;
  std::span<const uint32_t> path_;
  Target target_ = Target::kValue;
  bool searching_ = false;
  bool found_ = false;
  size_t at_ = 0;
  const char* what_ = "";
  std::vector<Open> open_;
};

// Where a text first fails to be UTF-8; its size if it does not.
size_t EndOfUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    size_t length = 1;
    while (length <= 4 && !bundle::IsUtf8(text.substr(at, length))) ++length;
    if (length > 4) break;
    at += length;
  }
  return at;
}

}  // namespace

std::optional<Breach> FindBreach(std::string_view text) {
  if (const size_t end = EndOfUtf8(text); end != text.size()) return Breach{end, "this is not UTF-8"};
  Scanner scanner(text);
  if (scanner.Run()) return std::nullopt;
  return Breach{scanner.at(), scanner.what()};
}

bool MayHoldMinusZero(std::string_view text) {
  for (size_t at = text.find("-0"); at != std::string_view::npos; at = text.find("-0", at + 2)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    const char after = at + 2 < text.size() ? text[at + 2] : ' ';
    if ((IsSpace(before) || before == ':' || before == ',' || before == '[') &&
        (IsSpace(after) || after == ',' || after == ']' || after == '}')) {
      return true;
    }
  }
  return false;
}

size_t FindPlace(std::string_view text, std::span<const uint32_t> path, Target target) {
  Scanner scanner(text, path, target);
  return !scanner.Run() && scanner.found() ? scanner.at() : 0;
}

}  // namespace polc::api_json
