#include "compiler/source/render.h"

#include <algorithm>
#include <map>

#include "fmt/format.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::source {
namespace {

// A source line of at most this many bytes is shown whole; a longer one (minified JSON, a megabyte
// string) is cut to kWindow code points, kLead of them before the place.
constexpr size_t kWholeLine = 200;
constexpr size_t kWindow = 120;
constexpr size_t kLead = 40;

llvm::StringRef Ref(std::string_view s) { return {s.data(), s.size()}; }

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Bytes of the well-formed code point at `s[i]`, or 0 for a byte that starts none.
size_t CodePointLength(std::string_view s, size_t i) {
  size_t n = 1;
  auto lead = static_cast<unsigned char>(s[i]);
  if (lead >= 0xF0) {
    n = 4;
  } else if (lead >= 0xE0) {
    n = 3;
  } else if (lead >= 0x80) {
    n = 2;
  }
  return i + n <= s.size() && !FindInvalidUtf8(s.substr(i, n)) ? n : 0;
}

uint32_t Decode(std::string_view code_point) {
  const auto* begin = reinterpret_cast<const llvm::UTF8*>(code_point.data());
  llvm::UTF32 out = 0;
  llvm::convertUTF8Sequence(&begin, begin + code_point.size(), &out, llvm::strictConversion);
  return out;
}

// One code point of `s` as it is shown, and the columns that takes on a terminal. Moves `i` past it.
struct Cell {
  std::string text;
  size_t width;
};
Cell NextCell(std::string_view s, size_t& i) {
  size_t n = CodePointLength(s, i);
  if (n == 0) {
    ++i;
    return {"\xEF\xBF\xBD", 1};
  }
  std::string_view c = s.substr(i, n);
  i += n;
  if (c == "\t") return {"    ", 4};
  // Also escapes what a terminal or an editor would obey instead of showing: ESC, bidi overrides.
  int width = llvm::sys::unicode::columnWidthUTF8(Ref(c));
  if (width < 0) {
    std::string escaped = fmt::format("\\u{{{:x}}}", Decode(c));
    return {escaped, escaped.size()};
  }
  return {std::string(c), static_cast<size_t>(width)};
}

// SourceMap::Resolve walks from the start of the line. Diagnostics come sorted, so going on from the
// previous answer keeps a run of them linear even if all stand on one long line.
class Locator {
 public:
  explicit Locator(const SourceMap& map) : map_(&map) {}

  bool CanGoOn(FileId file, uint32_t offset) const { return file == file_ && offset >= offset_; }

  LineColumn Resolve(FileId file, uint32_t offset) {
    std::string_view text = map_->text(file);
    offset = std::min<uint32_t>(offset, static_cast<uint32_t>(text.size()));
    if (!CanGoOn(file, offset) || text.substr(offset_, offset - offset_).find('\n') != text.npos) {
      place_ = map_->Resolve(file, offset);
    } else {
      for (uint32_t i = offset_; i < offset; ++i) place_.column += IsContinuation(text[i]) ? 0 : 1;
    }
    file_ = file;
    offset_ = offset;
    return place_;
  }

 private:
  const SourceMap* map_;
  FileId file_ = kNoFile;
  uint32_t offset_ = 0;
  LineColumn place_;
};

struct Range {
  LineColumn begin, end;
};

class RangeLocator {
 public:
  explicit RangeLocator(const SourceMap& map) : begin_(map), end_(map) {}

  Range Resolve(Span span) {
    Range range;
    range.begin = begin_.Resolve(span.file, span.begin);
    if (!end_.CanGoOn(span.file, span.end)) end_ = begin_;
    range.end = end_.Resolve(span.file, std::max(span.begin, span.end));
    return range;
  }

 private:
  Locator begin_, end_;
};

// Invalid UTF-8 (a file's name may hold any byte) would be no JSON.
std::string Utf8(std::string_view s) {
  return FindInvalidUtf8(s) ? llvm::json::fixUTF8(Ref(s)) : std::string(s);
}

// The help, and the places of the labels in words, for forms that have no place for them.
std::string HelpAndLabels(const SourceMap& map, const Diagnostic& d) {
  std::string out = d.help;
  for (const Label& label : d.labels) {
    if (!out.empty()) out += "; ";
    out += label.span.valid() ? fmt::format("{} ({})", label.text, Place(map, label.span)) : label.text;
  }
  return out;
}

class TextRenderer {
 public:
  TextRenderer(const SourceMap& map, const TextOptions& options)
      : map_(map), color_(options.color), where_(map), labels_(map) {}

  void Add(const Diagnostic& d) {
    Message(where_, d.span, SeverityName(d.severity), SeverityColor(d.severity), d.message,
            Info(d.code).name);
    if (!d.help.empty()) out_ += fmt::format("  {}help:{} {}\n", On("36"), Off(), Printable(d.help));
    for (const Label& label : d.labels) Message(labels_, label.span, "note", "36", label.text, "");
  }

