// Decisions as lines of polc's own log (docs/decision-log.md).
//
// A line is one JSON object that ends with `,"crc":"…"}` and a line feed: a line without its line feed was
// not finished, and one whose sum is another is not what was written. This makes lines; who puts them into a
// file is cli/log_file.h. Pure. Tested by writer_test.cc, and against the reader by reader_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/data/decision.h"
#include "compiler/log/json_text.h"
#include "compiler/log/reads.h"
#include "compiler/source/source_map.h"

namespace polc::log {

struct Entry {
  data::Datetime time{};
  std::string_view request{};  // as it came: JSON, or what was meant to be
  const data::Decision* decision = nullptr;
  std::optional<data::EntityUid> action{};  // of the request if it could be read
  int64_t latency_ns = 0;
  std::string failure{};  // why there was no request to decide
};

struct WriterOptions {
  Mask mask{};                    // left out of requests, and of what decisions repeat of them
  ReadIndex* reads = nullptr;     // keep of contexts only what rules read; null: all of it
  std::string entities_digest{};  // of the entities decided with; empty: not said
};

// The line, with its line feed. A request that is no JSON is kept as text unless something is to be left out.
std::string RecordLine(const Entry& entry, const WriterOptions& options);

// The eight digits at the end of a line, over all before `,"crc"`.
std::string Checksum(std::string_view body);

// `sha256:` and 64 digits.
std::string Digest(std::string_view bytes);

}  // namespace polc::log
