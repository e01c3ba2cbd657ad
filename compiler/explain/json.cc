#include "llvm/Support/JSON.h"

#include "compiler/explain/render.h"
#include "compiler/host/decision_json.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::explain {

using llvm::json::OStream;

namespace {

std::string Utf8(std::string_view text) { return llvm::json::fixUTF8({text.data(), text.size()}); }
llvm::StringRef Ref(std::string_view text) { return {text.data(), text.size()}; }

void Texts(llvm::StringRef key, const std::vector<std::string>& list, OStream& json) {
  if (list.empty()) return;
  json.attributeArray(key, [&] {
    for (const std::string& text : list) json.value(Utf8(text));
  });
}
void Text(llvm::StringRef key, const std::string& text, OStream& json) {
  if (!text.empty()) json.attribute(key, Utf8(text));
}

void WriteAsked(const Asked& asked, OStream& json) {
  json.attribute("part", Ref(asked.part));
  Text("text", asked.text, json);
  Text("at", asked.at, json);
  json.attribute("answer", Ref(AnswerName(asked.answer)));
  if (asked.answer == Answer::kError) Text("message", asked.message, json);
  if (asked.values.empty()) return;
  json.attributeArray("values", [&] {
    for (const Observed& seen : asked.values) {
      json.object([&] {
        json.attribute("text", Utf8(seen.what));
        json.attribute("value", Utf8(seen.value));
      });
    }
  });
}

void WriteRule(const RuleStory& rule, OStream& json) {
  json.object([&] {
    json.attribute("rule", Utf8(rule.id));
    Text("for", rule.hop, json);
    json.attribute("effect", Ref(rule.effect));
    Text("title", rule.title, json);
    Text("at", rule.at, json);
    json.attribute("verdict", Ref(rule.answer == Answer::kYes     ? "satisfied"
                                  : rule.answer == Answer::kError ? "erred"
                                                                  : "not_satisfied"));
    json.attribute("holds", rule.holds);
    if (rule.is_reason) json.attribute("reason", true);
    if (rule.lifted) json.attribute("lifted", true);
    if (rule.shadow) json.attribute("shadow", true);
    if (!rule.fits) json.attribute("in_scope", false);
    json.attributeArray("tests", [&] {
      for (const Asked& asked : rule.tests) json.object([&] { WriteAsked(asked, json); });
    });
  });
}

std::string_view KindName(ClauseStory::Kind kind) {
  switch (kind) {
    case ClauseStory::Kind::kWhen:
      return "when";
    case ClauseStory::Kind::kOtherwise:
      return "otherwise";
    case ClauseStory::Kind::kRow:
      return "row";
    case ClauseStory::Kind::kCap:
      return "cap";
    case ClauseStory::Kind::kExpression:
      return "expression";
  }
  return "";
}

void WriteFact(const FactStory& fact, OStream& json) {
  json.object([&] {
    json.attribute("fact", Utf8(fact.name));
    Text("for", fact.hop, json);
    if (fact.value) json.attribute("value", Utf8(*fact.value));
    Text("at", fact.at, json);
    json.attributeArray("clauses", [&] {
      for (const ClauseStory& clause : fact.clauses) {
        json.object([&] {
          json.attribute("kind", Ref(KindName(clause.kind)));
          Text("id", clause.id, json);
          json.attribute("value", Utf8(clause.value));
          json.attribute("decisive", clause.decisive);
          if (clause.shadow) json.attribute("shadow", true);
          if (clause.kind != ClauseStory::Kind::kOtherwise) WriteAsked(clause.when, json);
        });
      }
    });
  });
}

void WriteLimit(const LimitStory& limit, OStream& json) {
  json.object([&] {
    json.attribute("kind", Utf8(limit.kind));
    json.attribute("value", Utf8(limit.value));
    json.attribute("merge", Ref(limit.merge));
    json.attributeArray("by", [&] {
      for (const LimitStory::Setter& setter : limit.by) {
        json.object([&] {
          json.attribute("rule", Utf8(setter.rule));
          Text("value", setter.value, json);
          Text("at", setter.at, json);
        });
      }
    });
  });
}

void WriteNeed(const ApprovalStory& need, OStream& json) {
  json.object([&] {
    json.attribute("rule", Utf8(need.rule));
    Text("evidence", need.evidence, json);
    Texts("quorums", need.quorums, json);
    if (need.lifts) json.attribute("lifts", true);
    json.attribute("met", need.met);
  });
}

void WritePerson(const PersonStory& person, OStream& json) {
  json.object([&] {
    json.attribute("id", Utf8(person.id));
    json.attribute("who", Utf8(person.who));
    json.attribute("issued", Utf8(person.issued));
    json.attribute("counted", person.counted);
    Text("why", person.why, json);
  });
}

template <typename List, typename Write>
void Objects(llvm::StringRef key, const List& list, OStream& json, Write write) {
  if (list.empty()) return;
  json.attributeArray(key, [&] {
    for (const auto& item : list) write(item, json);
  });
}

void WriteChanges(const Changes& changes, bool agent, OStream& json) {
  json.attributeObject("changes", [&] {
    json.attribute("want", Ref(OutcomeName(changes.want)));
    if (changes.already) json.attribute("already", true);
    json.attributeArray("alternatives", [&] {
      for (const Alternative& alternative : changes.found) {
        if (agent && !alternative.by_agent) continue;
        json.object([&] {
          json.attribute("outcome", Ref(OutcomeName(alternative.outcome)));
          Texts("if", alternative.sentences, json);
        });
      }
    });
    if (agent) return;
    json.attribute("up_to", changes.up_to);
    json.attribute("complete", changes.complete);
    json.attribute("tried", changes.tried);
  });
}

void WriteLines(const std::vector<Line>& lines, OStream& json) {
  for (const Line& line : lines) {
    json.object([&] {
      Text("text", line.text, json);
      Text("code", line.code, json);
      if (line.mark != Mark::kPlain) json.attribute("mark", Ref(MarkName(line.mark)));
      if (!line.below.empty()) json.attributeArray("below", [&] { WriteLines(line.below, json); });
    });
  }
}

void WriteDocument(const Document& document, OStream& json) {
  json.attribute("asked", Utf8(document.asked));
  json.attribute("lead", Utf8(document.lead));
  json.attributeArray("sections", [&] {
    for (const Section& section : document.sections) {
      json.object([&] {
        json.attribute("heading", Utf8(section.heading));
        json.attributeArray("lines", [&] { WriteLines(section.lines, json); });
      });
    }
  });
}

}  // namespace

