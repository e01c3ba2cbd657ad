// polc_decision_to_json.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/api/handles.h"
#include "runtime/json/plain_bytes.h"
#include "runtime/json/polc_json.h"

namespace {

// A member's name as it stands between members: `,"outcome":`.
class MemberName {
 public:
  template <size_t kSize>
  consteval MemberName(const char (&name)[kSize]) : size_(kSize + 3) {
    static_assert(kSize + 3 <= kRoom);
    text_[0] = ',', text_[1] = '"';
    for (size_t i = 0; i + 1 < kSize; ++i) text_[2 + i] = name[i];
    text_[kSize + 1] = '"', text_[kSize + 2] = ':';
  }
  // With or without the comma; so much may be read behind either.
  static constexpr size_t kReadable = 32;
  std::string_view text(bool first) const { return {text_ + first, size_ - first}; }

 private:
  static constexpr size_t kRoom = kReadable;
  char text_[kReadable + 1] = {};
  size_t size_;
};

// Writes what fits and counts everything.
class Writer {
 public:
  Writer(char* buffer, size_t size)
      : buffer_(buffer == nullptr || size == 0 ? nullptr : buffer),
        room_(buffer_ == nullptr ? 0 : size - 1) {}

  void Raw(char c) {
    if (size_ < room_) buffer_[size_] = c;
    ++size_;
  }
  [[gnu::always_inline]] void Raw(std::string_view text) {
    if (size_ + text.size() > room_) return Cut(text);
    polc::bundle::CopyBytes(buffer_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  // Of known size.
  template <size_t kSize>
  [[gnu::always_inline]] void Literal(const char (&text)[kSize]) {
    if (size_ + kSize - 1 > room_) return Cut({text, kSize - 1});
    std::memcpy(buffer_ + size_, text, kSize - 1);
    size_ += kSize - 1;
  }

  void Raw(const MemberName& name, bool first) {
    const std::string_view text = name.text(first);
    if (size_ + MemberName::kReadable > room_) return Raw(text);
    std::memcpy(buffer_ + size_, text.data(), MemberName::kReadable);
    size_ += text.size();
  }

  void Quoted(std::string_view text) {
    const size_t plain = polc::api_json::FindMarked(text, polc::api_json::MarkEscaped);
    if (plain < text.size()) return Escaped(text);
    Raw('"');
    Raw(text);
    Raw('"');
  }

  size_t Finish() {
    if (buffer_ != nullptr) buffer_[std::min(size_, room_)] = '\0';
    return size_;
  }

 private:
  // More than there is room for.
  [[gnu::noinline]] void Cut(std::string_view text) {
    if (size_ < room_) std::memcpy(buffer_ + size_, text.data(), room_ - size_);
    size_ += text.size();
  }

  [[gnu::noinline]] void Escaped(std::string_view text) {
    Raw('"');
    for (;;) {
      const size_t plain = polc::api_json::FindMarked(text, polc::api_json::MarkEscaped);
      Raw(text.substr(0, plain));
      if (plain == text.size()) break;
      const char c = text[plain];
      text.remove_prefix(plain + 1);
      constexpr char kHex[] = "0123456789abcdef";
      const char wide[] = {'\\', 'u', '0', '0', kHex[c >> 4 & 1], kHex[c & 15]};
      const char narrow[] = {'\\', c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c};
      const bool is_wide = static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
      Raw(is_wide ? std::string_view(wide, sizeof wide) : std::string_view(narrow, sizeof narrow));
    }
    Raw('"');
  }

  char* buffer_;
  size_t room_;
  size_t size_ = 0;
};

// Writes the parts of one decision. Each returns false if it cannot be asked for: no such decision, or no
// memory.
class DecisionWriter {
 public:
  DecisionWriter(const polc_request* request, const polc_decision& decision, char* buffer, size_t size)
      : request_(request), decision_(decision), out_(buffer, size) {}

  size_t Write() {
    out_.Literal("{\"outcome\":\"");
    out_.Raw(polc_outcome_name(decision_.outcome));
    const bool allowed = decision_.outcome == POLC_ALLOW || decision_.outcome == POLC_ALLOW_WITH_LIMITS;
    out_.Literal("\",\"decision\":\"");
    out_.Raw(allowed ? "allow\"" : "deny\"");
    first_ = false;
    if (decision_.why != POLC_WHY_NONE) {
      Key("why");
      out_.Quoted(polc_why_name(decision_.why));
    }
    if (!Reasons() || !Facts() || !Limits() || !Approval() || !Suggestions() || !Shadow() || !Errors())
      return 0;
    // Neither is there without Pol.
    if (request_->state->bundle->opened.is_pol() && (!State() || !Digests())) return 0;
    out_.Literal(",\"snapshot\":");
    Digest(decision_.snapshot_id);
    out_.Literal("}");
    return out_.Finish();
  }

 private:
  // The next member of the object that is open. A name that is written here has nothing to escape.
  void Key(const MemberName& name) {
    out_.Raw(name, first_);
    first_ = false;
  }
  void TextKey(std::string_view name) {
    Comma();
    out_.Quoted(name);
    out_.Raw(':');
  }
  // Before every member and element.
  void Comma() {
    if (!first_) out_.Raw(',');
    first_ = false;
  }
  void Open(std::string_view bracket) {
    out_.Raw(bracket);
    first_ = true;
  }
  void Close(std::string_view bracket) {
    out_.Raw(bracket);
    first_ = false;
  }
  void TextMember(const MemberName& name, polc_text text) {
    Key(name);
    Quoted(text);
  }
  void Quoted(polc_text text) { out_.Quoted({text.data, text.size}); }
  void Raw(std::string_view text) { out_.Raw(text); }

  void Digest(const uint8_t bytes[32]) {
    // Nearly always it is that of the request's state.
    const polc::api::EngineState& state = *request_->state;
    const std::array<char, 64> hex =
        std::memcmp(bytes, state.snapshot_id.data(), 32) == 0 ? state.snapshot_hex : polc::api::HexOf(bytes);
    out_.Literal("\"sha256:");
    Raw({hex.data(), hex.size()});
    out_.Literal("\"");
  }

  void Uid(const polc_uid& uid) {
    Open("{");
    TextMember("type", uid.type);
    TextMember("id", uid.id);
    Close("}");
  }

  bool Rule(polc_rule_at at) {
    const std::string name = Name(at);
    out_.Quoted(name);
    return !name.empty();
  }

  bool Rules(const polc_rule_at* rules, size_t count) {
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) names.push_back(Name(rules[i]));
    Names(std::move(names));
    return true;
  }

  // Recursion is bounded by the depth of values (bundle::kMaxValueDepth).
  bool Value(polc_value value) {
    polc_value_content content{};
    content.struct_size = sizeof content;
    if (polc_request_value(request_, value, &content, nullptr) != POLC_OK) return false;
    switch (content.kind) {
      case POLC_KIND_BOOL:
        Raw(content.number != 0 ? "true" : "false");
        return true;
      case POLC_KIND_LONG:
        Raw(std::to_string(content.number));
        return true;
      case POLC_KIND_STRING:
        Quoted(content.text);
        return true;
      case POLC_KIND_ENTITY:
        Raw("{\"__entity\":");
        Uid({content.type, content.text});
        Close("}");
        return true;
      case POLC_KIND_DECIMAL:
        Extension("decimal", DecimalText(content.number));
        return true;
      case POLC_KIND_IP:
        Extension("ip", content.address);
        return true;
      case POLC_KIND_DURATION:
        Extension("duration", std::to_string(content.number) + "ms");
        return true;
      case POLC_KIND_DATETIME:
        Raw(R"({"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"1970-01-01"}},)");
        Extension("duration", std::to_string(content.number) + "ms");
        Raw("]}}");
        return true;
      case POLC_KIND_SET:
      case POLC_KIND_RECORD: {
        const bool record = content.kind == POLC_KIND_RECORD;
        Open(record ? "{" : "[");
        for (size_t i = 0; i < content.count; ++i) {
          polc_text name;
          polc_value element;
          if (polc_request_value_element(request_, value, i, &name, &element, nullptr) != POLC_OK)
            return false;
          if (record) {
            TextKey({name.data, name.size});
          } else {
            Comma();
          }
          if (!Value(element)) return false;
        }
        Close(record ? "}" : "]");
        return true;
      }
    }
    return false;
  }
  void Extension(std::string_view function, std::string_view argument) {
    Raw("{\"__extn\":{\"fn\":\"");
    Raw(function);
    Raw("\",\"arg\":\"");
    Raw(argument);
    Raw("\"}}");
  }
  static std::string DecimalText(int64_t units) {
    const uint64_t magnitude = units < 0 ? 0 - static_cast<uint64_t>(units) : static_cast<uint64_t>(units);
    const std::string fraction = std::to_string(10000 + magnitude % 10000);
    return (units < 0 ? "-" : "") + std::to_string(magnitude / 10000) + "." + fraction.substr(1);
  }

