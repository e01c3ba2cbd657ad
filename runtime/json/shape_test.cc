#include "runtime/json/shape.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace polc::api_json {
namespace {

std::string Show(std::string_view text) { return "<" + std::string(text) + ">"; }

std::string Show(const PlainRequest& r) {
  std::string out;
  for (const PlainUid& uid : {r.principal, r.action, r.resource}) out += Show(uid.type) + Show(uid.id);
  for (size_t i = 0; i < r.field_count; ++i) {
    const PlainField& field = r.fields[i];
    out += Show(field.name) + std::to_string(static_cast<int>(field.kind)) + Show(field.text);
    if (field.kind != PlainKind::kString) out += std::to_string(field.number);
  }
  return out;
}

// What a reader makes of a text that ends where its memory does: what it is, or nothing.
template <typename Read>
std::string By(Read read, const std::string& text) {
  const std::vector<char> exact(text.begin(), text.end());
  PlainRequest request;
  return read({exact.data(), exact.size()}, &request) ? Show(request) : "no plain request";
}

struct Written {
  std::string text =
      R"({"principal":{"type":"User","id":"alice"},"action":{"type":"Action","id":"read"},)"
      R"("resource":{"type":"App::Doc","id":""},"context":{"n":-12,"on":true,"s":"a b","z":0}})";
  Written& Replace(std::string_view from, std::string_view to) {
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return *this;
  }
};

Shape ShapeOf(const std::string& text) {
  PlainRequest request;
  EXPECT_TRUE(ReadPlain(text, &request)) << text;
  Shape shape;
  EXPECT_TRUE(shape.Learn(text, request)) << text;
  return shape;
}

TEST(Shape, ReadsOtherValues) {
  const Shape shape = ShapeOf(Written().text);
  auto read = [&](std::string_view text, PlainRequest* out) { return shape.Read(text, out); };
  const Written others[] = {
      Written(),
      Written().Replace("alice", "").Replace("\"id\":\"\"}", "\"id\":\"a longer id than any\"}"),
      Written().Replace("User", "Agent").Replace("-12", "999999999999999999").Replace("true", "false"),
      Written().Replace("a b", "").Replace("-12", "0").Replace("\"z\":0", "\"z\":-7"),
  };
  for (const Written& other : others) {
    EXPECT_EQ(By(read, other.text), By(ReadPlain, other.text)) << other.text;
    EXPECT_NE(By(read, other.text), "no plain request") << other.text;
  }
}

TEST(Shape, LeavesEverythingElse) {
  const Shape shape = ShapeOf(Written().text);
  auto read = [&](std::string_view text, PlainRequest* out) { return shape.Read(text, out); };
  const Written others[] = {
      Written().Replace("\"n\":-12", "\"n\":\"-12\""),
      Written().Replace("-12", "12.0"),
      Written().Replace("-12", "-0"),
      Written().Replace("-12", "1e2"),
      Written().Replace("-12", "1000000000000000000"),
      Written().Replace("\"n\"", "\"m\""),
      Written().Replace("\"n\"", "\"on\""),
      Written().Replace("true", "null"),
      Written().Replace("true", "truest"),
      Written().Replace("alice", "al\\u0069ce"),
      Written().Replace("alice", "al\"ice"),
      Written().Replace("alice", "al\nice"),
      Written().Replace("alice", "al\xC3\xA4ice"),
      Written().Replace("}}", "}} "),
      Written().Replace("}}", "}"),
      Written().Replace("}}", ",\"more\":1}}"),
      Written().Replace("{\"n\"", "{ \"n\""),
  };
  for (const Written& other : others) EXPECT_EQ(By(read, other.text), "no plain request") << other.text;
  const std::string whole = Written().text;
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(By(read, whole.substr(0, size)), "no plain request") << size;
  }
  EXPECT_EQ(By([](std::string_view text, PlainRequest* out) { return Shape().Read(text, out); }, ""),
            "no plain request");
}

