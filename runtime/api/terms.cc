// The terms of a decision, one by one.

#include <cstdio>

#include "runtime/api/handles.h"
#include "runtime/vm/message.h"

using polc::api::CopyOut;
using polc::api::Fail;
using polc::api::Guard;
using polc::api::IsDecided;
using polc::api::Text;
using polc::api::Unwrap;
using polc::api::Wrap;
using polc::bundle::Kind;
using polc::entities::EntityId;
using polc::entities::Memory;
using polc::entities::Value;

namespace {

const polc::bundle::Bundle& BundleOf(const polc_request* request) { return request->state->bundle->opened; }

// What every accessor needs: a decided request, and where its values lie.
struct Decided {
  const polc_request* request;
  polc::vm::World world;
  Memory memory;

  explicit Decided(const polc_request* r)
      : request(r),
        world(*r->state->engine, *r->ready),
        memory(r->state->engine->MemoryFor(*r->ready, *r->scratch)) {
    if (r->review)
      memory.base[static_cast<size_t>(polc::entities::Region::kDecision)] = r->review->kept().base();
  }
  polc_uid Uid(EntityId id) const {
    return {Text(world.TypeNameOf(id, memory)), Text(world.IdOf(id, memory))};
  }
};

// Fills a struct of the caller's from `full`.
template <typename Struct>
polc_status Give(const Struct& full, Struct* out, polc_error* error) {
  return CopyOut(full, out) ? POLC_OK : Fail(error, POLC_ERROR_ARGUMENT);
}

// The item `index` of a list of the last decision, or null.
template <typename T>
const T* ItemOf(const polc_request* request, std::span<const T> polc::vm::Decision::* list, size_t index) {
  if (!IsDecided(request)) return nullptr;
  const std::span<const T> items = request->decision.*list;
  return index < items.size() ? &items[index] : nullptr;
}

// The C list of a span of rules, kept by the request until its next use.
const polc_rule_at* RulesAt(const polc_request* request, std::span<const polc::vm::RuleAt> rules) {
  std::vector<polc_rule_at>& out = request->lists.rules.emplace_back();
  for (const polc::vm::RuleAt& at : rules) out.push_back({at.rule, at.hop});
  return out.data();
}

// What is asked beside the decision, or null: it was denied before its rules were asked, or none is Pol.
polc::vm::Review* ReviewOf(const polc_request* request) {
  if (!IsDecided(request) || !BundleOf(request).is_pol()) return nullptr;
  const polc::vm::Why why = request->decision.why;
  if (why == polc::vm::Why::kInvalidRequest || why == polc::vm::Why::kUnknownEntity) return nullptr;
  if (!request->review) {
    request->review = std::make_unique<polc::vm::Review>(*request->state->engine, *request->ready);
  }
  return request->review.get();
}

const polc::vm::ResolvedQuorum* QuorumOf(const polc_request* request, uint32_t approval, uint32_t hop,
                                         size_t alternative) {
  polc::vm::Review* const review = ReviewOf(request);
  if (review == nullptr || approval >= BundleOf(request).approvals().size()) return nullptr;
  const std::vector<polc::vm::ResolvedQuorum>* quorums = review->Quorums(approval, hop);
  return quorums == nullptr || alternative >= quorums->size() ? nullptr : &(*quorums)[alternative];
}

const polc_value* Keep(const polc_request* request, const Value& value) {
  return &request->lists.values.emplace_back(Wrap(value));
}

// Name and key of an input, for both lists of state.
template <typename Struct>
void DescribeInput(const polc_request* request, uint32_t input, const Value* key, Struct* out) {
  const polc::bundle::Bundle& b = BundleOf(request);
  const polc::bundle::InputRow& row = b.inputs()[input];
  out->input = Text(b.String(row.name));
  out->by = Text(b.String(row.by));
  out->key = key == nullptr ? nullptr : Keep(request, *key);
}

}  // namespace