std::string ToJson(const Document& document, const Explanation& e, const Changes* changes) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  OStream json(stream);
  json.object([&] {
    const bool agent = document.audience == Audience::kAgent;
    if (agent || document.audience != Audience::kEngineer) {
      if (agent) {
        json.attribute("outcome", document.outcome);
        json.attribute("decision", e.decision.allowed() ? "allow" : "deny");
      } else {
        host::WriteDecision(e.decision, json);
      }
      json.attribute("for", Ref(AudienceName(document.audience)));
      WriteDocument(document, json);
      return;
    }
    host::WriteDecision(e.decision, json);
    json.attribute("for", Ref(AudienceName(document.audience)));
    json.attribute("asked", Utf8(document.asked));
    json.attribute("lead", Utf8(document.lead));
    json.attributeArray("rules", [&] {
      for (const RuleStory& rule : e.rules) WriteRule(rule, json);
    });
    Objects("near_misses", e.nearest, json, WriteRule);
    json.attribute("rules_out_of_scope", static_cast<uint64_t>(e.elsewhere));
    Objects("fact_values", e.facts, json, WriteFact);
    Objects("limits_set", e.limits, json, WriteLimit);
    Objects("needs", e.needs, json, WriteNeed);
    Objects("approvals", e.approvals, json, WritePerson);
    Objects("refusals", e.refusals, json, WritePerson);
    Texts("evidence", e.evidence, json);
    Text("misfit", e.misfit, json);
    if (changes != nullptr) WriteChanges(*changes, false, json);
  });
  return out + "\n";
}

}  // namespace polc::explain
