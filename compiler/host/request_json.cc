#include "compiler/host/request_json.h"

#include <algorithm>

#include "compiler/host/entities_json.h"
#include "compiler/source/quote.h"

namespace polc::host {

using data::EntityUid;
using data::Value;
using source::Code;
using source::DiagnosticSink;

namespace {

bool IsDigest(std::string_view text) {
  constexpr std::string_view kStart = "sha256:";
  return text.size() == kStart.size() + 64 && text.starts_with(kStart) &&
         text.find_first_not_of("0123456789abcdef", kStart.size()) == text.npos;
}

class Reader {
 public:
  Reader(const json::Document& document, const core::Program& program, RequestValidation validation,
         DiagnosticSink& sink)
      : document_(document),
        program_(program),
        validation_(validation),
        sink_(sink),
        context_(program, Code::kInvalidContext, validation, sink),
        items_(program, Code::kJsonShape, validation, sink) {}

  void Read(model::RequestResult& result) {
    const json::Value root = document_.root();
    bool ok = document_.duplicates().empty();
    if (!items_.CheckObject(root, {"principal", "action", "resource", "context", "host"}, "a request")) {
      ok = false;
      if (!root.is(json::Kind::kObject)) return;
    }
    data::Request request;
    request.span = root.span();
    const auto principal = Uid(root, "principal"), action = Uid(root, "action"),
               resource = Uid(root, "resource");
    if (!principal || !action || !resource) return;
    request.principal = principal->first;
    request.action = action->first;
    request.resource = resource->first;
    action_ = program_.model.FindAction(request.action);
    if (validation_ == RequestValidation::kOn) ok &= CheckEnds(*principal, *action, *resource);
    if (const auto context = root.Find("context")) {
      ok &= Take(ReadContext(*context, Side::kAgent, "the context"), request.context);
    } else if (action_) {
      ok &= CheckEmptyContext(root);
    }
    data::Host host;
    if (const auto part = root.Find("host")) ok &= ReadHost(*part, host, request);
    request.host = std::make_shared<const data::Host>(std::move(host));
    result.valid = ok;
    if (ok) result.request = std::move(request);
  }

 private:
  using PlacedUid = std::pair<EntityUid, source::Span>;

  template <typename T>
  static bool Take(std::optional<T> value, T& to) {
    if (value) to = std::move(*value);
    return value.has_value();
  }

  std::optional<PlacedUid> Uid(json::Value object, std::string_view key) {
    const auto v = object.Find(key);
    if (!v) {
      sink_.Report(Code::kJsonShape, object.span(), "a request lacks `" + std::string(key) + "`");
      return std::nullopt;
    }
    std::optional<EntityUid> uid = items_.ReadUid(*v, "`" + std::string(key) + "`");
    if (!uid) return std::nullopt;
    return PlacedUid(std::move(*uid), v->span());
  }

  bool CheckEnds(const PlacedUid& principal, const PlacedUid& action, const PlacedUid& resource) {
    const std::string name = "`" + source::Excerpt(data::ToString(action.first)) + "`";
    if (!action_) {
      auto& report = sink_.Report(Code::kUndeclaredAction, action.second,
                                  "the policies do not declare the action " + name);
      std::vector<std::string> names;
      for (const core::Action& a : program_.model.actions) names.push_back(data::ToString(a.uid));
      if (auto near = source::DidYouMean(data::ToString(action.first), names))
        report.help = "did you mean `" + *near + "`?";
      return false;
    }
    bool ok = true;
    auto check = [&](const PlacedUid& end, const char* role, const std::vector<std::string>& types,
                     Code code) {
      if (std::ranges::count(types, end.first.type) > 0) return;
      ok = false;
      auto& report = sink_.Report(
          code, end.second,
          std::string(role) + " type `" + end.first.type + "` is not one that " + name + " applies to");
      for (const std::string& type : types)
        report.help += (report.help.empty() ? "it applies to `" : ", `") + type + "`";
    };
    check(principal, "principal", action_->principals, Code::kInvalidPrincipalType);
    check(resource, "resource", action_->resources, Code::kInvalidResourceType);
    return ok;
  }

