#include "compiler/scaffold/write.h"

#include <algorithm>
#include <vector>

#include "compiler/data/value.h"
#include "compiler/scaffold/guess.h"
#include "fmt/format.h"

namespace polc::scaffold {
namespace {

using core::Reversibility;

constexpr size_t kCommentWidth = 100;

constexpr std::string_view kPeople = R"(group Team
person Human in Team
agent Agent in Team owned by Human
)";

std::string_view ClassOf(Reversibility r) {
  switch (r) {
    case Reversibility::kReadOnly:
      return "reads";
    case Reversibility::kReversible:
      return "changes";
    case Reversibility::kIrreversible:
      break;
  }
  return "cannot_be_undone";
}

// A row of the table, and what the classes in use are declared as.
struct Guessed {
  std::string name;
  Guess guess;
};

std::string Classes(const std::vector<Guessed>& guessed) {
  std::string out;
  for (Reversibility r :
       {Reversibility::kReadOnly, Reversibility::kReversible, Reversibility::kIrreversible}) {
    if (std::ranges::none_of(guessed, [&](const Guessed& g) { return g.guess.reversibility == r; })) continue;
    out += fmt::format("action class {} is {}\n", ClassOf(r), core::ReversibilityName(r));
  }
  return out;
}

std::string Review(const Guess& guess) {
  return fmt::format("// review: guessed {}, {}\n", core::ReversibilityName(guess.reversibility), guess.why);
}

std::string Header(std::string_view project, std::string_view part, std::string_view what) {
  return fmt::format("// {}\npolicy {}\n\n", what, data::QuoteCedar(fmt::format("{}{}", project, part)));
}

// In a cell of a table in Markdown.
std::string Cell(std::string_view text) {
  std::string out;
  for (char c : OneLine(text, 80)) {
    if (c == '|' || c == '`' || c == '<') {
      out += c == '|' ? "\\|" : c == '`' ? "'" : "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Readme(std::string_view project, std::string_view source, const std::vector<Guessed>& guessed) {
  std::string out = fmt::format("# {}\n\n", Cell(project));
  if (!source.empty()) out += fmt::format("Made of `{}` by `polc new`.\n\n", Cell(source));
  out += R"(Nothing is allowed yet: policy.pol has no rule, and what no rule allows is denied.

```sh
polc check
polc test
polc compile -o policies.polb
polc eval --entities entities.json --requests requests.jsonl
```

1. Review the classes in model.pol. They are guesses, and what a class says of an action decides how much autonomy an agent can have.
2. Say in model.pol what a tool is done to: all of them are on one resource type now, and rules about resources need more.
3. Write rules in policy.pol, and what they have to decide in tests.pol. A test that expects a denial fails as soon as a rule allows it.
)";
  if (guessed.empty()) return out;
  out += "\n## Guesses\n\n| action | class | because | reviewed by |\n|---|---|---|---|\n";
  for (const Guessed& g : guessed) {
    out += fmt::format("| {} | {} | {} | |\n", Cell(g.name), core::ReversibilityName(g.guess.reversibility),
                       Cell(g.guess.why));
  }
  return out;
}

std::string Policy(std::string_view project, const std::vector<Guessed>& guessed) {
  std::string out = fmt::format(
      "// What is allowed. Nothing is, until there is a rule here; one that allows what only reads would "
      "be:\n//\n");
  if (std::ranges::any_of(
          guessed, [](const Guessed& g) { return g.guess.reversibility == Reversibility::kReadOnly; })) {
    out +=
        "//   rule reading \"Agents of the team may look\"\n//     allow Agent in Team \"TEAM\" to do any "
        "reads\n";
  } else {
    out += "//   rule NAME \"WHAT IT SAYS\"\n//     allow Agent in Team \"TEAM\" to ACTION on RESOURCE\n";
  }
  return out + fmt::format("policy {}\n", data::QuoteCedar(project));
}

std::string Attribute(const Field& field) {
  std::string out = field.note.empty() ? "" : fmt::format("  // {}\n", OneLine(field.note, kCommentWidth));
  return out + fmt::format("  {}{} : {}\n", PolName(field.name), field.optional ? "?" : "", field.type);
}

}  // namespace

Draft OfTools(const ToolList& list, std::string_view project, std::string_view source) {
  std::vector<Guessed> guessed;
  std::string actions;
  for (const Tool& tool : list.tools) {
    guessed.push_back({tool.name, GuessClass(tool)});
    const Guess& guess = guessed.back().guess;
    const std::string description = OneLine(tool.description, kCommentWidth);
    // In quotes, so that no description can be a comment that excuses findings (`// polc: allow …`).
    if (!description.empty()) actions += fmt::format("// \"{}\"\n", description);
    actions += Review(guess);
    actions += fmt::format("action {} in {} by Agent on Server{}\n", PolName(tool.name),
                           ClassOf(guess.reversibility), tool.fields.empty() ? "" : " with");
    for (const Field& field : tool.fields) actions += Attribute(field);
    actions += '\n';
  }
  Draft draft;
  draft.model =
      Header(project, "_model", "What there is: one action per tool. Descriptions are the server's own.");
  draft.model += std::string(kPeople) + "resource Server\n\n";
  for (const Record& record : list.records) {
    draft.model += fmt::format("record {} has\n", record.name);
    for (const Field& field : record.fields) draft.model += Attribute(field);
    draft.model += '\n';
  }
  draft.model += Classes(guessed) + '\n' + actions;
  draft.policy = Policy(project, guessed);
  draft.readme = Readme(project, source, guessed);
  return draft;
}

Draft OfSchema(const model::Schema& schema, std::string_view project, std::string_view source) {
  std::vector<Guessed> guessed;
  std::string actions;
  for (const auto& [uid, action] : schema.actions) {
    if (action.principal_types.empty() || action.resource_types.empty()) continue;  // a group
    guessed.push_back({uid.id, GuessClass({.name = uid.id})});
    const Guess& guess = guessed.back().guess;
    std::string space;
    for (size_t i = 0; i + 6 < uid.type.size(); ++i) {  // what stands before `Action`
      const bool separator = uid.type.compare(i, 2, "::") == 0;
      space += separator ? '.' : uid.type[i];
      i += separator;
    }
    actions += Review(guess) + fmt::format("action {} in {}\n\n",
                                           space.empty() ? PolName(uid.id) : space + data::QuoteCedar(uid.id),
                                           ClassOf(guess.reversibility));
  }
  Draft draft;
  draft.model = Header(project, "_model", "What the schema does not say: how bad each action can be.");
  draft.model += Classes(guessed) + '\n' + actions;
  draft.policy = Policy(project, {});
  draft.readme = Readme(project, source, guessed);
  return draft;
}

Draft OfNothing(std::string_view project) {
  Draft draft;
  draft.model = Header(project, "_model", "What there is: who acts, on what, and which actions there are.");
  draft.model += std::string(kPeople) + R"(group Environment
resource Service in Environment

action class reads is read_only
action class changes is reversible

action read_logs in reads by Agent, Human on Service
action restart in changes by Agent, Human on Service with
  // The gateway says how far it reaches; where it does not know, assume the worst.
  blast_radius : Percent from host, 100% if missing
)";
  draft.policy = Policy(project, {{"read_logs", {Reversibility::kReadOnly, ""}}});
  draft.readme = Readme(project, "", {});
  return draft;
}

std::string ProjectFile(std::string_view schema) {
  std::string out = "files = [\"model.pol\", \"policy.pol\", \"tests.pol\"]\n";
  if (!schema.empty()) out += fmt::format("schema = [{}]\n", data::QuoteCedar(schema));
  return out;
}

}  // namespace polc::scaffold
