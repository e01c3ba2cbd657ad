#include "compiler/project/project.h"

#include <algorithm>
#include <filesystem>
#include <functional>

// Parse errors as values, not exceptions.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::project {
namespace {

namespace fs = std::filesystem;
using source::Code;
using source::Severity;

// The most `lint.rule_tests` may be: no rule is read that makes more.
constexpr size_t kMaxRuleTests = 1'000'000;
// The most `lint.steps` may be.
constexpr size_t kMaxSteps = 1'000'000'000;

class Reader {
 public:
  Reader(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink)
      : map_(map), file_(file), sink_(sink) {}

  std::optional<Project> Read() {
    toml::parse_result parsed = toml::parse(map_.text(file_), map_.path(file_));
    if (!parsed) {
      // toml++ writes "Error while parsing …".
      std::string message(parsed.error().description());
      if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z') message[0] += 'a' - 'A';
      sink_.Report(Code::kProjectSyntax, SpanOf(parsed.error().source()), std::move(message));
      return std::nullopt;
    }
    size_t errors = sink_.error_count();
    project_.file = map_.path(file_);
    project_.root = ".";
    ReadTable(parsed.table(), "",
              {{"root", [&](const toml::node& v) { ReadString(v, "root", project_.root); }},
               {"schema", [&](const toml::node& v) { ReadPaths(v, "schema", project_.schema); }},
               {"files", [&](const toml::node& v) { ReadPaths(v, "files", project_.files); }},
               {"ids", [&](const toml::node& v) { ReadIds(v); }},
               {"severities", [&](const toml::node& v) { ReadSeverities(v); }},
               {"limits", [&](const toml::node& v) { ReadLimits(v); }},
               {"lint", [&](const toml::node& v) { ReadLint(v); }},
               {"enforcement", [&](const toml::node& v) { ReadEnforcement(v); }}});
    project_.root = (fs::path(project_.file).parent_path() / project_.root).lexically_normal().string();
    if (sink_.error_count() != errors) return std::nullopt;
    return std::move(project_);
  }

 private:
  using Fields = std::vector<std::pair<std::string_view, std::function<void(const toml::node&)>>>;

  // toml++ counts lines and code points from 1; spans are byte offsets.
  uint32_t Offset(const toml::source_position& position) const {
    std::string_view line = map_.Line(file_, position.line);
    if (line.data() == nullptr) return static_cast<uint32_t>(map_.text(file_).size());
    size_t at = 0;
    for (size_t column = 1; column < position.column && at < line.size(); ++column) {
      do ++at;
      while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80);
    }
    return static_cast<uint32_t>(line.data() - map_.text(file_).data() + at);
  }
  source::Span SpanOf(const toml::source_region& region) const {
    uint32_t begin = Offset(region.begin);
    return {file_, begin, std::max(begin, Offset(region.end))};
  }

  void WrongType(const toml::node& node, std::string_view key, std::string_view wanted) {
    std::string_view seen = "a value of another type";
    switch (node.type()) {
      case toml::node_type::table:
        seen = "a table";
        break;
      case toml::node_type::array:
        seen = "an array";
        break;
      case toml::node_type::string:
        seen = "a string";
        break;
      case toml::node_type::integer:
        seen = "an integer";
        break;
      case toml::node_type::floating_point:
        seen = "a float";
        break;
      case toml::node_type::boolean:
        seen = "a boolean";
        break;
      case toml::node_type::date:
      case toml::node_type::time:
      case toml::node_type::date_time:
        seen = "a date or time";
        break;
      case toml::node_type::none:
        break;
    }
    sink_.Report(Code::kProjectValue, SpanOf(node.source()),
                 fmt::format("`{}` is {}, and must be {}", key, seen, wanted));
  }