  // Of an action that is not declared anything goes: the request is invalid by that, or errs.
  std::optional<Value> ReadContext(json::Value v, Side side, const std::string& what) {
    if (action_) return context_.ReadMembers(v, action_->context, side, what);
    return TypedReader(program_, Code::kInvalidContext, RequestValidation::kOff, sink_)
        .ReadMembers(v, {}, side, what);
  }

  bool CheckEmptyContext(json::Value root) {
    bool ok = true;
    for (const core::Attribute& a : action_->context) {
      if (!a.required || a.from_host || validation_ == RequestValidation::kOff) continue;
      ok = false;
      sink_.Report(Code::kInvalidContext, root.span(),
                   "a request without `context` lacks `" + a.name + "`, which is declared for `" +
                       source::Excerpt(data::ToString(action_->uid)) + "`");
    }
    return ok;
  }

  bool ReadHost(json::Value v, data::Host& host, data::Request& request) {
    bool ok = items_.CheckObject(
        v,
        {"now", "context", "entities", "state", "approvals", "refusals", "evidence", "acts_for", "enforces"},
        "`host`");
    if (!v.is(json::Kind::kObject)) return false;
    if (const auto now = v.Find("now")) {
      host.now = items_.ReadTime(*now, "`now`");
      ok &= host.now.has_value();
    }
    if (const auto context = v.Find("context"))
      ok &= Take(ReadContext(*context, Side::kHost, "the host's context"), host.context);
    if (const auto list = v.Find("entities")) {
      model::EntitiesResult entities = ReadEntities(*list, document_, program_, sink_);
      for (const EntityUid& uid : entities.store.order())
        request.entities.push_back(*entities.store.Find(uid));
      ok &= entities.valid;
    }
    auto each = [&](std::string_view key, auto read) {
      const auto list = v.Find(key);
      if (!list) return;
      if (!list->is(json::Kind::kArray)) {
        sink_.Report(
            Code::kJsonShape, list->span(),
            "`" + std::string(key) + "` is " + std::string(json::Describe(list->kind())) + ", not an array");
        ok = false;
        return;
      }
      for (size_t i = 0; i < list->size(); ++i) ok &= read(list->at(i));
    };
    each("state", [&](json::Value item) { return ReadState(item, host); });
    each("approvals", [&](json::Value item) { return ReadApproval(item, host); });
    each("refusals", [&](json::Value item) { return ReadRefusal(item, host); });
    each("evidence", [&](json::Value item) { return ReadEvidence(item, host); });
    each("acts_for", [&](json::Value item) { return ReadHop(item, host); });
    each("enforces", [&](json::Value item) {
      return Take(items_.ReadText(item, "a kind of limit"), host.enforces.emplace_back());
    });
    return ok;
  }

  // A member that has to be there.
  std::optional<json::Value> Required(json::Value item, std::string_view key, const std::string& what) {
    const auto v = item.Find(key);
    if (!v) sink_.Report(Code::kJsonShape, item.span(), what + " lacks `" + std::string(key) + "`");
    return v;
  }
  bool RequiredText(json::Value item, std::string_view key, const std::string& what, std::string& to) {
    const auto v = Required(item, key, what);
    return v && Take(items_.ReadText(*v, "`" + std::string(key) + "`"), to);
  }
  bool RequiredDigest(json::Value item, std::string_view key, const std::string& what, std::string& to) {
    if (!RequiredText(item, key, what, to)) return false;
    if (IsDigest(to)) return true;
    sink_.Report(Code::kJsonShape, item.Find(key)->span(), "`" + std::string(key) + "` is no digest").help =
        "a digest is `sha256:` and 64 digits of 0 to 9 and a to f";
    return false;
  }
  bool OptionalText(json::Value item, std::string_view key, std::string& to) {
    const auto v = item.Find(key);
    return !v || Take(items_.ReadText(*v, "`" + std::string(key) + "`"), to);
  }
  // What approvals and refusals have in common.
  template <typename Item>
  bool ReadSaying(json::Value item, const std::string& what, Item& out) {
    out.span = item.span();
    bool ok = RequiredText(item, "id", what, out.id);
    const auto approver = Required(item, "approver", what);
    ok &= approver && Take(items_.ReadUid(*approver, "`approver`"), out.approver);
    const auto issued = Required(item, "issued", what);
    ok &= issued && Take(items_.ReadTime(*issued, "`issued`"), out.issued);
    ok &= RequiredDigest(item, "action_digest", what, out.action_digest);
    ok &= OptionalText(item, "key", out.signing_key);
    ok &= OptionalText(item, "signature", out.signature);
    return ok;
  }

