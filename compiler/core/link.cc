#include "compiler/core/link.h"

#include "compiler/source/diagnostic.h"

namespace polc::core {

namespace {

std::optional<LinkError> Bind(ScopeTest& test, const std::optional<data::EntityUid>& entity,
                              std::string_view slot, const std::string& template_id) {
  if (test.slot && !entity) {
    return LinkError{
        LinkError::Code::kMissingSlot,
        "the link binds no `" + std::string(slot) + "`, but template `" + template_id + "` has it", ""};
  }
  if (!test.slot && entity) {
    return LinkError{
        LinkError::Code::kUnexpectedSlot,
        "the link binds `" + std::string(slot) + "`, but template `" + template_id + "` has no such slot",
        ""};
  }
  if (entity) {
    test.entity = *entity;
    test.slot = false;
  }
  return std::nullopt;
}

}  // namespace

std::variant<Rule, LinkError> Link(const Rule& template_rule, const LinkRequest& link) {
  Rule rule = template_rule;
  rule.id = link.new_id;
  rule.template_id = template_rule.id;
  if (link.span.valid()) rule.span = link.span;
  if (auto error = Bind(rule.principal, link.principal, "?principal", template_rule.id)) return *error;
  if (auto error = Bind(rule.resource, link.resource, "?resource", template_rule.id)) return *error;
  return rule;
}

Linker::Linker(Program& program) : program_(program) {
  for (size_t i = 0; i < program.templates.size(); ++i) ids_.emplace(program.templates[i].id, Place{true, i});
  for (size_t i = 0; i < program.rules.size(); ++i) ids_.emplace(program.rules[i].id, Place{false, i});
}

std::optional<LinkError> Linker::Add(const LinkRequest& link) {
  const auto found = ids_.find(link.template_id);
  if (found == ids_.end()) {
    LinkError error{LinkError::Code::kNoSuchTemplate, "there is no template `" + link.template_id + "`", ""};
    std::vector<std::string> ids;
    for (const Rule& t : program_.templates) ids.push_back(t.id);
    if (auto near = source::DidYouMean(link.template_id, ids)) error.help = "did you mean `" + *near + "`?";
    return error;
  }
  if (!found->second.is_template) {
    return LinkError{LinkError::Code::kNotATemplate, "policy `" + link.template_id + "` has no slots to bind",
                     "a template has `?principal` or `?resource` in its scope"};
  }
  if (ids_.contains(link.new_id)) {
    return LinkError{LinkError::Code::kDuplicateId, "there is a policy `" + link.new_id + "` already",
                     "links, templates and policies share one namespace"};
  }
  auto linked = Link(program_.templates[found->second.index], link);
  if (auto* error = std::get_if<LinkError>(&linked)) return std::move(*error);
  ids_.emplace(link.new_id, Place{false, program_.rules.size()});
  program_.rules.push_back(std::move(std::get<Rule>(linked)));
  return std::nullopt;
}

}  // namespace polc::core
