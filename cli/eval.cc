// `polc eval`: requests in, decisions out, one line each.
#include "cli/command_line.h"
#include "cli/report.h"
#include "compiler/driver.h"
#include "compiler/json/json.h"
#include "compiler/model/entities_json.h"
#include "compiler/model/request_json.h"
#include "compiler/oracle/authorize.h"
#include "compiler/source/render.h"
#include "compiler/syntax/cedar_parser.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::cli {
namespace {

using source::FileId;
using source::Span;

struct EvalFlags {
  std::vector<std::string> paths, schemas;
  std::string entities, links, request, requests, check, request_validation, engine, expr, ids, format;
  bool exit_decision = false;
};

// Why a request has no decision of its own.
struct Failure {
  std::string code, message, at;
};

Failure FirstError(const source::SourceMap& map, const source::DiagnosticSink& sink) {
  for (const source::Diagnostic& d : sink.diagnostics()) {
    if (d.severity != source::Severity::kError) continue;
    return {std::string(source::Info(d.code).name), d.message, source::Place(map, d.span)};
  }
  return {};
}

std::string_view ErrorName(oracle::EvalError::Code code) {
  using Code = oracle::EvalError::Code;
  switch (code) {
    case Code::kTypeError:
      return "TypeError";
    case Code::kEntityDoesNotExist:
      return "EntityDoesNotExist";
    case Code::kAttributeDoesNotExist:
      return "AttributeDoesNotExist";
    case Code::kTagDoesNotExist:
      return "TagDoesNotExist";
    case Code::kIntegerOverflow:
      return "IntegerOverflow";
    case Code::kExtensionError:
      return "ExtensionError";
    case Code::kUnknownFunction:
      return "UnknownFunction";
    case Code::kWrongArgumentCount:
      return "WrongArgumentCount";
    case Code::kRecursionLimit:
      return "RecursionLimit";
  }
  return "";
}

template <typename Body>
std::string JsonLine(Body body) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  json.object([&] { body(json); });
  out += '\n';
  return out;
}

void JsonFailure(llvm::json::OStream& json, const Failure& failure) {
  json.attributeObject("error", [&] {
    json.attribute("code", failure.code);
    json.attribute("message", llvm::json::fixUTF8(failure.message));
    json.attribute("at", llvm::json::fixUTF8(failure.at));
  });
}

std::string JsonAnswer(const oracle::Answer& answer, const std::optional<Failure>& failure) {
  return JsonLine([&](llvm::json::OStream& json) {
    std::string_view outcome = oracle::OutcomeName(answer.outcome);
    json.attribute("outcome", llvm::StringRef(outcome.data(), outcome.size()));
    json.attribute("decision", answer.allowed() ? "allow" : "deny");
    json.attributeArray("reasons", [&] {
      for (const std::string& rule : answer.reasons) json.value(rule);
    });
    json.attributeArray("errors", [&] {
      for (const oracle::RuleError& e : answer.errors) {
        json.object([&] {
          json.attribute("rule", e.rule);
          json.attribute("message", e.error.message);
        });
      }
    });
    if (failure) JsonFailure(json, *failure);
  });
}

std::string TextAnswer(const oracle::Answer& answer, const std::optional<Failure>& failure) {
  std::string out(oracle::OutcomeName(answer.outcome));
  if (!answer.reasons.empty()) out += fmt::format(" by {}", fmt::join(answer.reasons, ", "));
  if (failure) out += fmt::format(": {}: {} [{}]", failure->at, failure->message, failure->code);
  out = source::Printable(out) + "\n";
  for (const oracle::RuleError& e : answer.errors) {
    out += source::Printable(fmt::format("  {} erred: {}", e.rule, e.error.message)) + "\n";
  }
  return out;
}

// The bytes of each request of a file: the whole of it, or each line that is not blank.
std::vector<Span> Lines(const source::SourceMap& map, FileId file) {
  std::vector<Span> lines;
  std::string_view text = map.text(file);
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    if (text.substr(at, end - at).find_first_not_of(" \t\r") != text.npos) {
      lines.push_back({file, static_cast<uint32_t>(at), static_cast<uint32_t>(end)});
    }
    at = end + 1;
  }
  return lines;
}

Span Whole(const source::SourceMap& map, FileId file) {
  return {file, 0, static_cast<uint32_t>(map.text(file).size())};
}

// Standard input may be one request spread over several lines: then its first line is no document.
std::vector<Span> LinesOrWhole(const source::SourceMap& map, FileId file) {
  std::vector<Span> lines = Lines(map, file);
  source::DiagnosticSink ignored;
  if (lines.size() < 2 || json::Document::Parse(map, lines.front(), ignored)) return lines;
  if (!json::Document::Parse(map, Whole(map, file), ignored)) return lines;
  return {Whole(map, file)};
}

class Evaluator {
 public:
  Evaluator(const EvalFlags& flags, Shell& shell) : flags_(flags), shell_(shell) {
    sources_.limits = shell.project().limits;
  }