namespace polc::api {

size_t CopyText(std::string_view text, char* buffer, size_t size) {
  if (buffer != nullptr && size > 0) {
    const size_t copied = std::min(size - 1, text.size());
    std::memcpy(buffer, text.data(), copied);
    buffer[copied] = '\0';
  }
  return text.size();
}

size_t NameFor(const polc_request* request, std::string_view name, uint32_t hop, char* buffer, size_t size) {
  const vm::Request& finished = *request->ready;
  if (hop > finished.host().acts_for.size()) return 0;
  size_t whole = 0;
  const polc_status status = Guard(nullptr, [&] {
    std::string text(name.empty() ? "acts_for" : name);
    if (hop > 0) {
      const Decided at(request);
      text += name.empty() ? " " : " for ";
      vm::AppendValue(at.world, at.memory, entities::MakeEntity(finished.host().acts_for[hop - 1].principal),
                      &text);
    }
    whole = CopyText(text, buffer, size);
    return POLC_OK;
  });
  return status == POLC_OK ? whole : 0;
}

}  // namespace polc::api

using polc::api::CopyText;

extern "C" {

const char* polc_why_name(polc_why why) {
  if (why < POLC_WHY_NONE || why > POLC_WHY_STATE_CONFLICT) return "";
  return polc::vm::WhyName(static_cast<polc::vm::Why>(why)).data();
}

polc_status polc_request_value(const polc_request* request, polc_value value, polc_value_content* out,
                               polc_error* error) {
  if (!IsDecided(request)) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const Decided at(request);
    const Value v = Unwrap(value);
    polc_value_content content{};
    content.kind = static_cast<polc_kind>(v.kind);
    content.type = content.text = Text("");
    switch (v.kind) {
      case Kind::kBool:
      case Kind::kLong:
      case Kind::kDecimal:
      case Kind::kDatetime:
      case Kind::kDuration:
        content.number = v.number();
        break;
      case Kind::kString:
        content.text = Text(at.memory.Text(v));
        break;
      case Kind::kEntity: {
        const polc_uid uid = at.Uid(v.entity());
        content.type = uid.type;
        content.text = uid.id;
        break;
      }
      case Kind::kIp: {
        std::string text;
        polc::vm::AppendIp(at.memory, v, &text);
        static_assert(sizeof content.address > sizeof "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
        std::memcpy(content.address, text.c_str(), text.size() + 1);
        break;
      }
      case Kind::kSet:
      case Kind::kRecord:
        content.count = v.count;
        break;
    }
    return Give(content, out, error);
  });
}

polc_status polc_request_value_element(const polc_request* request, polc_value value, size_t index,
                                       polc_text* name, polc_value* out, polc_error* error) {
  if (!IsDecided(request) || out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  const Value v = Unwrap(value);
  if (!v.is_container() || index >= v.count) return Fail(error, POLC_ERROR_ARGUMENT);
  const Decided at(request);
  const auto cells = at.memory.Cells(v);
  const bool record = v.kind == Kind::kRecord;
  if (name != nullptr) *name = record ? Text(at.memory.Text(cells[2 * index])) : Text("");
  *out = Wrap(record ? cells[2 * index + 1] : cells[index]);
  return POLC_OK;
}

polc_status polc_request_limit(const polc_request* request, size_t index, polc_limit* out,
                               polc_error* error) {
  const auto* term = ItemOf(request, &polc::vm::Decision::limits, index);
  if (term == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const polc::bundle::Bundle& b = BundleOf(request);
    polc_limit limit{};
    limit.kind = Text(b.String(b.limit_kinds()[term->kind].name));
    limit.value = Wrap(term->value);
    limit.by = RulesAt(request, term->by);
    limit.by_count = term->by.size();
    return Give(limit, out, error);
  });
}

