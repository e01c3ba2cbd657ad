#include "compiler/driver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

namespace polc::driver {
namespace {

namespace fs = std::filesystem;

// What comes of a project: bytes and findings as text.
struct Built {
  std::optional<std::vector<uint8_t>> bundle;
  std::string findings;
  friend bool operator==(const Built&, const Built&) = default;
};

Built Build(Sources& sources, const std::string& folder) {
  std::optional<model::Schema> schema = ReadSchema(sources, {folder + "/app.cedarschema"});
  PolicySet set = ReadPolicies(sources, {folder}, folder + "/links.json", sema::IdSource::kAnnotation);
  if (schema) CheckPolicies(sources, set.program, *schema, Checking::kStrict);
  Built out;
  if (!sources.sink.has_errors()) out.bundle = MakeBundle(sources, set.program, {.arguments = {folder}});
  std::vector<std::string> lines;
  for (const source::Diagnostic& d : sources.sink.diagnostics()) {
    const source::LineColumn at = sources.map.Resolve(d.span.file, d.span.begin);
    lines.push_back(sources.map.path(d.span.file) + ":" + std::to_string(at.line) + ":" +
                    std::to_string(at.column) + " " + d.rule + " " + d.message + "\n");
  }
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) out.findings += line;
  return out;
}

// Reading again what was kept says the same as reading it for the first time, whatever was edited, broken,
// added or removed in between.
TEST(Sources, KeepsNothingThatHasChanged) {
  const fs::path home = fs::path(::testing::TempDir()) / "polc_driver_keep";
  fs::remove_all(home);
  fs::create_directories(home / "below");
  auto write = [&](const std::string& name, const std::string& text) { std::ofstream(home / name) << text; };
  auto schema = [&](const char* attribute) {
    write("app.cedarschema", std::string("entity User = { ") + attribute +
                                 ": Long }; action go appliesTo { principal: [User], resource: [User] };");
  };
  schema("age");
  // A link validates or not by what its template is, which another file says.
  write("links.json", R"([{"template_id": "t", "link_id": "l", "args": {"?principal": "User::\"x\""}}])");
  auto linked = [&](const char* resource) {
    write("template.cedar",
          std::string("@id(\"t\") permit(principal == ?principal, action, resource is ") + resource + ");\n");
  };
  linked("User");
  std::mt19937 random(1);
  auto policies = [&] {
    std::string text;
    for (size_t i = random() % 5; i > 0; --i) {
      switch (random() % 40) {
        case 0:
          text += "permit(principal, action, resource) when { principal.nage > 1 };\n";  // does not validate
          break;
        case 1:
          text += "permit(principal action, resource);\n";  // does not parse
          break;
        default:
          text += "permit(principal, action, resource) when { principal.age > " +
                  std::to_string(random() % 100) + " };\n";
      }
    }
    return text;
  };
  Sources kept;
  kept.keep = true;
  size_t built = 0, refused = 0;
  for (int round = 0; round < 200; ++round) {
    const std::string name =
        (random() % 2 ? "below/" : "") + std::string(1, static_cast<char>('a' + random() % 6)) + ".cedar";
    switch (random() % 9) {
      case 2:
        linked(random() % 3 ? "User" : "Ghost");
        break;
      case 0:
        fs::remove(home / name);
        break;
      case 1:
        schema(random() % 4 ? "age" : "nage");
        break;
      default:
        write(name, policies());
    }
    Sources fresh;
    const Built wanted = Build(fresh, home.string());
    EXPECT_EQ(Build(kept, home.string()), wanted) << round << "\n" << wanted.findings;
    (wanted.bundle ? built : refused) += 1;
    kept.StartOver();
  }
  EXPECT_GT(built, 20u);
  EXPECT_GT(refused, 20u);
  fs::remove_all(home);
}

}  // namespace
}  // namespace polc::driver
