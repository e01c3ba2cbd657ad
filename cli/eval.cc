// `polc eval`: requests in, decisions out, one line each.
#include "compiler/oracle/eval.h"

#include <chrono>

#include "cli/approvals.h"
#include "cli/command_line.h"
#include "cli/decide.h"
#include "cli/inputs.h"
#include "cli/log_file.h"
#include "cli/report.h"
#include "compiler/log/writer.h"
#include "compiler/model/value_json.h"
#include "compiler/source/render.h"
#include "compiler/syntax/cedar_parser.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::cli {
namespace {

using source::FileId;

struct EvalFlags {
  InputFlags inputs;
  std::string engine, expr, format, approvals_keys;
  bool exit_decision = false;
  std::string log, log_context, log_sync;
  std::vector<std::string> log_masks;
};

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
    case Code::kNotSupplied:
      return "NotSupplied";
    case Code::kFactError:
      return "FactError";
    case Code::kUnknownLevel:
      return "UnknownLevel";
    case Code::kNoTimeTable:
      return "NoTimeTable";
    case Code::kTooManyElements:
      return "TooManyElements";
  }
  return "";
}

void JsonFailure(llvm::json::OStream& json, const Failure& failure) {
  json.attributeObject("error", [&] {
    json.attribute("code", failure.code);
    json.attribute("message", llvm::json::fixUTF8(failure.message));
    json.attribute("at", llvm::json::fixUTF8(failure.at));
  });
}

std::string JsonLineOf(const data::Decision& decision, const std::optional<Failure>& failure) {
  return JsonLine([&](llvm::json::OStream& json) {
    JsonDecision(decision, json);
    if (failure) JsonFailure(json, *failure);
  });
}

std::string TextAnswer(const data::Decision& decision, const std::optional<Failure>& failure) {
  std::vector<std::string> lines;
  std::string& first = lines.emplace_back(OutcomeName(decision.outcome));
  if (decision.why != data::Why::kNone) first += fmt::format(" ({})", WhyName(decision.why));
  if (!decision.reasons.empty()) first += fmt::format(" by {}", fmt::join(decision.reasons, ", "));
  if (failure) first += fmt::format(": {}: {} [{}]", failure->at, failure->message, failure->code);
  for (const auto& [kind, limit] : decision.limits) {
    lines.push_back(
        fmt::format("  {} {} by {}", kind, data::ToString(limit.value), fmt::join(limit.by, ", ")));
  }
  for (const data::UnmetNeed& need : decision.needs) {
    lines.push_back(
        fmt::format("  {} needs {}", need.rule,
                    need.need.evidence.empty() ? "an approval" : "evidence " + need.need.evidence));
  }
  for (const data::SuggestionTerm& s : decision.suggestions) {
    lines.push_back(fmt::format("  {} with {} instead, by {}", data::ToString(s.action),
                                data::ToString(s.context), fmt::join(s.by, ", ")));
  }
  for (const data::UncountedApproval& a : decision.not_counted) {
    lines.push_back(fmt::format("  the approval {} by {} does not count: {}", a.id,
                                data::ToString(a.approver), NotCountedName(a.why)));
  }
  for (const data::RuleError& e : decision.errors) {
    lines.push_back(e.rule.empty() ? "  " + e.message : fmt::format("  {} erred: {}", e.rule, e.message));
  }
  std::string out;
  for (const std::string& line : lines) out += source::Printable(line) + "\n";
  return out;
}

std::string TextValue(const std::optional<data::Value>& value, const std::optional<Failure>& failure) {
  std::string text = value ? data::ToString(*value)
                           : fmt::format("{}: error: {} [{}]", failure->at, failure->message, failure->code);
  return source::Printable(text) + "\n";
}

std::string JsonValue(const std::optional<data::Value>& value, const std::optional<Failure>& failure) {
  return JsonLine([&](llvm::json::OStream& json) {
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
  });
}

