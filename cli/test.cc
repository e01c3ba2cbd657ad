// `polc test`: runs the `test` blocks of Pol files.
#include <algorithm>
#include <chrono>

#include "cli/artifact.h"
#include "cli/command_line.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "compiler/bridge/bridge.h"
#include "compiler/bridge/decision.h"
#include "compiler/policytest/run.h"
#include "compiler/source/render.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"
#include "runtime/vm/explain.h"

namespace polc::cli {
namespace {

using policytest::TestCase;
using source::Xml;

struct TestFlags {
  std::vector<std::string> paths, schemas;
  std::string filter, format, ids;
  PolFlags pol;
};

struct Ran {
  const TestCase* test;
  policytest::Result result;
  std::vector<std::string> seen;  // if it failed: what its rules saw
  double seconds;
};

// The name a test is known by outside of its file: `policy/title`.
std::string NameOf(const TestCase& test) { return fmt::format("{}/{}", test.policy, test.title); }

class Report {
 public:
  Report(const source::SourceMap& map, const std::vector<Ran>& ran) : map_(map), ran_(ran) {
    for (const Ran& r : ran) failed_ += !r.result.passed();
  }
  size_t failed() const { return failed_; }

  std::string Text() const {
    std::string out;
    for (const Ran& r : ran_) {
      if (r.result.passed()) continue;
      out += fmt::format("{}: failed: {}\n", source::Printable(source::Place(map_, r.test->span)),
                         source::Printable(NameOf(*r.test)));
      for (const std::string& difference : r.result.differences) {
        out += fmt::format("  {}\n", source::Printable(difference));
      }
      for (const std::string& line : r.seen) out += fmt::format("    {}\n", source::Printable(line));
    }
    return out + fmt::format("{} of {} tests passed\n", ran_.size() - failed_, ran_.size());
  }

  std::string Json() const {
    return JsonLine([&](llvm::json::OStream& json) {
      json.attribute("passed", static_cast<int64_t>(ran_.size() - failed_));
      json.attribute("failed", static_cast<int64_t>(failed_));
      json.attributeArray("tests", [&] {
        for (const Ran& r : ran_) {
          json.object([&] {
            json.attribute("name", NameOf(*r.test));
            json.attribute("at", source::Place(map_, r.test->span));
            json.attribute("passed", r.result.passed());
            json.attribute("decision", policytest::Summary(r.result.decision));
            json.attributeArray("differences", [&] {
              for (const std::string& difference : r.result.differences) json.value(difference);
            });
            if (r.seen.empty()) return;
            json.attributeArray("seen", [&] {
              for (const std::string& line : r.seen) json.value(llvm::json::fixUTF8(line));
            });
          });
        }
      });
    });
  }

  std::string JUnit() const {
    double seconds = 0;
    for (const Ran& r : ran_) seconds += r.seconds;
    std::string out = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{0}\" failures=\"{1}\" "
        "time=\"{2:.3f}\">\n"
        "<testsuite name=\"polc\" tests=\"{0}\" failures=\"{1}\" time=\"{2:.3f}\">\n",
        ran_.size(), failed_, seconds);
    for (const Ran& r : ran_) {
      out += fmt::format("<testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6f}\"",
                         Xml(r.test->policy), Xml(r.test->title), Xml(map_.path(r.test->span.file)),
                         map_.Resolve(r.test->span.file, r.test->span.begin).line, r.seconds);
      if (r.result.passed()) {
        out += "/>\n";
        continue;
      }
      out += fmt::format("><failure message=\"{}\">", Xml(r.result.differences.front()));
      for (const std::string& difference : r.result.differences) out += Xml(difference) + "\n";
      for (const std::string& line : r.seen) out += "  " + Xml(line) + "\n";
      out += "</failure></testcase>\n";
    }
    return out + "</testsuite>\n</testsuites>\n";
  }

 private:
  const source::SourceMap& map_;
  const std::vector<Ran>& ran_;
  size_t failed_ = 0;
};

// Source text on one line.
std::string TextAt(const bundle::Bundle& bundle, const bundle::Place& place) {
  if (place.file == bundle::kNone) return "";
  const bundle::FileRow& file = bundle.files()[place.file];
  if (place.end > file.bytes) return "";
  std::string out;
  for (uint8_t c : bundle.source_bytes().subspan(file.first + place.begin, place.end - place.begin)) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) out += static_cast<char>(c);
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

// The VM on the bundle that the policies make, over a store of nothing but the model's actions: a test's
// entities come with its request.
class Vm {
 public:
  Vm(const BundleFile& bundle, std::shared_ptr<const entities::Snapshot> actions)
      : engine_(vm::Engine::Make(bundle.verified, std::move(actions), bundle.bytes)), scratch_(*engine_) {}

  data::Decision Decide(const data::Request& request) {
    taken_ = bridge::MakeRequest(*engine_, request);
    if (!taken_) {
      data::Decision refused;
      refused.why = data::Why::kInvalidRequest;
      refused.errors.push_back({"", "the entities of the test close a cycle"});
      return refused;
    }
    return bridge::MakeDecision(*engine_, *taken_, scratch_, engine_->Decide(*taken_, &scratch_));
  }

