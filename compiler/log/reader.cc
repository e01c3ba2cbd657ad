#include "compiler/log/reader.h"

#include <algorithm>
#include <cstring>

#include "compiler/host/decision_json.h"
#include "compiler/log/json_text.h"
#include "compiler/log/writer.h"
#include "compiler/source/quote.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::log {

using json::Kind;
using source::Code;
using source::DiagnosticSink;

namespace {

constexpr std::string_view kAuthzenMapping = R"({
  "time": "/time",
  "request": {
    "principal": {"type": "/request/subject/type", "id": "/request/subject/id"},
    "action": {"type": "Action", "id": "/request/action/name"},
    "resource": {"type": "/request/resource/type", "id": "/request/resource/id"},
    "context?": "/request/context"},
  "outcome": {"from": "/response/decision", "allow": [true], "deny": [false]},
  "ignore": ["/response/context", "/id", "/request_id"]})";

// The result of an OPA policy is a boolean or an object with a boolean; %s is the rest of its pointer.
constexpr std::string_view kOpaMapping = R"({{
  "time": "/timestamp",
  "request": {{
    "principal": "/input/principal", "action": "/input/action", "resource": "/input/resource",
    "context?": "/input/context", "host?": "/input/host", "entities?": "/input/entities"}},
  "outcome": {{"from": "/result{}", "allow": [true], "deny": [false]}},
  "latency_ns": "/metrics/timer_rego_query_eval_ns",
  "masked": ["/erased", "/masked"],
  "ignore": ["/decision_id", "/labels", "/bundles", "/revision", "/path", "/query", "/result", "/requested_by",
             "/metrics", "/req_id", "/trace_id", "/span_id", "/nd_builtin_cache", "/custom", "/batch_decision_id",
             "/type", "/msg", "/level", "/time"]}})";

constexpr std::string_view kCerbosMapping = R"({
  "time": "/timestamp",
  "request": {
    "principal": {"type": "Principal", "id": "@input/principal/id"},
    "action": {"type": "Action", "id": "@action"},
    "resource": {"type": "@input/resource/kind", "id": "@input/resource/id"}},
  "outcome": {"from": "@effect", "allow": ["EFFECT_ALLOW"], "deny": ["EFFECT_DENY"]},
  "ignore": ["/callId", "/peer", "/metadata", "/auditTrail", "/log.logger", "/log.kind", "/checkResources", "/inputs",
             "/outputs", "/requestContext", "/policySource", "@input/requestId", "@input/actions",
             "@input/principal/policyVersion", "@input/resource/policyVersion", "@input/principal/scope",
             "@input/resource/scope"]})";

// A mapping that polc brings itself.
class BuiltIn {
 public:
  explicit BuiltIn(std::string text) {
    DiagnosticSink sink;
    mapping_ = Mapping::Read(map_, map_.Add("<built in>", std::move(text)), sink);
  }
  const Mapping& mapping() const { return *mapping_; }

 private:
  source::SourceMap map_;
  std::optional<Mapping> mapping_;
};

const Mapping& BuiltInMapping(Format format, bool object_result) {
  static const BuiltIn authzen{std::string(kAuthzenMapping)};
  static const BuiltIn opa{fmt::format(kOpaMapping, "")};
  static const BuiltIn opa_object{fmt::format(kOpaMapping, "/allow")};
  static const BuiltIn cerbos{std::string(kCerbosMapping)};
  if (format == Format::kAuthzen) return authzen.mapping();
  if (format == Format::kCerbos) return cerbos.mapping();
  return object_result ? opa_object.mapping() : opa.mapping();
}

std::string TooLong() { return fmt::format("a line is longer than the limit of {} bytes", kMaxLineBytes); }

constexpr std::string_view kSumStart = ",\"crc\":\"";

// Whether the sum at the end of a line, if there is one, is not that of the line.
bool Damaged(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  constexpr size_t kTail = kSumStart.size() + 8 + 2;
  if (line.size() < kTail) return false;
  const size_t at = line.size() - kTail;
  if (line.substr(at, kSumStart.size()) != kSumStart || !line.ends_with("\"}")) return false;
  return line.substr(at + kSumStart.size(), 8) != Checksum(line.substr(0, at));
}

}  // namespace

