// `polc eval`: requests in, decisions out, one line each.
#include "compiler/oracle/eval.h"

#include <chrono>
#include <cstdio>

#include "cli/approvals.h"
#include "cli/command_line.h"
#include "cli/decide.h"
#include "cli/inputs.h"
#include "cli/line_input.h"
#include "cli/log_file.h"
#include "cli/report.h"
#include "cli/set.h"
#include "compiler/log/reader.h"
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
  bool exit_decision = false, stream = false;
  std::string partitioned_by;
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

// Requests answered one by one, each put on record before its answer is given out.
class Answers {
 public:
  Answers(const EvalFlags& flags, Inputs& inputs, Shell& shell)
      : flags_(flags), inputs_(inputs), shell_(shell) {}

  // The exit code if there is no going on.
  std::optional<int> Begin() {
    if (!flags_.approvals_keys.empty()) {
      keys_ = LoadApproverKeys(flags_.approvals_keys, inputs_.sources());
      Settle(inputs_.sources(), shell_);
      PrintFindings(inputs_.sources(), shell_);
      if (!keys_) return ExitCode(inputs_.sources());
    }
    decider_ = flags_.engine == "oracle" ? MakeOracleDecider(inputs_) : MakeVmDecider(inputs_);
    return recorder_.Open(flags_, inputs_, shell_);
  }

  std::optional<int> Answer(source::Span span, size_t index) {
    std::optional<Failure> failure;
    std::optional<data::Request> request = inputs_.ReadRequest(span, index, failure);
    std::vector<data::UncountedApproval> unsigned_ones;
    if (request && keys_ && request->host) {
      auto host = std::make_shared<data::Host>(*request->host);
      unsigned_ones = TakeUnsigned(*keys_, *host, failure);
      request->host = std::move(host);
      if (failure) request.reset();
    }
    const auto start = std::chrono::steady_clock::now();
    data::Decision answer = request ? decider_->Decide(*request, failure) : decider_->Refusal();
    const auto took = std::chrono::steady_clock::now() - start;
    answer.not_counted.insert(answer.not_counted.end(), unsigned_ones.begin(), unsigned_ones.end());
    std::ranges::sort(answer.not_counted);
    return Give(inputs_.request_map().text(span), request ? std::optional(request->action) : std::nullopt,
                answer, took, failure);
  }

  // The answer to what cannot even be read as a request.
  std::optional<int> Refuse(Failure failure) {
    return Give("", std::nullopt, decider_->Refusal(), {}, std::move(failure));
  }

  int Finish() {
    if (std::optional<int> code = recorder_.Finish(shell_)) return *code;
    return failed_ || (flags_.exit_decision && denied_) ? kExitFindings : kExitOk;
  }

 private:
  std::optional<int> Give(std::string_view text, const std::optional<data::EntityUid>& action,
                          const data::Decision& answer, std::chrono::nanoseconds took,
                          const std::optional<Failure>& failure) {
    failed_ |= failure.has_value();
    denied_ |= !answer.allowed();
    if (std::optional<int> code = recorder_.Add(text, action, answer, took, failure, shell_)) return code;
    shell_.Out(flags_.format == "text" ? TextAnswer(answer, failure) : JsonLineOf(answer, failure));
    return std::nullopt;
  }

  const EvalFlags& flags_;
  Inputs& inputs_;
  Shell& shell_;
  std::optional<std::vector<ApproverKey>> keys_;
  std::unique_ptr<Decider> decider_;
  Recorder recorder_;
  bool failed_ = false, denied_ = false;
};

int Decide(const EvalFlags& flags, Inputs& inputs, Shell& shell) {
  Answers answers(flags, inputs, shell);
  if (std::optional<int> code = answers.Begin()) return *code;
  for (size_t i = 0; i < inputs.requests().size(); ++i) {
    if (std::optional<int> code = answers.Answer(inputs.requests()[i], i)) return *code;
  }
  return answers.Finish();
}

// The same answers, one line of requests in memory at a time.
int DecideStream(const EvalFlags& flags, Inputs& inputs, Shell& shell) {
  if (std::optional<int> code = KeptApart({&inputs.declared()}, flags.partitioned_by, shell)) return *code;
  std::optional<LineInput> lines = LineInput::Open(inputs.stream_path(), log::kMaxLineBytes, shell);
  if (!lines) return kExitUnreadable;
  Answers answers(flags, inputs, shell);
  if (std::optional<int> code = answers.Begin()) return *code;
  // Whoever waits for an answer before asking again gets it: nothing is held back while waiting.
  const auto waiting = [] { std::fflush(stdout); };
  while (std::optional<LineInput::Line> line = lines->Next(waiting)) {
    const size_t index = line->number - 1;
    std::optional<int> code;
    if (line->too_long) {
      code = answers.Refuse({std::string(source::Info(source::Code::kInputTooLarge).name),
                             fmt::format("a line is longer than the limit of {} bytes", log::kMaxLineBytes),
                             fmt::format("{}:{}:1", inputs.stream_path(), line->number)});
    } else if (line->text.find_first_not_of(" \t\r") != line->text.npos) {
      code = answers.Answer(inputs.TakeLine(std::move(line->text), line->number), index);
    }
    if (code) return *code;
  }
  if (lines->failed()) {
    shell.Err(fmt::format("polc: `{}` cannot be read to its end\n", source::Printable(inputs.stream_path())));
    return kExitUnreadable;
  }
  return answers.Finish();
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
  if (flags.stream && expr) return shell.Usage("--stream is of requests, and --expr takes one");
  if (!flags.stream && !flags.partitioned_by.empty()) {
    return shell.Usage("--partitioned-by says how a stream was divided: it goes with --stream");
  }
  Inputs inputs(flags.inputs, shell);
  if (std::optional<int> code = inputs.Read({.policies = !expr,
                                             .requests = !expr,
                                             .bundle = !expr,
                                             .store = !expr && !oracle,
                                             .stream = flags.stream})) {
    return *code;
  }
  if (flags.stream) return DecideStream(flags, inputs, shell);
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
  app->add_flag("--stream", flags->stream,
                "Answer requests as they come, in constant memory; of standard input without --requests");
  app->add_option("--partitioned-by", flags->partitioned_by,
                  "With --stream: requests were divided by this key of the state: principal, resource, …")
      ->option_text("KEY");
  app->add_flag("--exit-decision", flags->exit_decision, "Exit with 1 if any request is denied");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"json", "text"}, "How to print answers");
}

}  // namespace polc::cli
