#include "compiler/log/names.h"

#include <algorithm>
#include <string_view>

#include "compiler/data/value.h"
#include "compiler/json/json.h"

namespace polc::log {

Names NamesIn(const Record& record) {
  Names out;
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("", record.request);
  const auto document = json::Document::Parse(map, file, sink, json::Duplicates::kKeep);
  if (!document || !document->root().is(json::Kind::kObject)) return out;
  constexpr std::array<std::string_view, 3> kKeys = {"principal", "action", "resource"};
  for (size_t i = 0; i < kKeys.size(); ++i) {
    const auto uid = document->root().Find(kKeys[i]);
    if (!uid) continue;
    if (uid->is(json::Kind::kString)) {
      out.uids[i] = uid->string();
      out.types[i] = out.uids[i].substr(0, out.uids[i].find("::\""));
      continue;
    }
    if (!uid->is(json::Kind::kObject)) continue;
    const auto inner = uid->Find("__entity");
    const json::Value parts = inner && inner->is(json::Kind::kObject) ? *inner : *uid;
    const auto type = parts.Find("type"), id = parts.Find("id");
    if (!type || !id || !type->is(json::Kind::kString) || !id->is(json::Kind::kString)) continue;
    out.types[i] = type->string();
    out.uids[i] = data::ToString(data::EntityUid{std::string(type->string()), std::string(id->string())});
  }
  return out;
}

}  // namespace polc::log
