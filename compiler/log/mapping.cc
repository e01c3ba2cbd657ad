#include "compiler/log/mapping.h"

#include <algorithm>
#include <utility>

#include "compiler/host/decision_json.h"
#include "compiler/log/json_text.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::log {

using json::Kind;
using source::Code;
using source::DiagnosticSink;

namespace {

// A pointer with the root it starts from: `/a/b`, `@input/id`.
struct RootedPointer {
  std::string root;
  std::vector<std::string> path;
};
std::optional<RootedPointer> PointerIn(std::string_view text) {
  if (text.empty() || (text[0] != '/' && text[0] != '@')) return std::nullopt;
  const size_t slash = std::min(text.find('/'), text.size());
  std::optional<std::vector<std::string>> path = Segments(text.substr(slash));
  if (!path) return std::nullopt;
  return RootedPointer{std::string(text.substr(0, slash)), std::move(*path)};
}

const json::Value* OnlyMember(json::Value v, std::string_view key, std::optional<json::Value>& held) {
  if (!v.is(Kind::kObject) || v.size() != 1 || v.member(0).key != key) return nullptr;
  held = v.member(0).value;
  return &*held;
}

// Milliseconds where a number is too large to be seconds of this age of the world.
constexpr int64_t kLargestSeconds = 100'000'000'000;

std::optional<data::Datetime> TimeOf(json::Value v) {
  if (v.is(Kind::kString)) return host::ReadTimeText(v.string());
  if (!v.is(Kind::kInteger)) return std::nullopt;
  const int64_t n = v.integer();
  return data::Datetime{n < kLargestSeconds && n > -kLargestSeconds ? n * 1000 : n};
}

// Makes the request of one line.
class Renderer {
 public:
  Renderer(const source::SourceMap& mapping, const source::SourceMap& line, const Roots& roots,
           DiagnosticSink& sink)
      : mapping_(mapping), line_(line), roots_(roots), sink_(sink) {}

  struct Leaf {
    RootedPointer from;
    std::vector<std::string> to;  // in the request
  };

  bool Render(json::Value v, std::vector<std::string>& path) {
    std::optional<json::Value> held;
    if (v.is(Kind::kString)) {
      std::optional<RootedPointer> pointer = PointerIn(v.string());
      if (!pointer) return Emit(mapping_.text(v.span()));
      const std::optional<json::Value> found = Lookup(*pointer, v.string());
      if (!found) return false;
      leaves_.push_back({std::move(*pointer), path});
      return Emit(Compact(line_, *found));
    }
    if (OnlyMember(v, "literal", held)) return Emit(Compact(mapping_, *held));
    if (OnlyMember(v, "time", held) && held->is(Kind::kString)) return RenderTime(*held);
    if (v.is(Kind::kArray)) {
      out_ += '[';
      for (size_t i = 0; i < v.size(); ++i) {
        if (i > 0) out_ += ',';
        path.push_back(std::to_string(i));
        if (!Render(v.at(i), path)) return false;
        path.pop_back();
      }
      out_ += ']';
      return true;
    }
    return v.is(Kind::kObject) ? RenderObject(v, path) : Emit(mapping_.text(v.span()));
  }

  std::optional<json::Value> Find(const RootedPointer& pointer) const {
    const auto root = roots_.find(pointer.root);
    return root == roots_.end() ? std::nullopt : At(root->second, pointer.path);
  }
  std::string Take() { return std::move(out_); }
  const std::vector<Leaf>& leaves() const { return leaves_; }

 private:
  bool Emit(std::string_view text) {
    out_ += text;
    return true;
  }

  std::optional<json::Value> Lookup(const RootedPointer& pointer, std::string_view text) {
    const std::optional<json::Value> found = Find(pointer);
    if (found && !found->is(Kind::kNull)) return found;
    const auto root = roots_.find(pointer.root);
    sink_.Report(Code::kLogFormat, root == roots_.end() ? roots_.at("").span() : root->second.span(),
                 fmt::format("a record lacks `{}`", source::Excerpt(text)));
    return std::nullopt;
  }

  bool RenderTime(json::Value v) {
    const std::optional<RootedPointer> pointer = PointerIn(v.string());
    const std::optional<json::Value> found = pointer ? Lookup(*pointer, v.string()) : std::nullopt;
    if (!found) return false;
    const std::optional<data::Datetime> time = TimeOf(*found);
    const std::optional<std::string> text = time ? host::TimeText(*time) : std::nullopt;
    if (text) return Emit(json::Quote(*text));
    sink_.Report(Code::kLogFormat, found->span(),
                 fmt::format("`{}` is no time", source::Excerpt(v.string())));
    return false;
  }

  // Whether everything that a template points at is there.
  bool Present(json::Value v) const {
    std::optional<json::Value> held;
    if (v.is(Kind::kString)) {
      const std::optional<RootedPointer> pointer = PointerIn(v.string());
      if (!pointer) return true;
      const std::optional<json::Value> found = Find(*pointer);
      return found && !found->is(Kind::kNull);
    }
    if (OnlyMember(v, "literal", held)) return true;
    for (size_t i = 0; v.is(Kind::kArray) && i < v.size(); ++i) {
      if (!Present(v.at(i))) return false;
    }
    for (size_t i = 0; v.is(Kind::kObject) && i < v.size(); ++i) {
      if (!v.member(i).key.ends_with('?') && !Present(v.member(i).value)) return false;
    }
    return true;
  }

