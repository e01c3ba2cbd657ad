#include "compiler/simulate/checkpoint.h"

#include "compiler/log/writer.h"
#include "fmt/format.h"

namespace polc::simulate {

namespace {

// What a file begins with; the digest of the rest follows, on a line.
constexpr std::string_view kMagic = "polc simulate, to be resumed 1\n";

}  // namespace

std::string FileOf(const Checkpoint& checkpoint) {
  Writer archive;
  PassAny(archive, checkpoint);
  const std::string body = archive.Take();
  return fmt::format("{}{}\n", kMagic, log::Digest(body)) + body;
}

std::optional<Checkpoint> ReadCheckpoint(std::string_view file) {
  if (!file.starts_with(kMagic)) return std::nullopt;
  file.remove_prefix(kMagic.size());
  const size_t end = file.find('\n');
  if (end == file.npos || log::Digest(file.substr(end + 1)) != file.substr(0, end)) return std::nullopt;
  Reader archive(file.substr(end + 1));
  Checkpoint out;
  PassAny(archive, out);
  if (!archive.ok() || !archive.at_end()) return std::nullopt;
  return out;
}

std::optional<std::string> Differs(const Identity& then, const Identity& now) {
  const auto changed = [](std::string_view what, std::string_view old_one, std::string_view new_one) {
    const auto named = [](std::string_view id) { return id.empty() ? "the log's decisions" : id; };
    return fmt::format("{}: {} then, {} now", what, named(old_one), named(new_one));
  };
  if (then.log_size != now.log_size) {
    return fmt::format("another log, or it has grown: {} bytes then, {} now", then.log_size, now.log_size);
  }
  if (then.log_head != now.log_head) return "another log: it begins otherwise";
  if (then.before != now.before) return changed("other old policies", then.before, now.before);
  if (then.after != now.after) return changed("other new policies", then.after, now.after);
  if (then.inputs != now.inputs) return "other entities, another schema or mapping, or another --split";
  if (then.version != now.version) return changed("another version of polc", then.version, now.version);
  return std::nullopt;
}

}  // namespace polc::simulate
