#include "cli/resume.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "cli/artifact.h"
#include "compiler/log/crc.h"
#include "compiler/log/writer.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

// Of the texts, without their names.
void AddTexts(const source::SourceMap& map, std::string& to) {
  for (source::FileId file = 0; file < map.size(); ++file) {
    const std::string_view text = map.text(file);
    to += fmt::format("{} ", text.size());
    to += text;
  }
}

// The id of what a side decides by.
std::string SnapshotOf(LoadedSet& set) {
  const std::optional<BundleFile> bundle = OpenBundle(set.side.bundle, "<compiled policies>", set.sources);
  return bundle ? DigestName(bundle->verified.snapshot_id()) : "";
}

}  // namespace

std::optional<int> Resume::Identify(LoadedSet* before, LoadedSet& after, const LogFlags& log,
                                    const LogInput& input, const std::string& split) {
  std::ifstream file(log.path, std::ios::binary);
  std::string head(std::min<uint64_t>(simulate::kHeadBytes, input.size()), '\0');
  if (input.size() == 0 || !file.read(head.data(), static_cast<std::streamsize>(head.size()))) {
    return shell_.Usage("--resume needs a log that is a file: what was read of it is read again");
  }
  identity_.version = Version();
  identity_.log_size = input.size();
  identity_.log_head = log::Digest(head);
  if (before) identity_.before = SnapshotOf(*before);
  identity_.after = SnapshotOf(after);
  std::string inputs = fmt::format("{} {} ", static_cast<int>(input.reader().format()), split);
  if (before) AddTexts(before->sources.map, inputs);
  AddTexts(after.sources.map, inputs);
  AddTexts(input.mapping_texts(), inputs);
  identity_.inputs = log::Digest(inputs);
  return std::nullopt;
}

std::optional<int> Resume::Refuse(std::string_view why) {
  shell_.Err(fmt::format("polc: cannot resume from `{}`: {}\n", source::Printable(path_), why));
  return kExitUsage;
}

std::optional<int> Resume::Begin(LogInput& input) {
  struct stat about;
  if (stat(path_.c_str(), &about) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return Refuse(std::strerror(errno));
  }
  if (!S_ISREG(about.st_mode)) return Refuse("it is no file");
  if (about.st_size == 0) return std::nullopt;
  std::optional<simulate::Checkpoint> found = simulate::ReadCheckpoint(FileBytes(path_));
  if (!found) return Refuse("it is not what `polc simulate --resume` writes, or is not whole");
  if (const auto differs = simulate::Differs(found->of, identity_)) {
    return Refuse(fmt::format("it is of {}", *differs));
  }
  std::vector<char> buffer(size_t{1} << 20);
  while (bytes_ < found->bytes) {
    const size_t got = Read(input, buffer.data(), std::min<uint64_t>(buffer.size(), found->bytes - bytes_));
    if (got == 0) break;
    bytes_ += got;
  }
  if (bytes_ != found->bytes || sum_ != found->sum) {
    return Refuse(fmt::format("the first {} bytes of the log are not what they were", found->bytes));
  }
  state_ = std::move(found->state);
  return std::nullopt;
}

size_t Resume::Read(LogInput& input, char* to, size_t size) {
  const size_t got = input.Read(to, size);
  if (on()) sum_ = log::Crc32({to, got}, sum_);
  return got;
}

simulate::Resuming Resume::Hooks() {
  return {std::move(state_),
          [this] {
            // Writing takes a small part of the time, however much there is to be written.
            constexpr double kMostShare = 0.05;
            const std::chrono::duration<double> since = Clock::now() - last_;
            return since.count() >= std::max(every_, took_ / kMostShare);
          },
          [this](std::string state, uint64_t bytes) { Save(std::move(state), bytes); }};
}

void Resume::Save(std::string state, uint64_t bytes) {
  const auto begin = Clock::now();
  const std::optional<std::string> problem = WriteWhole(
      path_, simulate::FileOf({.of = identity_, .bytes = bytes, .sum = sum_, .state = std::move(state)}),
      shell_);
  last_ = Clock::now();
  took_ = every_ > 0 ? std::chrono::duration<double>(last_ - begin).count() : 0;
  if (!problem || failed_) return;
  failed_ = true;
  shell_.Err(fmt::format("polc: {}; this run goes on, and cannot be resumed from here\n",
                         source::Printable(*problem)));
}

void Resume::Done() {
  if (on()) unlink(path_.c_str());
}

}  // namespace polc::cli
