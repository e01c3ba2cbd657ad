#include "tests/gen/condition_gen.h"

#include <algorithm>
#include <set>

#include "tests/gen/expr.h"

namespace polc::gen {
namespace {

TypePtr Plain(TypeKind kind) {
  auto t = std::make_shared<Type>();
  t->kind = kind;
  return t;
}

bool PathWord(const std::string& text) {
  static const std::set<std::string> kReserved = {"true", "false", "if",   "then", "else",
                                                  "in",   "is",    "like", "has",  "__cedar"};
  if (text.empty() || kReserved.contains(text)) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) {
                       return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9') ||
                              (c >= 'A' && c <= 'Z');
                     }) &&
         (text[0] < '0' || text[0] > '9');
}

// Something a policy may speak about: an access path, its type, and the tests that must come first.
struct Term {
  E e;
  TypePtr type;
  std::vector<E> guards;  // in order
  int depth = 0;
};

}  // namespace

class ConditionMaker::Writer {
 public:
  Writer(const World& world, std::vector<Env> envs, unsigned faults, Rng& rng)
      : world_(world), envs_(std::move(envs)), faults_(faults), rng_(rng) {
    FindTerms();
  }

  E Bool(int depth) {
    if (Fault() && rng_.Chance(25)) return Of(RandomType(1), depth - 1);  // no bool, mostly
    if (depth <= 0) return BoolLeaf();
    switch (rng_.Weighted({14, 12, 8, 6, 12, 14, 10, 10, 12, 6, 9, 6, 12, 7, 16, 4})) {
      case 0:
        return Node(X::kAnd, {Bool(depth - 1), Bool(depth - 1)});
      case 1:
        return Node(X::kOr, {Bool(depth - 1), Bool(depth - 1)});
      case 2:
        return Node(X::kNot, {Bool(depth - 1)});
      case 3:
        return Node(X::kIf, {Bool(depth - 1), Bool(depth - 1), Bool(depth - 1)});
      case 4:
        return Equality(depth);
      case 5:
        return Comparison(depth);
      case 6:
        return DecimalComparison(depth);
      case 7:
        return IpTest(depth);
      case 8:
        return Membership(depth);
      case 9:
        return TypeTest(depth);
      case 10:
        return HasTest(depth);
      case 11:
        return LikeTest(depth);
      case 12:
        return SetTest(depth);
      case 13:
        return TagTest();
      case 14:
        return Guarded(depth);
      default:
        return BoolLeaf();
    }
  }

 private:
  // ---- What there is to speak about ----

  void FindTerms() {
    auto var = [](const char* name) { return Node(X::kVar, {}, name); };
    std::set<std::string> principals, resources;
    for (const Env& e : envs_) {
      principals.insert(e.principal);
      resources.insert(e.resource);
    }
    principal_types_ = principals;
    resource_types_ = resources;
    AddEntityVar(var("principal"), principals);
    AddEntityVar(var("resource"), resources);
    // The context of every action that is left: attributes they share.
    std::vector<std::vector<Attr>> contexts;
    for (const Env& e : envs_) contexts.push_back(world_.schema.actions[e.action].context);
    AddShared(var("context"), contexts, 0);
    // One level after the other: a record's or an entity's attributes.
    for (size_t i = 0; i < terms_.size() && terms_.size() < 160; ++i) {
      const Term t = terms_[i];
      if (t.depth >= 3) continue;
      if (t.type->kind == TypeKind::kEntity) {
        AddAttrs(t, world_.schema.entity_type(t.type->entity).attrs);
      } else if (t.type->kind == TypeKind::kRecord) {
        AddAttrs(t, t.type->attrs);
      }
    }
  }

  void AddEntityVar(const E& e, const std::set<std::string>& types) {
    if (types.size() == 1) {
      auto t = std::make_shared<Type>();
      t->kind = TypeKind::kEntity;
      t->entity = *types.begin();
      terms_.push_back({e, t, {}, 0});
      return;
    }
    std::vector<std::vector<Attr>> shapes;
    for (const std::string& type : types) shapes.push_back(world_.schema.entity_type(type).attrs);
    AddShared(e, shapes, 0);
  }