  int Run() {
    paths_ = flags_.paths;
    bool expr = !flags_.expr.empty();
    bool given = !flags_.request.empty() || !flags_.requests.empty();
    if (!flags_.request.empty() && !flags_.requests.empty()) {
      return shell_.Usage("--request and --requests exclude each other");
    }
    // `-` means the requests, unless they come from elsewhere.
    auto dash = std::find(paths_.begin(), paths_.end(), "-");
    bool from_stdin = !given && !expr && dash != paths_.end();
    if (from_stdin) paths_.erase(dash);
    if (expr && !paths_.empty()) return shell_.Usage("--expr evaluates an expression, and takes no policies");
    if (expr && !flags_.requests.empty()) return shell_.Usage("--expr takes one request, with --request");
    if (!expr) paths_ = shell_.FilesOr(paths_);
    schemas_ = shell_.SchemasOr(flags_.schemas);
    if (!expr && paths_.empty()) return shell_.Usage("no policies: name files or directories");
    if (!expr && !given && !from_stdin) {
      return shell_.Usage("no requests: give --request, --requests, or - for standard input");
    }
    std::string requests = from_stdin ? "-" : flags_.request.empty() ? flags_.requests : flags_.request;
    if (!OneStdin({paths_, schemas_, {flags_.entities, flags_.links, requests}})) {
      return shell_.Usage("standard input can be only one of the inputs");
    }

    ReadInputs();
    std::optional<FileId> request_file;
    if (!requests.empty()) request_file = sources_.Load(requests);
    SettleAll();
    PrintFindings(sources_, shell_);
    if (int code = ExitCode(sources_); code != kExitOk) return code;

    if (expr) return EvaluateExpression(request_file);
    std::vector<Span> spans = from_stdin               ? LinesOrWhole(sources_.map, *request_file)
                              : flags_.request.empty() ? Lines(sources_.map, *request_file)
                                                       : std::vector{Whole(sources_.map, *request_file)};
    return Answer(spans);
  }

 private:
  const model::Schema* schema() const { return schema_ ? &*schema_ : nullptr; }

  void ReadInputs() {
    schema_ = driver::ReadSchema(sources_, schemas_);
    if (!schemas_.empty() && !schema_) return;  // everything after would only follow from that
    policies_ = driver::ReadPolicies(sources_, paths_, flags_.links, IdSourceOf(flags_.ids, shell_));
    if (schema_) CheckPolicies();
    store_ = std::move(driver::ReadEntities(sources_, flags_.entities, schema()).store);
  }

  void CheckPolicies() {
    sema::CheckOptions options;
    options.mode = flags_.check == "permissive" ? sema::CheckMode::kPermissive : sema::CheckMode::kStrict;
    options.jobs = 0;
    sema::Check(policies_.program, *schema_, options, flags_.check == "off" ? aside_ : sources_.sink);
  }

  // With --check off, what the checker finds is worth knowing but decides nothing, whatever polc.toml says.
  void SettleAll() {
    Settle(sources_, shell_);
    project::ApplySeverities(shell_.project(), aside_);
    for (source::Diagnostic& d : aside_.mutable_diagnostics()) {
      if (d.severity == source::Severity::kError) d.severity = source::Severity::kWarning;
      sources_.sink.mutable_diagnostics().push_back(std::move(d));
    }
    sources_.sink.Sort();
  }

  std::optional<data::Request> ReadRequest(Span span, size_t index, std::optional<Failure>& failure) {
    source::DiagnosticSink sink;
    auto validation =
        flags_.request_validation == "off" ? model::RequestValidation::kOff : model::RequestValidation::kOn;
    model::RequestResult read = model::ReadRequest(sources_.map, span, index, schema(), validation, sink);
    if (read.valid) return std::move(read.request);
    sink.Sort();
    failure = FirstError(sources_.map, sink);
    return std::nullopt;
  }

  // The store a request sees, or why there is none. `own` keeps it alive.
  const data::EntityStore* StoreFor(const data::Request& request, data::EntityStore& own,
                                    std::optional<Failure>& failure) {
    if (request.entities.empty()) return &store_;
    own = data::EntityStore(&store_);
    for (const data::Entity& entity : request.entities) own.Put(entity);
    if (std::optional<data::StoreError> error = own.Close()) {
      failure = Failure{"EntityCycle", fmt::format("`{}` is its own ancestor", data::ToString(error->uid)),
                        source::Place(sources_.map, error->span)};
      return nullptr;
    }
    return &own;
  }

