#include "compiler/host/clock_times.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "compiler/host/decision_json.h"

namespace polc::host {
namespace {

struct Form {
  std::string_view begin, end;          // around the number of milliseconds
  std::string_view new_begin, new_end;  // around the time
};
constexpr Form kForms[] = {
    {R"(datetime("1970-01-01").offset(duration(")", R"(ms")))", R"(datetime(")", R"("))"},
    {R"({"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"1970-01-01"}},{"__extn":{"fn":"duration","arg":")",
     R"(ms"}}]}})", R"({"__extn":{"fn":"datetime","arg":")", R"("}})"}};

// What stands in place of the form at the beginning of `text`, which is then behind it.
std::optional<std::string> Rewritten(const Form& form, std::string_view& text) {
  std::string_view rest = text;
  if (!rest.starts_with(form.begin)) return std::nullopt;
  rest.remove_prefix(form.begin.size());
  int64_t ms = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), ms);
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  if (error != std::errc() || !rest.starts_with(form.end)) return std::nullopt;
  const std::optional<std::string> time = TimeText({ms});
  if (!time) return std::nullopt;
  text = rest.substr(form.end.size());
  return std::string(form.new_begin) + *time + std::string(form.new_end);
}

}  // namespace

std::string WithClockTimes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char first = text.front();
    std::optional<std::string> time;
    for (const Form& form : kForms) {
      if (first == form.begin.front() && !time) time = Rewritten(form, text);
    }
    if (time) {
      out += *time;
    } else {
      out += first;
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace polc::host