  bool RenderObject(json::Value v, std::vector<std::string>& path) {
    out_ += '{';
    bool first = true;
    for (size_t i = 0; i < v.size(); ++i) {
      std::string_view key = v.member(i).key;
      if (key.ends_with('?')) {
        if (!Present(v.member(i).value)) continue;
        key.remove_suffix(1);
      }
      if (!std::exchange(first, false)) out_ += ',';
      out_ += json::Quote(key) + ":";
      path.emplace_back(key);
      if (!Render(v.member(i).value, path)) return false;
      path.pop_back();
    }
    out_ += '}';
    return true;
  }

  const source::SourceMap& mapping_;
  const source::SourceMap& line_;
  const Roots& roots_;
  DiagnosticSink& sink_;
  std::string out_;
  std::vector<Leaf> leaves_;
};

// What is masked in a line, as pointers into the request made of it.
void AddMasked(std::string_view text, const std::vector<Renderer::Leaf>& leaves, Record& record) {
  const std::optional<RootedPointer> masked = PointerIn(text);
  if (!masked) return;
  for (const Renderer::Leaf& leaf : leaves) {
    if (leaf.from.root != masked->root) continue;
    const auto& [at, from] = std::ranges::mismatch(masked->path, leaf.from.path);
    std::vector<std::string> path = leaf.to;
    if (from == leaf.from.path.end()) {  // within what was copied
      path.insert(path.end(), at, masked->path.end());
    } else if (at != masked->path.end()) {
      continue;  // beside it
    }
    record.masked.push_back(PointerOf(path));
  }
}

bool SameScalar(const source::SourceMap& map, json::Value a, const source::SourceMap& other, json::Value b) {
  if (a.kind() != b.kind()) return false;
  return a.is(Kind::kString) ? a.string() == b.string() : Compact(map, a) == Compact(other, b);
}

}  // namespace

// Checks a mapping once, so that applying it need not.
class MappingReader {
 public:
  MappingReader(Mapping& mapping, DiagnosticSink& sink) : mapping_(mapping), sink_(sink) {}

  bool Read() {
    const json::Value root = mapping_.document_->root();
    if (!root.is(Kind::kObject)) return Report(root, "a mapping is an object");
    bool ok = true;
    for (size_t i = 0; i < root.size(); ++i) {
      const json::Member member = root.member(i);
      if (member.key == "request") {
        ok &= ReadTemplate(member.value);
      } else if (member.key == "time" || member.key == "latency_ns") {
        ok &= ReadPointer(member.value);
      } else if (member.key == "outcome") {
        ok &= ReadOutcome(member.value);
      } else if (member.key == "ignore" || member.key == "masked") {
        ok &= ReadPointers(member.key, member.value);
      } else {
        source::Diagnostic& report =
            sink_.Report(Code::kLogMapping, member.key_span,
                         fmt::format("a mapping has no member `{}`", source::Excerpt(member.key)));
        if (auto near = source::DidYouMean(
                member.key, {"time", "request", "outcome", "masked", "latency_ns", "ignore"})) {
          report.help = fmt::format("did you mean `{}`?", *near);
        }
        ok = false;
      }
    }
    if (!root.Find("request")) return Report(root, "a mapping lacks `request`");
    return ok;
  }

 private:
  bool Report(json::Value at, std::string message) {
    sink_.Report(Code::kLogMapping, at.span(), std::move(message));
    return false;
  }
  bool Use(json::Value v) {
    std::optional<RootedPointer> pointer = PointerIn(v.string());
    if (!pointer) return Report(v, fmt::format("`{}` is no pointer", source::Excerpt(v.string())));
    mapping_.uses_.push_back({std::move(pointer->root), std::move(pointer->path)});
    return true;
  }
  bool ReadPointer(json::Value v) {
    return v.is(Kind::kString)
               ? Use(v)
               : Report(v, fmt::format("{} stands where a pointer has to", Describe(v.kind())));
  }
  bool ReadTemplate(json::Value v) {
    std::optional<json::Value> held;
    if (v.is(Kind::kString)) {
      const std::string_view text = v.string();
      return !text.empty() && (text[0] == '/' || text[0] == '@') ? Use(v) : true;
    }
    if (OnlyMember(v, "literal", held)) return true;
    if (OnlyMember(v, "time", held) && held->is(Kind::kString)) return ReadPointer(*held);
    bool ok = true;
    for (size_t i = 0; v.is(Kind::kArray) && i < v.size(); ++i) ok &= ReadTemplate(v.at(i));
    for (size_t i = 0; v.is(Kind::kObject) && i < v.size(); ++i) ok &= ReadTemplate(v.member(i).value);
    return ok;
  }
  bool ReadOutcome(json::Value v) {
    if (!v.is(Kind::kObject) || !v.Find("from") || !v.Find("allow") || !v.Find("deny") || v.size() != 3) {
      return Report(v, "`outcome` is an object with `from`, `allow` and `deny`");
    }
    if (!v.Find("allow")->is(Kind::kArray) || !v.Find("deny")->is(Kind::kArray)) {
      return Report(v, "`allow` and `deny` are arrays of the values that mean them");
    }
    return ReadPointer(*v.Find("from"));
  }
  bool ReadPointers(std::string_view name, json::Value v) {
    if (!v.is(Kind::kArray)) return Report(v, fmt::format("`{}` is an array of pointers", name));
    bool ok = true;
    for (size_t i = 0; i < v.size(); ++i) ok &= ReadPointer(v.at(i));
    return ok;
  }