  // ---- The members

  // Texts that are asked for twice: how long they are, and then.
  template <typename Ask>
  static std::string Ask2(Ask ask) {
    std::string text(ask(nullptr, size_t{0}), '\0');
    ask(text.data(), text.size() + 1);
    return text;
  }
  std::string Name(polc_rule_at at) const {
    return Ask2([&](char* buffer, size_t size) { return polc_rule_name(request_, at, buffer, size); });
  }
  // The order of rules in a bundle: shorter names first, then by their bytes.
  static bool Before(std::string_view a, std::string_view b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }

  // Sorted, none twice.
  void Names(std::vector<std::string> names) {
    std::sort(names.begin(), names.end(), Before);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    Open("[");
    for (const std::string& name : names) {
      Comma();
      out_.Quoted(name);
    }
    Close("]");
  }

  // Of the principal's rules alone, which are numbered in the order of their names.
  bool OwnReasons() {
    out_.Literal(",\"reasons\":");
    Open("[");
    bool says_more = false;
    const polc::bundle::Bundle& bundle = request_->state->bundle->opened;
    const auto rows = bundle.rules();
    for (size_t i = 0; i < decision_.reason_count; ++i) {
      if (decision_.reasons[i] >= rows.size()) return false;
      const polc::bundle::RuleRow& row = rows[decision_.reasons[i]];
      Comma();
      out_.Quoted(bundle.String(row.id));
      says_more |= row.because != polc::bundle::kNone || row.controls.count > 0;
    }
    Close("]");
    if (!says_more) return true;
    std::vector<polc_rule> rules(decision_.reason_count);
    for (size_t i = 0; i < rules.size(); ++i) {
      rules[i].struct_size = sizeof rules[i];
      if (polc_request_rule(request_, decision_.reasons[i], &rules[i], nullptr) != POLC_OK) return false;
    }
    return Because(rules) && Controls(rules);
  }