TEST(Shape, IsOfBoundedLength) {
  // All but the values: 512 bytes between them, and one more.
  auto of_bytes = [](size_t bytes) {
    Written written;
    const size_t values = std::string_view("UseraliceActionreadApp::Doc-12truea b0").size();
    return written
        .Replace("\"z\"", "\"" + std::string(bytes - (written.text.size() - values) + 1, 'z') + "\"")
        .text;
  };
  for (const size_t bytes : {size_t{512}, size_t{513}}) {
    const std::string text = of_bytes(bytes);
    PlainRequest request;
    ASSERT_TRUE(ReadPlain(text, &request));
    Shape shape;
    EXPECT_EQ(shape.Learn(text, request), bytes == 512);
    EXPECT_EQ(shape.Read(text, &request), bytes == 512);
  }
}

TEST(TypeNames, AreThoseThatTheyAre) {
  TypeNames names;
  for (int round = 0; round < 2; ++round) {
    for (const char* name : {"User", "A", "App::User", "_", "abcdefghijklmnopqrstuvwxyzABCDE",
                             "abcdefghijklmnopqrstuvwxyzABCDEF", "iff"}) {
      EXPECT_TRUE(names.Has(name)) << name;
    }
    for (const char* name : {"", "if", "App::", "::User", "A b", "1a", "App::in", "__cedar",
                             "abcdefghijklmnopqrstuvwxyzABCDE ", "abcdefghijklmnopqrstuvwxyzABCD "}) {
      EXPECT_FALSE(names.Has(name)) << name;
    }
  }
}

// Whatever was read before, what is read is what ReadPlain reads.
TEST(PlainReader, ReadsAsIfItRememberedNothing) {
  const std::string shapes[] = {
      Written().text,
      R"({"principal": {"type": "User", "id": "a"}, "action": {"type": "Action", "id": "b"}, "resource": {"type": "R", "id": "c"}})",
      R"({"resource":{"id":"r","type":"R"},"context":{},"principal":{"id":"p","type":"P"},"action":{"id":"a","type":"A"}})",
      R"({"principal":{"type":"if","id":"a"},"action":{"type":"Action","id":"b"},"resource":{"type":"R","id":"r"}})",
      R"({"context":{"b":1,"a":2},"principal":{"type":"P","id":"a"},"action":{"type":"Action","id":"b"},"resource":{"type":"R","id":"r"}})",
      R"({"context":{"a":1,"b":2},"principal":{"type":"P","id":"a"},"action":{"type":"Action","id":"b"},"resource":{"type":"R","id":"r"}})",
      "[]",
  };
  const char* const pieces[] = {
      "\"",   "\\", "{",  "}",  ",",        ":",    " ",    "0",  "1",      "-",        "true", "false",
      "null", "a",  "in", "::", "\"a\":1,", "\xC3", "\x7F", "\n", "\"id\"", "\"type\"", ".5",   "__"};
  std::mt19937_64 random(7);
  auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  PlainReader reader;
  size_t plain = 0;
  constexpr size_t kTexts = 40000;
  for (size_t i = 0; i < kTexts; ++i) {
    std::string text = shapes[below(std::size(shapes))];
    for (size_t edits = below(3); edits > 0; --edits) {
      const size_t at = below(text.size() + 1);
      const std::string_view piece = pieces[below(std::size(pieces))];
      text.replace(at, below(2) == 0 ? 0 : std::min(piece.size(), text.size() - at), piece);
    }
    const std::string wanted = By(ReadPlain, text);
    ASSERT_EQ(By([&](std::string_view t, PlainRequest* out) { return reader.Read(t, out); }, text), wanted)
        << text;
    plain += wanted != "no plain request";
  }
  // Enough of both.
  EXPECT_GT(plain, kTexts / 4);
  EXPECT_LT(plain, kTexts * 3 / 4);
}

}  // namespace
}  // namespace polc::api_json
