#include "compiler/sema/pol_constant.h"

#include <algorithm>

#include "compiler/data/extension.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using ast::ExprKind;
using data::Value;
using source::Code;
using Kind = Type::Kind;

std::string Describe(const ast::File& file, ast::ExprId id) {
  const ast::Expr& e = file[ast::SkipParens(file, id)];
  switch (e.kind) {
    case ExprKind::kBool:
      return e.integer != 0 ? "`true`" : "`false`";
    case ExprKind::kNumber:
      return "a number";
    case ExprKind::kDecimal:
      return "a decimal";
    case ExprKind::kPercent:
      return "a percentage";
    case ExprKind::kDuration:
      return "a duration";
    case ExprKind::kTime:
      return "a time";
    case ExprKind::kText:
      return "a text";
    case ExprKind::kAddress:
      return "an address";
    case ExprKind::kSet:
      return "a set";
    case ExprKind::kRecord:
      return "a record";
    case ExprKind::kEntity:
      return fmt::format("`{} {}`", e.entity.type.text, source::Quote(e.entity.id));
    case ExprKind::kName:
      return fmt::format("`{}`", e.text);
    default:
      return "an expression";
  }
}

Value AddressOf(const std::string& text) {
  // The parser let only addresses through.
  std::variant<Value, std::string> value = data::CallExt(data::ExtFn::kIp, {Value(text)});
  return std::holds_alternative<Value>(value) ? std::get<Value>(std::move(value)) : Value(text);
}

namespace {

// A setting may be set to another one; more than this in a row is a circle.
constexpr int kMaxSettingHops = 8;

class Constants {
 public:
  Constants(const World& world, SourceId source, std::string_view what, source::DiagnosticSink& sink)
      : world_(world), source_(source), what_(what), sink_(sink) {}

  std::optional<Value> Run(ast::ExprId id, const Type& type, int hops = 0) {
    const ast::File& file = world_.file(source_);
    id = ast::SkipParens(file, id);
    const ast::Expr& e = file[id];
    if (type.error()) return std::nullopt;  // reported where it was declared
    if (e.kind == ExprKind::kName && IsSetting(e.text)) return Setting(e, type, hops);
    switch (type.kind) {
      case Kind::kBool:
        if (e.kind == ExprKind::kBool) return Value(e.integer != 0);
        break;
      case Kind::kNumber:
        if (e.kind == ExprKind::kNumber) return Value(e.integer);
        break;
      case Kind::kDecimal:
        if (e.kind == ExprKind::kDecimal) return Value(data::Decimal{e.integer});
        break;
      case Kind::kPercent:
        if (e.kind == ExprKind::kPercent) return Value(data::Decimal{e.integer});
        break;
      case Kind::kText:
        if (e.kind == ExprKind::kText) return Value(e.text);
        break;
      case Kind::kTime:
        if (e.kind == ExprKind::kTime) return Value(data::Datetime{e.integer});
        break;
      case Kind::kDuration:
        if (e.kind == ExprKind::kDuration) return Value(data::Duration{e.integer});
        break;
      case Kind::kAddress:
        if (e.kind == ExprKind::kAddress) return AddressOf(e.text);
        break;
      case Kind::kClass:
        if (e.kind != ExprKind::kName) break;
        if (Resolver(world_, source_, sink_)
                .Find(e.text, e.span, Only(SymbolKind::kClass), "a class of actions")) {
          return Value(e.text);
        }
        return std::nullopt;
      case Kind::kLevel:
        return Level(id, type);
      case Kind::kEntity:
      case Kind::kPool:
        return Entity(e, id, type);
      case Kind::kSet:
        return Set(e, id, type);
      case Kind::kRecord:
        return Record(e, id, type);
      case Kind::kError:
      case Kind::kNever:
        return std::nullopt;
    }
    return Mismatch(id, type);
  }

 private:
  bool IsSetting(const std::string& name) const {
    return !world_.Lookup(source_, name, Only(SymbolKind::kSetting)).empty();
  }

  std::optional<Value> Mismatch(ast::ExprId id, const Type& type) {
    const ast::File& file = world_.file(source_);
    const ast::Expr& e = file[id];
    source::Diagnostic& report = sink_.Report(Code::kUnexpectedType, e.span,
                                              fmt::format("{} has to be a constant of type {}; this is {}",
                                                          what_, TypeText(type), Describe(file, id)));
    if (e.kind == ExprKind::kNumber && type.is(Kind::kDecimal)) {
      report.help = fmt::format("write `{}.0`", e.integer);
    } else if (e.kind == ExprKind::kNumber && type.is(Kind::kPercent)) {
      report.help = fmt::format("write `{}%`", e.integer);
    } else if (e.kind == ExprKind::kNumber && type.is(Kind::kDuration)) {
      report.help = fmt::format("say of what: `{0}s`, `{0}m`", e.integer);
    } else if (e.kind == ExprKind::kName && type.is(Kind::kText)) {
      report.help = fmt::format("a text stands in quotes: {}", source::Quote(e.text));
    }
    return std::nullopt;
  }

