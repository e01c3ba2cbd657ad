// Approvals and refusals on the command line: whose keys are whose, and whether what the host hands in was
// signed.
//
// The engine takes a host at its word. With `--approvals-keys` this is the host: an approval without a good
// signature of its approver never reaches the engine, and a refusal without one makes the request
// undecidable, since to drop it would be less restrictive and to believe it would let anybody deny. Tested by
// tests/approve and by approvals_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "compiler/data/decision.h"
#include "compiler/data/host.h"
#include "runtime/sign/approval_signature.h"

namespace polc::cli {

struct ApproverKey {
  data::EntityUid approver;
  sign::PublicKey key;
};

// Reads `[{"approver": UID, "key": "kim.pub"}, …]`; files are named from where the list lies. One person may
// have several keys, a key one person. Reports what is wrong.
std::optional<std::vector<ApproverKey>> LoadApproverKeys(const std::string& path, driver::Sources& sources);

// What was signed, of an item of the host. Nothing if a digest in it is none.
std::optional<sign::Statement> StatementOf(const data::ApprovalItem& item);
std::optional<sign::Statement> StatementOf(const data::RefusalItem& item);

// Takes the approvals out of `host` that none of their approver's keys signed, and gives them back with that
// reason. `failure` is set if a refusal is not signed.
std::vector<data::UncountedApproval> TakeUnsigned(const std::vector<ApproverKey>& keys, data::Host& host,
                                                  std::optional<Failure>& failure);

}  // namespace polc::cli
