#include "runtime/vm/engine.h"

#include <algorithm>

#include "runtime/vm/asker.h"
#include "runtime/vm/find.h"
#include "runtime/vm/fit.h"
#include "runtime/vm/interpreter.h"
#include "runtime/vm/model.h"
#include "runtime/vm/outcome.h"
#include "runtime/vm/pol.h"
#include "runtime/vm/request.h"

namespace polc::vm {

using bundle::Cell;

Scratch::Scratch(const Engine& engine)
    : stack_(engine.bundle()->header().max_stack),
      arena_((engine.bundle()->header().scratch_bytes + PolArenaBytes(engine.bundle().bundle()) + 7) / 8),
      facts_(engine.bundle()->facts().size()) {
  const size_t rules = engine.bundle()->rules().size();
  holding_.reserve(rules);
  reasons_.reserve(rules);
  shadow_.reserve(rules);
  errors_.reserve(rules);
  if (engine.bundle()->is_pol()) pol_ = std::make_unique<PolScratch>(engine.bundle().bundle());
  if (engine.dispatch_ == nullptr) return;
  const tree::Tree& tree = engine.dispatch_->tree;
  answers_.resize(tree.tests().size());
  seen_groups_.resize(tree.groups().size());
  for (const uint32_t name : tree.lookups()) lookups_.emplace_back(engine.bundle()->String(name));
  always_.reserve(rules);
  groups_.reserve(tree.groups().size());
  for (auto& keys : keys_) keys.reserve(tree.atoms().size());
  for (auto& atoms : atoms_) atoms.reserve(tree.atoms().size() + 2);
  resume_.resize(tree.switch_depth());
}

Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;
Scratch::~Scratch() = default;

void Scratch::Begin() {
  arena_kept_ = 0;
  overflow_.clear();
}

void Scratch::NextStamp() {
  if (++stamp_ >= UINT32_MAX >> 1) {
    std::fill(answers_.begin(), answers_.end(), 0);
    std::fill(seen_groups_.begin(), seen_groups_.end(), 0);
    batch_stamp_ = 1;
    stamp_ = 2;
  }
  if (varying_ == kAllVary) batch_stamp_ = stamp_;
}

Batch::Batch(Scratch* scratch, bundle::Variable varying) : scratch_(scratch) {
  scratch->NextStamp();
  scratch->batch_stamp_ = scratch->stamp_;
  scratch->varying_ = static_cast<uint8_t>(1u << static_cast<uint32_t>(varying));
}

std::shared_ptr<const Engine> Engine::Make(const bundle::VerifiedBundle& bundle,
                                           std::shared_ptr<const Snapshot> snapshot,
                                           std::shared_ptr<const void> owner) {
  return std::shared_ptr<const Engine>(new Engine(bundle, std::move(snapshot), std::move(owner)));
}

std::shared_ptr<const Engine> Engine::After(const Engine& before, std::shared_ptr<const Snapshot> snapshot) {
  return std::shared_ptr<const Engine>(new Engine(before, std::move(snapshot)));
}

Engine::Engine(const bundle::VerifiedBundle& bundle, std::shared_ptr<const Snapshot> snapshot,
               std::shared_ptr<const void> owner)
    : bundle_(bundle), snapshot_(std::move(snapshot)), owner_(std::move(owner)) {
  const bundle::Bundle& b = bundle_.bundle();
  Take(std::make_shared<const Names>(b, *snapshot_, Names::RoomyBegin(b, snapshot_->entity_count())));
  const tree::Level level = tree::LevelOf(b);
  if (level == tree::Level::kStraight) return;
  LinkClasses(std::make_shared<const tree::Tree>(MakeTree(b, level)));
}

Engine::Engine(const Engine& before, std::shared_ptr<const Snapshot> snapshot)
    : bundle_(before.bundle_), snapshot_(std::move(snapshot)), owner_(before.owner_) {
  const bundle::Bundle& b = bundle_.bundle();
  const Snapshot& earlier = *before.snapshot_;
  const bool has_room = snapshot_->IsOfStoreOf(earlier) && snapshot_->type_count() == earlier.type_count() &&
                        snapshot_->entity_count() <= before.own_begin_;
  const bool same_names = has_room && before.names_->HoldsFor(b, *snapshot_, earlier.entity_count());
  if (same_names) {
    Take(before.names_);
  } else {
    Take(std::make_shared<const Names>(
        b, *snapshot_, has_room ? before.own_begin_ : Names::RoomyBegin(b, snapshot_->entity_count())));
  }
  if (before.tree_ == nullptr) return;
  const bool follows = before.dispatch_ != nullptr && has_room && !before.dispatch_->HasManyClassesLeft() &&
                       FollowClasses(before, same_names);
  if (!follows) LinkClasses(before.tree_);
}

void Engine::Take(std::shared_ptr<const Names> names) {
  names_ = std::move(names);
  own_begin_ = names_->own_begin;
  entity_count_ = names_->entity_count;
  types_ = names_->of_types;
  entities_ = names_->of_entities;
  own_types_ = names_->own_types;
  own_entities_ = names_->own_entities;
  cells_ = names_->cells;
  action_rows_ = names_->action_rows;
  attribute_forms_ = names_->attribute_forms;
}

Standing Engine::StandingOf(EntityId id) const {
  if (!bundle_->is_pol()) return kAlike;
  const TypeId type = TypeOf(id);
  const uint32_t row = EntityTypeRowOf(type);
  const bool is_enum = row != bundle::kNone && bundle_->entity_types()[row].is_enum != 0;
  const bool is_possible = !is_enum || IsListed(bundle_.bundle(), bundle_->entity_types()[row], IdOf(id));
  const bool is_known =
      (id < snapshot_->entity_count() && snapshot_->Present(id)) || (is_enum && is_possible);
  // A bundle has fewer rows of a kind than bytes / 4, which is below 2^30; kNone becomes 0.
  static_assert(bundle::kNone + 1u == 0);
  return uint64_t{BundleTypeOf(type) + 1} << 34 | uint64_t{FindActionRow(id) + 1} << 2 |
         uint64_t{is_known} << 1 | uint64_t{is_possible};
}

std::optional<TypeId> Engine::FindType(std::string_view name) const {
  if (const auto type = snapshot_->FindType(name)) return type;
  const bundle::Bundle& b = bundle_.bundle();
  for (size_t i = 0; i < own_types_.size(); ++i) {
    if (b.String(b.types()[own_types_[i]]) == name) return snapshot_->type_count() + static_cast<TypeId>(i);
  }
  return std::nullopt;
}

std::optional<EntityId> Engine::FindOwnEntity(std::string_view type, std::string_view id) const {
  const std::optional<uint32_t> row = FindEntityRow(bundle_.bundle(), type, id);
  return row ? std::optional(entities_[*row]) : std::nullopt;
}

uint32_t Engine::FindActionRow(EntityId action) const {
  const auto at = std::lower_bound(action_rows_.begin(), action_rows_.end(), std::pair(action, 0u));
  return at != action_rows_.end() && at->first == action ? at->second : bundle::kNone;
}

std::string_view Engine::IdOf(EntityId id) const {
  if (id < own_begin_) return snapshot_->Id(id);
  return bundle_->String(bundle_->entities()[own_entities_[id - own_begin_]].id);
}

std::string_view Engine::TypeName(TypeId type) const {
  const uint32_t known = snapshot_->type_count();
  if (type < known) return snapshot_->TypeName(type);
  return bundle_->String(bundle_->types()[own_types_[type - known]]);
}

Memory Engine::MemoryFor(const Request& request, const Scratch& scratch) const {
  Memory memory = MemoryFor(request);
  memory.base[static_cast<size_t>(Region::kScratch)] = scratch.arena_.data();
  return memory;
}

Memory Engine::MemoryFor(const Request& request) const {
  Memory memory;
  memory.base[static_cast<size_t>(Region::kBundle)] = bundle_->file().data();
  memory.base[static_cast<size_t>(Region::kEngine)] = cells_.data();
  memory.base[static_cast<size_t>(Region::kStore)] = snapshot_->base();
  memory.base[static_cast<size_t>(Region::kRequest)] = request.base();
  return memory;
}

void Engine::LinkClasses(std::shared_ptr<const tree::Tree> tree) {
  tree_ = std::move(tree);
  auto dispatch = std::make_shared<Dispatch>(tree_, std::make_shared<Classes>());
  auto by_type = std::make_shared<TypeClasses>();
  by_type->atoms.assign(type_count(), tree::kAnyAtom);
  for (uint32_t i = 0; i < types_.size(); ++i) by_type->atoms[types_[i]] = tree_->IsAtom(i);

  Classifier classifier(dispatch.get(), *snapshot_, by_type->atoms);
  std::vector<uint32_t> named(entity_count(), 0);
  for (uint32_t i = 0; i < entities_.size(); ++i) named[entities_[i]] = i + 1;
  auto name_of = [&](EntityId id) { return named[id]; };
  ClassTable classes(entity_count());
  for (EntityId id = 0; id < snapshot_->entity_count(); ++id) {
    if (!classes.Set(id, classifier.Classify(id, StandingOf(id), name_of))) return;
  }
  for (EntityId id = own_begin_; id < entity_count(); ++id) {
    if (!classes.Set(id, classifier.ClassifyBare(TypeOf(id), StandingOf(id), named[id]))) return;
  }
  const Standing stranger = bundle_->is_pol() ? kStranger : kAlike;
  by_type->bare.reserve(by_type->atoms.size() + 1);
  for (TypeId type = 0; type < by_type->atoms.size(); ++type) {
    by_type->bare.push_back(classifier.ClassifyBare(type, stranger, 0));
  }
  by_type->bare.push_back(dispatch->classes.Intern({}, 0, stranger));
  if (by_type->bare.back() == kNoClass) return;
  dispatch->CountClasses();
  classes_ = std::move(classes);
  Take(std::move(by_type));
  dispatch_ = std::move(dispatch);
}

bool Engine::FollowClasses(const Engine& before, bool same_names) {
  const bundle::Bundle& b = bundle_.bundle();
  const uint32_t known = before.snapshot_->entity_count();
  tree_ = before.tree_;
  Take(before.by_type_);
  Classifier classifier(before.dispatch_.get(), *snapshot_, type_atoms_);
  // An entity's number and name stay, so what was known by name still is.
  auto name_of = [&](EntityId id) -> uint32_t {
    if (id < known) return before.dispatch_->classes[before.classes_.Of(id)].named;
    if (same_names) return 0;
    const auto row = FindEntityRow(b, snapshot_->TypeName(snapshot_->Type(id)), snapshot_->Id(id));
    return row ? *row + 1 : 0;
  };
  ClassTable classes = before.classes_.Fork();
  bool fits = true;
  snapshot_->ForEachMoved(*before.snapshot_, [&](EntityId id) {
    fits = fits && classes.Set(id, classifier.Classify(id, StandingOf(id), name_of));
  });
  if (!same_names) {
    for (EntityId id = own_begin_; fits && id < entity_count(); ++id) {
      const uint32_t named = own_entities_[id - own_begin_] + 1;
      fits = classes.Set(id, classifier.ClassifyBare(TypeOf(id), StandingOf(id), named));
    }
  }
  if (!fits) return false;
  classes_ = std::move(classes);
  dispatch_ = before.dispatch_->NeedsMemo()
                  ? std::make_shared<Dispatch>(tree_, before.dispatch_->shared_classes)
                  : before.dispatch_;
  return true;
}

void Engine::Take(std::shared_ptr<const TypeClasses> by_type) {
  by_type_ = std::move(by_type);
  type_atoms_ = by_type_->atoms;
  bare_classes_ = by_type_->bare;
  is_simple_ = tree_ != nullptr && tree_->is_simple() && !bundle_->is_pol();
}

ClassId Engine::ClassOfUnknown(const Request& request, EntityId id) const {
  const TypeId type = request.unknown_[id - entity_count()].type;
  return bare_classes_[std::min<size_t>(type, bare_classes_.size() - 1)];
}

Decision Engine::DecideStraight(const Request& request, Scratch* scratch) const {
  if (bundle_->is_pol()) return DecidePol(*this, request, /*straight=*/true, scratch);
  scratch->Begin();
  Machine machine(*this, request, scratch);
  return Conclude(&machine, FindStraight(&machine, scratch), scratch);
}

Decision Engine::Decide(const Request& request, Scratch* scratch) const {
  if (bundle_->is_pol()) {
    // Whom a principal acts for is another principal: within a batch, too, nothing is shared.
    scratch->varying_ = Scratch::kAllVary;
    return DecidePol(*this, request, /*straight=*/false, scratch);
  }
  if (dispatch_ == nullptr) return DecideStraight(request, scratch);
  if (QuickDecision simple; DecideSimply(request, scratch, &simple)) {
    return {.outcome = simple.outcome,
            .reasons = simple.reasons,
            .errors = simple.errors,
            .would_be = simple.outcome};
  }
  uint64_t key = 0;
  if (!request.brings_entities()) {
    key = KeyFor(request);
    if (const Memo::Slot* slot = dispatch_->memo.Find(key)) return DecideEntry(request, *slot, scratch);
  }
  return DecideAnew(request, key, scratch);
}

Decision Engine::DecideEntry(const Request& request, const Memo::Slot& slot, Scratch* scratch) const {
  if (QuickDecision known; SettledBy(slot, &known)) {
    return {.outcome = known.outcome, .reasons = known.reasons, .would_be = known.outcome};
  }
  const Memo::Entry& entry = dispatch_->memo.EntryOf(slot);
  if (entry.is_ready != 0) {
    return {.outcome = static_cast<Outcome>(entry.outcome),
            .reasons = entry.reasons(),
            .shadow = entry.shadow(),
            .would_be = static_cast<Outcome>(entry.would_be)};
  }
  scratch->Begin();
  scratch->NextStamp();
  Machine machine(*this, request, scratch);
  return Conclude(&machine, FindAmong(&machine, {entry.always(), entry.groups()}, scratch), scratch);
}

// What Conclude says where every rule is an allow or a forbid in force: forbids first, and if one holds they
// are the reasons.
bool Engine::DecideSimply(const Request& request, Scratch* scratch, QuickDecision* out) const {
  if (!is_simple_ || request.brings_entities()) return false;
  const Memo::Slot* slot = dispatch_->memo.Find(KeyFor(request));
  if (slot == nullptr) return false;
  if (!SettledBy(*slot, out)) DecideSlot(request, *slot, scratch, out);
  return true;
}

void Engine::DecideSlot(const Request& request, const Memo::Slot& slot, Scratch* scratch,
                        QuickDecision* out) const {
  const Memo::Entry& entry = dispatch_->memo.EntryOf(slot);
  if (entry.is_ready != 0) {
    *out = {static_cast<Outcome>(entry.outcome), entry.reasons(), {}};
    return;
  }
  scratch->Begin();
  Machine machine(*this, request, scratch);
  bool holds;
  if (entry.question != 0 && Asker(machine, scratch).Answer(entry.question - 1, &holds)) {
    *out = {holds && entry.forbids == 0 ? Outcome::kAllow : Outcome::kDeny,
            holds ? entry.reasons() : std::span<const uint32_t>(),
            {}};
    return;
  }
  scratch->NextStamp();
  const auto [forbids, allows] = FindSimple(&machine, entry, scratch);
  *out = {!forbids.empty() || allows.empty() ? Outcome::kDeny : Outcome::kAllow,
          forbids.empty() ? allows : forbids, scratch->errors_};
}

Outcome Engine::DecideOutcome(const Request& request, Scratch* scratch) const {
  if (dispatch_ == nullptr || request.brings_entities() || !dispatch_->tree.is_plain() || bundle_->is_pol()) {
    return Decide(request, scratch).outcome;
  }
  const Memo::Slot* slot = dispatch_->memo.Find(KeyFor(request));
  if (slot == nullptr || slot->state.load(std::memory_order_relaxed) < Memo::kFirstEntry) {
    return Decide(request, scratch).outcome;
  }
  const Memo::Entry& entry = dispatch_->memo.EntryOf(*slot);
  if (entry.is_ready != 0) return static_cast<Outcome>(entry.outcome);

  // Allows and forbids in force: one forbid settles it, or one allow if there is none. The groups that forbid
  // come first.
  bool allowed = false;
  for (uint32_t rule : entry.always()) {
    const bundle::RuleRow& row = bundle_->rules()[rule];
    if (static_cast<bundle::Mode>(row.mode) == bundle::Mode::kShadow) continue;
    if (static_cast<bundle::Effect>(row.effect) == bundle::Effect::kForbid) return Outcome::kDeny;
    allowed = true;
  }
  scratch->NextStamp();
  Machine machine(*this, request, scratch);
  for (uint32_t g : entry.groups()) {
    const bool forbids = dispatch_->tree.groups()[g].forbids;
    if (allowed && !forbids) break;
    for (uint32_t rule : FindAmong(&machine, {{}, {&g, 1}}, scratch).holding) {
      if (forbids) return Outcome::kDeny;
      allowed = allowed || static_cast<bundle::Mode>(bundle_->rules()[rule].mode) == bundle::Mode::kEnforced;
    }
  }
  return allowed ? Outcome::kAllow : Outcome::kDeny;
}

// What the classes of the request come to is not known yet, or nothing that is kept by classes holds for it.
Decision Engine::DecideAnew(const Request& request, uint64_t key, Scratch* scratch) const {
  scratch->Begin();
  scratch->NextStamp();
  Machine machine(*this, request, scratch);
  return Conclude(&machine, FindAnew(&machine, request, key, scratch), scratch);
}

Found Engine::FindAnew(Machine* machine, const Request& request, uint64_t key, Scratch* scratch) const {
  const EntityId ids[] = {request.principal(), request.action(), request.resource()};
  std::span<const AtomId> atoms[3];
  for (size_t v = 0; v < 3; ++v) {
    if (!request.brings_entities()) {
      atoms[v] = dispatch_->classes[ClassOf(request, ids[v])].span();
    } else if (WalkAtoms(machine, ids[v], scratch, &scratch->atoms_[v])) {
      atoms[v] = scratch->atoms_[v];
    } else {
      return FindStraight(machine, scratch);
    }
  }
  const Candidates candidates = Gather(machine, atoms[0], atoms[1], atoms[2], scratch);
  if (!request.brings_entities()) Remember(key, candidates, machine, scratch);
  return FindAmong(machine, candidates, scratch);
}

Found Engine::Find(const Request& request, bool straight, Scratch* scratch) const {
  scratch->Begin();
  Machine machine(*this, request, scratch);
  return FindRules(&machine, request, straight, scratch);
}

Found Engine::FindRules(Machine* machine, const Request& request, bool straight, Scratch* scratch) const {
  if (straight || dispatch_ == nullptr) return FindStraight(machine, scratch);
  scratch->NextStamp();
  uint64_t key = 0;
  if (!request.brings_entities()) {
    key = KeyFor(request);
    if (const Memo::Slot* slot = dispatch_->memo.Find(key)) {
      if (const uint32_t state = slot->state.load(std::memory_order_relaxed); state < Memo::kFirstEntry) {
        const std::span<const uint32_t> rule(&slot->rule, state == Memo::kNothing ? 0 : 1);
        return {rule, {}};
      }
      const Memo::Entry& entry = dispatch_->memo.EntryOf(*slot);
      return FindAmong(machine, {entry.always(), entry.groups()}, scratch);
    }
  }
  return FindAnew(machine, request, key, scratch);
}

// Keeps a comparison of an attribute of the context with a number in the slot, if it is one.
static void RememberComparison(const tree::Comparison& c, bool forbids, Memo::Slot* slot) {
  if (!c.source || !c.source->IsAttributeOfContext()) return;
  switch (c.key.kind) {
    case Kind::kBool:
    case Kind::kLong:
    case Kind::kDecimal:
    case Kind::kDatetime:
    case Kind::kDuration:
      break;
    default:
      return;
  }
  using Slot = Memo::Slot;
  slot->number = c.key.number;
  slot->name = c.source->at[0];
  slot->kind = c.key.kind;
  // What is less than the key makes an upward one true.
  slot->accepts =
      static_cast<uint8_t>((c.is_order ? (c.upward ? Slot::kLess : Slot::kGreater) : 0) |
                           (!c.is_order || c.inclusive ? Slot::kEqual : 0) | (forbids ? Slot::kForbids : 0));
}

void Engine::Remember(uint64_t key, const Candidates& candidates, Machine* machine, Scratch* scratch) const {
  Memo& memo = dispatch_->memo;
  Memo::Slot* slot = memo.Claim(key);
  if (slot == nullptr) return;
  slot->kind = Memo::Slot::kOfNoTest;
  const bool is_ready = candidates.groups.empty() && dispatch_->tree.is_plain() && !bundle_->is_pol();
  Decision decision{};
  if (is_ready) {
    decision = Conclude(machine, {candidates.always, {}}, scratch);
    if (candidates.always.empty()) return Memo::Publish(slot, Memo::kNothing, 0);
    if (candidates.always.size() == 1 && decision.reasons.size() == 1) {
      const bool allows = decision.outcome == Outcome::kAllow;
      return Memo::Publish(slot, allows ? Memo::kAllow : Memo::kForbid, decision.reasons[0]);
    }
  }
  // The usual tree: one simple test, and the rules it decides about.
  uint32_t question = 0;
  bool question_forbids = false;
  const bool is_pol = bundle_->is_pol();
  if ((is_pol || (is_simple_ && candidates.always.empty())) && candidates.groups.size() == 1) {
    const tree::Group& group = dispatch_->tree.groups()[candidates.groups[0]];
    const tree::Node* nodes = &dispatch_->tree.nodes()[group.first_node];
    if (group.end_node == group.first_node + 2 && nodes[0].kind == tree::Node::Kind::kTest) {
      const tree::Test& test = dispatch_->tree.tests()[nodes[0].subject];
      if (test.question != bundle::kNone && !test.reads_facts) {
        question = test.question + 1;
        question_forbids = group.forbids;
        const auto rules = dispatch_->tree.rules().subspan(nodes[1].rule, nodes[1].subject);
        if ((is_pol || rules.size() == 1) && test.comparison != bundle::kNone) {
          slot->rule = rules[0];
          RememberComparison(dispatch_->tree.comparisons()[test.comparison], group.forbids, slot);
        }
        if (!is_pol) decision.reasons = rules;
      }
    }
  }
  if (is_pol) {
    slot->rests = candidates.groups.empty()             ? Memo::Rests::kOnClasses
                  : slot->kind != Memo::Slot::kOfNoTest ? Memo::Rests::kOnNumber
                  : question != 0                       ? Memo::Rests::kOnQuestion
                                                        : Memo::Rests::kOnMore;
    slot->fits = EntitiesFit(*this, machine->request(), machine->memory());
  }
  Memo::Entry* entry = memo.Allocate(candidates.always.size() + candidates.groups.size() +
                                     decision.reasons.size() + decision.shadow.size());
  if (entry == nullptr) return;  // the slot stays claimed: this key is worked out each time
  for (auto& settled : entry->settled) settled.store(0, std::memory_order_relaxed);
  const uint32_t action = machine->request().action_row();
  entry->context = action == bundle::kNone ? bundle::Range{} : bundle_->actions()[action].context;
  entry->always_count = static_cast<uint32_t>(candidates.always.size());
  entry->group_count = static_cast<uint32_t>(candidates.groups.size());
  entry->is_ready = is_ready;
  entry->question = question;
  entry->forbids = question_forbids;
  entry->outcome = static_cast<uint8_t>(decision.outcome);
  entry->would_be = static_cast<uint8_t>(decision.would_be);
  entry->reason_count = static_cast<uint32_t>(decision.reasons.size());
  entry->shadow_count = static_cast<uint32_t>(decision.shadow.size());
  auto* to = const_cast<uint32_t*>(entry->words());
  const auto rules = bundle_->rules();
  auto forbids = [&](uint32_t rule) {
    return static_cast<bundle::Effect>(rules[rule].effect) == bundle::Effect::kForbid;
  };
  entry->forbid_count =
      static_cast<uint32_t>(std::count_if(candidates.always.begin(), candidates.always.end(), forbids));
  auto* allow = to + entry->forbid_count;
  for (uint32_t rule : candidates.always) *(forbids(rule) ? to : allow)++ = rule;
  to = allow;
  for (const auto part : {candidates.groups, decision.reasons, decision.shadow}) {
    to = std::copy(part.begin(), part.end(), to);
  }
  memo.Publish(slot, entry);
}

Evaluation Engine::EvaluateRule(uint32_t rule, const Request& request, Scratch* scratch,
                                TraceSink* trace) const {
  scratch->Begin();
  Machine machine(*this, request, scratch);
  machine.NeedFacts();
  return trace == nullptr ? machine.Run(bundle_->rules()[rule].condition)
                          : machine.RunTraced(bundle_->rules()[rule].condition, trace);
}

Evaluation Engine::EvaluateLimit(uint32_t limit, const Request& request, Scratch* scratch,
                                 TraceSink* trace) const {
  scratch->Begin();
  Machine machine(*this, request, scratch);
  machine.NeedFacts();
  return trace == nullptr ? machine.Run(bundle_->limits()[limit].value)
                          : machine.RunTraced(bundle_->limits()[limit].value, trace);
}

}  // namespace polc::vm
