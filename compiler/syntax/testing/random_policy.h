// Random policies for property tests: every form of the AST, names and texts that need care, no sense.
// The same seed gives the same policy.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "compiler/syntax/ast.h"

namespace polc::syntax::testing {

class PolicyMaker {
 public:
  explicit PolicyMaker(uint32_t seed) : random_(seed) {}

  Policy Make() {
    policy_ = Policy();
    for (size_t i = Below(3); i > 0; --i) {
      Annotation a{.key = "k" + std::to_string(i), .value = std::nullopt, .span = {}};
      if (Below(2)) a.value = Text();
      policy_.annotations.push_back(std::move(a));
    }
    policy_.effect = Below(2) ? Effect::kPermit : Effect::kForbid;
    policy_.principal = Scope(Slot::kPrincipal);
    policy_.resource = Scope(Slot::kResource);
    policy_.action.op = static_cast<ActionConstraint::Op>(Below(3));
    if (policy_.action.op == ActionConstraint::Op::kEq) AddAction();
    if (policy_.action.op == ActionConstraint::Op::kIn) {
      policy_.action.in_list = Below(4) != 0;
      for (size_t i = policy_.action.in_list ? Below(3) : 1; i > 0; --i) AddAction();
    }
    for (size_t i = Below(3); i > 0; --i) {
      ExprId body = Make(static_cast<int>(Below(6)));
      policy_.conditions.push_back({.unless = Below(2) == 0, .body = body, .span = {}});
    }
    return std::move(policy_);
  }

 private:
  size_t Below(size_t n) { return random_() % n; }
  template <size_t N>
  std::string Pick(const std::array<const char*, N>& of) {
    return of[Below(N)];
  }

  std::string Text() {
    static constexpr std::array kTexts = {"",     "a",         "a*b",
                                          "\\",   "\"",        "\n\r\t",
                                          "\x01", "h\xC3\xA9", "\xE2\x80\xAE",
                                          "'",    "//",        "\xF0\x9F\x98\x80",
                                          "if",   "x y",       "*"};
    return Pick(kTexts) + (Below(2) ? Pick(kTexts) : "");
  }
  std::string Attribute() {
    static constexpr std::array kNames = {"a",    "b",   "permit",  "principal",
                                          "when", "_x1", "decimal", "contains"};
    return Pick(kNames);
  }
  // Something that can only be written as a string.
  std::string Quoted() {
    static constexpr std::array kNames = {"if", "x y", "", "__cedar", "1", "a.b", "\"", "a"};
    return Pick(kNames);
  }
  Name Type() {
    static constexpr std::array kTypes = {"User", "A::B", "Action", "principal", "N::M::permit"};
    return {Pick(kTypes), {}};
  }
  EntityRef Entity() { return {Type(), Text(), {}}; }
  void AddAction() {
    policy_.action.actions.push_back({{Below(2) ? "Action" : "N::Action", {}}, Text(), {}});
  }

  ScopeConstraint Scope(Slot slot) {
    ScopeConstraint c;
    c.op = static_cast<ScopeConstraint::Op>(Below(5));
    bool is = c.op == ScopeConstraint::Op::kIs, is_in = c.op == ScopeConstraint::Op::kIsIn;
    if (is || is_in) c.type = Type();
    if (c.op == ScopeConstraint::Op::kAny || is) return c;
    if (Below(2)) {
      c.target = slot;
    } else {
      c.target = Entity();
    }
    return c;
  }

  ExprId Add(Expr e) {
    policy_.exprs.push_back(std::move(e));
    return static_cast<ExprId>(policy_.exprs.size() - 1);
  }

  ExprId Make(int depth) {
    Expr e;
    e.kind = static_cast<ExprKind>(depth > 0 ? Below(static_cast<size_t>(ExprKind::kRecord) + 1)
                                             : Below(static_cast<size_t>(ExprKind::kVar) + 1));
    auto operands = [&](size_t n) {
      for (size_t i = 0; i < n; ++i) e.operands.push_back(Make(depth - 1));
    };
    switch (e.kind) {
      case ExprKind::kBool:
        e.integer = static_cast<int64_t>(Below(2));
        break;
      case ExprKind::kLong: {
        static constexpr int64_t kLongs[] = {0, 1, -1, 5, -5, INT64_MAX, INT64_MIN};
        e.integer = kLongs[Below(std::size(kLongs))];
        break;
      }
      case ExprKind::kString:
        e.text = Text();
        break;
      case ExprKind::kEntity:
        e.name = Type();
        e.text = Text();
        break;
      case ExprKind::kVar:
        e.integer = static_cast<int64_t>(Below(4));
        break;
      case ExprKind::kIf:
        operands(3);
        break;
      case ExprKind::kParen:
      case ExprKind::kNot:
      case ExprKind::kNeg:
        operands(1);
        break;
      case ExprKind::kIs:
        operands(1);
        e.name = Type();
        break;
      case ExprKind::kIsIn:
        operands(2);
        e.name = Type();
        break;
      case ExprKind::kHas:
        operands(1);
        e.integer = Below(3) == 0;
        if (e.integer != 0) {
          e.texts = {Quoted()};
        } else {
          for (size_t i = 1 + Below(3); i > 0; --i) e.texts.push_back(Attribute());
        }
        break;
      case ExprKind::kLike:
        operands(1);
        for (size_t i = Below(4); i > 0; --i) {
          std::string text = Text();
          if (Below(2) || text.empty()) {
            e.pattern.push_back({.wildcard = true, .literal = {}});
          } else if (e.pattern.empty() || e.pattern.back().wildcard) {
            e.pattern.push_back({.wildcard = false, .literal = text});
          }
        }
        break;
      case ExprKind::kGetAttr:
        operands(1);
        e.integer = Below(3) == 0;
        e.text = e.integer != 0 ? Quoted() : Attribute();
        break;
      case ExprKind::kMethod: {
        struct Known {
          const char* name;
          size_t operands;
        };
        static constexpr Known kKnown[] = {{"contains", 2}, {"containsAll", 2}, {"isEmpty", 1},
                                           {"getTag", 2},   {"lessThan", 3},    {"toDays", 1}};
        const Known& known = kKnown[Below(std::size(kKnown))];
        operands(known.operands);
        e.text = known.name;
        break;
      }
      case ExprKind::kCall: {
        static constexpr std::array kFunctions = {"ip", "decimal", "datetime", "duration"};
        operands(Below(3));
        e.name = {Pick(kFunctions), {}};
        break;
      }
      case ExprKind::kSet:
        operands(Below(3));
        break;
      case ExprKind::kRecord:
        operands(Below(3));
        for (size_t i = 0; i < e.operands.size(); ++i) {
          e.texts.push_back(std::to_string(i) + (Below(2) ? Attribute() : Quoted()));
          if (Below(2)) e.texts.back().insert(0, "k");
        }
        break;
      default:
        operands(2);
        break;
    }
    return Add(std::move(e));
  }

  std::mt19937 random_;
  Policy policy_;
};

inline Policy RandomPolicy(uint32_t seed) { return PolicyMaker(seed).Make(); }

}  // namespace polc::syntax::testing