  Mapping& mapping_;
  DiagnosticSink& sink_;
};

std::optional<Mapping> Mapping::Read(const source::SourceMap& map, source::FileId file,
                                     DiagnosticSink& sink) {
  std::optional<json::Document> document = json::Document::Parse(map, file, sink);
  if (!document) return std::nullopt;
  Mapping mapping(map, std::make_shared<const json::Document>(std::move(*document)));
  if (!MappingReader(mapping, sink).Read()) return std::nullopt;
  return mapping;
}

std::optional<Record> Mapping::Apply(const source::SourceMap& map, const Roots& roots,
                                     DiagnosticSink& sink) const {
  Record record;
  const json::Value root = document_->root();
  Renderer renderer(*map_, map, roots, sink);
  std::vector<std::string> path;
  if (!renderer.Render(*root.Find("request"), path)) return std::nullopt;
  record.request = renderer.Take();
  auto find = [&](std::string_view member) -> std::optional<json::Value> {
    const std::optional<json::Value> v = root.Find(member);
    return v ? renderer.Find(*PointerIn(v->string())) : std::nullopt;
  };
  if (const auto time = find("time")) {
    record.time = TimeOf(*time);
    if (!record.time) sink.Report(Code::kLogFormat, time->span(), "the time of a record is none");
  }
  if (const auto latency = find("latency_ns"); latency && latency->is(Kind::kInteger)) {
    record.latency_ns = latency->integer();
  }
  const std::optional<json::Value> lists = root.Find("masked");
  for (size_t list = 0; lists && list < lists->size(); ++list) {
    const std::optional<json::Value> masked = renderer.Find(*PointerIn(lists->at(list).string()));
    if (!masked || !masked->is(Kind::kArray)) continue;
    for (size_t i = 0; i < masked->size(); ++i) {
      if (masked->at(i).is(Kind::kString)) AddMasked(masked->at(i).string(), renderer.leaves(), record);
    }
  }
  if (const auto outcome = root.Find("outcome")) {
    const std::optional<json::Value> said = renderer.Find(*PointerIn(outcome->Find("from")->string()));
    auto means = [&](std::string_view word) {
      const json::Value list = *outcome->Find(word);
      for (size_t i = 0; said && i < list.size(); ++i) {
        if (SameScalar(*map_, list.at(i), map, *said)) return true;
      }
      return false;
    };
    data::Decision decision;
    decision.why = data::Why::kNone;
    decision.outcome = means("allow") ? data::Outcome::kAllow : data::Outcome::kDeny;
    if (decision.outcome == data::Outcome::kAllow || means("deny")) {
      record.decision = std::move(decision);
    } else if (said) {
      sink.Report(Code::kLogFormat, said->span(),
                  fmt::format("`{}` is neither what the mapping calls allow nor what it calls deny",
                              source::Excerpt(Compact(map, *said))));
    }
  }
  return record;
}

bool Mapping::Covers(const std::string& root, const std::vector<std::string>& path, bool* below) const {
  for (const Use& use : uses_) {
    if (use.root != root) continue;
    const size_t both = std::min(use.path.size(), path.size());
    const bool along = std::equal(
        use.path.begin(), use.path.begin() + static_cast<std::ptrdiff_t>(both), path.begin(),
        [](const std::string& want, const std::string& have) { return want == "*" || want == have; });
    if (!along) continue;
    if (use.path.size() <= path.size()) return true;
    *below = true;
  }
  return false;
}

void Mapping::ReportUnknown(json::Value value, const std::string& root, DiagnosticSink& sink) const {
  // By hand and not by recursion: a line may be nested as deep as JSON may.
  struct Open {
    json::Value value;
    std::vector<std::string> path;
  };
  std::vector<Open> open = {{value, {}}};
  while (!open.empty()) {
    Open top = std::move(open.back());
    open.pop_back();
    if (!top.value.is(Kind::kObject)) continue;
    for (size_t i = 0; i < top.value.size(); ++i) {
      const json::Member member = top.value.member(i);
      std::vector<std::string> path = top.path;
      path.emplace_back(member.key);
      bool below = false;
      if (Covers(root, path, &below)) continue;
      if (below) {
        open.push_back({member.value, std::move(path)});
        continue;
      }
      sink.Report(Code::kUnknownLogField, member.key_span,
                  fmt::format("nothing reads `{}`", source::Excerpt(root + PointerOf(path))));
    }
  }
}

}  // namespace polc::log
