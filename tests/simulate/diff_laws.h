// What the tests of `polc diff` share: a folder, and which class of a list a request is in.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "compiler/diff/diff.h"

namespace polc::diff {

// A folder of its own, which is gone with it.
struct Folder {
  std::string path =
      std::filesystem::temp_directory_path() / ("polc_diff_test." + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

// Which of the variable's values stands for what the request has.
inline size_t Place(const Variable& v, const data::Request& r) {
  const auto find = [&](const std::optional<data::Value>& value) {
    return static_cast<size_t>(std::ranges::find(v.values, value) - v.values.begin());
  };
  const data::Entity* entity = nullptr;
  for (const data::Entity& e : r.entities) {
    if (e.uid == (v.root == core::Var::kPrincipal ? r.principal : r.resource)) entity = &e;
  }
  std::optional<data::Value> is;
  switch (v.kind) {
    case Variable::Kind::kUid:
      is = data::Value(v.root == core::Var::kPrincipal ? r.principal : r.resource);
      break;
    case Variable::Kind::kMember:
      return find(data::Value(std::ranges::count(entity->parents, v.group) > 0));
    case Variable::Kind::kTag:
      if (const auto tag = entity->tags.find(v.tag); tag != entity->tags.end()) is = tag->second;
      break;
    case Variable::Kind::kValue:
      if (v.root == core::Var::kContext) {
        const data::Value& fields = v.from_host ? r.host->context : r.context;
        if (const data::Value* value = fields.Find(v.path[0])) is = *value;
      } else {
        is = entity->attrs.at(v.path[0]);
      }
      break;
  }
  if (const size_t at = find(is); at < v.values.size()) return at;
  if (!is->is(data::Kind::kLong)) {  // the one that is like no constant: the last that is there
    size_t last = v.values.size() - 1;
    while (!v.values[last]) --last;
    return last;
  }
  size_t at = 0;
  for (size_t i = 0; i < v.values.size(); ++i) {
    if (v.values[i]->as_long() < is->as_long()) at = i;
  }
  return at;
}

// The class that a request is in, whose entities come with it; null: in none.
inline const Class* ClassOf(const Diff& diff, const data::Request& r) {
  const auto in = std::ranges::find_if(diff.classes, [&](const Class& c) {
    return std::ranges::count(c.actions, data::ToString(r.action)) > 0 &&
           std::ranges::all_of(c.box, [&](const auto& side) {
             return std::ranges::count(side.second, Place(side.first, r)) > 0;
           });
  });
  return in == diff.classes.end() ? nullptr : &*in;
}

}  // namespace polc::diff
