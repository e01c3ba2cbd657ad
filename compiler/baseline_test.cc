// An update made of what was edited says what compiling everything again says: the same rules, from the same
// places, with the same decisions; and where anything else is to be said there is none.
#include "compiler/baseline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "compiler/bridge/bridge.h"
#include "runtime/vm/amended.h"

namespace polc::driver {
namespace {

namespace fs = std::filesystem;
using Bytes = std::shared_ptr<const std::vector<uint8_t>>;

class BaselineTest : public ::testing::Test {
 protected:
  BaselineTest() {
    fs::remove_all(home_);
    fs::create_directories(home_ / "below");
    Write("app.cedarschema",
          "entity Team; entity User in [Team] = { age: Long, name?: String };"
          "action go, stay appliesTo { principal: [User], resource: [User], context: { n: Long } };");
    sources_.keep = true;
    for (int i = 0; i < 6; ++i) {
      data::Entity user;
      user.uid = {"User", "u" + std::to_string(i)};
      user.attrs.emplace("age", data::Value(int64_t{i}));
      user.parents.push_back({"Team", "t" + std::to_string(i % 3)});
      store_.Put(user);
    }
    EXPECT_FALSE(store_.Close());
    snapshot_ = bridge::MakeSnapshot(store_);
  }
  ~BaselineTest() override { fs::remove_all(home_); }

  // Written aside and moved there, as editors do: another file each time.
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(home_ / "aside") << text;
    fs::rename(home_ / "aside", home_ / name);
  }
  uint32_t Below(size_t n) { return static_cast<uint32_t>(random_() % n); }

  // One policy that validates. It reads an attribute that may be absent only behind a test for it.
  std::string Policy(const std::string& id) {
    const auto n = [&] { return std::to_string(Below(6)); };
    std::string text = id.empty() ? "" : "@id(\"" + id + "\")\n";
    text += Below(4) ? "permit(" : "forbid(";
    static const char* const kPrincipals[] = {"principal", "principal == User::\"u",
                                              "principal in Team::\"t"};
    const uint32_t which = Below(3);
    text += kPrincipals[which] + (which ? n() + "\"" : "");
    text +=
        Below(2) ? ", action == Action::\"go\", resource" : ", action, resource == User::\"u" + n() + "\"";
    text += ")";
    if (Below(2)) text += " when { principal.age + context.n > " + n() + " }";
    if (Below(4) == 0) text += " when { principal has name && principal.name == \"x\" }";
    return text + ";\n";
  }

  std::vector<std::string> Arguments() const { return {home_.string()}; }
  std::vector<std::string> Schemas() const { return {(home_ / "app.cedarschema").string()}; }

  struct Compiled {
    Bytes bytes;
    bundle::VerifiedBundle verified;
    std::optional<Baseline> baseline;
    size_t findings = 0;
  };
  Compiled Compile(Sources& sources) const {
    Compiled out;
    std::optional<model::Schema> schema = ReadSchema(sources, Schemas());
    const PolicySet set = ReadPolicies(sources, Arguments(), "", ids_);
    BundleOptions options{.arguments = Arguments()};
    if (schema && CheckPolicies(sources, set.program, *schema, Checking::kStrict))
      options.validated = Checking::kStrict;
    out.findings = sources.sink.diagnostics().size();
    if (sources.sink.has_errors()) return out;
    std::optional<std::vector<uint8_t>> bytes = MakeBundle(sources, set.program, options);
    EXPECT_TRUE(bytes);
    out.bytes = std::make_shared<const std::vector<uint8_t>>(std::move(*bytes));
    bundle::Bundle opened;
    EXPECT_TRUE(bundle::Bundle::Open(*out.bytes, &opened).ok());
    EXPECT_TRUE(Verify(opened, &out.verified).ok());
    out.baseline = Baseline::Of(sources, set,
                                {Arguments(), Schemas(), ids_, Checking::kStrict, std::move(schema), options},
                                out.verified);
    return out;
  }
  Compiled CompileAnew() const {
    Sources sources;
    return Compile(sources);
  }

  // "p1 allow a.cedar:3:1", of every rule there is.
  static void AddRules(const bundle::Bundle& b, std::span<const uint32_t> removed,
                       std::set<std::string>* out) {
    for (uint32_t i = 0; i < b.rules().size(); ++i) {
      if (std::ranges::binary_search(removed, i)) continue;
      const bundle::RuleRow& row = b.rules()[i];
      out->insert(std::string(b.String(row.id)) + " " + std::to_string(row.effect) + " " +
                  std::string(b.String(b.files()[row.place.file].path)) + ":" +
                  std::to_string(row.place.line) + ":" + std::to_string(row.place.begin) + "-" +
                  std::to_string(row.place.end));
    }
  }