  bool Reasons() {
    if (decision_.reason_hops == nullptr) return OwnReasons();
    std::vector<std::pair<std::string, uint32_t>> reasons;
    for (size_t i = 0; i < decision_.reason_count; ++i) {
      reasons.emplace_back(Name({decision_.reasons[i], decision_.reason_hops[i]}), decision_.reasons[i]);
      if (reasons.back().first.empty()) return false;
    }
    std::stable_sort(reasons.begin(), reasons.end(),
                     [](const auto& a, const auto& b) { return Before(a.first, b.first); });
    std::vector<std::string> names;
    std::vector<polc_rule> rules;
    for (const auto& [name, index] : reasons) {
      names.push_back(name);
      if (index == POLC_NO_RULE) continue;
      polc_rule& rule = rules.emplace_back();
      rule.struct_size = sizeof rule;
      if (polc_request_rule(request_, index, &rule, nullptr) != POLC_OK) return false;
    }
    Key("reasons");
    Names(std::move(names));
    return Because(rules) && Controls(rules);
  }

  bool Because(const std::vector<polc_rule>& rules) {
    std::vector<std::string_view> said;
    for (const polc_rule& rule : rules) {
      const std::string_view text(rule.because.data, rule.because.size);
      if (text.empty() || std::find(said.begin(), said.end(), text) != said.end()) continue;
      said.push_back(text);
    }
    if (said.empty()) return true;
    Key("because");
    Open("[");
    for (std::string_view text : said) {
      Comma();
      out_.Quoted(text);
    }
    Close("]");
    return true;
  }

  bool Controls(const std::vector<polc_rule>& rules) {
    std::vector<std::pair<std::string_view, std::string_view>> met;
    for (const polc_rule& rule : rules) {
      for (size_t i = 0; i < rule.control_count; ++i) {
        polc_control control{};
        control.struct_size = sizeof control;
        if (polc_request_control(request_, rule.first_control + i, &control, nullptr) != POLC_OK)
          return false;
        met.emplace_back(std::string_view(control.catalogue.data, control.catalogue.size),
                         std::string_view(control.clause.data, control.clause.size));
      }
    }
    std::sort(met.begin(), met.end());
    met.erase(std::unique(met.begin(), met.end()), met.end());
    if (met.empty()) return true;
    Key("controls");
    Open("[");
    for (const auto& [catalogue, clause] : met) {
      Comma();
      out_.Quoted(std::string(catalogue) + " " + std::string(clause));
    }
    Close("]");
    return true;
  }