  void AddShared(const E& base, const std::vector<std::vector<Attr>>& shapes, int depth) {
    if (shapes.empty()) return;
    for (const Attr& a : shapes[0]) {
      bool everywhere = true, required = true;
      for (const auto& shape : shapes) {
        auto it = std::find_if(shape.begin(), shape.end(), [&](const Attr& b) { return b.name == a.name; });
        everywhere = everywhere && it != shape.end() && Same(*it->type, *a.type);
        required = required && everywhere && it->required;
      }
      if (everywhere) AddAttr({base, nullptr, {}, depth}, a, required);
    }
  }

  void AddAttrs(const Term& base, const std::vector<Attr>& attrs) {
    for (const Attr& a : attrs) AddAttr(base, a, a.required);
  }

  void AddAttr(const Term& base, const Attr& a, bool required) {
    Term t{Node(X::kGet, {base.e}, a.name), a.type, base.guards, base.depth + 1};
    if (!required) t.guards.push_back(Has(base.e, {a.name}));
    terms_.push_back(t);
  }

  bool Fault() { return faults_ && rng_.Chance(faults_); }

  // A term of the type that may be used here without a test; null if there is none.
  E Unguarded(const Type& type) {
    std::vector<const Term*> found;
    for (const Term& t : terms_) {
      if (Same(*t.type, type) && (t.guards.empty() || Fault())) found.push_back(&t);
    }
    for (const Term& t : unlocked_) {
      // What a guard just allowed is what the guard was written for.
      if (Same(*t.type, type)) found.insert(found.end(), 3, &t);
    }
    return found.empty() ? nullptr : rng_.Pick(found)->e;
  }

  const Term* AnyTerm(bool guarded) {
    std::vector<const Term*> found;
    for (const Term& t : terms_) {
      if (t.guards.empty() != guarded) found.push_back(&t);
    }
    return found.empty() ? nullptr : rng_.Pick(found);
  }

  TypePtr RandomType(int depth) {
    if (!terms_.empty() && rng_.Chance(60)) return rng_.Pick(terms_).type;
    static const std::vector<TypeKind> kKinds = {TypeKind::kBool,     TypeKind::kLong,     TypeKind::kString,
                                                 TypeKind::kEntity,   TypeKind::kDecimal,  TypeKind::kIp,
                                                 TypeKind::kDatetime, TypeKind::kDuration, TypeKind::kSet};
    auto t = std::make_shared<Type>();
    t->kind = rng_.Pick(kKinds);
    if (t->kind == TypeKind::kEntity) t->entity = rng_.Pick(world_.schema.entity_types).name;
    if (t->kind == TypeKind::kSet) t->element = depth > 0 ? RandomType(depth - 1) : Plain(TypeKind::kLong);
    return t;
  }

  // ---- Expressions of a given type ----

  E Of(const TypePtr& wanted, int depth) {
    TypePtr type = wanted;
    if (Fault()) type = RandomType(1);
    if (rng_.Chance(depth > 0 ? 50 : 70)) {
      if (E e = Unguarded(*type)) return e;
    }
    if (depth > 0 && rng_.Chance(8))
      return Node(X::kIf, {Bool(depth - 1), Of(type, depth - 1), Of(type, depth - 1)});
    if (depth > 0 && rng_.Chance(4)) {
      Expr record;
      record.kind = X::kRecord;
      record.names = {"r", "other one"};
      record.kids = {Of(type, depth - 1), Of(Plain(TypeKind::kLong), 0)};
      return Node(X::kGet, {Make(std::move(record))}, "r");
    }
    switch (type->kind) {
      case TypeKind::kBool:
        return depth > 0 ? Bool(depth - 1) : BoolLeaf();
      case TypeKind::kLong:
        return Long(depth);
      case TypeKind::kString:
        return Text(MakeString(world_, rng_));
      case TypeKind::kEntity:
        return Entity(MakeUid(world_, type->entity, rng_));
      case TypeKind::kDecimal:
      case TypeKind::kIp:
        return Constructor(type->kind);
      case TypeKind::kDatetime:
        if (depth > 0 && rng_.Chance(30))
          return Method(Of(type, depth - 1), "offset", {Of(Plain(TypeKind::kDuration), depth - 1)});
        if (depth > 0 && rng_.Chance(15)) return Method(Of(type, depth - 1), "toDate");
        return Constructor(type->kind);
      case TypeKind::kDuration: {
        auto datetime = Plain(TypeKind::kDatetime);
        if (depth > 0 && rng_.Chance(20))
          return Method(Of(datetime, depth - 1), "durationSince", {Of(datetime, depth - 1)});
        if (depth > 0 && rng_.Chance(20)) return Method(Of(datetime, depth - 1), "toTime");
        return Constructor(type->kind);
      }
      case TypeKind::kSet: {
        std::vector<E> kids;
        if (!Fault()) {
          for (uint64_t n = 1 + rng_.Below(3); n > 0; --n) kids.push_back(Of(type->element, depth - 1));
        }
        return Node(X::kSet, std::move(kids));
      }
      case TypeKind::kRecord:
        break;
    }
    Expr record;
    record.kind = X::kRecord;
    for (const Attr& a : type->attrs) {
      record.names.push_back(a.name);
      record.kids.push_back(Of(a.type, depth - 1));
    }
    return Make(std::move(record));
  }