// One line within the map of its chunk.
struct Reader::Line {
  const source::SourceMap& map;
  source::Span span;
  uint64_t first_line;  // of the chunk
  json::Value root;

  uint64_t number() const { return first_line + map.Resolve(span.file, span.begin).line - 1; }
  void Take(const DiagnosticSink& sink, Batch& batch) const {
    for (const source::Diagnostic& d : sink.diagnostics()) {
      const source::LineColumn at = map.Resolve(d.span.file, d.span.begin);
      batch.problems.push_back({d.code, first_line + at.line - 1, at.column, d.message, d.help,
                                d.code == Code::kUnknownLogField ? d.message : ""});
    }
  }
};

std::string Text(const Problem& problem, std::string_view path) {
  const source::CodeInfo& info = source::Info(problem.code);
  std::string place(path);
  if (problem.line > 0) place += fmt::format(":{}:{}", problem.line, problem.column);
  std::string out = fmt::format("{}: {}: {} [{}]\n", source::Printable(place), SeverityName(info.severity),
                                source::Printable(problem.message), info.name);
  if (!problem.help.empty()) out += fmt::format("  help: {}\n", source::Printable(problem.help));
  return out;
}

std::optional<Format> DetectFormat(std::string_view first_line) {
  source::SourceMap map;
  DiagnosticSink sink;
  const source::FileId file = map.Add("", std::string(first_line));
  const std::optional<json::Document> document =
      json::Document::Parse(map, file, sink, json::Duplicates::kKeep);
  if (!document || !document->root().is(Kind::kObject)) return std::nullopt;
  const json::Value root = document->root();
  auto has = [&](std::string_view key) { return root.Find(key).has_value(); };
  if (has("polc_log")) return Format::kPolc;
  if (has("checkResources") || (has("callId") && has("inputs"))) return Format::kCerbos;
  if (has("decision_id") || (has("input") && has("result"))) return Format::kOpa;
  if (has("request") && has("response")) return Format::kAuthzen;
  return std::nullopt;
}

Splitter::ReadBytes Splitter::From(std::string_view text) {
  return [text](char* to, size_t size) mutable {
    const size_t n = text.copy(to, size);
    text.remove_prefix(n);
    return n;
  };
}

std::optional<Chunk> Splitter::Next(std::vector<Problem>& problems, std::string text) {
  if (ended_) return std::nullopt;
  // `text` is kept as large as it was: what it would grow by is filled with zeros first.
  size_t size = rest_.size();  // of what counts
  size_t searched = size;      // no line feed before this
  const auto make_room = [&] {
    if (text.size() < size + chunk_bytes_) text.resize(size + chunk_bytes_);
  };
  make_room();
  rest_.copy(text.data(), size);
  rest_.clear();
  for (;;) {
    make_room();
    const size_t got = read_(text.data() + size, chunk_bytes_);
    size += got;
    bytes_ += got;
    if (got == 0) {
      ended_ = true;
      if (size > 0 || skipping_) {
        problems.push_back({Code::kTornRecord, line_, 1,
                            "the last line does not end with a line feed, and is not taken for a record",
                            "what wrote it was stopped in the middle; `polc eval --log` goes on behind it"});
      }
      return std::nullopt;
    }
    const std::string_view read(text.data(), size);
    if (skipping_) {
      const size_t feed = read.find('\n');
      searched = 0;
      if (feed == read.npos) {
        size = 0;
        continue;
      }
      size -= feed + 1;
      std::memmove(text.data(), text.data() + feed + 1, size);
      skipping_ = false;
      ++line_;
    }
    const size_t feed = std::string_view(text.data(), size).rfind('\n');
    if (feed != std::string_view::npos && feed >= searched) {
      rest_.assign(text, feed + 1, size - feed - 1);
      text.resize(feed + 1);
      Chunk chunk{std::move(text), line_, bytes_ - rest_.size()};
      for (size_t at = 0; (at = chunk.text.find('\n', at)) != chunk.text.npos; ++at) ++line_;
      return chunk;
    }
    searched = size;
    if (size > kMaxLineBytes) {
      problems.push_back({Code::kLogFormat, line_, 1, TooLong()});
      size = searched = 0;
      skipping_ = true;
    }
  }
}

