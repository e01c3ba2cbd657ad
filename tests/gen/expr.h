// How generators put expressions together.
//
// Internal to tests/gen.
#pragma once

#include "tests/gen/policy.h"

namespace polc::gen {

inline E Make(Expr e) { return std::make_shared<const Expr>(std::move(e)); }
inline E Node(X kind, std::vector<E> kids, std::string text = "") {
  Expr e;
  e.kind = kind;
  e.kids = std::move(kids);
  e.text = std::move(text);
  return Make(std::move(e));
}
inline E Number(X kind, int64_t n) {
  Expr e;
  e.kind = kind;
  e.number = n;
  return Make(std::move(e));
}
inline E Text(std::string text) { return Node(X::kString, {}, std::move(text)); }
inline E Entity(Uid uid) {
  Expr e;
  e.kind = X::kEntity;
  e.uid = std::move(uid);
  return Make(std::move(e));
}
inline E Has(E subject, std::vector<std::string> path) {
  Expr e;
  e.kind = X::kHas;
  e.kids = {std::move(subject)};
  e.names = std::move(path);
  return Make(std::move(e));
}
inline E Method(E receiver, const char* name, std::vector<E> args = {}) {
  args.insert(args.begin(), std::move(receiver));
  return Node(X::kMethod, std::move(args), name);
}

}  // namespace polc::gen