  E Constructor(TypeKind kind) {
    if (Fault()) {
      switch (rng_.Below(4)) {
        case 0:
          return Node(X::kCall, {Of(Plain(TypeKind::kString), 0)},
                      ConstructorName(kind));  // maybe not a literal
        case 1:
          return Node(X::kCall, {Text(MakeExtensionText(kind, rng_)), Text("")}, ConstructorName(kind));
        case 2:
          return Node(X::kCall, {}, ConstructorName(kind));
        default:
          break;
      }
    }
    std::string arg = Fault() || Fault() ? MakeBadExtensionText(kind, rng_) : MakeExtensionText(kind, rng_);
    return Node(X::kCall, {Text(arg)}, ConstructorName(kind));
  }

  E Long(int depth) {
    auto type = Plain(TypeKind::kLong);
    if (depth <= 0) return Number(X::kLong, MakeLong(rng_));
    auto operand = [&] { return Of(type, depth - 1); };
    switch (rng_.Weighted({20, 12, 14, 14, 12, 32})) {
      case 0:
        return Number(X::kLong, MakeLong(rng_));
      case 1:
        return Node(X::kAdd, {operand(), operand()});
      case 2:
        return Node(X::kSub, {operand(), operand()});
      case 3:
        return Node(X::kMul, {operand(), operand()});
      case 4:
        return Node(X::kNeg, {operand()});
      default: {
        static const std::vector<const char*> kUnits = {"toMilliseconds", "toSeconds", "toMinutes", "toHours",
                                                        "toDays"};
        return Method(Of(Plain(TypeKind::kDuration), depth - 1), rng_.Pick(kUnits));
      }
    }
  }

  // ---- Tests ----

  E BoolLeaf() {
    if (rng_.Chance(50)) {
      if (E e = Unguarded(*Plain(TypeKind::kBool))) return e;
    }
    switch (rng_.Below(6)) {
      case 0:
        return Number(X::kBool, rng_.Chance(60));
      case 1:
        return Comparison(0);
      case 2:
        return Membership(0);
      case 3:
        return TypeTest(0);
      case 4:
        return HasTest(0);
      default:
        return Equality(0);
    }
  }

  E Equality(int depth) {
    X kind = rng_.Chance(65) ? X::kEq : X::kNe;
    if (rng_.Chance(10)) {
      // Variables against each other and against entities: whatever the types, this is well-typed.
      static const std::vector<const char*> kVars = {"principal", "resource", "action"};
      E var = Node(X::kVar, {}, rng_.Pick(kVars));
      E other = rng_.Chance(30) ? Node(X::kVar, {}, rng_.Pick(kVars)) : Entity(SomeUid());
      return Node(kind, {var, other});
    }
    if (Fault()) {
      // Equality takes anything, so it alone shows what came of an operand that was no bool.
      E left = Of(RandomType(1), depth - 1);
      if (rng_.Chance(50)) left = Node(rng_.Chance(50) ? X::kAnd : X::kOr, {Bool(depth - 1), left});
      return Node(kind, {left, Of(RandomType(1), depth - 1)});
    }
    TypePtr type = RandomType(1);
    return Node(kind, {Of(type, depth - 1), Of(type, depth - 1)});
  }