Reader::Reader(Format format, const Mapping* mapping) : format_(format), mapping_(mapping) {}

Batch Reader::Read(const Chunk& chunk) const {
  Batch batch;
  source::SourceMap map;
  const source::FileId file = map.Add("", chunk.text);
  const std::string_view text = map.text(file);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view bytes = text.substr(at, end - at);
    const source::Span span{file, static_cast<uint32_t>(at), static_cast<uint32_t>(end)};
    at = end + 1;
    if (bytes.find_first_not_of(" \t\r") == bytes.npos) continue;
    ++batch.lines;
    const size_t before = batch.records.size();
    DiagnosticSink sink;
    const auto refuse = [&](Code code, std::string message) {
      sink = {};
      sink.Report(code, span, std::move(message));
    };
    std::optional<json::Document> document;
    if (bytes.size() > kMaxLineBytes) {
      refuse(Code::kLogFormat, TooLong());
    } else if (format_ == Format::kPolc && Damaged(bytes)) {
      refuse(Code::kDamagedRecord, "the sum at the end of the line is not that of the line");
    } else if (document = json::Document::Parse(map, span, sink); !document && format_ == Format::kPolc) {
      refuse(Code::kDamagedRecord, "the line is no JSON, as a record is that was written to its end");
    }
    const Line line{map, span, chunk.first_line, document ? document->root() : json::Value(nullptr, 0)};
    line.Take(sink, batch);
    if (document) ReadLine(line, batch);
    batch.broken += batch.records.size() == before;
  }
  return batch;
}

void Reader::ReadLine(const Line& line, Batch& batch) const {
  if (!line.root.is(Kind::kObject)) {
    DiagnosticSink sink;
    sink.Report(Code::kLogFormat, line.root.span(),
                fmt::format("a record is {}, not an object", Describe(line.root.kind())));
    return line.Take(sink, batch);
  }
  switch (format_) {
    case Format::kPolc:
      return ReadOwn(line, batch);
    case Format::kCerbos:
      return ReadCerbos(line, batch);
    case Format::kAuthzen:
    case Format::kOpa:
    case Format::kMapped:
      return ReadMapped(line, batch);
  }
}

void Reader::ReadOwn(const Line& line, Batch& batch) const {
  DiagnosticSink sink;
  Record record;
  record.line = line.number();
  bool ok = true;
  auto lacks = [&](source::Span at, std::string message) {
    sink.Report(Code::kLogFormat, at, std::move(message));
    ok = false;
  };
  auto want = [&](json::Value v, std::string_view key, Kind kind) {
    if (v.is(kind)) return true;
    lacks(v.span(), fmt::format("`{}` is {}, not {}", key, Describe(v.kind()), Describe(kind)));
    return false;
  };
  const std::optional<json::Value> version = line.root.Find("polc_log");
  if (!version) {
    lacks(line.root.span(), "a record lacks `polc_log`, the version of its format");
  } else if (!version->is(Kind::kInteger) || version->integer() != kLogVersion) {
    lacks(version->span(), fmt::format("a record is of version {}, not {}",
                                       source::Excerpt(line.map.text(version->span())), kLogVersion));
  }
  bool has_request = false;
  for (size_t i = 0; ok && i < line.root.size(); ++i) {
    const auto& [key, key_span, v] = line.root.member(i);
    if (key == "polc_log" || key == "crc" || key == "request_digest") continue;
    if (key == "time" && want(v, key, Kind::kString)) {
      record.time = host::ReadTimeText(v.string());
      if (!record.time) lacks(v.span(), fmt::format("`{}` is no time", source::Excerpt(v.string())));
    } else if (key == "request" && want(v, key, Kind::kObject)) {
      record.request = line.map.text(v.span());
      record.request_column = line.map.Resolve(line.span.file, v.span().begin).column;
      has_request = true;
    } else if (key == "masked" && want(v, key, Kind::kArray)) {
      for (size_t m = 0; m < v.size(); ++m) {
        if (want(v.at(m), "masked", Kind::kString)) record.masked.emplace_back(v.at(m).string());
      }
    } else if (key == "latency_ns" && want(v, key, Kind::kInteger)) {
      record.latency_ns = v.integer();
    } else if (key == "entities" && want(v, key, Kind::kString)) {
      record.entities = v.string();
    } else if (key == "failure" && want(v, key, Kind::kString)) {
      record.failure = v.string();
    } else if (key == "decision" && want(v, key, Kind::kObject)) {
      record.decision = host::ReadDecision(v, sink);
      record.whole_decision = true;
      ok &= record.decision.has_value();
    } else if (ok && key != "request_text") {
      source::Diagnostic& report = sink.Report(Code::kUnknownLogField, key_span,
                                               fmt::format("nothing reads `{}`", source::Excerpt(key)));
      if (auto near = source::DidYouMean(key, {"time", "request", "masked", "latency_ns", "entities",
                                               "failure", "decision", "crc", "request_digest"})) {
        report.help = fmt::format("did you mean `{}`?", *near);
      }
    }
  }
  if (ok && !has_request && record.failure.empty()) lacks(line.root.span(), "a record lacks `request`");
  line.Take(sink, batch);
  if (ok) batch.records.push_back(std::move(record));
}

