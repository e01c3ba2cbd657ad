#include "compiler/simulate/stream.h"

#include <algorithm>

#include "compiler/host/decision_json.h"
#include "compiler/json/json.h"
#include "compiler/log/names.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::simulate {

namespace {

constexpr std::array<llvm::StringLiteral, 6> kGroupMembers = {"bucket",         "cause",  "outcomes",
                                                              "principal_type", "action", "resource_type"};

std::string NamesOf(const std::vector<Edit>& edits, const std::optional<Cause>& cause) {
  if (!cause) return "no edit by itself";
  if (cause->state) return "state";
  std::vector<std::string> names;
  for (const size_t edit : cause->edits) names.push_back(Describe(edits[edit]));
  return fmt::format("{}", fmt::join(names, " and "));
}

}  // namespace

std::string ResultLine(const std::vector<Edit>& edits, const log::Record* record, const Told* told) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  json.object([&] {
    if (!record) return json.attribute("bucket", "broken");
    const auto text = [&](llvm::StringRef key, std::string_view value) {
      if (!value.empty()) json.attribute(key, llvm::json::fixUTF8({value.data(), value.size()}));
    };
    if (record->time) text("time", host::TimeText(*record->time).value_or(""));
    const log::Names named = log::NamesIn(*record);
    text("principal", named.uids[0]);
    text("action", named.uids[1]);
    text("resource", named.uids[2]);
    text("bucket", BucketName(told->bucket));
    if (told->bucket == Bucket::kNotReplayable) return text("why", told->missing);
    text("outcomes", fmt::format("{} -> {}", OutcomeText(told->before), OutcomeText(told->after)));
    if (told->bucket == Bucket::kUnchanged) return;
    text("cause", NamesOf(edits, told->cause));
    text("principal_type", named.types[0]);
    text("resource_type", named.types[2]);
  });
  return out + "\n";
}

std::vector<const core::Program*> ProgramsOf(const Options& options) {
  std::vector<const core::Program*> out = {options.after->source.program};
  if (options.before) out.push_back(options.before->source.program);
  return out;
}

std::optional<std::string> NotKeptApart(const std::vector<const core::Program*>& programs,
                                        std::string_view key) {
  for (const core::Program* program : programs) {
    for (const core::Input& input : program->inputs) {
      using Kind = core::Input::Kind;
      // Nobody's request moves the clock or a switch.
      if (input.kind == Kind::kNow || input.kind == Kind::kSwitch || (!key.empty() && input.by == key))
        continue;
      return input.by.empty() ? fmt::format("`{}`, which there is one of", input.name)
                              : fmt::format("`{}` for each `{}`", input.name, input.by);
    }
  }
  return std::nullopt;
}

bool Sums::Add(std::string_view line) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("", std::string(line));
  const auto document = json::Document::Parse(map, file, sink);
  if (!document || !document->root().is(json::Kind::kObject)) return false;
  const auto text = [&](std::string_view key) -> std::string {
    const auto v = document->root().Find(key);
    return v && v->is(json::Kind::kString) ? std::string(v->string()) : "";
  };
  const std::string bucket = text("bucket");
  if (bucket == "broken") return ++broken_, true;
  bool known = false;
  for (size_t i = 0; i < kBuckets; ++i) known |= bucket == BucketName(static_cast<Bucket>(i));
  if (!known) return false;
  ++records_;
  ++buckets_[bucket];
  if (bucket == BucketName(Bucket::kNotReplayable)) ++missing_[text("why")];
  if (const std::string cause = text("cause"); !cause.empty()) {
    ++groups_[{bucket, cause, text("outcomes"), text("principal_type"), text("action"),
               text("resource_type")}];
  }
  return true;
}

std::string Sums::Json() const {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  json.object([&] {
    json.attribute("records", static_cast<int64_t>(records_));
    json.attribute("broken", static_cast<int64_t>(broken_));
    json.attributeObject("buckets", [&] {
      for (const auto& [bucket, count] : buckets_) json.attribute(bucket, static_cast<int64_t>(count));
    });
    json.attributeArray("not_replayable", [&] {
      for (const auto& [why, count] : missing_) {
        json.object([&, &why = why, &count = count] {
          json.attribute("why", why);
          json.attribute("count", static_cast<int64_t>(count));
        });
      }
    });
    json.attributeArray("groups", [&] {
      for (const auto& [key, count] : groups_) {
        json.object([&, &key = key, &count = count] {
          for (size_t i = 0; i < key.size(); ++i) json.attribute(kGroupMembers[i], key[i]);
          json.attribute("count", static_cast<int64_t>(count));
        });
      }
    });
  });
  return out + "\n";
}

std::string Sums::Text() const {
  std::string out = fmt::format("{} records", records_);
  if (broken_ > 0) out += fmt::format(", {} lines that are none", broken_);
  out += "\n";
  for (const auto& [bucket, count] : buckets_) out += fmt::format("  {:16} {}\n", bucket, count);
  for (const auto& [why, count] : missing_)
    out += fmt::format("not replayable, {}: {}\n", count, source::Printable(why));
  for (const auto& [key, count] : groups_) {
    out += fmt::format("{}: {}, {}, {} {} {}, by {}\n", key[0], count, key[2], source::Printable(key[3]),
                       source::Printable(key[4]), source::Printable(key[5]), source::Printable(key[1]));
  }
  return out;
}

}  // namespace polc::simulate
