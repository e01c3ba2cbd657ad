#include "compiler/simulate/attribute.h"

#include <algorithm>

namespace polc::simulate {

namespace {

// With what names the recorded action and snapshot naming these.
std::optional<data::Request> Renamed(const data::Request& request, const std::string& from_digest,
                                     const std::string& to_digest, const std::string& from_snapshot,
                                     const std::string& to_snapshot) {
  if (!request.host || from_digest.empty()) return std::nullopt;
  if (from_digest == to_digest && from_snapshot == to_snapshot) return std::nullopt;
  auto host = std::make_shared<data::Host>(*request.host);
  auto rename = [&](std::string& name, const std::string& from, const std::string& to) {
    if (name == from) name = to;
  };
  for (data::ApprovalItem& item : host->approvals) {
    rename(item.action_digest, from_digest, to_digest);
    rename(item.snapshot, from_snapshot, to_snapshot);
  }
  for (data::RefusalItem& item : host->refusals) rename(item.action_digest, from_digest, to_digest);
  for (data::EvidenceItem& item : host->evidence) rename(item.action_digest, from_digest, to_digest);
  data::Request out = request;
  out.host = std::move(host);
  return out;
}

}  // namespace

bool Undone(const data::Decision& before, const data::Decision& after, bool whole,
            const data::Decision& undone) {
  const Bucket was = Compare(before, after, whole);
  const Bucket is = Compare(before, undone, whole);
  return is == Bucket::kUnchanged || (is == Bucket::kTerms && was != Bucket::kTerms);
}

data::Decision DecideRecorded(const std::shared_ptr<const Judge>& judge, const data::Request& request,
                              bool validate, const std::string& logged_digest,
                              const std::string& logged_snapshot, Scratches& scratches) {
  auto decide = [&](const data::Request& r) {
    std::optional<data::Decision> decision = scratches.Decide(judge, r, validate);
    if (decision) return std::move(*decision);
    data::Decision refused;
    refused.why = data::Why::kInvalidRequest;
    refused.errors.push_back({"", "the entities of the request close a cycle with those of the store"});
    return refused;
  };
  data::Decision decision = decide(request);
  const data::Host* host = request.host.get();
  if (!host || (host->approvals.empty() && host->refusals.empty() && host->evidence.empty())) return decision;
  const std::optional<data::Request> renamed =
      Renamed(request, logged_digest, decision.action_digest, logged_snapshot, judge->snapshot());
  return renamed ? decide(*renamed) : decision;
}

bool Attributor::RemovesEdits(const std::set<size_t>& edits, const Flip& flip, Scratches& scratches) {
  const std::shared_ptr<const Judge> judge = variants_.Without(edits);
  if (!judge) return false;
  const data::Decision undone = DecideRecorded(judge, flip.after_request, flip.validate, flip.logged_digest,
                                               flip.logged_snapshot, scratches);
  return Undone(flip.before, flip.after, flip.whole, undone);
}

bool Attributor::Removes(const Cause& cause, const Flip& flip, Scratches& scratches) {
  if (!cause.state) return RemovesEdits({cause.edits.begin(), cause.edits.end()}, flip, scratches);
  const std::shared_ptr<const Judge> judge = variants_.Without({});
  if (!judge || !flip.before_request.host) return false;
  data::Request with_old_state = flip.after_request;
  auto host = std::make_shared<data::Host>(*flip.after_request.host);
  host->state = flip.before_request.host->state;
  with_old_state.host = std::move(host);
  const data::Decision undone = DecideRecorded(judge, with_old_state, flip.validate, flip.logged_digest,
                                               flip.logged_snapshot, scratches);
  return Undone(flip.before, flip.after, flip.whole, undone);
}

std::vector<size_t> Attributor::Order(const data::Decision& before, const data::Decision& after) const {
  const std::vector<Edit>& edits = variants_.edits();
  // Rules that either decision names first: most often it is one of those.
  std::set<std::string> named;
  for (const std::string& rule : RulesOf(before)) named.insert(rule);
  for (const std::string& rule : RulesOf(after)) named.insert(rule);
  std::vector<size_t> order, rest;
  for (size_t i = 0; i < edits.size(); ++i) {
    const bool hit = edits[i].item == Edit::Item::kRule && named.contains(edits[i].name);
    if (hit) {
      order.push_back(i);
    } else if (!from_log_) {
      rest.push_back(i);
    }
  }
  order.insert(order.end(), rest.begin(), rest.end());
  return order;
}

std::optional<Cause> Attributor::Search(const std::vector<size_t>& order, const TryUndoing& removes,
                                        const std::function<bool()>& by_state) {
  for (const size_t edit : order) {
    if (removes({edit})) return Cause{{edit}, false};
  }
  if (by_state && by_state()) return Cause{{}, true};
  if (order.empty() || order.size() > kMaxJointEdits) return std::nullopt;
  // All of them together, less every one that can be left out: none of what stays can.
  std::set<size_t> joint(order.begin(), order.end());
  if (!removes(joint)) return std::nullopt;
  for (auto edit = order.rbegin(); edit != order.rend(); ++edit) {
    std::set<size_t> fewer = joint;
    fewer.erase(*edit);
    if (!fewer.empty() && removes(fewer)) joint = std::move(fewer);
  }
  return Cause{{joint.begin(), joint.end()}, false};
}

std::optional<Cause> Attributor::Attribute(const Flip& flip, Scratches& scratches) {
  return Search(
      Order(flip.before, flip.after),
      [&](const std::set<size_t>& undone) { return RemovesEdits(undone, flip, scratches); },
      [&] {
        return flip.before_request.host && flip.after_request.host &&
               !(flip.before_request.host->state == flip.after_request.host->state) &&
               Removes(Cause{{}, true}, flip, scratches);
      });
}

}  // namespace polc::simulate