void Reader::ReadMapped(const Line& line, Batch& batch) const {
  const std::optional<json::Value> result = line.root.Find("result");
  const Mapping& mapping =
      mapping_ ? *mapping_ : BuiltInMapping(format_, result && result->is(Kind::kObject));
  DiagnosticSink sink;
  std::optional<Record> record = mapping.Apply(line.map, {{"", line.root}}, sink);
  mapping.ReportUnknown(line.root, "", sink);
  line.Take(sink, batch);
  if (!record) return;
  record->line = line.number();
  batch.records.push_back(std::move(*record));
}

void Reader::ReadCerbos(const Line& line, Batch& batch) const {
  const Mapping& mapping = mapping_ ? *mapping_ : BuiltInMapping(format_, false);
  DiagnosticSink sink;
  json::Value entry = line.root;
  if (const auto checked = entry.Find("checkResources"); checked && checked->is(Kind::kObject))
    entry = *checked;
  const auto inputs = entry.Find("inputs"), outputs = entry.Find("outputs");
  if (!inputs || !inputs->is(Kind::kArray)) {
    sink.Report(Code::kLogFormat, entry.span(), "an entry lacks `inputs`, an array");
    return line.Take(sink, batch);
  }
  mapping.ReportUnknown(line.root, "", sink);
  for (size_t i = 0; i < inputs->size(); ++i) {
    const json::Value input = inputs->at(i);
    const auto actions = input.is(Kind::kObject) ? input.Find("actions") : std::nullopt;
    if (!actions || !actions->is(Kind::kArray)) {
      sink.Report(Code::kLogFormat, input.span(), "an input lacks `actions`, an array");
      continue;
    }
    mapping.ReportUnknown(input, "@input", sink);
    for (size_t a = 0; a < actions->size(); ++a) {
      const json::Value action = actions->at(a);
      if (!action.is(Kind::kString)) {
        sink.Report(Code::kLogFormat, action.span(), "an action is no string");
        continue;
      }
      Roots roots = {{"", line.root}, {"@input", input}, {"@action", action}};
      if (outputs && outputs->is(Kind::kArray) && i < outputs->size()) {
        const auto effect = At(outputs->at(i), {"actions", std::string(action.string()), "effect"});
        if (effect) roots.emplace("@effect", *effect);
      }
      std::optional<Record> record = mapping.Apply(line.map, roots, sink);
      if (!record) continue;
      record->line = line.number();
      batch.records.push_back(std::move(*record));
    }
  }
  line.Take(sink, batch);
}

Batch ReadLine(const Reader& reader, std::string_view line, uint64_t number) {
  return reader.Read({std::string(line), number, line.size()});
}

}  // namespace polc::log