  data::Request RandomRequest() {
    const auto user = [&] { return data::EntityUid{"User", "u" + std::to_string(Below(8))}; };
    return {user(), {"Action", Below(2) ? "go" : "stay"},
            user(), data::Value::MakeRecord({{"n", data::Value(int64_t{Below(6)})}}),
            {},     {},
            {}};
  }
  static std::string Shown(const vm::Decision& d, auto id_of) {
    std::string out(vm::OutcomeName(d.outcome));
    for (uint32_t rule : d.reasons) out += " " + std::string(id_of(rule));
    for (const vm::RuleError& e : d.errors) out += " error " + std::string(id_of(e.rule));
    return out;
  }

  // Base and update against the whole of now.
  void ExpectSame(const Compiled& base, const Amendment& made) {
    const Compiled whole = CompileAnew();
    ASSERT_EQ(whole.findings, 0u);
    const auto file = std::make_shared<const std::vector<uint8_t>>(made.bytes);
    bundle::VerifiedUpdate update;
    ASSERT_TRUE(bundle::VerifyUpdate(*file, base.verified, &update).ok());
    EXPECT_EQ(update.snapshot_id(), made.snapshot_id);
    std::set<std::string> wanted, rules;
    AddRules(whole.verified.bundle(), {}, &wanted);
    AddRules(base.verified.bundle(), update.removed(), &rules);
    AddRules(update.added().bundle(), {}, &rules);
    ASSERT_EQ(rules, wanted);

    const auto engine = vm::Engine::Make(whole.verified, snapshot_, whole.bytes);
    const auto amended =
        vm::Amended::Make(vm::Engine::Make(base.verified, snapshot_, base.bytes), update, file);
    vm::Scratch scratch(*engine), of_base(amended->base());
    vm::AmendedScratch beside(*amended);
    for (int i = 0; i < 40; ++i) {
      const data::Request request = RandomRequest();
      const auto one = bridge::MakeRequest(*engine, request),
                 other = bridge::MakeRequest(amended->base(), request);
      ASSERT_TRUE(one && other && beside.Follow(*amended, *other));
      const bundle::Bundle& b = engine->bundle().bundle();
      ASSERT_EQ(Shown(vm::Decide(*amended, *other, &of_base, &beside),
                      [&](uint32_t r) { return amended->IdOf(r); }),
                Shown(engine->Decide(*one, &scratch), [&](uint32_t r) { return b.String(b.rules()[r].id); }));
      ++decisions_;
    }
  }

  std::optional<Amendment> AmendNow(const Compiled& base) {
    sources_.StartOver();
    return base.baseline->Amend(sources_);
  }

