// docs/bundle.md: its table of sections is sections.def's, its dump a real bundle's. POLC_UPDATE=1 writes
// both anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "runtime/bundle/test_images.h"
#include "runtime/bundle/verify.h"

namespace polc::bundle {
namespace {

// `permit(principal == User::"alice", action, resource) when { context.n < 5 };` as rule `policy0`.
Image Example() {
  ImageBuilder b;
  Image& image = b.image;
  const std::string alice = std::to_string(b.AddConstant(EntityConstant("User", "alice")));
  const std::string five = std::to_string(b.AddConstant(LongConstant(5)));
  const std::string n = std::to_string(b.String("n"));
  RuleRow rule = MakeRule(
      b.String("policy0"), Effect::kAllow,
      AddBlock(&image, "0 var principal\n 1 const " + alice + "\n 2 eq\n 3 and 8\n 4 var context\n 5 attr " +
                           n + "\n 6 const " + five + "\n 7 lt\n 8 return"));
  rule.place = {0, 0, 77, 1, 1};
  rule.parts = {0, 2};
  image.parts.push_back({static_cast<uint8_t>(PartKind::kPrincipal), {}, 0, {0, 7, 33, 1, 8}, 0});
  image.parts.push_back({static_cast<uint8_t>(PartKind::kCondition), {}, 4, {0, 60, 73, 1, 61}, 0});
  image.debug.push_back({5, {0, 60, 69, 1, 61}});
  image.files.push_back({b.String("a.cedar"), 0, 0, 0});
  image.rules.push_back(rule);
  return b.Finish();
}

class Dump {
 public:
  explicit Dump(const std::vector<uint8_t>& file) : file_(file) {}

  void Title(const std::string& title) { out_ += (out_.empty() ? "" : "\n") + title + "\n"; }
  // One line for `bytes` bytes at the cursor, with what they say.
  void Line(size_t bytes, const std::string& meaning) {
    char buffer[32];
    std::snprintf(buffer, sizeof(buffer), "%06zx ", at_);
    std::string line = buffer;
    for (size_t i = 0; i < bytes; ++i) {
      std::snprintf(buffer, sizeof(buffer), "%s%02x", i % 4 == 0 ? " " : "", file_[at_ + i]);
      line += buffer;
    }
    at_ += bytes;
    line.resize(std::max<size_t>(line.size(), 45), ' ');
    out_ += line + (meaning.empty() ? "" : "  " + meaning) + "\n";
    while (out_.size() > 1 && out_[out_.size() - 2] == ' ') out_.erase(out_.size() - 2, 1);
  }
  // Rows of 16 bytes.
  void Rows(size_t bytes, const std::string& meaning) {
    for (size_t done = 0; done < bytes; done += 16)
      Line(std::min<size_t>(16, bytes - done), done == 0 ? meaning : "");
  }
  void PadTo(size_t offset) {
    if (at_ < offset) Line(offset - at_, "padding");
  }
  size_t at() const { return at_; }
  std::string Take() { return std::move(out_); }

 private:
  const std::vector<uint8_t>& file_;
  size_t at_ = 0;
  std::string out_;
};

std::string DumpOf(const std::vector<uint8_t>& file) {
  Dump d(file);
  d.Title("header");
  d.Line(8, "magic");
  d.Line(4, "format version");
  d.Line(4, "sections");
  d.Line(8, "content bytes");
  d.Rows(32, "model digest: none");
  d.Line(4, "constants");
  d.Line(4, "max elements");
  d.Line(4, "max bytes");
  d.Line(4, "max stack");
  d.Line(4, "scratch bytes");
  d.Line(4, "flags");
  d.Line(8, "max steps");
  d.Title("section table");
  std::vector<SectionRow> table(SectionCountOf(1));
  std::memcpy(table.data(), file.data() + d.at(), table.size() * sizeof(SectionRow));
  for (const SectionRow& section : table) {
    const std::string name(SectionName(static_cast<SectionKind>(section.kind)));
    d.Line(sizeof(SectionRow),
           name + ": " + std::to_string(section.bytes) + " bytes at " + std::to_string(section.offset));
  }
  for (const SectionRow& section : table) {
    if (section.bytes == 0) continue;
    d.PadTo(section.offset);
    d.Title(std::string(SectionName(static_cast<SectionKind>(section.kind))));
    if (static_cast<SectionKind>(section.kind) == SectionKind::kStringBytes) {
      d.Rows(section.bytes,
             "\"" +
                 std::string(file.begin() + static_cast<ptrdiff_t>(section.offset),
                             file.begin() + static_cast<ptrdiff_t>(section.offset + section.bytes)) +
                 "\"");
    } else if (static_cast<SectionKind>(section.kind) == SectionKind::kCode) {
      Bundle bundle;
      EXPECT_TRUE(Bundle::Open(file, &bundle).ok());
      std::istringstream lines(Disassemble(bundle.code(), &bundle));
      for (std::string line; std::getline(lines, line);)
        d.Line(4, line.substr(line.find_first_not_of(" 0123456789")));
    } else {
      d.Rows(section.bytes, "");
    }
  }
  Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  d.PadTo(header.content_bytes);
  d.Title("seal");
  d.Rows(32, "snapshot id: SHA-256 of everything above");
  d.Title("tail");
  d.Line(4, "signatures");
  d.Line(4, "reserved");
  EXPECT_EQ(d.at(), file.size());
  return d.Take();
}

std::string SectionTable() {
  std::string out = "| kind | section | row | holds |\n|---|---|---|---|\n";
#define POLC_SECTION(name, row, field, meaning)                               \
  out += "| " + std::to_string(static_cast<uint32_t>(SectionKind::k##name)) + \
         " | " #name " | `" #row "`, " + std::to_string(sizeof(row)) + " bytes | " meaning " |\n";
#include "runtime/bundle/sections.def"
  return out;
}

TEST(FormatDoc, SectionsAndDumpAreReal) {
  std::vector<uint8_t> file;
  ASSERT_TRUE(Write(Example(), &file).ok());
  Bundle bundle;
  VerifiedBundle verified;
  ASSERT_TRUE(Bundle::Open(file, &bundle).ok());
  ASSERT_TRUE(Verify(bundle, &verified).ok());

  const std::string path = POLC_SOURCE_DIR "/docs/bundle.md";
  std::ostringstream read;
  read << std::ifstream(path, std::ios::binary).rdbuf();
  std::string wanted = read.str();
  const std::pair<std::string, std::string> kParts[] = {{"sections", SectionTable()},
                                                        {"dump", "```text\n" + DumpOf(file) + "```\n"}};
  for (const auto& [name, text] : kParts) {
    const std::string begin = "<!-- begin " + name + " -->\n", end = "<!-- end " + name + " -->\n";
    const size_t from = wanted.find(begin), to = wanted.find(end);
    ASSERT_NE(from, std::string::npos) << name;
    ASSERT_NE(to, std::string::npos) << name;
    wanted.replace(from + begin.size(), to - from - begin.size(), text);
  }
  if (std::getenv("POLC_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << wanted;
  std::ostringstream now;
  now << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_TRUE(now.str() == wanted) << "run runtime_bundle_test with POLC_UPDATE=1";
}

}  // namespace
}  // namespace polc::bundle