  std::optional<Value> Setting(const ast::Expr& e, const Type& type, int hops) {
    const Symbol* symbol =
        Resolver(world_, source_, sink_).Find(e.text, e.span, Only(SymbolKind::kSetting), "a setting");
    if (!symbol) return std::nullopt;
    const SettingInfo& setting = world_.settings.at(symbol->key);
    if (hops == kMaxSettingHops) {
      sink_.Report(Code::kSettingConflict, e.span,
                   fmt::format("setting `{}` is set to itself by way of others", e.text));
      return std::nullopt;
    }
    if (setting.value == ast::kNoExpr) return std::nullopt;  // reported
    Constants there(world_, setting.value_source, what_, sink_);
    return there.Run(setting.value, type, hops + 1);
  }

  std::optional<Value> Level(ast::ExprId id, const Type& type) {
    const ast::File& file = world_.file(source_);
    const core::Levels& levels = world_.levels.at(type.levels);
    const ast::Expr& e = file[id];
    std::string name;
    if (e.kind == ExprKind::kVar) {
      // The words principal, action, resource and context name levels where nothing else could stand.
      name = core::VarName(static_cast<core::Var>(e.integer));
    } else if (std::optional<ast::Name> dotted = ast::DottedName(file, id)) {
      name = dotted->text;
      if (name.starts_with(type.levels + ".")) name.erase(0, type.levels.size() + 1);
    } else {
      return Mismatch(id, type);
    }
    if (levels.RankOf(name)) return Value(name);
    source::Diagnostic& report =
        sink_.Report(Code::kUnknownName, e.span,
                     fmt::format("`{}` is not a level of `{}`", source::Excerpt(name), type.levels));
    if (auto near = source::DidYouMean(name, levels.names)) {
      report.help = fmt::format("did you mean `{}`?", *near);
    } else {
      report.help = fmt::format("the levels are {}", fmt::join(levels.names, ", "));
    }
    return std::nullopt;
  }

  std::optional<Value> Entity(const ast::Expr& e, ast::ExprId id, const Type& type) {
    if (e.kind != ExprKind::kEntity) return Mismatch(id, type);
    std::optional<data::EntityUid> uid = Resolver(world_, source_, sink_).FindEntity(e.entity);
    if (!uid) return std::nullopt;
    if (type.is(Kind::kEntity) && !Fits(EntityOf(uid->type), type)) return Mismatch(id, type);
    return Value(std::move(*uid));
  }

  std::optional<Value> Set(const ast::Expr& e, ast::ExprId id, const Type& type) {
    if (e.kind != ExprKind::kSet) return Mismatch(id, type);
    std::vector<Value> elements;
    bool good = true;
    for (ast::ExprId element : e.operands) {
      std::optional<Value> value = Run(element, *type.element);
      good &= value.has_value();
      if (value) elements.push_back(std::move(*value));
    }
    if (!good) return std::nullopt;
    Value set = Value::MakeSet(std::move(elements));
    if (type.at_most > 0 && set.as_set().size() > type.at_most) {
      sink_.Report(
          Code::kUnexpectedType, e.span,
          fmt::format("{} has {} elements; its type is {}", what_, set.as_set().size(), TypeText(type)));
      return std::nullopt;
    }
    return set;
  }

  std::optional<Value> Record(const ast::Expr& e, ast::ExprId id, const Type& type) {
    if (e.kind != ExprKind::kRecord) return Mismatch(id, type);
    data::Record fields;
    bool good = true;
    for (size_t i = 0; i < e.operands.size(); ++i) {
      const Field* field = FindField(type.record->fields, e.texts[i]);
      if (!field) {
        sink_.Report(Code::kUnknownName, world_.file(source_)[e.operands[i]].span,
                     fmt::format("{} has no field `{}`", TypeText(type), source::Excerpt(e.texts[i])));
        good = false;
        continue;
      }
      std::optional<Value> value = Run(e.operands[i], field->type);
      good &= value.has_value();
      if (value) fields.emplace_back(e.texts[i], std::move(*value));
    }
    for (const Field& field : type.record->fields) {
      if (field.always() && std::ranges::find(e.texts, field.name) == e.texts.end()) {
        if (field.if_missing) {
          fields.emplace_back(field.name, *field.if_missing);
          continue;
        }
        sink_.Report(Code::kUnexpectedType, e.span,
                     fmt::format("{} lacks the field `{}` of {}", what_, field.name, TypeText(type)));
        good = false;
      }
    }
    if (!good) return std::nullopt;
    return Value::MakeRecord(std::move(fields));
  }

  const World& world_;
  SourceId source_;
  std::string_view what_;
  source::DiagnosticSink& sink_;
};

}  // namespace

std::optional<Value> ConstantOf(const World& world, SourceId source, ast::ExprId id, const Type& type,
                                std::string_view what, source::DiagnosticSink& sink) {
  return Constants(world, source, what, sink).Run(id, type);
}

}  // namespace polc::sema::pol