  // A member whose value is a list of `count`, if that is not none.
  template <typename Item>
  bool List(const MemberName& name, size_t count, Item item) {
    if (count == 0) return true;
    Key(name);
    Open("[");
    for (size_t i = 0; i < count; ++i) {
      Comma();
      Open("{");
      if (!item(i)) return false;
      Close("}");
    }
    Close("]");
    return true;
  }

  template <typename Struct>
  bool Get(polc_status (*get)(const polc_request*, size_t, Struct*, polc_error*), size_t index, Struct* out) {
    *out = {};
    out->struct_size = sizeof *out;
    return get(request_, index, out, nullptr) == POLC_OK;
  }

  static std::string_view View(polc_text text) { return {text.data, text.size}; }

  bool Facts() {
    if (decision_.fact_count == 0) return true;
    std::vector<polc_fact> facts(decision_.fact_count);
    for (size_t i = 0; i < facts.size(); ++i) {
      if (!Get(polc_request_fact, i, &facts[i])) return false;
    }
    std::sort(facts.begin(), facts.end(),
              [](const auto& a, const auto& b) { return View(a.name) < View(b.name); });
    Key("facts");
    Open("{");
    for (const polc_fact& fact : facts) {
      TextKey(View(fact.name));
      if (!Value(fact.value)) return false;
    }
    Close("}");
    return true;
  }

  bool Limits() {
    if (decision_.limit_count == 0) return true;
    std::vector<polc_limit> limits(decision_.limit_count);
    for (size_t i = 0; i < limits.size(); ++i) {
      if (!Get(polc_request_limit, i, &limits[i])) return false;
    }
    std::sort(limits.begin(), limits.end(),
              [](const auto& a, const auto& b) { return View(a.kind) < View(b.kind); });
    Key("limits");
    Open("{");
    for (const polc_limit& limit : limits) {
      TextKey(View(limit.kind));
      Open("{");
      Key("value");
      if (!Value(limit.value)) return false;
      Key("by");
      if (!Rules(limit.by, limit.by_count)) return false;
      Close("}");
    }
    Close("}");
    return true;
  }

  bool Approval() {
    if (decision_.need_count + decision_.counted_count + decision_.not_counted_count +
            decision_.liftable_count ==
        0) {
      return true;
    }
    Key("approval");
    Open("{");
    const std::vector<size_t> needs = NeedOrder(), lifts = LiftOrder();
    const bool ok = List("needs", needs.size(), [&](size_t i) { return Need(needs[i]); }) &&
                    List("counted", decision_.counted_count,
                         [&](size_t i) {
                           polc_counted counted;
                           return Get(polc_request_counted, i, &counted) && Counted(counted);
                         }) &&
                    List("not_counted", decision_.not_counted_count,
                         [&](size_t i) {
                           polc_counted counted;
                           return Get(polc_request_not_counted, i, &counted) && Counted(counted);
                         }) &&
                    List("liftable", lifts.size(), [&](size_t i) { return Liftable(lifts[i]); });
    Close("}");
    return ok;
  }

  // By rule; evidence before approvals.
  std::vector<size_t> NeedOrder() {
    std::vector<std::tuple<std::string, bool, std::string, size_t>> keys;
    for (size_t i = 0; i < decision_.need_count; ++i) {
      polc_need need;
      if (!Get(polc_request_need, i, &need)) return {};
      keys.emplace_back(Name(need.by), need.evidence.size == 0, View(need.evidence), i);
    }
    std::sort(keys.begin(), keys.end());
    std::vector<size_t> order;
    for (const auto& key : keys) order.push_back(std::get<size_t>(key));
    return order;
  }
  std::vector<size_t> LiftOrder() {
    std::vector<std::pair<std::string, size_t>> keys;
    for (size_t i = 0; i < decision_.liftable_count; ++i) {
      polc_liftable liftable;
      if (!Get(polc_request_liftable, i, &liftable)) return {};
      keys.emplace_back(Name(liftable.by), i);
    }
    std::sort(keys.begin(), keys.end());
    std::vector<size_t> order;
    for (const auto& key : keys) order.push_back(key.second);
    return order;
  }

  bool Counted(const polc_counted& counted) {
    TextMember("id", counted.id);
    Key("approver");
    Uid(counted.approver);
    if (counted.why[0] != '\0') {
      Key("why");
      out_.Quoted(counted.why);
    }
    return true;
  }