  void ReadTable(const toml::table& table, std::string_view prefix, const Fields& fields) {
    for (const auto& [key, value] : table) {
      auto field =
          std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == key.str(); });
      if (field != fields.end()) {
        field->second(value);
        continue;
      }
      std::vector<std::string> names;
      for (const auto& f : fields) names.emplace_back(f.first);
      source::Diagnostic& d = sink_.Report(Code::kProjectUnknownKey, SpanOf(key.source()),
                                           fmt::format("unknown key `{}{}`", prefix, key.str()));
      if (std::optional<std::string> near = source::DidYouMean(key.str(), names)) {
        d.help = fmt::format("did you mean `{}`?", *near);
      } else {
        d.help = fmt::format("the keys here are {}", fmt::join(names, ", "));
      }
    }
  }

  void ReadString(const toml::node& node, std::string_view key, std::string& out) {
    if (const auto* text = node.as_string()) {
      out = text->get();
    } else {
      WrongType(node, key, "a string");
    }
  }

  void ReadPaths(const toml::node& node, std::string_view key, std::vector<std::string>& out) {
    ReadTexts(node, key, "a path or an array of paths", out);
  }

  // One string or an array of them; `wanted` says so.
  void ReadTexts(const toml::node& node, std::string_view key, std::string_view wanted,
                 std::vector<std::string>& out) {
    if (node.is_string()) return ReadString(node, key, out.emplace_back());
    const toml::array* array = node.as_array();
    if (!array) return WrongType(node, key, wanted);
    for (const toml::node& element : *array) {
      if (element.is_string()) {
        ReadString(element, key, out.emplace_back());
      } else {
        WrongType(element, key, "an array of strings only");
      }
    }
  }

  void ReadIds(const toml::node& node) {
    std::string word;
    ReadString(node, "ids", word);
    if (!node.is_string()) return;
    if (word == "source") {
      project_.ids = IdSource::kSource;
    } else if (word == "annotation") {
      project_.ids = IdSource::kAnnotation;
    } else {
      sink_.Report(Code::kProjectValue, SpanOf(node.source()),
                   fmt::format("`ids` is `{}`, and must be `source` or `annotation`", word));
    }
  }

  void ReadSeverities(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (!table) return WrongType(node, "severities", "a table");
    for (const auto& [key, value] : *table) ReadSeverity(key, value);
  }

  void ReadSeverity(const toml::key& key, const toml::node& value) {
    std::optional<Code> code = source::FindCode(key.str());
    if (!code) {
      std::vector<std::string> names;
      for (const source::CodeInfo& info : source::AllCodes()) names.emplace_back(info.name);
      source::Diagnostic& d = sink_.Report(Code::kProjectUnknownKey, SpanOf(key.source()),
                                           fmt::format("no diagnostic is called `{}`", key.str()));
      std::optional<std::string> near = source::DidYouMean(key.str(), names);
      d.help = near ? fmt::format("did you mean `{}`?", *near) : "`polc help` lists all of them";
      return;
    }
    std::string word;
    ReadString(value, key.str(), word);
    if (!value.is_string()) return;
    std::optional<Severity> severity;
    if (word == "error") {
      severity = Severity::kError;
    } else if (word == "warning") {
      severity = Severity::kWarning;
    } else if (word == "note") {
      severity = Severity::kNote;
    } else if (word != "off") {
      sink_.Report(
          Code::kProjectValue, SpanOf(value.source()),
          fmt::format("`{}` is `{}`, and must be `error`, `warning`, `note` or `off`", key.str(), word));
      return;
    }
    // An error says that an input has no meaning, or not the promised one: no project can wish that away.
    if (source::Info(*code).severity == Severity::kError && severity != Severity::kError) {
      sink_
          .Report(Code::kProjectValue, SpanOf(value.source()),
                  fmt::format("`{}` is an error and cannot be made `{}`", key.str(), word))
          .help = "only warnings and notes can change";
      return;
    }
    project_.severities[*code] = severity;
  }

  void ReadLimits(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (!table) return WrongType(node, "limits", "a table");
    Limits& limits = project_.limits;
    ReadTable(
        *table, "limits.",
        {{"file_bytes", [&](const toml::node& v) { ReadLimit(v, "limits.file_bytes", limits.file_bytes); }},
         {"policies", [&](const toml::node& v) { ReadLimit(v, "limits.policies", limits.policies); }},
         {"entities", [&](const toml::node& v) { ReadLimit(v, "limits.entities", limits.entities); }}});
  }

  void ReadLint(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (!table) return WrongType(node, "lint", "a table");
    project_.lint.rule_tests = kMaxRuleTests;
    project_.lint.steps = kMaxSteps;
    bool tests_given = false, steps_given = false;
    ReadTable(*table, "lint.",
              {{"annotations",
                [&](const toml::node& v) {
                  ReadTexts(v, "lint.annotations", "a name or an array of names", project_.lint.annotations);
                }},
               {"rule_tests",
                [&](const toml::node& v) {
                  tests_given = true;
                  ReadLimit(v, "lint.rule_tests", project_.lint.rule_tests);
                }},
               {"steps", [&](const toml::node& v) {
                  steps_given = true;
                  ReadLimit(v, "lint.steps", project_.lint.steps);
                }}});
    if (!tests_given) project_.lint.rule_tests = Lint().rule_tests;
    if (!steps_given) project_.lint.steps = Lint().steps;
  }

  void ReadEnforcement(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (!table) return WrongType(node, "enforcement", "a table");
    for (const auto& [key, value] : *table) {
      ReadTexts(value, "enforcement." + std::string(key.str()), "a kind of limit or an array of them",
                project_.enforcement[std::string(key.str())]);
    }
  }

  // `limit` holds the hard limit.
  void ReadLimit(const toml::node& node, std::string_view key, size_t& limit) {
    const auto* number = node.as_integer();
    if (!number) return WrongType(node, key, "an integer");
    if (number->get() < 1 || static_cast<uint64_t>(number->get()) > limit) {
      sink_.Report(Code::kProjectValue, SpanOf(node.source()),
                   fmt::format("`{}` is {}, and must be from 1 to {}", key, number->get(), limit));
      return;
    }
    limit = static_cast<size_t>(number->get());
  }

  const source::SourceMap& map_;
  source::FileId file_;
  source::DiagnosticSink& sink_;
  Project project_;
};

}  // namespace

std::string Project::Resolve(const std::string& path, const std::string& from) const {
  fs::path absolute = (fs::path(from) / root / path).lexically_normal();
  if (fs::path(path).is_absolute()) return path;
  fs::path near = absolute.lexically_relative(from);
  return near.empty() ? absolute.string() : near.string();
}

std::optional<std::string> Find(const std::string& directory) {
  fs::path at(directory);
  while (true) {
    std::error_code error;
    fs::path candidate = at / "polc.toml";
    if (fs::is_regular_file(candidate, error)) return candidate.string();
    if (!at.has_parent_path() || at.parent_path() == at) return std::nullopt;
    at = at.parent_path();
  }
}

std::optional<Project> Parse(const source::SourceMap& map, source::FileId file,
                             source::DiagnosticSink& sink) {
  return Reader(map, file, sink).Read();
}

void ApplySeverities(const Project& project, source::DiagnosticSink& sink) {
  std::vector<source::Diagnostic>& all = sink.mutable_diagnostics();
  std::erase_if(all, [&](source::Diagnostic& d) {
    auto changed = project.severities.find(d.code);
    if (changed == project.severities.end()) return false;
    if (!changed->second) return true;
    d.severity = *changed->second;
    return false;
  });
}

}  // namespace polc::project
