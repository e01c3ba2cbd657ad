// The text of a Pol AST: tokens, what is between them, and the parts that declarations share.
#include "tests/gen/pol_printer.h"

namespace polc::gen::pol {

std::string Quoted(const std::string& text, bool pattern) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\' || (pattern && c == '*')) out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string Digits(int64_t value, int width) {
  std::string text = std::to_string(value);
  return std::string(text.size() < static_cast<size_t>(width) ? width - text.size() : 0, '0') + text;
}

std::string Printer::Print() {
  if (file_.header) {
    const Header& h = *file_.header;
    Put({"policy", Quoted(h.policy)});
    if (h.version) Put({"version", Quoted(*h.version)});
    if (h.owner) Put({"owner", Quoted(*h.owner)});
    if (h.governs) {
      Put("governs");
      Put(*h.governs);
    }
    EndOfDeclaration();
  }
  for (const Decl& decl : file_.decls) {
    std::visit([&](const auto& d) { Put(d); }, decl);
    EndOfDeclaration();
  }
  if (wild_) Between();
  return std::move(out_);
}

void Printer::Put(std::string_view token) {
  bool loose = out_.empty() || out_.back() == '(' || out_.back() == '[' || out_.back() == '\n' ||
               token == "," || token == ")" || token == "]";
  if (wild_) {
    Between();
    if (!loose && out_.back() != ' ') out_ += ' ';
  } else if (!loose) {
    out_ += ' ';
  }
  out_ += token;
}

void Printer::Put(std::initializer_list<std::string_view> tokens) {
  for (std::string_view token : tokens) Put(token);
}

void Printer::Between() {
  if (rng_->Chance(3)) {
    std::string comment = "// c" + std::to_string(count_++);
    if (rng_->Chance(20)) comment += " \"x";
    if (comments_ != nullptr) comments_->push_back(comment);
    if (rng_->Chance(50)) out_ += '\n';
    out_ += " " + comment + "\n";
  }
  if (rng_->Chance(12)) out_ += rng_->Chance(50) ? "\n" : "\n\n  ";
  if (rng_->Chance(5)) out_ += "\t ";
}

void Printer::EndOfDeclaration() {
  if (!wild_ || rng_->Chance(70)) out_ += '\n';
}

void Printer::Dotted(const std::string& text) {
  size_t at = 0;
  for (size_t dot = text.find('.'); dot != std::string::npos; dot = text.find('.', at)) {
    Put({std::string_view(text).substr(at, dot - at), "."});
    at = dot + 1;
  }
  Put(std::string_view(text).substr(at));
}

void Printer::Put(const EntityRef& entity) {
  Put(entity.type);
  Put(Quoted(entity.id));
}

void Printer::Put(const ActionName& name) {
  if (!name.qualifier.text.empty()) {
    Put(name.qualifier);
    Put(".");
  }
  Put(name.quoted ? Quoted(name.text) : name.text);
}

void Printer::Put(const Arg& arg) {
  Put(arg.quoted ? Quoted(arg.name) : arg.name);
  Expression(arg.value);
}

void Printer::Put(const TypeRef& type) {
  if (type.is_set) Put({"Set", "of"});
  Put(type.name);
  if (type.at_most) Put({",", "at", "most", std::to_string(*type.at_most)});
}

void Printer::Put(const Attr& attr) {
  Put(attr.quoted ? Quoted(attr.name) : attr.name);
  if (attr.optional) Put("?");
  Put(":");
  Put(attr.type);
  if (attr.from_host) Put({"from", "host"});
  if (attr.if_missing != kNoExpr) {
    Put(",");
    Expression(attr.if_missing);
    Put({"if", "missing"});
  }
  if (attr.varies) Put({",", "varies"});
}

void Printer::Attrs(const std::vector<Attr>& attrs) {
  for (const Attr& attr : attrs) Put(attr);
}

void Printer::Put(const Scope& scope) {
  switch (scope.kind) {
    case Scope::Kind::kAnyone:
      return Put("anyone");
    case Scope::Kind::kAnything:
      return Put("anything");
    case Scope::Kind::kEntity:
      return Put(scope.entity);
    default:
      break;
  }
  if (scope.any_word) Put("any");
  Put(scope.type);
  if (scope.kind == Scope::Kind::kType) return;
  Put("in");
  Bare(scope.group);
}

void Printer::Put(const Acts& acts) {
  switch (acts.kind) {
    case Acts::Kind::kActions:
      return List(acts.actions);
    case Acts::Kind::kClasses:
      Put({"do", "any"});
      return List(acts.classes);
    case Acts::Kind::kAnything:
      return Put({"do", "anything"});
    case Acts::Kind::kChange:
      return Put({"change", "anything"});
  }
}

void Printer::Put(const Target& target) {
  Put(target.who);
  Put("to");
  Put(target.what);
  if (!target.which) return;
  Put("on");
  Put(*target.which);
}

void Printer::Put(const std::vector<Quorum>& quorums) {
  for (size_t i = 0; i < quorums.size(); ++i) {
    if (i > 0) Put("or");
    Put("by");
    const Quorum& q = quorums[i];
    for (size_t p = 0; p < q.parts.size(); ++p) {
      if (p > 0) Put("and");
      Bare(q.parts[p].count);
      Put("of");
      for (size_t k = 0; k < q.parts[p].pools.size(); ++k) {
        if (k > 0) Put("or");
        Bare(q.parts[p].pools[k]);
      }
    }
    Put("within");
    Bare(q.within);
    bool swap = Chance(50);
    if (q.survives_policy_change && swap) Put({"survives", "policy", "change"});
    if (q.including_owner) Put({"including", "owner"});
    if (q.survives_policy_change && !swap) Put({"survives", "policy", "change"});
  }
}

void Printer::Put(const std::vector<Clause>& clauses) {
  for (const Clause& c : clauses) {
    switch (c.kind) {
      case Clause::Kind::kWhen:
        Put("when");
        Expression(c.condition);
        break;
      case Clause::Kind::kUnless:
        Put("unless");
        Expression(c.condition);
        break;
      case Clause::Kind::kUnlessApproved:
        Put({"unless", "approved"});
        Put(c.quorums);
        break;
      case Clause::Kind::kBecause:
        Put({"because", Quoted(c.text)});
        break;
      case Clause::Kind::kMeets:
        Put("meets");
        List(c.controls, [&](const Control& control) {
          Put(control.catalogue);
          Put(Quoted(control.clause));
        });
        break;
      case Clause::Kind::kUntil:
        Put({"until", Time(c.time)});
        break;
    }
  }
}

void Printer::Put(Mode mode) {
  if (mode != Mode::kDefault) Put({"(", mode == Mode::kShadow ? "shadow" : "enforced", ")"});
}

void Printer::Title(const std::optional<std::string>& title) {
  if (title) Put(Quoted(*title));
}

void Printer::Keys(const std::vector<ExprId>& keys) {
  Put({"for", "each"});
  List(keys, [&](ExprId key) { Bare(key); });
}

}  // namespace polc::gen::pol

namespace polc::gen {

std::string PrintPol(const syntax::pol::File& file, PolText text, Rng* rng,
                     std::vector<std::string>* comments) {
  return pol::Printer(file, text, rng, comments).Print();
}

}  // namespace polc::gen
