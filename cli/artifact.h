// What polc makes and takes back: bundles, keys, and files written whole or not at all.
//
// What is wrong with an artifact is a diagnostic about its file (InvalidBundle, InvalidStore, InvalidKey);
// everything that loads here has been verified.
// Tested by tests/cases/{compile,inspect,keygen,verify}.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.h"
#include "compiler/data/entities.h"
#include "compiler/driver.h"
#include "runtime/bundle/verify.h"
#include "runtime/entities/snapshot.h"
#include "runtime/sign/keys.h"

namespace polc::cli {

// A verified bundle and the bytes it is a view of.
struct BundleFile {
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  bundle::VerifiedBundle verified;

  const bundle::Bundle& bundle() const { return verified.bundle(); }
};

// "sha256:…".
std::string DigestName(const bundle::Digest& digest);
std::string Hex(std::span<const uint8_t> bytes);

// Opens and verifies; reports InvalidBundle about `path`.
std::optional<BundleFile> OpenBundle(std::vector<uint8_t> bytes, const std::string& path,
                                     driver::Sources& sources);
// Loads a file, opens and verifies it. Without the bundle nothing can be done: `sources` is unreadable then.
std::optional<BundleFile> LoadBundle(const std::string& path, driver::Sources& sources);

// Whether a file begins as a compiled store does. Standard input never is one.
bool IsStore(const std::string& path);
// The bytes of a file that was there a moment ago; nothing if it no longer is.
std::string FileBytes(const std::string& path);
// Maps a compiled store; reports InvalidStore.
std::shared_ptr<const entities::Snapshot> LoadStore(const std::string& path, driver::Sources& sources);

// The store that read entities make; reports TooManyAncestors. `path` is theirs.
std::shared_ptr<const entities::Snapshot> MakeStore(const data::EntityStore& store, const std::string& path,
                                                    driver::Sources& sources);

// Reports something about a whole file that has no lines to show: bytes, or secrets.
void ReportAbout(const std::string& path, source::Code code, std::string message, driver::Sources& sources);

// Keys from PEM files; report InvalidKey.
std::optional<sign::SecretKey> LoadSecretKey(const std::string& path, driver::Sources& sources);
std::optional<sign::PublicKey> LoadPublicKey(const std::string& path, driver::Sources& sources);

// Writes all of `bytes`; whether that worked, with errno if not.
bool WriteAll(int fd, std::string_view bytes);
// Writes a file by way of another in the same folder, so that a reader sees the old bytes or the new ones and
// never half of them. `-` is standard output; what a link points to is written, not the link; devices and
// pipes are written to as they are. Why it failed, or nothing. With kAtOnce the new file is there
// before it has reached the disk, for readers that wait for it: if the machine stops just then, it may be cut
// short.
enum class Appears : uint8_t { kOnceOnDisk, kAtOnce };
std::optional<std::string> WriteWhole(const std::string& path, std::string_view bytes, Shell& shell,
                                      Appears appears = Appears::kOnceOnDisk);
// Creates a file that must not exist yet, with these permissions.
std::optional<std::string> WriteNew(const std::string& path, std::string_view bytes, unsigned mode);

}  // namespace polc::cli