  bool Need(size_t i) {
    polc_need need;
    if (!Get(polc_request_need, i, &need)) return false;
    Key("rule");
    if (!Rule(need.by)) return false;
    if (need.evidence.size > 0) {
      TextMember("evidence", need.evidence);
      return true;
    }
    Key("approval");
    return Quorums(need.approval, need.by.hop, need.alternative_count);
  }

  bool Liftable(size_t i) {
    polc_liftable liftable;
    if (!Get(polc_request_liftable, i, &liftable)) return false;
    Key("rule");
    if (!Rule(liftable.by)) return false;
    Key("quorum");
    if (!Quorums(liftable.approval, liftable.by.hop, liftable.alternative_count)) return false;
    Key("lifted");
    Raw(liftable.lifted != 0 ? "true" : "false");
    return true;
  }

  bool Quorums(uint32_t approval, uint32_t hop, size_t count) {
    Open("[");
    for (size_t i = 0; i < count; ++i) {
      Comma();
      if (!Quorum(approval, hop, i)) return false;
    }
    Close("]");
    return true;
  }

  bool Quorum(uint32_t approval, uint32_t hop, size_t alternative) {
    polc_quorum quorum{};
    quorum.struct_size = sizeof quorum;
    if (polc_request_quorum(request_, approval, hop, alternative, &quorum, nullptr) != POLC_OK) return false;
    Open("{");
    Key("parts");
    Open("[");
    for (size_t i = 0; i < quorum.part_count; ++i) {
      polc_quorum_part part{};
      part.struct_size = sizeof part;
      if (polc_request_quorum_part(request_, approval, hop, alternative, i, &part, nullptr) != POLC_OK)
        return false;
      Comma();
      Open("{");
      Key("count");
      Raw(std::to_string(part.count));
      Key("of");
      Open("[");
      for (size_t k = 0; k < part.pool_count; ++k) {
        Comma();
        Uid(part.pools[k]);
      }
      Close("]");
      if (part.erred != 0) Flag("error");
      Close("}");
    }
    Close("]");
    Key("within");
    Raw("\"" + std::to_string(quorum.within) + "ms\"");
    if (quorum.including_owner != 0) Flag("including_owner");
    if (quorum.survives_policy_change != 0) Flag("survives_policy_change");
    Close("}");
    return true;
  }
  void Flag(const MemberName& name) {
    Key(name);
    Raw("true");
  }

  bool Suggestions() {
    return List("suggestions", decision_.suggestion_count, [&](size_t i) {
      polc_suggestion suggestion;
      if (!Get(polc_request_suggestion, i, &suggestion)) return false;
      Key("action");
      Uid(suggestion.action);
      Key("resource");
      Uid(suggestion.resource);
      Key("context");
      if (!Value(suggestion.context)) return false;
      Key("by");
      return Rules(suggestion.by, suggestion.by_count);
    });
  }

