// Binding a template's slots: a rule that differs from its template in the entities its scope names.
//
// Templates are never evaluated; each link makes a rule of its own that can be decided and reported by its
// id. Tested by core_test.cc.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "compiler/core/core.h"

namespace polc::core {

struct LinkRequest {
  std::string template_id;
  std::string new_id;
  std::optional<data::EntityUid> principal;  // for `?principal`
  std::optional<data::EntityUid> resource;   // for `?resource`
  Span span;                                 // of the link; becomes the rule's where valid
};

struct LinkError {
  enum class Code {
    kNoSuchTemplate,
    kNotATemplate,    // the id is a rule's
    kMissingSlot,     // the template has a slot the link does not bind
    kUnexpectedSlot,  // the link binds a slot the template does not have
    kDuplicateId,     // another rule or template has the new id
  } code;
  std::string message;
  std::string help;  // may be empty
};

// Binds exactly the slots of `template_rule`; looks at ids not at all.
std::variant<Rule, LinkError> Link(const Rule& template_rule, const LinkRequest& link);

// Links into programs, one after the other: O(1) look-ups however many there are.
class Linker {
 public:
  // `program` must outlive the linker and not get rules or templates other than through it.
  explicit Linker(Program& program);
  // Adds the linked rule to the program's rules, or says why not. Ids of rules and templates are one
  // namespace.
  std::optional<LinkError> Add(const LinkRequest& link);

 private:
  struct Place {
    bool is_template;
    size_t index;
  };
  Program& program_;
  std::unordered_map<std::string, Place> ids_;
};

}  // namespace polc::core