  int Answer(const std::vector<Span>& requests) {
    bool failed = false, denied = false;
    for (size_t i = 0; i < requests.size(); ++i) {
      oracle::Answer answer;
      std::optional<Failure> failure;
      data::EntityStore own;
      if (std::optional<data::Request> request = ReadRequest(requests[i], i, failure)) {
        if (const data::EntityStore* store = StoreFor(*request, own, failure)) {
          answer = oracle::Authorize(policies_.program, *store, *request);
        }
      }
      failed |= failure.has_value();
      denied |= !answer.allowed();
      shell_.Out(flags_.format == "text" ? TextAnswer(answer, failure) : JsonAnswer(answer, failure));
    }
    return failed || (flags_.exit_decision && denied) ? kExitFindings : kExitOk;
  }

  int EvaluateExpression(std::optional<FileId> request_file) {
    FileId file = sources_.map.Add("<expr>", flags_.expr);
    std::optional<syntax::Policy> policy = syntax::ParseCedarExpr(sources_.map, file, sources_.sink);
    std::optional<core::Rule> rule;
    if (policy) rule = sema::LowerPolicy(*policy, "<expr>", sources_.sink);
    if (!rule) {
      Settle(sources_, shell_);
      PrintFindings(sources_, shell_);
      return kExitFindings;
    }
    std::optional<Failure> failure;
    std::optional<data::Request> request;
    if (request_file) {
      request = ReadRequest(Whole(sources_.map, *request_file), 0, failure);
    } else {
      for (const core::Expr& e : rule->exprs) {
        if (e.op == core::Op::kVar)
          return shell_.Usage("the expression uses a variable: give a request with --request");
      }
      request = data::Request();
    }
    data::EntityStore own;
    const data::EntityStore* store = request ? StoreFor(*request, own, failure) : nullptr;
    std::optional<data::Value> value;
    if (store) {
      oracle::EvalResult result = oracle::Evaluate(*rule, rule->conditions.front(), *request, *store);
      if (auto* error = std::get_if<oracle::EvalError>(&result)) {
        failure = Failure{std::string(ErrorName(error->code)), error->message,
                          source::Place(sources_.map, error->span)};
      } else {
        value = std::get<data::Value>(std::move(result));
      }
    }
    PrintValue(value, failure);
    return failure ? kExitFindings : kExitOk;
  }

  void PrintValue(const std::optional<data::Value>& value, const std::optional<Failure>& failure) {
    if (flags_.format == "text") {
      shell_.Out(value ? source::Printable(data::ToString(*value)) + "\n"
                       : source::Printable(fmt::format("{}: error: {} [{}]", failure->at, failure->message,
                                                       failure->code)) +
                             "\n");
      return;
    }
    shell_.Out(JsonLine([&](llvm::json::OStream& json) {
      if (failure) return JsonFailure(json, *failure);
      std::variant<std::string, model::ReservedKey> text = model::ToJson(*value);
      json.attributeBegin("value");
      // A record with a key that JSON reads as an escape has no JSON form; its Cedar text always exists.
      if (const auto* plain = std::get_if<std::string>(&text)) {
        json.rawValue(*plain);
      } else {
        json.value(nullptr);
      }
      json.attributeEnd();
      json.attribute("text", data::ToString(*value));
    }));
  }

  const EvalFlags& flags_;
  Shell& shell_;
  std::vector<std::string> paths_, schemas_;
  driver::Sources sources_;
  std::optional<model::Schema> schema_;
  driver::PolicySet policies_;
  data::EntityStore store_;
  source::DiagnosticSink aside_;  // what the checker found, where that decides nothing
};

}  // namespace

void RegisterEval(CommandLine& line) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* app = line.AddCommand("eval", "Decide requests, or evaluate an expression",
                                  [flags](Shell& shell) { return Evaluator(*flags, shell).Run(); });
  line.AddRepeated(app, "PATH", flags->paths, "PATH",
                   "Policy files and directories; - reads requests from standard input")
      ->allow_extra_args();
  line.AddRepeated(app, "--schema", flags->schemas, "FILE", "A schema, in Cedar or JSON syntax; may repeat");
  app->add_option("--entities", flags->entities, "Entities, in JSON")->option_text("FILE");
  app->add_option("--links", flags->links, "Template links, in JSON")->option_text("FILE");
  app->add_option("--request", flags->request, "One request, in JSON")->option_text("FILE");
  app->add_option("--requests", flags->requests, "Requests, one JSON object a line")->option_text("FILE");
  line.AddChoiceWithDefault(app, "--check", flags->check, {"off", "strict", "permissive"},
                            "Refuse policies that do not validate; off only warns");
  line.AddChoiceWithDefault(app, "--request-validation", flags->request_validation, {"on", "off"},
                            "Refuse requests that the schema does not allow");
  line.AddChoiceWithDefault(app, "--engine", flags->engine, {"oracle"}, "What evaluates");
  app->add_option("--expr", flags->expr, "Evaluate this expression instead of policies")
      ->option_text("EXPRESSION");
  line.AddIds(app, flags->ids);
  app->add_flag("--exit-decision", flags->exit_decision, "Exit with 1 if any request is denied");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"json", "text"}, "How to print answers");
}

}  // namespace polc::cli