  bool Shadow() {
    const size_t count = decision_.shadow_count + decision_.shadow_cap_count;
    if (count == 0) return true;
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) {
      names.push_back(
          Ask2([&](char* buffer, size_t size) { return polc_shadow_name(request_, i, buffer, size); }));
    }
    Key("shadow");
    Names(std::move(names));
    Key("would_be");
    out_.Quoted(polc_outcome_name(decision_.would_be));
    return true;
  }

  bool Errors() {
    if (decision_.error_count == 0) {
      out_.Literal(",\"errors\":[]");
      return true;
    }
    std::vector<std::pair<std::string, std::string>> errors;
    for (size_t i = 0; i < decision_.error_count; ++i) {
      errors.emplace_back(
          Ask2([&](char* buffer, size_t size) { return polc_error_name(request_, i, buffer, size); }),
          Ask2([&](char* buffer, size_t size) { return polc_error_text(request_, i, buffer, size); }));
    }
    std::sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? Before(a.first, b.first) : a.second < b.second;
    });
    errors.erase(std::unique(errors.begin(), errors.end()), errors.end());
    Key("errors");
    Open("[");
    for (const auto& [name, message] : errors) {
      Comma();
      Open("{");
      Key("rule");
      out_.Quoted(name);
      Key("message");
      out_.Quoted(message);
      Close("}");
    }
    Close("]");
    return true;
  }

  // A member whose value is a list of what `get` gives until there is no more.
  template <typename Struct, typename Item>
  bool ListAll(const MemberName& name, polc_status (*get)(const polc_request*, size_t, Struct*, polc_error*),
               Item item) {
    for (size_t i = 0;; ++i) {
      Struct next{};
      next.struct_size = sizeof next;
      const polc_status status = get(request_, i, &next, nullptr);
      if (status == POLC_ERROR_NOT_FOUND) {
        if (i > 0) Close("]");
        return true;
      }
      if (status != POLC_OK) return false;
      if (i == 0) {
        Key(name);
        Open("[");
      }
      Comma();
      Open("{");
      if (!item(next)) return false;
      Close("}");
    }
  }

  bool State() {
    return ListAll("state_read", polc_request_state_read,
                   [&](const polc_state& state) {
                     if (!InputAndKey(state.input, state.by, state.key)) return false;
                     Key("value");
                     if (!Value(state.value)) return false;
                     if (state.has_as_of == 0) return true;
                     Key("as_of");
                     return Time(state.as_of);
                   }) &&
           ListAll("state_updates", polc_request_state_update, [&](const polc_state_update& update) {
             if (!InputAndKey(update.input, update.by, update.key)) return false;
             if (update.update == POLC_UPDATE_ADD) {
               Key("add");
               if (!Value(update.amount)) return false;
             } else {
               update.update == POLC_UPDATE_SET ? Flag("set") : Flag("denial");
             }
             if (update.read == nullptr) return true;
             Key("read");
             return Value(*update.read);
           });
  }

  bool InputAndKey(polc_text input, polc_text by, const polc_value* key) {
    TextMember("input", input);
    if (key == nullptr) return true;
    TextMember("by", by);
    Key("key");
    polc_value_content content{};
    content.struct_size = sizeof content;
    if (polc_request_value(request_, *key, &content, nullptr) != POLC_OK) return false;
    if (content.kind != POLC_KIND_ENTITY) return Value(*key);
    Uid({content.type, content.text});
    return true;
  }

  // `2026-11-21T03:14:00Z`, with milliseconds where there are any; outside of the years 0000 to 9999 as a
  // value.
  bool Time(int64_t ms) {
    constexpr int64_t kDay = 86400000, kFirst = -62167219200000, kLast = 253402300799999;
    if (ms < kFirst || ms > kLast) return Value(polc_value_datetime(ms));
    // Months count from March here, so that the leap day is a year's last.
    const int64_t since = ms - kFirst;
    int64_t days = since / kDay + 146037;  // since March 1 of the year -400
    const int64_t into_day = since % kDay;
    const int64_t era = days / 146097;
    days %= 146097;
    const int64_t century = std::min<int64_t>(days / 36524, 3);
    days -= century * 36524;
    const int64_t four = days / 1461;
    days %= 1461;
    const int64_t one = std::min<int64_t>(days / 365, 3);
    days -= one * 365;
    const int64_t month = (5 * days + 2) / 153;
    const int64_t day = days - (153 * month + 2) / 5 + 1;
    const int64_t year = era * 400 + century * 100 + four * 4 + one - 400 + (month >= 10);
    char text[64];
    const auto number = [](int64_t n) { return static_cast<int>(n); };
    std::snprintf(text, sizeof text, "\"%04d-%02d-%02dT%02d:%02d:%02d", number(year),
                  number(month < 10 ? month + 3 : month - 9), number(day), number(into_day / 3600000),
                  number(into_day / 60000 % 60), number(into_day / 1000 % 60));
    Raw(text);
    if (into_day % 1000 != 0) {
      std::snprintf(text, sizeof text, ".%03d", number(into_day % 1000));
      Raw(text);
    }
    Raw("Z\"");
    return true;
  }

  bool Digests() {
    uint8_t action[32], terms[32];
    if (polc_request_digests(request_, action, terms, nullptr) != POLC_OK) return true;
    Key("action_digest");
    Digest(action);
    Key("terms_digest");
    Digest(terms);
    return true;
  }

  const polc_request* request_;
  const polc_decision& decision_;
  Writer out_;
  bool first_ = true;
};

}  // namespace

extern "C" {

size_t polc_decision_to_json(const polc_request* request, const polc_decision* decision, char* buffer,
                             size_t size) {
  if (request == nullptr || decision == nullptr) return 0;
  if (decision->struct_size < offsetof(polc_decision, snapshot_id) + sizeof decision->snapshot_id) return 0;
  try {
    if (decision->struct_size >= sizeof *decision)
      return DecisionWriter(request, *decision, buffer, size).Write();
    polc_decision full{};  // an older caller's is shorter
    std::memcpy(&full, decision, decision->struct_size);
    return DecisionWriter(request, full, buffer, size).Write();
  } catch (...) {
    return 0;
  }
}

}  // extern "C"