  bool ReadApproval(json::Value v, data::Host& host) {
    const std::string what = "an approval";
    if (!items_.CheckObject(v,
                            {"id", "approver", "issued", "action_digest", "terms_digest", "snapshot",
                             "consumed", "key", "action", "signature"},
                            what))
      return false;
    data::ApprovalItem& item = host.approvals.emplace_back();
    bool ok = ReadSaying(v, what, item);
    ok &= RequiredDigest(v, "terms_digest", what, item.terms_digest);
    ok &= RequiredDigest(v, "snapshot", what, item.snapshot);
    ok &= OptionalText(v, "action", item.action);
    if (const auto consumed = v.Find("consumed")) {
      if (consumed->is(json::Kind::kBool)) {
        item.consumed = consumed->boolean();
      } else {
        sink_.Report(Code::kJsonShape, consumed->span(), "`consumed` is neither true nor false");
        ok = false;
      }
    }
    return ok;
  }

  bool ReadRefusal(json::Value v, data::Host& host) {
    const std::string what = "a refusal";
    return items_.CheckObject(v, {"id", "approver", "issued", "action_digest", "key", "signature"}, what) &&
           ReadSaying(v, what, host.refusals.emplace_back());
  }

  bool ReadEvidence(json::Value v, data::Host& host) {
    const std::string what = "an item of evidence";
    if (!items_.CheckObject(v, {"kind", "value", "action_digest"}, what)) return false;
    data::EvidenceItem& item = host.evidence.emplace_back();
    item.span = v.span();
    bool ok = RequiredText(v, "kind", what, item.kind) &
              RequiredDigest(v, "action_digest", what, item.action_digest);
    const auto value = Required(v, "value", what);
    if (!ok || !value) return false;
    const core::EvidenceKind* kind = core::FindNamed(program_.evidence_kinds, item.kind);
    if (kind) return Take(items_.Read(*value, *kind->type, "`value`"), item.value);
    auto& report = sink_.Report(Code::kJsonShape, v.Find("kind")->span(),
                                "the policies do not declare evidence `" + source::Excerpt(item.kind) + "`");
    std::vector<std::string> names;
    for (const core::EvidenceKind& k : program_.evidence_kinds) names.push_back(k.name);
    if (auto near = source::DidYouMean(item.kind, names)) report.help = "did you mean `" + *near + "`?";
    return false;
  }

  bool ReadHop(json::Value v, data::Host& host) {
    const std::string what = "an item of `acts_for`";
    if (!items_.CheckObject(v, {"principal", "scope"}, what)) return false;
    if (host.acts_for.size() == data::kMaxHops) {
      sink_.Report(Code::kJsonShape, v.span(),
                   "the principal acts for more than " + std::to_string(data::kMaxHops) + " in a row");
      return false;
    }
    data::Hop& hop = host.acts_for.emplace_back();
    hop.span = v.span();
    const auto principal = Required(v, "principal", what);
    if (!principal || !Take(items_.ReadUid(*principal, "`principal`"), hop.principal)) return false;
    const auto scope = v.Find("scope");
    if (!scope) return true;
    if (!scope->is(json::Kind::kArray)) {
      sink_.Report(Code::kJsonShape, scope->span(),
                   "`scope` is " + std::string(json::Describe(scope->kind())) + ", not an array of classes");
      return false;
    }
    hop.scope.emplace();
    bool ok = true;
    for (size_t i = 0; i < scope->size(); ++i)
      ok &= Take(items_.ReadText(scope->at(i), "a class"), hop.scope->emplace_back());
    return ok;
  }