polc_status polc_request_need(const polc_request* request, size_t index, polc_need* out, polc_error* error) {
  const auto* term = ItemOf(request, &polc::vm::Decision::needs, index);
  if (term == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  const polc::bundle::Bundle& b = BundleOf(request);
  const polc::bundle::NeedRow& row = b.needs()[term->need];
  polc_need need{};
  need.by = {term->rule, term->hop};
  need.evidence = Text("");
  if (static_cast<polc::bundle::NeedKind>(row.kind) == polc::bundle::NeedKind::kEvidence) {
    need.evidence = Text(b.String(b.evidence_kinds()[row.what].name));
  } else {
    need.approval = row.what;
    need.alternative_count = b.approvals()[row.what].alternatives.count;
  }
  return Give(need, out, error);
}

polc_status polc_request_liftable(const polc_request* request, size_t index, polc_liftable* out,
                                  polc_error* error) {
  const auto* term = ItemOf(request, &polc::vm::Decision::liftable, index);
  if (term == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  polc_liftable liftable{};
  liftable.by = {term->rule, term->hop};
  liftable.approval = term->approval;
  liftable.alternative_count = BundleOf(request).approvals()[term->approval].alternatives.count;
  liftable.lifted = term->lifted;
  return Give(liftable, out, error);
}

polc_status polc_request_suggestion(const polc_request* request, size_t index, polc_suggestion* out,
                                    polc_error* error) {
  const auto* term = ItemOf(request, &polc::vm::Decision::suggestions, index);
  if (term == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const polc::bundle::Bundle& b = BundleOf(request);
    const polc::bundle::EntityRow& action = b.entities()[b.suggestions()[term->suggestion].action];
    polc_suggestion suggestion{};
    suggestion.action = {Text(b.String(b.types()[action.type])), Text(b.String(action.id))};
    suggestion.resource = Decided(request).Uid(request->ready->resource());
    suggestion.context = Wrap(term->context);
    suggestion.by = RulesAt(request, term->by);
    suggestion.by_count = term->by.size();
    return Give(suggestion, out, error);
  });
}

polc_status polc_request_fact(const polc_request* request, size_t index, polc_fact* out, polc_error* error) {
  const auto* term = ItemOf(request, &polc::vm::Decision::facts, index);
  if (term == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  const polc::bundle::Bundle& b = BundleOf(request);
  polc_fact fact{};
  fact.name = Text(b.String(b.facts()[term->fact].name));
  fact.value = Wrap(term->value);
  return Give(fact, out, error);
}

polc_status polc_request_quorum(const polc_request* request, uint32_t approval, uint32_t hop,
                                size_t alternative, polc_quorum* out, polc_error* error) {
  return Guard(error, [&] {
    const polc::vm::ResolvedQuorum* const found = QuorumOf(request, approval, hop, alternative);
    if (found == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
    polc_quorum quorum{};
    quorum.within = found->within_ms;
    quorum.including_owner = found->including_owner;
    quorum.survives_policy_change = found->survives_policy_change;
    quorum.part_count = found->parts.size();
    return Give(quorum, out, error);
  });
}

polc_status polc_request_quorum_part(const polc_request* request, uint32_t approval, uint32_t hop,
                                     size_t alternative, size_t part, polc_quorum_part* out,
                                     polc_error* error) {
  return Guard(error, [&] {
    const polc::vm::ResolvedQuorum* const quorum = QuorumOf(request, approval, hop, alternative);
    if (quorum == nullptr || part >= quorum->parts.size()) return Fail(error, POLC_ERROR_ARGUMENT);
    const polc::vm::ResolvedPart& found = quorum->parts[part];
    const Decided at(request);
    std::vector<polc_uid>& pools = request->lists.uids.emplace_back();
    for (const EntityId pool : found.pools) pools.push_back(at.Uid(pool));
    polc_quorum_part full{};
    full.count = found.count;
    full.erred = found.error;
    full.pools = pools.data();
    full.pool_count = pools.size();
    return Give(full, out, error);
  });
}

static polc_status GiveApproval(const polc_request* request, uint32_t index, const char* why,
                                polc_counted* out, polc_error* error) {
  const Decided at(request);
  const polc::vm::Approval& approval = request->ready->host().approvals[index];
  polc_counted counted{};
  counted.id = Text(at.memory.Text(approval.id));
  counted.approver = at.Uid(approval.approver);
  counted.why = why;
  return Give(counted, out, error);
}

polc_status polc_request_counted(const polc_request* request, size_t index, polc_counted* out,
                                 polc_error* error) {
  const auto* term = ItemOf(request, &polc::vm::Decision::counted, index);
  return term == nullptr ? Fail(error, POLC_ERROR_ARGUMENT) : GiveApproval(request, *term, "", out, error);
}

polc_status polc_request_not_counted(const polc_request* request, size_t index, polc_counted* out,
                                     polc_error* error) {
  const auto* term = ItemOf(request, &polc::vm::Decision::not_counted, index);
  if (term == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return GiveApproval(request, term->approval, polc::vm::NotCountedName(term->why).data(), out, error);
}

polc_status polc_request_state_read(const polc_request* request, size_t index, polc_state* out,
                                    polc_error* error) {
  return Guard(error, [&] {
    polc::vm::Review* const review = ReviewOf(request);
    if (review == nullptr || index >= review->state_read().size()) return Fail(error, POLC_ERROR_NOT_FOUND);
    const polc::vm::StateValue& item = *review->state_read()[index];
    polc_state state{};
    DescribeInput(request, item.input, item.has_key ? &item.key : nullptr, &state);
    state.value = Wrap(item.value);
    state.has_as_of = item.as_of_ms.has_value();
    state.as_of = item.as_of_ms.value_or(0);
    return Give(state, out, error);
  });
}

polc_status polc_request_state_update(const polc_request* request, size_t index, polc_state_update* out,
                                      polc_error* error) {
  return Guard(error, [&] {
    polc::vm::Review* const review = ReviewOf(request);
    if (review == nullptr) return Fail(error, POLC_ERROR_NOT_FOUND);
    const std::vector<polc::vm::Move>& updates = review->Updates(request->decision.outcome);
    if (index >= updates.size()) return Fail(error, POLC_ERROR_NOT_FOUND);
    const polc::vm::Move& move = updates[index];
    polc_state_update update{};
    DescribeInput(request, move.input, move.has_key ? &move.key : nullptr, &update);
    switch (static_cast<polc::bundle::InputKind>(BundleOf(request).inputs()[move.input].kind)) {
      case polc::bundle::InputKind::kLabel:
        update.update = POLC_UPDATE_SET;
        break;
      case polc::bundle::InputKind::kBreaker:
        update.update = POLC_UPDATE_DENIAL;
        break;
      default:
        update.update = POLC_UPDATE_ADD;
        break;
    }
    update.amount = Wrap(move.amount);
    update.read = move.read == nullptr ? nullptr : Keep(request, move.read->value);
    return Give(update, out, error);
  });
}

polc_status polc_request_digests(const polc_request* request, uint8_t action[32], uint8_t terms[32],
                                 polc_error* error) {
  if (action == nullptr || terms == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    polc::vm::Review* const review = ReviewOf(request);
    if (review == nullptr) return Fail(error, POLC_ERROR_NOT_FOUND);
    const polc::vm::Subject& subject = review->subject();
    std::copy(subject.action_digest.begin(), subject.action_digest.end(), action);
    std::copy(subject.terms_digest.begin(), subject.terms_digest.end(), terms);
    return POLC_OK;
  });
}

size_t polc_action_text(const polc_request* request, char* buffer, size_t size) {
  size_t whole = 0;
  const polc_status status = Guard(nullptr, [&] {
    polc::vm::Review* const review = ReviewOf(request);
    if (review != nullptr) whole = CopyText(review->subject().action, buffer, size);
    return POLC_OK;
  });
  return status == POLC_OK ? whole : 0;
}

size_t polc_rule_name(const polc_request* request, polc_rule_at rule, char* buffer, size_t size) {
  if (!IsDecided(request)) return 0;
  std::string_view id;
  if (rule.rule != POLC_NO_RULE) {
    uint32_t row = rule.rule;
    const polc::bundle::Bundle* const b = request->state->bundle->FindRule(&row);
    if (b == nullptr) return 0;
    id = b->String(b->rules()[row].id);
  }
  return polc::api::NameFor(request, id, rule.hop, buffer, size);
}

}  // extern "C"