  std::string Take() { return std::move(out_); }

 private:
  std::string On(std::string_view code) const { return color_ ? fmt::format("\x1b[{}m", code) : ""; }
  std::string_view Off() const { return color_ ? "\x1b[0m" : ""; }

  static std::string_view SeverityColor(Severity severity) {
    switch (severity) {
      case Severity::kError:
        return "1;31";
      case Severity::kWarning:
        return "1;35";
      case Severity::kNote:
        return "36";
    }
    return "0";
  }

  void Message(RangeLocator& locator, Span span, std::string_view severity, std::string_view color,
               std::string_view message, std::string_view code) {
    Range range;
    if (span.valid()) {
      range = locator.Resolve(span);
      out_ += fmt::format("{}{}:{}:{}:{} ", On("1"), Printable(map_.path(span.file)), range.begin.line,
                          range.begin.column, Off());
    }
    out_ += fmt::format("{}{}:{} {}", On(color), severity, Off(), Printable(message));
    if (!code.empty()) out_ += fmt::format(" [{}]", code);
    out_ += '\n';
    if (span.valid()) Excerpt(span, range);
  }

  // The line of source with the place underlined: `^` at its start, `~` on to its end on this line.
  void Excerpt(Span span, const Range& range) {
    std::string_view line = map_.Line(span.file, range.begin.line);
    if (line.find_first_not_of(" \t\r") == line.npos) return;
    // line is a view into the file's text: offsets are differences of pointers.
    size_t begin = std::min<size_t>(map_.text(span.file).data() + span.begin - line.data(), line.size());
    size_t end = std::min<size_t>(std::max<size_t>(begin, begin + (span.end - span.begin)), line.size());

    size_t from = 0, to = line.size();
    bool whole = line.size() <= kWholeLine;
    if (!whole) {
      from = begin;
      for (size_t n = 0; n < kLead && from > 0; ++n) {
        do --from;
        while (from > 0 && IsContinuation(line[from]));
      }
      to = from;
      for (size_t n = 0; n < kWindow && to < line.size(); ++n) {
        do ++to;
        while (to < line.size() && IsContinuation(line[to]));
      }
    }

    std::string shown, underline;
    auto put = [&](std::string_view text, size_t width, char mark) {
      shown += text;
      underline.append(width, mark == '^' ? '~' : mark);
      if (mark == '^' && width > 0) underline[underline.size() - width] = '^';
    };
    if (from > 0) put("…", 1, ' ');
    for (size_t i = from; i < to;) {
      char mark = i == begin ? '^' : begin < i && i < end ? '~' : ' ';
      Cell cell = NextCell(line, i);
      put(cell.text, cell.width, mark);
    }
    if (begin >= to) underline += '^';
    if (to < line.size()) shown += "…";
    size_t last = underline.find_last_not_of(' ');
    underline.resize(last == underline.npos ? 0 : last + 1);
    while (!shown.empty() && shown.back() == ' ') shown.pop_back();
    out_ += fmt::format("{}\n{}{}{}\n", shown, On("1;32"), underline, Off());
  }