  E Comparison(int depth) {
    static const std::vector<X> kOps = {X::kLt, X::kLe, X::kGt, X::kGe};
    static const std::vector<TypeKind> kKinds = {TypeKind::kLong, TypeKind::kLong, TypeKind::kDatetime,
                                                 TypeKind::kDuration};
    TypePtr type = Plain(rng_.Pick(kKinds));
    if (type->kind == TypeKind::kDatetime && rng_.Chance(25)) {
      // A moment and the start of its day: before it or at it, also before 1970.
      E moment = Of(type, depth - 1);
      return Node(rng_.Pick(kOps), {Method(moment, "toDate"), moment});
    }
    return Node(rng_.Pick(kOps), {Of(type, depth - 1), Of(type, depth - 1)});
  }

  E DecimalComparison(int depth) {
    static const std::vector<const char*> kOps = {"lessThan", "lessThanOrEqual", "greaterThan",
                                                  "greaterThanOrEqual"};
    TypePtr type = Plain(TypeKind::kDecimal);
    if (Fault()) return Method(Of(type, depth - 1), rng_.Chance(50) ? "lessThn" : "lessThan");
    return Method(Of(type, depth - 1), rng_.Pick(kOps), {Of(type, depth - 1)});
  }

  E IpTest(int depth) {
    static const std::vector<const char*> kTests = {"isIpv4", "isIpv6", "isLoopback", "isMulticast"};
    TypePtr type = Plain(TypeKind::kIp);
    if (rng_.Chance(40)) return Method(Of(type, depth - 1), "isInRange", {Of(type, depth - 1)});
    return Method(Of(type, depth - 1), rng_.Pick(kTests));
  }

  Uid SomeUid() {
    if (rng_.Chance(25)) return rng_.Pick(world_.schema.actions).uid;
    return MakeUid(world_, rng_.Pick(world_.schema.entity_types).name, rng_);
  }

  // An entity-typed expression and its type; the variables most often.
  std::pair<E, std::string> SomeEntity(int depth) {
    if (rng_.Chance(60)) {
      bool principal = rng_.Chance(55);
      const std::set<std::string>& types = principal ? principal_types_ : resource_types_;
      std::vector<std::string> list(types.begin(), types.end());
      if (!list.empty()) return {Node(X::kVar, {}, principal ? "principal" : "resource"), rng_.Pick(list)};
    }
    std::vector<const Term*> found;
    for (const Term& t : terms_) {
      if (t.type->kind == TypeKind::kEntity && t.guards.empty()) found.push_back(&t);
    }
    if (!found.empty() && rng_.Chance(80)) {
      const Term* t = rng_.Pick(found);
      return {t->e, t->type->entity};
    }
    auto t = std::make_shared<Type>();
    t->kind = TypeKind::kEntity;
    t->entity = rng_.Pick(world_.schema.entity_types).name;
    return {Of(t, depth - 1), t->entity};
  }

  // A type whose entities one of `type` may be in.
  std::string AncestorType(const std::string& type) {
    std::vector<std::string> found;
    for (const EntityType& e : world_.schema.entity_types) {
      if (world_.schema.MayBeIn(type, e.name)) found.push_back(e.name);
    }
    return rng_.Chance(8) ? rng_.Pick(world_.schema.entity_types).name : rng_.Pick(found);
  }

  E Membership(int depth) {
    if (rng_.Chance(12)) {
      E action = Node(X::kVar, {}, "action");
      std::vector<E> uids;
      for (uint64_t n = 1 + rng_.Below(3); n > 0; --n)
        uids.push_back(Entity(rng_.Pick(world_.schema.actions).uid));
      // Actions of two namespaces have two types and may not share a set.
      const bool one_type =
          std::all_of(uids.begin(), uids.end(), [&](const E& e) { return e->uid.type == uids[0]->uid.type; });
      if (uids.size() == 1 || (!one_type && !Fault())) return Node(X::kIn, {action, uids[0]});
      return Node(X::kIn, {action, Node(X::kSet, uids)});
    }
    auto [subject, type] = SomeEntity(depth);
    auto ancestor = std::make_shared<Type>();
    ancestor->kind = TypeKind::kEntity;
    ancestor->entity = AncestorType(type);
    if (rng_.Chance(10)) return Node(X::kIn, {subject, subject});
    if (rng_.Chance(35)) {
      auto set = std::make_shared<Type>();
      set->kind = TypeKind::kSet;
      set->element = ancestor;
      E e = Of(set, depth - 1);
      if (Fault()) {
        Expr copy = *e;
        copy.kids.push_back(Number(X::kLong, 1));
        if (copy.kind == X::kSet) e = Make(std::move(copy));
      }
      return Node(X::kIn, {subject, e});
    }
    return Node(X::kIn, {subject, Of(ancestor, depth - 1)});
  }

