// One decision as a log remembers it (docs/decision-log.md).
//
// Plain data, made by readers of logs in any format; a record of polc's own has all of it. Tested by
// reader_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/decision.h"
#include "compiler/data/value.h"
#include "compiler/source/diagnostic.h"

namespace polc::log {

// Of the log's format. A reader refuses records of another.
inline constexpr int64_t kLogVersion = 1;

struct Record {
  // Where it stands: its line, from 1, and the column its request begins at; 0 where the request was put
  // together from parts of the line.
  uint64_t line = 0;
  uint32_t request_column = 0;

  std::optional<data::Datetime> time;
  std::string request;              // in JSON, on one line; empty if there was none to be read
  std::vector<std::string> masked;  // pointers into `request` of what was left out of it
  // What was decided. A log of another engine says allow or deny and no more.
  std::optional<data::Decision> decision;
  bool whole_decision = false;  // `decision` is polc's, with reasons, terms and state
  std::optional<int64_t> latency_ns;
  std::string entities;  // digest of the entities it was decided with
  std::string failure;   // why there was no request to decide
};

// What is wrong with a log, by line and column. Logs are larger than anything a SourceMap should hold.
struct Problem {
  source::Code code = source::Code::kLogFormat;
  uint64_t line = 0;  // from 1; 0: the whole log
  uint32_t column = 1;
  std::string message;
  std::string help{};
  // Of problems with the same key one is enough; empty: every one counts.
  std::string key{};
};

// `L.jsonl:7:12: warning: … [UnknownLogField]`, with the help on a line of its own.
std::string Text(const Problem& problem, std::string_view path);

}  // namespace polc::log
