#include "compiler/log/writer.h"

#include "compiler/host/decision_json.h"
#include "compiler/json/json.h"
#include "compiler/log/crc.h"
#include "compiler/log/record.h"
#include "fmt/format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include "runtime/bundle/sha256.h"

namespace polc::log {

namespace {

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// The context's attributes that no rule of the action reads, as a mask beside the one that was asked for.
void AddUnread(json::Value request, const Reads& reads, Mask& mask) {
  auto add = [&](json::Value owner, std::vector<std::string> path) {
    const auto context = owner.Find("context");
    if (!context || !context->is(json::Kind::kObject)) return;
    path.emplace_back("context");
    for (size_t i = 0; i < context->size(); ++i) {
      const std::string key(context->member(i).key);
      if (reads.ReadsContext(key) || key == "*") continue;
      std::vector<std::string> whole = path;
      whole.push_back(key);
      mask.Add(PointerOf(whole));
    }
  };
  if (!request.is(json::Kind::kObject)) return;
  add(request, {});
  const auto host = request.Find("host");
  if (host && host->is(json::Kind::kObject)) add(*host, {"host"});
}

// A decision repeats contexts in its suggestions, and state in what it read and moves.
std::string DecisionText(const data::Decision& decision, const std::vector<std::string>& removed) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream);
  json.object([&] { host::WriteDecision(decision, json); });
  Mask mask;
  for (const std::string& pointer : removed) {
    std::vector<std::string> segments = *Segments(pointer);
    const size_t context = segments[0] == "host" ? 1 : 0;
    if (segments.size() <= context || segments[context] != "context") continue;
    segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(context));
    mask.Add("/suggestions/*" + PointerOf(segments));
  }
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("", std::move(text));
  const std::optional<json::Document> document = json::Document::Parse(map, file, sink);
  // Written by polc a moment ago; nothing rather than something that was to be left out.
  return document ? Compact(map, document->root(), mask) : "null";
}

}  // namespace

std::string Checksum(std::string_view body) { return fmt::format("{:08x}", Crc32(body)); }

std::string Digest(std::string_view bytes) {
  std::string out = "sha256:";
  for (const uint8_t byte : bundle::Sha256Of(Bytes(bytes))) out += fmt::format("{:02x}", byte);
  return out;
}

std::string RecordLine(const Entry& entry, const WriterOptions& options) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("", std::string(entry.request));
  const std::optional<json::Document> document =
      json::Document::Parse(map, file, sink, json::Duplicates::kKeep);
  std::string line = fmt::format(R"({{"polc_log":{})", kLogVersion);
  if (const std::optional<std::string> time = host::TimeText(entry.time))
    line += ",\"time\":" + json::Quote(*time);
  std::vector<std::string> removed;
  if (document && document->duplicates().empty()) {
    // What is to be hidden goes first: the digest is over what is left, so that nobody can guess it from
    // that.
    const std::string whole = Compact(map, document->root(), options.mask, &removed);
    Mask mask = options.mask;
    if (options.reads && entry.action) AddUnread(document->root(), options.reads->Of(*entry.action), mask);
    std::vector<std::string> left_out;
    line += ",\"request\":" + Compact(map, document->root(), mask, &left_out);
    if (left_out.size() > removed.size()) line += ",\"request_digest\":" + json::Quote(Digest(whole));
    removed = std::move(left_out);
  } else if (options.mask.empty() && !options.reads) {
    std::string text = llvm::json::fixUTF8(llvm::StringRef(entry.request.data(), entry.request.size()));
    line += ",\"request_text\":" + json::Quote(text);
  } else {
    line += ",\"request_digest\":" + json::Quote(Digest(entry.request));
  }
  if (!removed.empty()) {
    line += ",\"masked\":[";
    for (size_t i = 0; i < removed.size(); ++i) line += (i > 0 ? "," : "") + json::Quote(removed[i]);
    line += ']';
  }
  if (!entry.failure.empty()) line += ",\"failure\":" + json::Quote(llvm::json::fixUTF8(entry.failure));
  if (!options.entities_digest.empty()) line += ",\"entities\":" + json::Quote(options.entities_digest);
  line += fmt::format(",\"latency_ns\":{}", entry.latency_ns);
  if (entry.decision) line += ",\"decision\":" + DecisionText(*entry.decision, removed);
  return line + fmt::format(",\"crc\":\"{}\"}}\n", Checksum(line));
}

}  // namespace polc::log
