// `polc approve`: what a person is shown before they say yes or no to an action, and their signed word.
#include <chrono>

#include "cli/approvals.h"
#include "cli/artifact.h"
#include "cli/command_line.h"
#include "cli/decide.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "compiler/bridge/decision.h"
#include "compiler/data/extension.h"
#include "compiler/model/uid_text.h"
#include "compiler/source/render.h"
#include "fmt/chrono.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "runtime/vm/review.h"

namespace polc::cli {
namespace {

struct ApproveFlags {
  InputFlags inputs;
  std::string by, key, issued, id, output;
  bool refuse = false;
};

std::string DurationText(int64_t ms) {
  if (ms % 86400000 == 0) return fmt::format("{}d", ms / 86400000);
  if (ms % 3600000 == 0) return fmt::format("{}h", ms / 3600000);
  if (ms % 60000 == 0) return fmt::format("{}m", ms / 60000);
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

// `2 of Team::"a" or Team::"b" and 1 of Team::"c" within 30m`.
std::string QuorumText(const data::QuorumTerm& quorum) {
  std::vector<std::string> parts;
  for (const data::QuorumPart& part : quorum.parts) {
    std::vector<std::string> pools;
    for (const data::EntityUid& pool : part.pools) pools.push_back(data::ToString(pool));
    if (part.error) pools.push_back("a pool that cannot be evaluated");
    parts.push_back(fmt::format("{} of {}", part.count, fmt::join(pools, " or ")));
  }
  return fmt::format("{} within {}{}{}", fmt::join(parts, " and "), DurationText(quorum.within_ms),
                     quorum.including_owner ? " including owner" : "",
                     quorum.survives_policy_change ? " survives policy change" : "");
}

std::string QuorumsText(const std::vector<data::QuorumTerm>& quorums) {
  std::vector<std::string> texts;
  for (const data::QuorumTerm& quorum : quorums) texts.push_back(QuorumText(quorum));
  return fmt::format("{}", fmt::join(texts, " or by "));
}

// What the person is shown: the action, what letting it go demands, and the digests they sign.
std::string Shown(const data::Request& request, const data::Decision& decision) {
  std::string out = fmt::format("{} asks to do {} on {}\n", data::ToString(request.principal),
                                data::ToString(request.action), data::ToString(request.resource));
  out += fmt::format("  with {}\n", data::ToString(request.context));
  out += fmt::format("without an approval: {}", data::OutcomeName(decision.outcome));
  if (!decision.reasons.empty()) out += fmt::format(" by {}", fmt::join(decision.reasons, ", "));
  out += '\n';
  for (const data::UnmetNeed& need : decision.needs) {
    out += need.need.evidence.empty()
               ? fmt::format("  {} requires approval by {}\n", need.rule, QuorumsText(need.need.approval))
               : fmt::format("  {} requires evidence {}\n", need.rule, need.need.evidence);
  }
  for (const data::Liftable& lift : decision.liftable) {
    out += fmt::format("  {} is lifted by {}\n", lift.rule, QuorumsText(lift.approval));
  }
  for (const auto& [kind, limit] : decision.limits) {
    out += fmt::format("  {} is limited to {} by {}\n", kind, data::ToString(limit.value),
                       fmt::join(limit.by, ", "));
  }
  out += fmt::format("action {}\nterms {}\nsnapshot {}\n", decision.action_digest, decision.terms_digest,
                     decision.snapshot);
  std::string printable;
  for (size_t begin = 0; begin < out.size();) {
    const size_t end = out.find('\n', begin);
    printable += source::Printable(out.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return printable;
}

std::string Line(const ApproveFlags& flags, const data::ApprovalItem& item) {
  return JsonLine([&](llvm::json::OStream& json) {
    json.attribute("id", llvm::json::fixUTF8(item.id));
    json.attributeBegin("approver");
    json.rawValue(model::ToJson(item.approver));
    json.attributeEnd();
    json.attribute("issued", flags.issued);
    json.attribute("action_digest", item.action_digest);
    if (!flags.refuse) {
      json.attribute("terms_digest", item.terms_digest);
      json.attribute("snapshot", item.snapshot);
      json.attribute("action", item.action);
    }
    json.attribute("key", item.signing_key);
    json.attribute("signature", item.signature);
  });
}

int Approve(ApproveFlags flags, Shell& shell) {
  auto parsed = model::ParseUid(flags.by);
  const auto* by = std::get_if<data::EntityUid>(&parsed);
  if (!by)
    return shell.Usage(
        fmt::format("--by takes an entity, like Human::\"kim\": {}", std::get<std::string>(parsed)));
  if (flags.issued.empty()) {
    flags.issued = fmt::format(
        "{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  }
  auto time = data::CallExt(data::ConstructorOf(data::Kind::kDatetime), {data::Value(flags.issued)});
  const auto* issued = std::get_if<data::Value>(&time);
  if (!issued) return shell.Usage("--issued takes a time, like 2026-11-21T03:14:00Z");

  Inputs inputs(flags.inputs, shell);
  if (std::optional<int> code = inputs.Read({})) return *code;
  if (inputs.requests().size() != 1) return shell.Usage("an approval is of one request");
  const std::optional<sign::SecretKey> secret = LoadSecretKey(flags.key, inputs.sources());
  Settle(inputs.sources(), shell);
  PrintFindings(inputs.sources(), shell);
  if (!secret) return ExitCode(inputs.sources());

  auto fail = [&](const std::string& problem) {
    shell.Err("polc: " + source::Printable(problem) + "\n");
    return kExitFindings;
  };
  std::optional<Failure> failure;
  std::optional<data::Request> request = inputs.ReadRequest(inputs.requests().front(), 0, failure);
  if (!request) return fail(fmt::format("{}: {} [{}]", failure->at, failure->message, failure->code));
  // Terms are what holds when nobody has said anything.
  if (request->host) {
    auto host = std::make_shared<data::Host>(*request->host);
    host->approvals.clear();
    host->refusals.clear();
    request->host = std::move(host);
  }
  Machine machine(inputs);
  std::optional<vm::Request> taken = machine.Take(*request, failure);
  if (!taken) return fail(fmt::format("{}: {} [{}]", failure->at, failure->message, failure->code));
  const data::Decision decision = machine.Decide(*taken);
  if (decision.action_digest.empty()) {
    return fail(decision.errors.empty()
                    ? "no rule of these policies asks for approvals: none is Pol"
                    : fmt::format("the request is denied ({}): {}", data::WhyName(decision.why),
                                  decision.errors.front().message));
  }
  vm::Review review(machine.engine(), *taken);
  data::ApprovalItem item;
  item.approver = *by;
  item.issued = issued->as_datetime();
  item.action_digest = decision.action_digest;
  item.terms_digest = decision.terms_digest;
  item.snapshot = decision.snapshot;
  item.action = review.subject().action;
  item.id =
      !flags.id.empty()
          ? flags.id
          : bridge::DigestName(vm::DigestOf(fmt::format("{} {} {} {} {}", flags.by, item.issued.ms,
                                                        item.action_digest, item.terms_digest, flags.refuse)))
                .substr(7, 16);
  sign::Statement statement = *StatementOf(item);
  if (flags.refuse) statement.kind = sign::Statement::Kind::kRefusal;
  sign::PublicKey key{};
  sign::Signature signature{};
  sign::SignError error = sign::PublicOf(*secret, &key);
  if (error == sign::SignError::kOk) error = sign::SignStatement(statement, *secret, &signature);
  if (error != sign::SignError::kOk) return fail(std::string(SignErrorMessage(error)));
  item.signing_key = sign::KeyId(key);
  item.signature = Hex(signature);

  const bool to_stdout = flags.output.empty() || flags.output == "-";
  (to_stdout ? shell.Err(Shown(*request, decision)) : shell.Out(Shown(*request, decision)));
  if (decision.needs.empty() && decision.liftable.empty()) {
    return fail("nothing that holds asks for an approval of this action");
  }
  if (auto problem = WriteWhole(to_stdout ? "-" : flags.output, Line(flags, item), shell)) {
    return fail(*problem);
  }
  return kExitOk;
}

}  // namespace

void RegisterApprove(CommandLine& line) {
  auto flags = std::make_shared<ApproveFlags>();
  CLI::App* app =
      line.AddCommand("approve", "Show what an action demands, and sign an approval or refusal of it",
                      [flags](Shell& shell) { return Approve(*flags, shell); });
  AddInputOptions(line, app, flags->inputs);
  app->add_option("--by", flags->by, "Who approves, like Human::\"kim\"")->option_text("ENTITY")->required();
  app->add_option("--key", flags->key, "Their secret key")->option_text("FILE")->required();
  app->add_option("--issued", flags->issued, "When (default: now)")->option_text("TIME");
  app->add_option("--id", flags->id, "What to call it (default: made from what it says)")->option_text("ID");
  app->add_flag("--refuse", flags->refuse, "Say no: a refusal, which stands whatever the terms");
  app->add_option("-o,--output", flags->output, "Write it here; what is shown goes to standard output then")
      ->option_text("FILE");
}

}  // namespace polc::cli
