// What a decision is made from: policies or a bundle, entities or a compiled store, requests. What eval and
// explain have in common.
//
// Policies are compiled in memory by default, and the bundle is opened and verified as one from a file is:
// what decides here is what decides in a gateway.
// Tested by tests/cases/{eval,explain}.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/artifact.h"
#include "cli/command_line.h"
#include "compiler/driver.h"
#include "runtime/entities/snapshot.h"

namespace polc::cli {

// How Pol files are read, and Cedar files beside them.
struct PolFlags {
  std::vector<std::string> settings;
  std::string cedar_errors;
};
void AddPolOptions(CommandLine& line, CLI::App* app, PolFlags& flags);
// What the flags say, or nothing after reporting that one is not `NAME=VALUE`.
std::optional<driver::PolOptions> PolOptionsOf(const PolFlags& flags, const model::Schema* schema,
                                               Shell& shell);

struct InputFlags {
  std::vector<std::string> paths, schemas;
  std::string entities, links, request, requests, check, request_validation, ids, bundle;
  PolFlags pol;
};

// Declares the options of InputFlags.
void AddInputOptions(CommandLine& line, CLI::App* app, InputFlags& flags);

// Why a request has no decision of its own.
struct Failure {
  std::string code, message, at;
};

class Inputs {
 public:
  // What a command needs besides what the flags name.
  struct Needs {
    bool policies = true;
    bool requests = true;
    bool bundle = true;   // the policies compiled
    bool store = true;    // the entities as a snapshot
    bool stream = false;  // requests come one by one, later, by TakeLine: of the file that is named, or `-`
  };

  Inputs(const InputFlags& flags, Shell& shell);

  // Checks the flags, reads everything and prints what was found. The exit code if there is no going on.
  std::optional<int> Read(const Needs& needs);

  driver::Sources& sources() { return sources_; }
  const driver::PolicySet& policies() const { return policies_; }
  // What requests and entities are read by if it is Pol's: the policies, or what the bundle that was named
  // declares, without rules then.
  const core::Program& declared() const { return flags_.bundle.empty() ? policies_.program : of_bundle_; }
  // What requests are read by if there is no Pol; may be null.
  const model::Schema* schema() const { return policies_.SchemaOr(schema_ ? &*schema_ : nullptr); }
  // If Needs::bundle.
  const BundleFile& bundle() const { return *bundle_; }
  // If Needs::store.
  std::shared_ptr<const entities::Snapshot> snapshot() const { return snapshot_; }
  // SHA-256 of what the entities were read from; empty without.
  const std::string& entities_digest() const { return entities_digest_; }
  // Where each request stands.
  const std::vector<source::Span>& requests() const { return requests_; }
  // The file of the stream of requests; `-` is standard input.
  const std::string& stream_path() const { return requests_path_; }
  // A line of the stream, by its number: where its request stands, until the next is taken.
  source::Span TakeLine(std::string text, uint64_t number);
  // What spans of requests speak of.
  const source::SourceMap& request_map() const { return line_map_ ? *line_map_ : sources_.map; }
  // `R.jsonl:7:3`; empty where there is no place.
  std::string PlaceOf(source::Span of_request) const;

  std::optional<data::Request> ReadRequest(source::Span span, size_t index, std::optional<Failure>& failure);
  // Whether requests have to fit schema or model.
  bool validates_requests() const { return flags_.request_validation != "off"; }
  // The store a request sees, or why there is none. `own` keeps it alive.
  const data::EntityStore* StoreFor(const data::Request& request, data::EntityStore& own,
                                    std::optional<Failure>& failure);

 private:
  std::optional<int> CheckFlags(const Needs& needs);
  void ReadPolicies(const Needs& needs, const driver::PolOptions& pol);
  void ReadEntities(const Needs& needs);

  const InputFlags& flags_;
  Shell& shell_;
  std::vector<std::string> paths_, schemas_;
  std::string requests_path_;
  bool from_stdin_ = false;  // by a `-` among the paths
  driver::Sources sources_;
  std::optional<model::Schema> schema_;
  driver::PolicySet policies_;
  std::optional<BundleFile> bundle_;
  core::Program of_bundle_;
  data::EntityStore store_;
  std::string entities_digest_;
  std::shared_ptr<const entities::Snapshot> snapshot_;
  std::vector<source::Span> requests_;
  std::optional<source::SourceMap> line_map_;  // of a stream: the line that was taken
  uint64_t line_number_ = 1;
};

}  // namespace polc::cli
