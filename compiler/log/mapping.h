// Where a log of somebody else's has the parts of a record: a mapping file (docs/decision-log.md, "Other
// logs").
//
// A mapping is a template in JSON: strings that begin with `/` are pointers into the line, everything else
// stands for itself, `{"literal": …}` for what would be a pointer, `{"time": POINTER}` for a time, which is
// normalised. A member whose name ends with `?` is left out where its pointer leads nowhere; any other that
// leads nowhere is a problem, by name. The built-in formats are mappings, too, but for Cerbos's audit log, of
// which one entry is several requests.
// Tested by mapping_test.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/json/json.h"
#include "compiler/log/record.h"

namespace polc::log {

// What pointers start from: by the word before the first `/`, the line under "".
using Roots = std::map<std::string, json::Value, std::less<>>;

class Mapping {
 public:
  // Reports LogMapping and JsonSyntax, each with its place. `map` and what it holds must outlive the mapping.
  static std::optional<Mapping> Read(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink);

  // The record that a line holds. Problems about it are added with spans into `map`; fields of the line that
  // neither the mapping nor its `ignore` names are UnknownLogField.
  std::optional<Record> Apply(const source::SourceMap& map, const Roots& roots,
                              source::DiagnosticSink& sink) const;
  // The fields of an object under `root` that nothing reads, reported.
  void ReportUnknown(json::Value value, const std::string& root, source::DiagnosticSink& sink) const;

 private:
  friend class MappingReader;
  struct Use {
    std::string root;
    std::vector<std::string> path;
  };
  Mapping(const source::SourceMap& map, std::shared_ptr<const json::Document> document)
      : map_(&map), document_(std::move(document)) {}
  bool Covers(const std::string& root, const std::vector<std::string>& path, bool* below) const;

  const source::SourceMap* map_;
  std::shared_ptr<const json::Document> document_;
  std::vector<Use> uses_;  // every pointer, those of `ignore` too
};

}  // namespace polc::log