// Logs each decision before it is given out, so that none is that is not on record.
class Recorder {
 public:
  // The exit code if it cannot.
  std::optional<int> Open(const EvalFlags& flags, const Inputs& inputs, Shell& shell) {
    if (flags.log.empty()) return std::nullopt;
    for (const std::string& mask : flags.log_masks) {
      if (!options_.mask.Add(mask))
        return shell.Usage(fmt::format("`{}` is no pointer like /context/token", mask));
    }
    if (flags.log_context == "read") {
      reads_.emplace(inputs.policies().program);
      options_.reads = &*reads_;
    }
    options_.entities_digest = inputs.entities_digest();
    const LogFile::Sync sync = flags.log_sync == "record" ? LogFile::Sync::kRecord
                               : flags.log_sync == "none" ? LogFile::Sync::kNone
                                                          : LogFile::Sync::kEnd;
    std::string problem;
    file_ = LogFile::Open(flags.log, sync, problem);
    if (file_) return std::nullopt;
    return Failed(problem, shell);
  }

  std::optional<int> Add(std::string_view text, const std::optional<data::EntityUid>& action,
                         const data::Decision& decision, std::chrono::nanoseconds took,
                         const std::optional<Failure>& failure, Shell& shell) {
    if (!file_) return std::nullopt;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string line =
        log::RecordLine({.time = {std::chrono::duration_cast<std::chrono::milliseconds>(now).count()},
                         .request = text,
                         .decision = &decision,
                         .action = action,
                         .latency_ns = took.count(),
                         .failure = failure ? fmt::format("{} [{}]", failure->message, failure->code) : ""},
                        options_);
    if (file_->Append(line)) return std::nullopt;
    return Failed(file_->problem(), shell);
  }

  std::optional<int> Finish(Shell& shell) {
    if (!file_ || file_->Finish()) return std::nullopt;
    return Failed(file_->problem(), shell);
  }

 private:
  static int Failed(const std::string& problem, Shell& shell) {
    shell.Err(fmt::format("polc: {}\n", source::Printable(problem)));
    return kExitUnreadable;
  }

  std::optional<LogFile> file_;
  std::optional<log::ReadIndex> reads_;
  log::WriterOptions options_;
};

int Decide(const EvalFlags& flags, Inputs& inputs, Shell& shell) {
  std::optional<std::vector<ApproverKey>> keys;
  if (!flags.approvals_keys.empty()) {
    keys = LoadApproverKeys(flags.approvals_keys, inputs.sources());
    Settle(inputs.sources(), shell);
    PrintFindings(inputs.sources(), shell);
    if (!keys) return ExitCode(inputs.sources());
  }
  std::unique_ptr<Decider> decider =
      flags.engine == "oracle" ? MakeOracleDecider(inputs) : MakeVmDecider(inputs);
  Recorder recorder;
  if (std::optional<int> code = recorder.Open(flags, inputs, shell)) return *code;
  bool failed = false, denied = false;
  for (size_t i = 0; i < inputs.requests().size(); ++i) {
    std::optional<Failure> failure;
    std::optional<data::Request> request = inputs.ReadRequest(inputs.requests()[i], i, failure);
    std::vector<data::UncountedApproval> unsigned_ones;
    if (request && keys && request->host) {
      auto host = std::make_shared<data::Host>(*request->host);
      unsigned_ones = TakeUnsigned(*keys, *host, failure);
      request->host = std::move(host);
      if (failure) request.reset();
    }
    const auto start = std::chrono::steady_clock::now();
    data::Decision answer = request ? decider->Decide(*request, failure) : decider->Refusal();
    const auto took = std::chrono::steady_clock::now() - start;
    answer.not_counted.insert(answer.not_counted.end(), unsigned_ones.begin(), unsigned_ones.end());
    std::ranges::sort(answer.not_counted);
    failed |= failure.has_value();
    denied |= !answer.allowed();
    if (std::optional<int> code = recorder.Add(inputs.sources().map.text(inputs.requests()[i]),
                                               request ? std::optional(request->action) : std::nullopt,
                                               answer, took, failure, shell)) {
      return *code;
    }
    shell.Out(flags.format == "text" ? TextAnswer(answer, failure) : JsonLineOf(answer, failure));
  }
  if (std::optional<int> code = recorder.Finish(shell)) return *code;
  return failed || (flags.exit_decision && denied) ? kExitFindings : kExitOk;
}