  // How these rules came out at the last decision: the part that decided, and what its expressions were.
  std::vector<std::string> Seen(const std::vector<std::string>& rules) {
    std::vector<std::string> lines;
    const bundle::Bundle& b = engine_->bundle().bundle();
    for (uint32_t i = 0; taken_ && i < b.rules().size(); ++i) {
      const std::string id(b.String(b.rules()[i].id));
      if (std::ranges::count(rules, id) == 0) continue;
      const vm::RuleExplanation rule = vm::ExplainRule(*engine_, i, *taken_, &scratch_);
      if (rule.verdict == vm::Verdict::kSatisfied || !rule.part) {
        lines.push_back(id + (rule.verdict == vm::Verdict::kSatisfied ? " holds" : " does not hold"));
        continue;
      }
      const bundle::PartRow& part = b.parts()[*rule.part];
      const bool erred = rule.verdict == vm::Verdict::kErred;
      lines.push_back(fmt::format("{} {}: {}", id, erred ? "errs" : "does not hold", TextAt(b, part.place)));
      if (erred) lines.push_back("  " + rule.message);
      for (const vm::Observation& seen : rule.observations) {
        constexpr const char* kOf[] = {"principal", "action", "resource", "it"};
        const bool whole = seen.place.begin == part.place.begin && seen.place.end == part.place.end;
        lines.push_back(
            fmt::format("  {} is {}", whole ? kOf[part.kind] : TextAt(b, seen.place), seen.value));
      }
    }
    return lines;
  }

 private:
  std::shared_ptr<const vm::Engine> engine_;
  vm::Scratch scratch_;
  std::optional<vm::Request> taken_;
};

int Test(const TestFlags& flags, Shell& shell) {
  driver::Sources sources;
  sources.limits = shell.project().limits;
  const std::vector<std::string> paths = shell.FilesOr(flags.paths);
  if (paths.empty()) return shell.Usage("name policy files or directories");
  std::optional<model::Schema> schema = driver::ReadSchema(sources, shell.SchemasOr(flags.schemas));
  const std::optional<driver::PolOptions> pol = PolOptionsOf(flags.pol, schema ? &*schema : nullptr, shell);
  if (!pol) return kExitUsage;
  const driver::PolicySet policies =
      driver::ReadPolicies(sources, paths, "", IdSourceOf(flags.ids, shell), *pol);
  Settle(sources, shell);
  PrintFindings(sources, shell);
  if (const int code = ExitCode(sources); code != kExitOk) return code;

  std::vector<Ran> ran;
  if (policies.pol) {
    const std::optional<std::vector<uint8_t>> bytes =
        driver::MakeBundle(sources, policies.program, {.arguments = shell.StartsOf(paths)});
    const std::optional<BundleFile> bundle = bytes ? OpenBundle(*bytes, "the bundle", sources) : std::nullopt;
    data::EntityStore actions;
    core::PutActions(policies.program.model, actions);
    actions.Close();
    const std::shared_ptr<const entities::Snapshot> store =
        MakeStore(actions, "the model's actions", sources);
    if (!bundle || !store) {
      PrintFindings(sources, shell);
      return kExitFindings;
    }
    Vm machine(*bundle, store);
    const policytest::Decide decide = [&](const data::Request& request) { return machine.Decide(request); };
    for (const TestCase& test : policies.pol->tests) {
      if (NameOf(test).find(flags.filter) == std::string::npos) continue;
      const auto start = std::chrono::steady_clock::now();
      policytest::Result result = policytest::RunTest(test, decide);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      std::vector<std::string> seen;
      if (!result.passed()) seen = machine.Seen(result.rules);
      ran.push_back({&test, std::move(result), std::move(seen), took.count()});
    }
  }
  if (ran.empty()) {
    shell.Err(flags.filter.empty() ? "polc: there are no tests\n" : "polc: no test has that in its name\n");
    return kExitFindings;
  }
  const Report report(sources.map, ran);
  shell.Out(flags.format == "json"    ? report.Json()
            : flags.format == "junit" ? report.JUnit()
                                      : report.Text());
  return report.failed() == 0 ? kExitOk : kExitFindings;
}

}  // namespace

void RegisterTest(CommandLine& line) {
  auto flags = std::make_shared<TestFlags>();
  CLI::App* app = line.AddCommand("test", "Run the tests of a policy set",
                                  [flags](Shell& shell) { return Test(*flags, shell); });
  line.AddRepeated(app, "PATH", flags->paths, "PATH", "Policy files and directories");
  line.AddRepeated(app, "--schema", flags->schemas, "FILE", "A schema in either syntax; may repeat");
  app->add_option("--filter", flags->filter, "Only tests that have this in their name, policy/title")
      ->option_text("TEXT");
  line.AddIds(app, flags->ids);
  AddPolOptions(line, app, flags->pol);
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json", "junit"}, "How to print it");
}

}  // namespace polc::cli
