#include "cli/artifact.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/bridge/bridge.h"
#include "fmt/format.h"
#include "runtime/entities/mapped_file.h"
#include "runtime/entities/store_file.h"

namespace polc::cli {
namespace {

using source::Code;
using source::FileId;

std::vector<uint8_t> BytesOf(std::string_view text) {
  const auto* first = reinterpret_cast<const uint8_t*>(text.data());
  return {first, first + text.size()};
}

template <typename Key>
std::optional<Key> LoadKey(const std::string& path, std::string_view kind, driver::Sources& sources) {
  std::optional<FileId> file = sources.Load(path);
  if (!file) return std::nullopt;
  Key key;
  const sign::SignError error = sign::FromPem(sources.map.text(*file), &key);
  if (error == sign::SignError::kOk) return key;
  ReportAbout(path, Code::kInvalidKey,
              fmt::format("`{}` is no {} key: {}", path, kind, SignErrorMessage(error)), sources);
  return std::nullopt;
}

std::string CannotWrite(const std::string& path) {
  return fmt::format("cannot write `{}`: {}", path, std::strerror(errno));
}

}  // namespace

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

std::string Hex(std::span<const uint8_t> bytes) {
  std::string out;
  for (uint8_t byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

std::string DigestName(const bundle::Digest& digest) { return "sha256:" + Hex(digest); }

void ReportAbout(const std::string& path, Code code, std::string message, driver::Sources& sources) {
  sources.sink.Report(code, {sources.map.Add(path, ""), 0, 0}, std::move(message));
}

std::optional<BundleFile> OpenBundle(std::vector<uint8_t> bytes, const std::string& path,
                                     driver::Sources& sources) {
  BundleFile out{std::make_shared<const std::vector<uint8_t>>(std::move(bytes)), {}};
  bundle::Bundle opened;
  bundle::Status status = bundle::Bundle::Open(*out.bytes, &opened);
  if (status.ok()) status = Verify(opened, &out.verified);
  if (status.ok()) return out;
  ReportAbout(path, Code::kInvalidBundle,
              fmt::format("`{}` is no sound bundle: {} (byte {}, {})", path, BundleErrorMessage(status.error),
                          status.at, BundleErrorName(status.error)),
              sources);
  return std::nullopt;
}

std::optional<BundleFile> LoadBundle(const std::string& path, driver::Sources& sources) {
  std::optional<FileId> file = sources.Load(path);
  if (!file) return std::nullopt;
  std::optional<BundleFile> bundle = OpenBundle(BytesOf(sources.map.text(*file)), path, sources);
  sources.unreadable |= !bundle;
  return bundle;
}

bool IsStore(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char magic[sizeof(entities::kSnapshotMagic)];
  return path != "-" && in.read(magic, sizeof(magic)) &&
         std::memcmp(magic, entities::kSnapshotMagic, sizeof(magic)) == 0;
}

std::string FileBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::shared_ptr<const entities::Snapshot> LoadStore(const std::string& path, driver::Sources& sources) {
  std::shared_ptr<const entities::MappedFile> file = entities::MappedFile::Open(path.c_str());
  if (!file) {
    ReportAbout(path, Code::kCannotRead, fmt::format("cannot map `{}`: {}", path, std::strerror(errno)),
                sources);
    sources.unreadable = true;
    return nullptr;
  }
  std::shared_ptr<const entities::Snapshot> store;
  const entities::StoreStatus status = entities::OpenStore(file->bytes(), file, &store);
  if (!status.ok()) {
    ReportAbout(path, Code::kInvalidStore,
                fmt::format("`{}` is no sound compiled store: {}", path, StoreErrorMessage(status.error)),
                sources);
    sources.unreadable = true;
    return nullptr;
  }
  return store;
}

std::shared_ptr<const entities::Snapshot> MakeStore(const data::EntityStore& store, const std::string& path,
                                                    driver::Sources& sources) {
  std::shared_ptr<const entities::Snapshot> snapshot = bridge::MakeSnapshot(store);
  if (!snapshot) {
    ReportAbout(
        path, Code::kTooManyAncestors,
        fmt::format("the entities of `{}` have more than {} ancestors in all", path, entities::kMaxAncestors),
        sources);
  }
  return snapshot;
}

std::optional<sign::SecretKey> LoadSecretKey(const std::string& path, driver::Sources& sources) {
  return LoadKey<sign::SecretKey>(path, "secret", sources);
}

std::optional<sign::PublicKey> LoadPublicKey(const std::string& path, driver::Sources& sources) {
  return LoadKey<sign::PublicKey>(path, "public", sources);
}

std::optional<std::string> WriteWhole(const std::string& path, std::string_view bytes, Shell& shell,
                                      Appears appears) {
  if (path == "-") {
    shell.Out(bytes);
    return std::nullopt;
  }
  struct stat there;
  const bool exists = stat(path.c_str(), &there) == 0;
  if (exists && !S_ISREG(there.st_mode)) {
    // A device or a pipe is written to; a file in its place would be none.
    const int device = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (device < 0) return CannotWrite(path);
    const bool written = WriteAll(device, bytes);
    return close(device) == 0 && written ? std::nullopt : std::optional(CannotWrite(path));
  }
  // What a link points to is written, not the link.
  std::error_code error;
  const std::string target = exists ? std::filesystem::canonical(path, error).string() : path;
  if (error) return CannotWrite(path);
  // The permissions a new file would have, which mkstemp does not give.
  const mode_t mask = umask(0);
  umask(mask);
  std::string temporary = target + ".XXXXXX";
  const int fd = mkstemp(temporary.data());
  if (fd < 0) return CannotWrite(path);
  bool ok = WriteAll(fd, bytes) && fchmod(fd, 0666 & ~mask) == 0;
  auto settle = [&] { return fsync(fd) == 0; };
  auto appear = [&] { return std::rename(temporary.c_str(), target.c_str()) == 0; };
  ok = ok && (appears == Appears::kOnceOnDisk ? settle() && appear() : appear() && settle());
  ok = close(fd) == 0 && ok;
  if (ok) return std::nullopt;
  std::string problem = CannotWrite(path);
  unlink(temporary.c_str());
  return problem;
}

std::optional<std::string> WriteNew(const std::string& path, std::string_view bytes, unsigned mode) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return CannotWrite(path);
  bool ok = WriteAll(fd, bytes) && fsync(fd) == 0;
  ok = close(fd) == 0 && ok;
  if (ok) return std::nullopt;
  std::string problem = CannotWrite(path);
  unlink(path.c_str());
  return problem;
}

}  // namespace polc::cli
