// Values in JSON by the types of a Pol program's model (docs/requests.md, "A request").
//
// Against Cedar's JSON (model/value_json.h) types here are those of core/model.h, so there are Percents,
// levels and bounds, a decimal may be a JSON number, and null is a missing attribute. The escapes `__entity`
// and
// `__extn` are always understood. Every problem is reported with its place, and reading goes on behind it.
// Recursion is bounded by json::kMaxDepth.
// Tested by typed_json_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/json/json.h"
#include "compiler/model/request_json.h"
#include "compiler/source/diagnostic.h"

namespace polc::host {

using model::RequestValidation;

// Which attributes of a record of declarations may stand in an object.
enum class Side : uint8_t { kBoth, kAgent, kHost };

class TypedReader {
 public:
  // `mismatch` is the code under which values of another type are reported. With validation off they are not:
  // they are read as what they are, and err where they are used.
  TypedReader(const core::Program& program, source::Code mismatch, RequestValidation validation,
              source::DiagnosticSink& sink)
      : program_(program), mismatch_(mismatch), validation_(validation), sink_(sink) {}

  // `what` names the place for messages.
  std::optional<data::Value> Read(json::Value v, const core::Type& type, const std::string& what);
  // The members of an object: reports those of the other side, undeclared, and missing (of kAgent and kBoth).
  std::optional<data::Value> ReadMembers(json::Value object, const std::vector<core::Attribute>& declared,
                                         Side side, const std::string& what);
  // `{"type", "id"}`, `{"__entity": …}` or Cedar text.
  std::optional<data::EntityUid> ReadUid(json::Value v, const std::string& what);
  // An instant: `"2026-11-21T03:14:00Z"`.
  std::optional<data::Datetime> ReadTime(json::Value v, const std::string& what);
  std::optional<std::string> ReadText(json::Value v, const std::string& what);
  // An object that has no keys but these.
  bool CheckObject(json::Value v, std::initializer_list<std::string_view> keys, const std::string& what);

 private:
  std::optional<data::Value> Mismatch(json::Value v, const core::Type& type, const std::string& what,
                                      std::string seen = "");
  std::optional<data::Value> ReadUntyped(json::Value v, const std::string& what);
  std::optional<data::Value> ReadNumber(json::Value v, const core::Type& type);

  const core::Program& program_;
  source::Code mismatch_;
  RequestValidation validation_;
  source::DiagnosticSink& sink_;
};

// A type as Pol writes it: `Percent`, `Set of Text, at most 8`, `Risk`.
std::string TypeText(const core::Type& type);

}  // namespace polc::host
