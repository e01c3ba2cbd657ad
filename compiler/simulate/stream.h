// Simulation as a filter: a log in, a line of JSON for each record out, in constant memory; and such lines
// added up, wherever they were made.
//
// A result line says what came of one record and nothing about the others or the file it stood in: its time,
// principal, action, resource, bucket, outcomes, and the names of what it comes from. So the results of parts
// of a log are the parts of its results, in any order, as long as no decision depends on one in another part:
// without state that requests move always, with it if the log was divided by the key that the state is kept
// by (KeptApart). Tested by stream_test.cc and examples/spark.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/log/reader.h"
#include "compiler/simulate/replay.h"
#include "compiler/simulate/simulate.h"

namespace polc::simulate {

// Called in the order of the log with what came of each record, with null for a line that is none.
using Tell = std::function<void(const std::vector<Edit>& edits, const log::Record* record, const Told* told)>;
// As Simulate, on one thread. Nothing if the new or the old set fits no bundle.
std::optional<Report> Stream(const Options& options, const log::Reader& reader, log::Splitter& splitter,
                             const Tell& tell);

// The result line of a record, with its line feed; of a line that is none if `record` is null.
std::string ResultLine(const std::vector<Edit>& edits, const log::Record* record, const Told* told);

// Of the state that requests to any of these programs move, the first that is not kept by `key` alone, as
// "`tries` for each `principal`"; nothing if all is. An empty key keeps nothing apart.
std::optional<std::string> NotKeptApart(const std::vector<const core::Program*>& programs,
                                        std::string_view key);
// The programs of both sides.
std::vector<const core::Program*> ProgramsOf(const Options& options);

// Result lines, added up.
class Sums {
 public:
  // False if it is no result line.
  bool Add(std::string_view line);
  uint64_t records() const { return records_; }
  std::string Json() const;
  std::string Text() const;

 private:
  // Bucket, cause, outcomes, principal type, action, resource type.
  using Key = std::array<std::string, 6>;
  uint64_t records_ = 0, broken_ = 0;
  std::map<std::string, uint64_t> buckets_, missing_;
  std::map<Key, uint64_t> groups_;
};

}  // namespace polc::simulate
