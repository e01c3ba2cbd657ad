// `polc inspect`: what stands in a bundle or a compiled store.
#include <algorithm>

#include "cli/artifact.h"
#include "cli/describe.h"
#include "cli/report.h"
#include "compiler/explain/words.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "llvm/ADT/StringExtras.h"
#include "runtime/bundle/assembly.h"
#include "runtime/sign/bundle_signature.h"

namespace polc::cli {
namespace {

struct InspectFlags {
  std::string path, format;
  bool disasm = false;
};

std::string Code(const bundle::Bundle& bundle, const bundle::Block& block) {
  return bundle::Disassemble(bundle.code().subspan(block.first, block.count), &bundle);
}

// The digest of the schema the rules were checked against, or "".
std::string Schema(const bundle::Bundle& bundle) {
  const auto& digest = bundle.header().model_digest;
  const bool none = std::ranges::all_of(digest, [](uint8_t byte) { return byte == 0; });
  return none ? std::string() : "sha256:" + Hex(digest);
}

void AppendDisassembly(const bundle::Bundle& bundle, std::string* out) {
  auto block = [&](std::string title, const bundle::Block& code) {
    if (code.count == 0) return;
    *out += fmt::format("\n{}:\n", source::Printable(title));
    const std::string text = Code(bundle, code);
    for (const llvm::StringRef line : llvm::split(llvm::StringRef(text).rtrim('\n'), '\n'))
      *out += source::Printable(line) + "\n";
  };
  auto name = [&](uint32_t string) { return bundle.String(string); };
  for (const bundle::FactRow& fact : bundle.facts()) {
    size_t number = 0;
    for (const bundle::ClauseRow& clause : Slice(bundle.clauses(), fact.clauses)) {
      const std::string which =
          clause.id == bundle::kNone ? fmt::format("clause {}", ++number) : std::string(name(clause.id));
      block(fmt::format("fact {}, when {}", name(fact.name), which), clause.when);
      block(fmt::format("fact {}, value of {}", name(fact.name), which), clause.value);
    }
    block(fmt::format("fact {}", name(fact.name)), fact.value);
  }
  for (const bundle::InputRow& input : bundle.inputs()) {
    block(fmt::format("input {}, counts", name(input.id)), input.counts);
    block(fmt::format("input {}, key", name(input.id)), input.key);
    block(fmt::format("input {}, amount", name(input.id)), input.amount);
  }
  for (const bundle::RuleRow& rule : bundle.rules()) {
    block(fmt::format("rule {}", name(rule.id)), rule.condition);
    for (const bundle::LimitRow& limit : Slice(bundle.limits(), rule.limits)) {
      block(fmt::format("limit {} of {}", name(bundle.limit_kinds()[limit.kind].name), name(rule.id)),
            limit.value);
    }
    auto pools = [&](const bundle::ApprovalRow& approval, std::string_view what) {
      for (const bundle::QuorumRow& quorum : Slice(bundle.quorums(), approval.alternatives)) {
        for (const bundle::QuorumPartRow& part : Slice(bundle.quorum_parts(), quorum.parts)) {
          for (const bundle::PoolRow& pool : Slice(bundle.pools(), part.pools))
            block(fmt::format("{} of {}", what, name(rule.id)), pool.group);
        }
      }
    };
    for (const bundle::NeedRow& need : Slice(bundle.needs(), rule.needs)) {
      if (static_cast<bundle::NeedKind>(need.kind) == bundle::NeedKind::kApproval)
        pools(bundle.approvals()[need.what], "pool");
    }
    if (rule.pol == 0) continue;
    const bundle::PolRuleRow& pol = bundle.pol_rules()[rule.pol - 1];
    for (const bundle::ApprovalRow& approval : Slice(bundle.approvals(), pol.lifted_by))
      pools(approval, "lifting pool");
    if (pol.suggestion == bundle::kNone) continue;
    for (const bundle::ChangeRow& change :
         Slice(bundle.changes(), bundle.suggestions()[pol.suggestion].changes)) {
      block(fmt::format("suggested {} of {}", name(change.attribute), name(rule.id)), change.value);
    }
  }
}

std::string BundleText(const InspectFlags& flags, const BundleFile& file) {
  const bundle::Bundle& bundle = file.bundle();
  std::string out = fmt::format("bundle, format {}\n", bundle.header().format_version);
  out += fmt::format("  snapshot  {}\n", DigestName(file.verified.snapshot_id()));
  out += fmt::format("  schema    {}\n", Schema(bundle).empty() ? "none" : Schema(bundle));
  for (const bundle::PairRow& fact : bundle.meta()) {
    out += source::Printable(fmt::format("  {:8}  {}", bundle.String(fact.key), bundle.String(fact.value))) +
           "\n";
  }
  out += FiguresText(bundle);
  out += "rules:\n";
  for (const bundle::RuleRow& rule : bundle.rules()) {
    std::string line =
        fmt::format("  {:6}  {}  stack {}, steps {}", explain::EffectName(bundle, rule.effect),
                    bundle.String(rule.id), rule.condition.max_stack, rule.condition.max_steps);
    if (rule.place.file != bundle::kNone) line += "  " + explain::PlaceName(bundle, rule.place);
    if (rule.template_id != bundle::kNone) line += fmt::format("  from {}", bundle.String(rule.template_id));
    out += source::Printable(line) + "\n";
  }
  const std::vector<sign::PublicKey> signers = sign::ClaimedSigners(bundle);
  out += signers.empty() ? "no signatures\n" : "signatures (polc verify checks them):\n";
  for (const sign::PublicKey& key : signers) out += fmt::format("  key {}\n", sign::KeyId(key));
  if (flags.disasm) AppendDisassembly(bundle, &out);
  return out;
}

std::string BundleJson(const InspectFlags& flags, const BundleFile& file) {
  const bundle::Bundle& bundle = file.bundle();
  return JsonLine([&](llvm::json::OStream& json) {
    auto text = [&](llvm::StringRef name, std::string_view value) {
      json.attribute(name, llvm::StringRef(value.data(), value.size()));
    };
    text("kind", "bundle");
    json.attribute("format_version", bundle.header().format_version);
    text("snapshot", DigestName(file.verified.snapshot_id()));
    if (!Schema(bundle).empty()) text("schema", Schema(bundle));
    json.attributeObject("meta", [&] {
      for (const bundle::PairRow& fact : bundle.meta()) {
        text(std::string(bundle.String(fact.key)), bundle.String(fact.value));
      }
    });
    json.attributeObject("figures", [&] { FiguresJson(bundle, json); });
    json.attributeArray("rules", [&] {
      for (const bundle::RuleRow& rule : bundle.rules()) {
        json.object([&] {
          text("id", bundle.String(rule.id));
          text("effect", explain::EffectName(bundle, rule.effect));
          text("at", explain::PlaceName(bundle, rule.place));
          if (rule.template_id != bundle::kNone) text("template", bundle.String(rule.template_id));
          if (rule.because != bundle::kNone) text("because", bundle.String(rule.because));
          json.attribute("max_stack", rule.condition.max_stack);
          json.attribute("max_steps", rule.condition.max_steps);
          if (flags.disasm) text("code", Code(bundle, rule.condition));
        });
      }
    });
    json.attributeArray("signatures", [&] {
      for (const sign::PublicKey& key : sign::ClaimedSigners(bundle)) {
        json.object([&] {
          json.attribute("key", sign::KeyId(key));
          json.attribute("public_key", Hex(key));
        });
      }
    });
  });
}

std::string StoreText(const entities::Snapshot& store) {
  std::string out = fmt::format("compiled store, format {}\n", entities::kSnapshotVersion);
  out +=
      fmt::format("  entities  {}\n  mentioned {}\n  types     {}\n  bytes     {}\n", store.present_count(),
                  store.entity_count() - store.present_count(), store.type_count(), store.block().size());
  return out;
}

std::string StoreJson(const entities::Snapshot& store) {
  return JsonLine([&](llvm::json::OStream& json) {
    json.attribute("kind", "store");
    json.attribute("format_version", entities::kSnapshotVersion);
    json.attribute("entities", store.present_count());
    json.attribute("mentioned", store.entity_count() - store.present_count());
    json.attribute("types", store.type_count());
    json.attribute("bytes", static_cast<uint64_t>(store.block().size()));
  });
}

int InspectStore(const InspectFlags& flags, Shell& shell) {
  driver::Sources sources;
  std::shared_ptr<const entities::Snapshot> store = LoadStore(flags.path, sources);
  Settle(sources, shell);
  PrintFindings(sources, shell);
  if (store) shell.Out(flags.format == "json" ? StoreJson(*store) : StoreText(*store));
  return ExitCode(sources);
}

int Inspect(const InspectFlags& flags, Shell& shell) {
  if (IsStore(flags.path)) {
    if (flags.disasm) return shell.Usage("--disasm shows code, and a compiled store has none");
    return InspectStore(flags, shell);
  }
  driver::Sources sources;
  std::optional<BundleFile> bundle = LoadBundle(flags.path, sources);
  Settle(sources, shell);
  PrintFindings(sources, shell);
  if (bundle) shell.Out(flags.format == "json" ? BundleJson(flags, *bundle) : BundleText(flags, *bundle));
  return ExitCode(sources);
}

}  // namespace

void RegisterInspect(CommandLine& line) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* app = line.AddCommand(
      "inspect", "Show what stands in a bundle or a compiled store",
      [flags](Shell& shell) { return Inspect(*flags, shell); }, /*needs_project=*/false);
  app->add_option("FILE", flags->path, "A bundle or a compiled store; - is standard input")
      ->option_text(" ")
      ->required();
  app->add_flag("--disasm", flags->disasm, "Show the code of every rule");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json"}, "How to print it");
}

}  // namespace polc::cli
