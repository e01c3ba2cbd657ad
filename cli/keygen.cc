// `polc keygen`: a key pair to sign bundles with.
#include <sys/stat.h>
#include <unistd.h>

#include "cli/artifact.h"
#include "cli/report.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

struct KeygenFlags {
  std::string name, format;
};

int Keygen(const KeygenFlags& flags, Shell& shell) {
  const std::string secret_path = flags.name + ".key", public_path = flags.name + ".pub";
  auto fail = [&](std::string_view problem, int code) {
    shell.Err(fmt::format("polc: {}\n", source::Printable(problem)));
    return code;
  };
  for (const std::string& path : {secret_path, public_path}) {
    struct stat there;
    if (lstat(path.c_str(), &there) == 0) {
      return fail(fmt::format("`{}` exists; a key is never overwritten", path), kExitFindings);
    }
  }
  sign::SecretKey secret;
  sign::PublicKey key{};
  sign::SignError error = sign::Generate(&secret);
  if (error == sign::SignError::kOk) error = sign::PublicOf(secret, &key);
  if (error != sign::SignError::kOk) return fail(SignErrorMessage(error), kExitUnreadable);
  if (auto problem = WriteNew(secret_path, sign::ToPem(secret), 0600)) return fail(*problem, kExitUnreadable);
  if (auto problem = WriteNew(public_path, sign::ToPem(key), 0644)) {
    unlink(secret_path.c_str());
    return fail(*problem, kExitUnreadable);
  }
  if (flags.format == "json") {
    shell.Out(JsonLine([&](llvm::json::OStream& json) {
      json.attribute("id", sign::KeyId(key));
      json.attribute("secret", llvm::json::fixUTF8(secret_path));
      json.attribute("public", llvm::json::fixUTF8(public_path));
    }));
  } else {
    shell.Out(source::Printable(fmt::format("key {}: {} (keep it secret), {}", sign::KeyId(key), secret_path,
                                            public_path)) +
              "\n");
  }
  return kExitOk;
}

}  // namespace

void RegisterKeygen(CommandLine& line) {
  auto flags = std::make_shared<KeygenFlags>();
  CLI::App* app = line.AddCommand(
      "keygen", "Make a key pair to sign bundles with",
      [flags](Shell& shell) { return Keygen(*flags, shell); }, /*needs_project=*/false);
  app->add_option("-o,--output", flags->name, "Write NAME.key, the secret key, and NAME.pub")
      ->option_text("NAME")
      ->required();
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json"}, "How to print the answer");
}

}  // namespace polc::cli
