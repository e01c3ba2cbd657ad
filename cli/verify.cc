// `polc verify`: whether a bundle is sound and signed by keys one trusts.
#include <algorithm>

#include "cli/artifact.h"
#include "cli/report.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "runtime/sign/bundle_signature.h"

namespace polc::cli {
namespace {

struct VerifyFlags {
  std::string bundle, format;
  std::vector<std::string> keys;
  uint32_t threshold = 1;
};

struct TrustedKey {
  std::string path;
  sign::PublicKey key;
  bool signed_it = false;
};

std::string Json(const VerifyFlags& flags, const driver::Sources& sources,
                 const std::optional<BundleFile>& bundle, const std::vector<TrustedKey>& keys) {
  return JsonLine([&](llvm::json::OStream& json) {
    json.attribute("valid", !sources.sink.has_errors());
    if (bundle) json.attribute("snapshot", DigestName(bundle->verified.snapshot_id()));
    json.attribute("threshold", flags.threshold);
    json.attributeArray("keys", [&] {
      for (const TrustedKey& key : keys) {
        json.object([&] {
          json.attribute("file", llvm::json::fixUTF8(key.path));
          json.attribute("id", sign::KeyId(key.key));
          json.attribute("signed", key.signed_it);
        });
      }
    });
    json.attributeBegin("diagnostics");
    json.rawValue(source::RenderJson(sources.map, sources.sink.diagnostics()));
    json.attributeEnd();
  });
}

std::string Text(const std::optional<BundleFile>& bundle, const std::vector<TrustedKey>& keys) {
  std::string out;
  if (bundle) out += fmt::format("{}\n", DigestName(bundle->verified.snapshot_id()));
  for (const TrustedKey& key : keys) {
    out += fmt::format("  {}  {}  {}\n", key.signed_it ? "signed    " : "not signed", sign::KeyId(key.key),
                       source::Printable(key.path));
  }
  return out;
}

int Verify(const VerifyFlags& flags, Shell& shell) {
  if (!OneStdin({{flags.bundle}, flags.keys})) {
    return shell.Usage("standard input can be only one of the inputs");
  }
  driver::Sources sources;
  std::vector<TrustedKey> keys;
  for (const std::string& path : flags.keys) {
    std::optional<sign::PublicKey> key = LoadPublicKey(path, sources);
    auto same = [&](const TrustedKey& other) { return other.key == *key; };
    if (key && std::ranges::none_of(keys, same)) keys.push_back({path, *key});
  }
  if (!sources.sink.has_errors() && (flags.threshold == 0 || flags.threshold > keys.size())) {
    return shell.Usage(fmt::format("--threshold {} cannot be met by {} {}", flags.threshold, keys.size(),
                                   keys.size() == 1 ? "key" : "different keys"));
  }
  std::optional<BundleFile> bundle;
  if (std::optional<source::FileId> file = sources.Load(flags.bundle)) {
    const std::string_view text = sources.map.text(*file);
    bundle = OpenBundle({text.begin(), text.end()}, flags.bundle, sources);
    if (bundle && !sources.sink.has_errors()) {
      std::vector<sign::PublicKey> trusted;
      for (const TrustedKey& key : keys) trusted.push_back(key.key);
      const std::vector<sign::PublicKey> signers = sign::ValidSigners(bundle->verified, trusted);
      for (TrustedKey& key : keys) key.signed_it = std::ranges::count(signers, key.key) > 0;
      if (signers.size() < flags.threshold) {
        ReportAbout(flags.bundle, source::Code::kUntrustedBundle,
                    fmt::format("{} of {} trusted {} signed this bundle; {} must", signers.size(),
                                keys.size(), keys.size() == 1 ? "key" : "keys", flags.threshold),
                    sources);
      }
    }
  }
  Settle(sources, shell);
  if (flags.format == "json") {
    shell.Out(Json(flags, sources, bundle, keys));
  } else {
    shell.Out(Text(bundle, keys));
    PrintFindings(sources, shell);
  }
  return ExitCode(sources);
}

}  // namespace

void RegisterVerify(CommandLine& line) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* app = line.AddCommand(
      "verify", "Verify a bundle and its signatures", [flags](Shell& shell) { return Verify(*flags, shell); },
      /*needs_project=*/false);
  app->add_option("BUNDLE", flags->bundle, "A bundle; - is standard input")->option_text(" ")->required();
  line.AddRepeated(app, "--key", flags->keys, "FILE", "A public key to trust; may repeat")->required();
  app->add_option("--threshold", flags->threshold, "How many of the keys must have signed (default 1)")
      ->option_text("N");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json"}, "How to print the answer");
}

}  // namespace polc::cli
