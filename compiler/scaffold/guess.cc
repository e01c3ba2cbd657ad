#include "compiler/scaffold/guess.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "fmt/format.h"

namespace polc::scaffold {
namespace {

using core::Reversibility;

// Each list is sorted.
constexpr std::string_view kReads[] = {
    "analyze",  "browse",   "calculate", "check",   "compare",   "count",   "describe", "diff",
    "display",  "explain",  "export",    "fetch",   "find",      "get",     "inspect",  "list",
    "load",     "lookup",   "match",     "monitor", "ping",      "preview", "query",    "read",
    "retrieve", "return",   "scan",      "search",  "select",    "show",    "suggest",  "summarize",
    "think",    "validate", "verify",    "view",    "visualize", "watch",   "whoami"};
constexpr std::string_view kChanges[] = {
    "add",        "annotate",  "append",    "archive",  "assign", "attach",   "change",  "checkout",
    "close",      "comment",   "configure", "connect",  "copy",   "cordon",   "create",  "disable",
    "disconnect", "duplicate", "edit",      "enable",   "import", "insert",   "install", "label",
    "link",       "mark",      "migrate",   "modify",   "move",   "mute",     "open",    "patch",
    "pause",      "pin",       "put",       "register", "rename", "reopen",   "reply",   "resolve",
    "restart",    "resume",    "rollback",  "save",     "scale",  "schedule", "set",     "start",
    "stop",       "store",     "subscribe", "switch",   "tag",    "toggle",   "track",   "unassign",
    "update",     "upgrade",   "upload",    "use",      "write"};
constexpr std::string_view kFinal[] = {
    "approve",   "book",     "buy",     "cancel",    "charge",   "clear",    "commit", "delete",
    "deploy",    "destroy",  "drop",    "email",     "erase",    "eval",     "evict",  "exec",
    "execute",   "finalize", "forward", "invite",    "invoke",   "kill",     "merge",  "notify",
    "overwrite", "pay",      "post",    "publish",   "purchase", "purge",    "push",   "refund",
    "reject",    "release",  "remove",  "reset",     "restore",  "revoke",   "run",    "sell",
    "send",      "shutdown", "submit",  "terminate", "transfer", "truncate", "tweet",  "uninstall",
    "wipe",      "withdraw"};

static_assert(std::ranges::is_sorted(kReads) && std::ranges::is_sorted(kChanges) &&
              std::ranges::is_sorted(kFinal));

// Words of arguments that are run. `code` alone is one, `country_code` is not.
constexpr std::string_view kCode[] = {"cmd", "command", "commands", "script", "sql"};

template <size_t N>
bool Has(const std::string_view (&list)[N], std::string_view word) {
  return std::ranges::binary_search(list, word);
}

std::optional<Reversibility> Known(std::string_view word) {
  if (Has(kFinal, word)) return Reversibility::kIrreversible;
  if (Has(kChanges, word)) return Reversibility::kReversible;
  if (Has(kReads, word)) return Reversibility::kReadOnly;
  return std::nullopt;
}

// A verb as it is or in the third person: `lists`, `fetches`, `retrieves`, `applies`.
std::optional<Reversibility> Verb(std::string_view word) {
  if (auto known = Known(word)) return known;
  if (word.ends_with("ies")) return Known(std::string(word.substr(0, word.size() - 3)) + "y");
  if (word.ends_with("s")) {
    if (auto known = Known(word.substr(0, word.size() - 1))) return known;
  }
  if (word.ends_with("es")) return Known(word.substr(0, word.size() - 2));
  return std::nullopt;
}

// In lower case: `getPodLogs`, `get-pod-logs` and `GET pod logs` have the same words.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false, lower = false;
  for (char c : text) {
    const bool upper = c >= 'A' && c <= 'Z', letter = upper || (c >= 'a' && c <= 'z');
    if (!letter) {
      inside = false;
      continue;
    }
    if (!inside || (upper && lower)) words.emplace_back();
    inside = true;
    lower = !upper;
    words.back() += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

struct Found {
  Reversibility reversibility = Reversibility::kReadOnly;
  std::string word{};
};

// The worst verb of a name; of equals the first.
std::optional<Found> OfName(std::string_view name) {
  std::optional<Found> worst;
  for (std::string& word : Words(name)) {
    const std::optional<Reversibility> known = Known(word);
    if (known && (!worst || *known > worst->reversibility)) worst = {*known, std::move(word)};
  }
  return worst;
}

}  // namespace

Guess GuessClass(const Tool& tool) {
  for (const Field& field : tool.fields) {
    const auto runs = [](const std::string& word) { return Has(kCode, word); };
    if (field.name == "code" || std::ranges::any_of(Words(field.name), runs)) {
      return {Reversibility::kIrreversible,
              fmt::format("its argument `{}` may carry code", OneLine(field.name, 40))};
    }
  }
  // Both are clues: `write_query` that "executes" what it is given is worse than its name.
  std::optional<Guess> found;
  if (std::optional<Found> name = OfName(tool.name)) {
    found = Guess{name->reversibility, fmt::format("its name has `{}`", name->word)};
  }
  const std::vector<std::string> words = Words(std::string_view(tool.description).substr(0, 80));
  const std::optional<Reversibility> verb = words.empty() ? std::nullopt : Verb(words.front());
  if (verb && (!found || *verb > found->reversibility)) {
    found = Guess{*verb, fmt::format("its description starts with `{}`", words.front())};
  }
  bool clue = found.has_value();
  Guess guess = found.value_or(
      Guess{Reversibility::kIrreversible, "neither its name nor its description says what it does"});
  auto hint = [&](Reversibility said, const std::string& why) {
    if (!clue || said > guess.reversibility) guess = {said, why};
    clue = true;
  };
  const Hints& hints = tool.hints;
  if (hints.destructive.value_or(false)) hint(Reversibility::kIrreversible, "it says so: `destructiveHint`");
  if (hints.read_only && !*hints.read_only)
    hint(Reversibility::kReversible, "it says so: not `readOnlyHint`");
  if (hints.read_only.value_or(false))
    hint(Reversibility::kReadOnly, "it says so, nothing else does: `readOnlyHint`");
  if (!hints.method.empty()) {
    const bool reads = hints.method == "GET" || hints.method == "HEAD" || hints.method == "OPTIONS";
    const bool ends = hints.method == "DELETE";
    hint(ends    ? Reversibility::kIrreversible
         : reads ? Reversibility::kReadOnly
                 : Reversibility::kReversible,
         fmt::format("its method is {}", hints.method));
  }
  return guess;
}

}  // namespace polc::scaffold