// An expression alone is no bundle: the oracle evaluates it.
int EvaluateExpression(const EvalFlags& flags, Inputs& inputs, Shell& shell) {
  driver::Sources& sources = inputs.sources();
  FileId file = sources.map.Add("<expr>", flags.expr);
  std::optional<syntax::Policy> policy = syntax::ParseCedarExpr(sources.map, file, sources.sink);
  std::optional<core::Rule> rule;
  if (policy) rule = sema::LowerPolicy(*policy, "<expr>", sources.sink);
  if (!rule) {
    Settle(sources, shell);
    PrintFindings(sources, shell);
    return kExitFindings;
  }
  std::optional<Failure> failure;
  std::optional<data::Request> request;
  if (!inputs.requests().empty()) {
    request = inputs.ReadRequest(inputs.requests().front(), 0, failure);
  } else {
    for (const core::Expr& e : rule->exprs) {
      if (e.op == core::Op::kVar)
        return shell.Usage("the expression uses a variable: give a request with --request");
    }
    request = data::Request();
  }
  data::EntityStore own;
  const data::EntityStore* store = request ? inputs.StoreFor(*request, own, failure) : nullptr;
  std::optional<data::Value> value;
  if (store) {
    oracle::EvalResult result = oracle::Evaluate(*rule, rule->conditions.front(), *request, *store);
    if (auto* error = std::get_if<oracle::EvalError>(&result)) {
      failure = Failure{std::string(ErrorName(error->code)), error->message,
                        source::Place(sources.map, error->span)};
    } else {
      value = std::get<data::Value>(std::move(result));
    }
  }
  shell.Out(flags.format == "text" ? TextValue(value, failure) : JsonValue(value, failure));
  return failure ? kExitFindings : kExitOk;
}

int Eval(const EvalFlags& flags, Shell& shell) {
  const bool expr = !flags.expr.empty(), oracle = flags.engine == "oracle";
  if (oracle && !flags.inputs.bundle.empty()) {
    return shell.Usage(
        "--engine oracle evaluates policies, not bundles: name the policies instead of --bundle");
  }
  if (expr && (!flags.inputs.paths.empty() || !flags.inputs.bundle.empty())) {
    return shell.Usage("--expr evaluates an expression, and takes no policies");
  }
  if (expr && !flags.log.empty()) return shell.Usage("--expr gives values, and a log is of decisions");
  if (flags.log.empty() &&
      (!flags.log_masks.empty() || flags.log_context != "all" || flags.log_sync != "end")) {
    return shell.Usage("--log-mask, --log-context and --log-sync say how to log: name the file with --log");
  }
  if (flags.log_context == "read" && !flags.inputs.bundle.empty()) {
    return shell.Usage("--log-context read looks at the policies: name them instead of --bundle");
  }
  if (expr && !flags.inputs.requests.empty()) return shell.Usage("--expr takes one request, with --request");
  Inputs inputs(flags.inputs, shell);
  if (std::optional<int> code =
          inputs.Read({.policies = !expr, .requests = !expr, .bundle = !expr, .store = !expr && !oracle})) {
    return *code;
  }
  return expr ? EvaluateExpression(flags, inputs, shell) : Decide(flags, inputs, shell);
}

}  // namespace

void RegisterEval(CommandLine& line) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* app = line.AddCommand("eval", "Decide requests, or evaluate an expression",
                                  [flags](Shell& shell) { return Eval(*flags, shell); });
  AddInputOptions(line, app, flags->inputs);
  line.AddChoiceWithDefault(app, "--engine", flags->engine, {"vm", "oracle"}, "What decides");
  app->add_option("--expr", flags->expr, "Evaluate this expression instead of policies")
      ->option_text("EXPRESSION");
  app->add_option("--approvals-keys", flags->approvals_keys,
                  "Count only approvals that a key of their approver, in this list, has signed")
      ->option_text("FILE");
  app->add_option("--log", flags->log, "Append a record of each decision to this file")->option_text("FILE");
  line.AddRepeated(app, "--log-mask", flags->log_masks, "POINTER",
                   "Leave this out of logged requests, /context/token; * is any member; may repeat");
  line.AddChoiceWithDefault(app, "--log-context", flags->log_context, {"all", "read"},
                            "Log contexts whole, or only what the rules of the action may read");
  line.AddChoiceWithDefault(app, "--log-sync", flags->log_sync, {"end", "record", "none"},
                            "When the log is forced to the disk");
  app->add_flag("--exit-decision", flags->exit_decision, "Exit with 1 if any request is denied");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"json", "text"}, "How to print answers");
}

}  // namespace polc::cli
