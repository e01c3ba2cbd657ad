// Changing a large store under an engine: the time from the call that begins an edit to the return of the one
// that publishes it; and on to where the engine follows and has decided a request over the changed store.
//
//   polc_store CASE-FOLDER EDITS SECONDS
//
// EDITS has one line an edit: its name, a tab, an array of entities in JSON, and for all but `setup` a tab
// and another array. `setup` is applied once; the two forms of the others in turn, so that each commit
// changes something. Entities have attributes that are texts and integers.

#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "api.h"

namespace polc_bench {
namespace {

struct Attribute {
  std::string name, text;
  int64_t number = 0;
  bool is_text = false;
};
struct EntityText {
  Uid uid;
  std::vector<Uid> parents;
  std::vector<Attribute> attributes;
};

Uid ReadUid(simdjson::dom::element e) {
  std::string_view type, id;
  if (e["type"].get(type) != simdjson::SUCCESS || e["id"].get(id) != simdjson::SUCCESS) Die("bad uid");
  return {std::string(type), std::string(id)};
}

std::vector<EntityText> ReadEntities(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(json).get(list) != simdjson::SUCCESS) Die("bad edit");
  std::vector<EntityText> out;
  for (const simdjson::dom::element e : list) {
    EntityText entity;
    entity.uid = ReadUid(e["uid"]);
    for (const simdjson::dom::element p : simdjson::dom::array(e["parents"]))
      entity.parents.push_back(ReadUid(p));
    for (const auto& [name, value] : simdjson::dom::object(e["attrs"])) {
      Attribute a;
      a.name = name;
      std::string_view text;
      a.is_text = value.get(text) == simdjson::SUCCESS;
      a.text = text;
      if (!a.is_text && value.get(a.number) != simdjson::SUCCESS) Die("bad attribute");
      entity.attributes.push_back(std::move(a));
    }
    out.push_back(std::move(entity));
  }
  return out;
}

void Apply(polc_store* store, const std::vector<EntityText>& entities) {
  polc_error error = NoError();
  polc_edit* edit = nullptr;
  Check(polc_edit_new(store, &edit, &error), error, "edit");
  std::vector<polc_text> names, parent_types, parent_ids;
  std::vector<polc_value> values;
  for (const EntityText& e : entities) {
    names.clear();
    values.clear();
    parent_types.clear();
    parent_ids.clear();
    for (const Attribute& a : e.attributes) {
      names.push_back(Text(a.name));
      values.push_back(polc_value_long(a.number));
      if (a.is_text) {
        Check(polc_value_string(polc_edit_values(edit), Text(a.text), &values.back(), &error), error, "text");
      }
    }
    for (const Uid& p : e.parents) {
      parent_types.push_back(Text(p.type));
      parent_ids.push_back(Text(p.id));
    }
    polc_value record{};
    Check(
        polc_value_record(polc_edit_values(edit), names.data(), values.data(), names.size(), &record, &error),
        error, "record");
    Check(polc_edit_upsert(edit, Text(e.uid.type), Text(e.uid.id), &record, nullptr, parent_types.data(),
                           parent_ids.data(), parent_ids.size(), &error),
          error, "upsert");
  }
  Check(polc_edit_commit(edit, &error), error, "commit");
  polc_edit_free(edit);
}

}  // namespace
}  // namespace polc_bench

int main(int argc, char** argv) {
  using namespace polc_bench;
  if (argc != 4) Die("usage: polc_store CASE-FOLDER EDITS SECONDS");
  const double seconds = std::strtod(argv[3], nullptr);
  const Loaded loaded(argv[1]);
  polc_store* store = loaded.store;
  polc_error error = NoError();
  polc_request* request = nullptr;
  Check(polc_request_new(loaded.engine, &request, &error), error, "request");
  std::ifstream edits(argv[2]);
  std::printf("{\"entities\":%u", polc_store_size(store));
  for (std::string line; std::getline(edits, line);) {
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    const std::string name = line.substr(0, first);
    const std::vector<EntityText> a = ReadEntities(line.substr(first + 1, second - first - 1));
    if (name == "setup") {
      Apply(store, a);
      continue;
    }
    const std::vector<EntityText> b = ReadEntities(line.substr(second + 1));
    std::vector<double> commits, seen;
    const double end = Seconds() + seconds;
    while (commits.size() < 7 || (Seconds() < end && commits.size() < 100000)) {
      const auto& entities = commits.size() % 2 == 0 ? a : b;
      const double begin = Seconds();
      Apply(store, entities);
      commits.push_back((Seconds() - begin) * 1e9);
      Check(polc_engine_refresh(loaded.engine, &error), error, "refresh");
      DecideByName(loaded.engine, request, loaded.requests[0]);
      seen.push_back((Seconds() - begin) * 1e9);
    }
    std::printf(
        ",\"%s\":{\"median_ns\":%.0f,\"p99_ns\":%.0f,\"seen_median_ns\":%.0f,\"seen_p99_ns\":%.0f,"
        "\"commits\":%zu}",
        name.c_str(), Quantile(commits, 0.5), Quantile(commits, 0.99), Quantile(seen, 0.5),
        Quantile(seen, 0.99), commits.size());
  }
  std::printf("}\n");
  polc_request_free(request);
  return 0;
}