  bool ReadState(json::Value v, data::Host& host) {
    const std::string what = "an item of `state`";
    if (!items_.CheckObject(v, {"input", "by", "key", "value", "as_of"}, what)) return false;
    data::StateItem& item = host.state.emplace_back();
    item.span = v.span();
    if (!RequiredText(v, "input", what, item.input) || !OptionalText(v, "by", item.by)) return false;
    std::vector<const core::Input*> named;
    for (const core::Input& input : program_.inputs) {
      if (input.name == item.input && input.kind != core::Input::Kind::kNow) named.push_back(&input);
    }
    // What is kept for each of one thing only need not be named.
    if (!v.Find("by") && named.size() == 1) item.by = named[0]->by;
    const auto found = std::ranges::find(named, item.by, &core::Input::by);
    if (found == named.end()) {
      ReportUndeclared(v, item, named);
      return false;
    }
    const core::Input& input = **found;
    bool ok = true;
    const auto key = v.Find("key");
    if (key.has_value() != !input.by.empty()) {
      sink_.Report(Code::kJsonShape, v.span(),
                   "`" + item.input + "` " +
                       (key ? "has no key" : "is kept for each " + input.by + ", and lacks a `key`"));
      return false;
    }
    if (key && key->is(json::Kind::kString) && input.key_type->kind == data::Kind::kEntity) {
      std::optional<EntityUid> uid = items_.ReadUid(*key, "`key`");
      if (!uid) return false;
      item.key = Value(std::move(*uid));
    } else if (key) {
      item.key = items_.Read(*key, *input.key_type, "`key`");
      ok &= item.key.has_value();
    }
    const auto value = Required(v, "value", what);
    const core::Type type{.kind = input.value};
    ok &= value && Take(items_.Read(*value, type, "`value`"), item.value);
    if (const auto as_of = v.Find("as_of")) {
      item.as_of = items_.ReadTime(*as_of, "`as_of`");
      ok &= item.as_of.has_value();
    }
    return ok;
  }

  void ReportUndeclared(json::Value v, const data::StateItem& item,
                        const std::vector<const core::Input*>& named) {
    if (!named.empty()) {
      auto& report = sink_.Report(Code::kJsonShape, v.Find("by") ? v.Find("by")->span() : v.span(),
                                  "`" + item.input + "` is not kept by `" + source::Excerpt(item.by) + "`");
      for (const core::Input* input : named)
        report.help += (report.help.empty() ? "it is kept by `" : ", `") + input->by + "`";
      return;
    }
    auto& report =
        sink_.Report(Code::kJsonShape, v.Find("input")->span(),
                     "the policies do not declare the state `" + source::Excerpt(item.input) + "`");
    std::vector<std::string> names;
    for (const core::Input& input : program_.inputs) names.push_back(input.name);
    if (auto near = source::DidYouMean(item.input, names)) report.help = "did you mean `" + *near + "`?";
  }

  const json::Document& document_;
  const core::Program& program_;
  RequestValidation validation_;
  DiagnosticSink& sink_;
  TypedReader context_;
  TypedReader items_;
  const core::Action* action_ = nullptr;
};

}  // namespace

model::RequestResult ReadRequest(const source::SourceMap& map, source::Span text, size_t index,
                                 const core::Program& program, RequestValidation validation,
                                 DiagnosticSink& sink) {
  const size_t before = sink.diagnostics().size();
  model::RequestResult result;
  result.span = text;
  if (std::optional<json::Document> document =
          json::Document::Parse(map, text, sink, json::Duplicates::kKeep)) {
    Reader(*document, program, validation, sink).Read(result);
  }
  for (size_t i = before; i < sink.diagnostics().size(); ++i) sink.mutable_diagnostics()[i].request = index;
  return result;
}

model::RequestResult ReadRequest(const source::SourceMap& map, source::Span text, size_t index,
                                 const core::Program& program, const model::Schema* schema,
                                 RequestValidation validation, DiagnosticSink& sink) {
  return program.pol ? ReadRequest(map, text, index, program, validation, sink)
                     : model::ReadRequest(map, text, index, schema, validation, sink);
}

}  // namespace polc::host