  const fs::path home_ =
      fs::path(::testing::TempDir()) /
      (std::string("polc_baseline_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::mt19937 random_{5};
  Sources sources_;
  sema::IdSource ids_ = sema::IdSource::kAnnotation;
  data::EntityStore store_;
  std::shared_ptr<const entities::Snapshot> snapshot_;
  size_t decisions_ = 0;
};

TEST_F(BaselineTest, RandomEditsComeToTheWhole) {
  for (const bool by_position : {false, true}) {
    ids_ = by_position ? sema::IdSource::kPosition : sema::IdSource::kAnnotation;
    size_t amended = 0, whole = 0;
    std::map<std::string, std::vector<std::string>> files;
    uint32_t next_id = 0;
    auto fresh = [&] { return Policy("p" + std::to_string(next_id++)); };
    auto save = [&](const std::string& name) {
      std::string text;
      for (const std::string& policy : files[name]) text += policy;
      Write(name, text);
    };
    for (const char* name : {"a.cedar", "b.cedar", "below/c.cedar", "d.cedar"}) {
      for (int i = 0; i < 5; ++i) files[name].push_back(fresh());
      save(name);
    }
    sources_.StartOver();
    Compiled base = Compile(sources_);
    ASSERT_TRUE(base.baseline);
    for (int step = 0; step < 120; ++step) {
      for (uint32_t edits = 1 + Below(2); edits > 0; --edits) {
        auto at = std::next(files.begin(), Below(files.size()));
        std::vector<std::string>& policies = at->second;
        switch (Below(8)) {
          case 0:
            policies.insert(policies.begin() + Below(policies.size() + 1), fresh());
            break;
          case 1:
            if (!policies.empty()) policies.erase(policies.begin() + Below(policies.size()));
            break;
          case 2:  // a file comes
            save((at = files.try_emplace("n" + std::to_string(Below(4)) + ".cedar").first)->first);
            at->second.push_back(fresh());
            break;
          case 3:  // one goes
            if (files.size() < 3) break;
            fs::remove(home_ / at->first);
            files.erase(at);
            continue;
          case 4:  // two policies with one id
            if (Below(4) == 0 && !policies.empty()) policies.push_back(policies.front());
            break;
          case 5:  // no policy at all, or none that validates
            if (Below(4) == 0)
              policies.push_back(
                  Below(2) ? "permit(\n" : "permit(principal, action, resource) when { principal.ago > 1 };");
            break;
          default:
            if (!policies.empty()) policies[Below(policies.size())] = fresh();
            break;
        }
        save(at->first);
      }
      const std::optional<Amendment> made = AmendNow(base);
      if (made) {
        ASSERT_NO_FATAL_FAILURE(ExpectSame(base, *made)) << step;
        ++amended;
        // Where nothing is another than it was, nothing goes and nothing comes.
        const std::optional<Amendment> again = AmendNow(base);
        ASSERT_TRUE(again);
        ASSERT_EQ(again->bytes, made->bytes);
        continue;
      }
      // There is something to say, then.
      ASSERT_GT(CompileAnew().findings, 0u) << step;
      ++whole;
      for (auto& [name, policies] : files) {
        std::erase_if(policies, [](const std::string& p) { return !p.starts_with("@id"); });
        std::ranges::sort(policies);
        policies.erase(std::unique(policies.begin(), policies.end()), policies.end());
        save(name);
      }
      sources_.StartOver();
      base = Compile(sources_);
      // An id may still be there twice, by way of another file.
      if (!base.baseline) {
        files.clear();
        for (const auto& entry : fs::recursive_directory_iterator(home_))
          if (entry.path().extension() == ".cedar") fs::remove(entry.path());
        for (const char* name : {"a.cedar", "b.cedar"}) {
          files[name].push_back(fresh());
          save(name);
        }
        sources_.StartOver();
        base = Compile(sources_);
      }
      ASSERT_TRUE(base.baseline) << step;
    }
    std::printf("%zu updates, %zu times the whole, %zu decisions alike\n", amended, whole, decisions_);
    EXPECT_GT(amended, 60u);
    EXPECT_GT(whole, 1u);
  }
}

TEST_F(BaselineTest, GoesBackToWhatItWas) {
  Write("a.cedar", "@id(\"a\") permit(principal, action, resource);");
  Write("b.cedar", "@id(\"b\") forbid(principal, action, resource);");
  const Compiled base = Compile(sources_);
  ASSERT_TRUE(base.baseline);
  Write("b.cedar", "@id(\"b\") permit(principal, action, resource);");
  const auto changed = AmendNow(base);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->removed, 1u);
  EXPECT_EQ(changed->added, 1u);
  Write("b.cedar", "@id(\"b\") forbid(principal, action, resource);");
  const auto back = AmendNow(base);
  ASSERT_TRUE(back);
  ExpectSame(base, *back);
  EXPECT_NE(back->snapshot_id, changed->snapshot_id);
}

// What only a whole compilation can say.
TEST_F(BaselineTest, GivesNothing) {
  const std::string good = "@id(\"a\") permit(principal, action, resource);";
  Write("a.cedar", good);
  Write("b.cedar", "@id(\"b\") permit(principal, action, resource);");
  sources_.StartOver();
  const Compiled base = Compile(sources_);
  ASSERT_TRUE(base.baseline);
  ASSERT_TRUE(AmendNow(base));
  for (const char* text : {
           "permit(",                                          // no policy
           "@id(\"b\") permit(principal, action, resource);",  // an id of another file
           "@id(\"c\") permit(principal, action, resource) when { principal.ago > 1 };",  // does not validate
           "@id(\"t\") permit(principal == ?principal, action, resource);",               // a template
           "{\"staticPolicies\": {}}",                                                    // JSON
       }) {
    Write("a.cedar", text);
    EXPECT_FALSE(AmendNow(base)) << text;
  }
  Write("a.cedar", good);
  EXPECT_TRUE(AmendNow(base));
  Write("new.pol", "module x;");
  EXPECT_FALSE(AmendNow(base));
  fs::remove(home_ / "new.pol");
  EXPECT_TRUE(AmendNow(base));
  std::string many;
  for (size_t i = 0; i <= kSmallUpdate; ++i)
    many += "@id(\"m" + std::to_string(i) + "\") permit(principal, action, resource);\n";
  Write("a.cedar", many);
  EXPECT_FALSE(AmendNow(base)) << "more than a small update holds";
  Write("a.cedar", many.substr(many.find('\n') + 1));
  EXPECT_TRUE(AmendNow(base)) << "as many as a small update holds";
  Write("app.cedarschema",
        "entity User = { age: Long };"
        "action go, stay appliesTo { principal: [User], resource: [User], context: { n: Long } };");
  EXPECT_FALSE(AmendNow(base)) << "another schema";
}

TEST_F(BaselineTest, IsNotOfWhatCannotBeUpdated) {
  Write("a.cedar", "@id(\"t\") permit(principal == ?principal, action, resource);");
  EXPECT_FALSE(Compile(sources_).baseline);
  Write("a.cedar", "@id(\"a\") permit(principal, action, resource);");
  sources_.StartOver();
  EXPECT_TRUE(Compile(sources_).baseline);
  Sources forgets;
  EXPECT_FALSE(Compile(forgets).baseline);
}

}  // namespace
}  // namespace polc::driver