  const SourceMap& map_;
  bool color_;
  RangeLocator where_, labels_;
  std::string out_;
};

// A path as a relative URI reference (RFC 3986).
std::string PathToUri(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
  std::string out;
  for (char c : path) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 kPlain.find(c) != kPlain.npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out.starts_with('/') ? "file://" + out : out;
}

std::string_view SarifLevel(Severity severity) {
  return SeverityName(severity);  // SARIF's words are the same: error, warning, note
}

void SarifLocation(llvm::json::OStream& json, const SourceMap& map, Span span, const Range& range,
                   std::string_view text) {
  json.object([&] {
    json.attributeObject("physicalLocation", [&] {
      json.attributeObject("artifactLocation",
                           [&] { json.attribute("uri", PathToUri(map.path(span.file))); });
      json.attributeObject("region", [&] {
        json.attribute("startLine", range.begin.line);
        json.attribute("startColumn", range.begin.column);
        json.attribute("endLine", range.end.line);
        json.attribute("endColumn", range.end.column);
      });
    });
    if (!text.empty()) json.attributeObject("message", [&] { json.attribute("text", Utf8(text)); });
  });
}

// GitHub ends a command at a line break, and its properties at a comma or colon.
std::string GithubEscape(std::string_view text, bool property) {
  std::string out;
  for (char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) out += NextCell(text, i).text;
  return out;
}

std::string Place(const SourceMap& map, Span span) {
  if (!span.valid()) return "";
  LineColumn at = map.Resolve(span.file, span.begin);
  return fmt::format("{}:{}:{}", map.path(span.file), at.line, at.column);
}

std::string RenderText(const SourceMap& map, const std::vector<Diagnostic>& diagnostics,
                       const TextOptions& options) {
  TextRenderer renderer(map, options);
  for (const Diagnostic& d : diagnostics) renderer.Add(d);
  return renderer.Take();
}

std::string RenderJson(const SourceMap& map, const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  RangeLocator where(map);
  json.array([&] {
    for (const Diagnostic& d : diagnostics) {
      json.object([&] {
        if (d.span.valid()) {
          Range range = where.Resolve(d.span);
          json.attribute("file", Utf8(map.path(d.span.file)));
          json.attribute("line", range.begin.line);
          json.attribute("column", range.begin.column);
          json.attribute("end_line", range.end.line);
          json.attribute("end_column", range.end.column);
        } else {
          for (const char* key : {"file", "line", "column", "end_line", "end_column"})
            json.attribute(key, nullptr);
        }
        json.attribute("severity", Ref(SeverityName(d.severity)));
        json.attribute("code", Ref(Info(d.code).name));
        json.attribute("message", Utf8(d.message));
        json.attribute("help", Utf8(HelpAndLabels(map, d)));
        if (!d.rule.empty()) json.attribute("rule", Utf8(d.rule));
        if (!d.entity.empty()) json.attribute("entity", Utf8(d.entity));
        if (d.request) json.attribute("request", static_cast<int64_t>(*d.request));
      });
    }
  });
  return out;
}

std::string RenderSarif(const SourceMap& map, const std::vector<Diagnostic>& diagnostics,
                        std::string_view version) {
  // The rules that occur, in the order of diagnostics.def, which results refer to by index.
  std::map<Code, int64_t> rules;
  for (const Diagnostic& d : diagnostics) rules.emplace(d.code, 0);
  int64_t next = 0;
  for (auto& [code, index] : rules) index = next++;

  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream, /*IndentSize=*/2);
  RangeLocator where(map), labels(map);
  json.object([&] {
    json.attribute("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json.attribute("version", "2.1.0");
    json.attributeArray("runs", [&] {
      json.object([&] {
        json.attributeObject("tool", [&] {
          json.attributeObject("driver", [&] {
            json.attribute("name", "polc");
            json.attribute("version", Ref(version));
            json.attributeArray("rules", [&] {
              for (const auto& [code, index] : rules) {
                const CodeInfo& info = Info(code);
                json.object([&] {
                  json.attribute("id", Ref(info.name));
                  json.attributeObject("shortDescription",
                                       [&] { json.attribute("text", Ref(info.summary)); });
                  json.attributeObject(
                      "help", [&] { json.attribute("text", fmt::format("polc help {}", info.name)); });
                  json.attributeObject("defaultConfiguration",
                                       [&] { json.attribute("level", Ref(SarifLevel(info.severity))); });
                });
              }
            });
          });
        });
        json.attribute("columnKind", "unicodeCodePoints");
        json.attributeArray("results", [&] {
          for (const Diagnostic& d : diagnostics) {
            json.object([&] {
              json.attribute("ruleId", Ref(Info(d.code).name));
              json.attribute("ruleIndex", rules.at(d.code));
              json.attribute("level", Ref(SarifLevel(d.severity)));
              std::string text = d.help.empty() ? d.message : d.message + "\nhelp: " + d.help;
              json.attributeObject("message", [&] { json.attribute("text", Utf8(text)); });
              if (d.span.valid()) {
                json.attributeArray("locations",
                                    [&] { SarifLocation(json, map, d.span, where.Resolve(d.span), ""); });
              }
              if (!d.labels.empty()) {
                json.attributeArray("relatedLocations", [&] {
                  for (const Label& label : d.labels) {
                    if (!label.span.valid()) continue;
                    SarifLocation(json, map, label.span, labels.Resolve(label.span), label.text);
                  }
                });
              }
              if (!d.rule.empty() || !d.entity.empty() || d.request) {
                json.attributeObject("properties", [&] {
                  if (!d.rule.empty()) json.attribute("rule", Utf8(d.rule));
                  if (!d.entity.empty()) json.attribute("entity", Utf8(d.entity));
                  if (d.request) json.attribute("request", static_cast<int64_t>(*d.request));
                });
              }
            });
          }
        });
      });
    });
  });
  out += '\n';
  return out;
}

std::string RenderGithub(const SourceMap& map, const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  RangeLocator where(map);
  for (const Diagnostic& d : diagnostics) {
    out += d.severity == Severity::kNote ? "::notice " : fmt::format("::{} ", SeverityName(d.severity));
    if (d.span.valid()) {
      Range range = where.Resolve(d.span);
      out +=
          fmt::format("file={},line={},endLine={},col={},", GithubEscape(Utf8(map.path(d.span.file)), true),
                      range.begin.line, range.end.line, range.begin.column);
      // GitHub takes columns for one line only.
      if (range.begin.line == range.end.line) out += fmt::format("endColumn={},", range.end.column);
    }
    std::string help = HelpAndLabels(map, d);
    std::string text = help.empty() ? d.message : d.message + "\nhelp: " + help;
    out += fmt::format("title={}::{}\n", Info(d.code).name, GithubEscape(Utf8(text), false));
  }
  return out;
}

}  // namespace polc::source