  E TypeTest(int depth) {
    auto [subject, type] = SomeEntity(depth);
    std::string tested = rng_.Chance(65) ? type : rng_.Pick(world_.schema.entity_types).name;
    if (Fault()) tested = "Nobody";
    if (rng_.Chance(55)) return Node(X::kIs, {subject}, tested);
    auto ancestor = std::make_shared<Type>();
    ancestor->kind = TypeKind::kEntity;
    ancestor->entity = AncestorType(tested == "Nobody" ? type : tested);
    if (rng_.Chance(25)) {
      auto set = std::make_shared<Type>();
      set->kind = TypeKind::kSet;
      set->element = ancestor;
      return Node(X::kIsIn, {subject, Of(set, 0)}, tested);
    }
    return Node(X::kIsIn, {subject, Of(ancestor, depth - 1)}, tested);
  }

  E HasTest(int) {
    // Any term's own existence, or an attribute nobody declared.
    const Term* t = terms_.empty() ? nullptr : &rng_.Pick(terms_);
    if (!t || t->e->kind != X::kGet)
      return Has(Node(X::kVar, {}, rng_.Chance(50) ? "principal" : "resource"), {"nothing"});
    if (rng_.Chance(15)) {
      E base = t->type->kind == TypeKind::kEntity || t->type->kind == TypeKind::kRecord || Fault()
                   ? t->e
                   : t->e->kids[0];
      if (base == t->e && !t->guards.empty() && !Fault()) base = Node(X::kVar, {}, "context");
      return Has(base, {"undeclared"});
    }
    return HasPath(*t);
  }

  // `x has a.b.c` ending in the term's attribute, starting as far up as the words allow.
  E HasPath(const Term& t) {
    std::vector<std::string> path = {t.e->text};
    E base = t.e->kids[0];
    std::vector<E> guards = t.guards;
    // Everything optional above the start must be tested by the path or before it.
    if (!guards.empty() && guards.back()->kids[0] == base) guards.pop_back();
    while (base->kind == X::kGet && PathWord(base->text) && PathWord(path[0]) &&
           (!guards.empty() || rng_.Chance(40))) {
      path.insert(path.begin(), base->text);
      base = base->kids[0];
      if (!guards.empty() && guards.back()->kids[0] == base) guards.pop_back();
    }
    E test = Has(base, path);
    for (size_t i = guards.size(); i > 0; --i) test = Node(X::kAnd, {guards[i - 1], test});
    return test;
  }

