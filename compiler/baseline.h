// What a whole bundle was made of, so that an edit can be compiled by itself.
//
// Where a few of many files have changed since a bundle was made, most of what compiling does would come to
// what it came to then. A Baseline remembers which rules came from which file; Amend reads, checks and emits
// the files whose text is another one now, and makes an update of the bundle (runtime/bundle/update.h) that
// takes away what those files had and puts in what they have. The unit is the file: a policy's place in its
// file is part of what the bundle says about it.
//
// Whoever applies the update decides as by a bundle of all the files as they are now. Where that could not be
// said, or there is anything to report, Amend gives nothing and the whole has to be compiled: its findings,
// its order of messages and its ids are then those of any other compilation. So is it for sets with Pol,
// policies in JSON, templates and links, and where so much has changed that an update would not be small.
// Tested by baseline_test.cc and tests/cases/compile.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/driver.h"
#include "runtime/bundle/update.h"

namespace polc::driver {

// An update with more rules than this, and than a sixteenth of the bundle's, is not small: the gateway asks
// two sets of rules for every decision until it has a whole bundle again.
inline constexpr size_t kSmallUpdate = 1000;

struct Amendment {
  std::vector<uint8_t> bytes;
  bundle::Digest snapshot_id;
  size_t removed = 0, added = 0;  // rules
};

class Baseline {
 public:
  // How the bundle was made. `schema` null: without one.
  struct Settings {
    std::vector<std::string> paths, schemas;  // as ReadPolicies and ReadSchema were given them
    sema::IdSource ids = sema::IdSource::kAnnotation;
    Checking checking = Checking::kOff;
    std::optional<model::Schema> schema;
    BundleOptions bundle;
  };

  // Of `policies` as they were read from `sources`, which keeps what it reads, and the bundle that was made
  // of them, whose bytes outlive this. Nothing if such a set cannot be updated, or anything was found.
  static std::optional<Baseline> Of(const Sources& sources, const PolicySet& policies, Settings settings,
                                    const bundle::VerifiedBundle& bundle);

  // The update that makes the set of the files as they are now; `sources` were started over. Nothing if the
  // whole has to be compiled; what was found on the way is not said, and `sources` are to be started over
  // again.
  std::optional<Amendment> Amend(Sources& sources) const;

 private:
  struct File {
    source::FileId file = 0;
    size_t first = 0, count = 0;  // policies, by their position over all files
    bool by_position = false;     // some have their ids from it
    std::vector<uint32_t> rows;   // of the bundle's rules, ascending
  };
  // The part of the set that is another one now, and what it takes the place of.
  struct Changed {
    core::Program program;
    std::vector<uint32_t> removed;  // ascending
  };
  std::optional<Changed> ReadChanged(Sources& sources) const;
  bool SameSchema(Sources& sources) const;
  bool IsSmall(size_t rules) const;

  Settings settings_;
  bundle::VerifiedBundle bundle_;
  uint64_t epoch_ = 0;  // of the sources: all FileIds here are of this one
  std::vector<source::FileId> schema_files_;
  std::unordered_map<std::string, File> files_;  // by path
};

}  // namespace polc::driver