  E LikeTest(int depth) {
    E subject = Of(Plain(TypeKind::kString), depth - 1);
    Expr e;
    e.kind = X::kLike;
    e.kids = {subject};
    // A text with some of it replaced by wildcards.
    std::string text =
        subject->kind == X::kString && rng_.Chance(60) ? subject->text : MakeString(world_, rng_);
    bool wild = rng_.Chance(30);
    if (wild) e.pattern.push_back({true, ""});
    for (size_t at = 0; at < text.size();) {
      size_t length = 1;
      while (at + length < text.size() && (static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80)
        ++length;
      if (rng_.Chance(25)) {
        if (!wild) e.pattern.push_back({true, ""});
        wild = true;
      } else {
        if (e.pattern.empty() || wild) e.pattern.push_back({false, ""});
        e.pattern.back().literal += text.substr(at, length);
        wild = false;
      }
      at += length;
    }
    if (!wild && rng_.Chance(30)) e.pattern.push_back({true, ""});
    if (wild && rng_.Chance(5)) e.pattern.push_back({true, ""});
    return Make(std::move(e));
  }

  E SetTest(int depth) {
    auto set = std::make_shared<Type>();
    set->kind = TypeKind::kSet;
    // A set the schema declares if there is one.
    std::vector<TypePtr> elements;
    for (const Term& t : terms_) {
      if (t.type->kind == TypeKind::kSet) elements.push_back(t.type->element);
    }
    set->element = !elements.empty() && rng_.Chance(70) ? rng_.Pick(elements) : RandomType(0);
    E receiver = Of(set, depth - 1);
    switch (rng_.Below(4)) {
      case 0:
        return Method(receiver, "contains", {Of(set->element, depth - 1)});
      case 1:
        return Method(receiver, "containsAll", {Of(set, depth - 1)});
      case 2:
        return Method(receiver, "containsAny", {Of(set, depth - 1)});
      default:
        return Method(receiver, "isEmpty");
    }
  }

  // An entity-typed expression whose type has tags.
  const Term* Tagged() {
    std::vector<const Term*> found;
    for (const Term& t : terms_) {
      if (t.type->kind == TypeKind::kEntity && t.guards.empty() &&
          world_.schema.entity_type(t.type->entity).tags)
        found.push_back(&t);
    }
    return found.empty() ? nullptr : rng_.Pick(found);
  }

  E TagKey() { return rng_.Chance(70) ? Text(MakeTagKey(world_, rng_)) : Of(Plain(TypeKind::kString), 0); }

  E TagTest() {
    const Term* t = Tagged();
    if (!t) return HasTest(0);
    if (Fault()) return Method(t->e, "getTag", {TagKey()});
    return Method(t->e, "hasTag", {TagKey()});
  }

  // `x has a && …x.a…`, in its several spellings.
  E Guarded(int depth) {
    Term use;
    E test;
    const Term* tagged = rng_.Chance(30) ? Tagged() : nullptr;
    if (tagged) {
      E key = TagKey();
      use.e = Method(tagged->e, "getTag", {key});
      use.type = world_.schema.entity_type(tagged->type->entity).tags;
      test = Method(tagged->e, "hasTag", {key});
    } else {
      const Term* t = AnyTerm(/*guarded=*/true);
      if (!t) return BoolLeaf();
      use = *t;
      test = HasPath(*t);
    }
    unlocked_.push_back(use);
    E body = Using(use, depth - 1);
    if (rng_.Chance(40)) body = Node(rng_.Chance(50) ? X::kAnd : X::kOr, {body, Bool(depth - 1)});
    unlocked_.pop_back();
    switch (rng_.Below(4)) {
      case 0:
        return Node(X::kIf, {test, body, Bool(depth - 1)});
      case 1:
        return Node(X::kOr, {Node(X::kNot, {test}), Node(X::kAnd, {test, body})});
      default:
        return Node(X::kAnd, {test, body});
    }
  }

  // A test that certainly asks for the term.
  E Using(const Term& t, int depth) {
    TypePtr type = t.type;
    switch (type->kind) {
      case TypeKind::kBool:
        return t.e;
      case TypeKind::kLong:
      case TypeKind::kDatetime:
      case TypeKind::kDuration:
        if (rng_.Chance(60)) return Node(rng_.Chance(50) ? X::kLt : X::kGe, {t.e, Of(type, depth - 1)});
        break;
      case TypeKind::kDecimal:
        if (rng_.Chance(60)) return Method(t.e, "lessThanOrEqual", {Of(type, depth - 1)});
        break;
      case TypeKind::kSet:
        if (rng_.Chance(60)) return Method(t.e, "contains", {Of(type->element, depth - 1)});
        break;
      case TypeKind::kIp:
        if (rng_.Chance(50)) return Method(t.e, "isInRange", {Of(type, depth - 1)});
        break;
      default:
        break;
    }
    return Node(rng_.Chance(60) ? X::kEq : X::kNe,
                {t.e, type->kind == TypeKind::kRecord ? t.e : Of(type, depth - 1)});
  }

  const World& world_;
  std::vector<Env> envs_;
  unsigned faults_;
  Rng& rng_;
  std::vector<Term> terms_;
  std::vector<Term> unlocked_;
  std::set<std::string> principal_types_, resource_types_;
};

ConditionMaker::ConditionMaker(const World& world, std::vector<Env> envs, unsigned faults, Rng& rng)
    : writer_(std::make_unique<Writer>(world, std::move(envs), faults, rng)) {}
ConditionMaker::~ConditionMaker() = default;
E ConditionMaker::Bool(int depth) { return writer_->Bool(depth); }

E MakeCondition(const World& world, const Env& env, int depth, Rng& rng) {
  return ConditionMaker(world, {env}, 0, rng).Bool(depth);
}

}  // namespace polc::gen
