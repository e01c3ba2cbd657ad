// Source files and places in them.
//
// A SourceMap owns the text of everything one run reads (policies, schemas, JSON) and hands out
// FileIds. A Span is a half-open byte range in one file; it is 12 bytes and is carried by every
// token, AST node and core expression. Lines and columns are computed only when a message is
// rendered: lines and columns are 1-based, columns count Unicode code points, ends are exclusive.
//
// Thread-safety: adding files is not; everything const is.
// Tested by source_map_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polc::source {

// Index of a file in its SourceMap. kNoFile marks a Span that points nowhere (e.g. built by a test).
using FileId = uint32_t;
inline constexpr FileId kNoFile = UINT32_MAX;

// The largest input file, in bytes: offsets are 32 bits, and 1 GiB of policy text is 50 times the
// largest set anybody has shown us.
inline constexpr size_t kMaxFileBytes = size_t{1} << 30;

// Half-open byte range [begin, end) of `file`.
struct Span {
  FileId file = kNoFile;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool valid() const { return file != kNoFile; }
  friend bool operator==(const Span&, const Span&) = default;
};

// The smallest span that covers both; either may be invalid. Both must be in the same file.
Span Cover(Span a, Span b);

// A place as people name it: 1-based, column in code points.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
  friend bool operator==(const LineColumn&, const LineColumn&) = default;
};

class SourceMap {
 public:
  // Adds a text under the path that messages will show. `text` must be at most kMaxFileBytes.
  FileId Add(std::string path, std::string text);

  const std::string& path(FileId file) const { return files_[file].path; }
  std::string_view text(FileId file) const { return files_[file].text; }
  size_t size() const { return files_.size(); }

  // The bytes of `span`.
  std::string_view text(Span span) const;

  // Line and column of byte `offset` (clamped to the end of the file). O(log lines + line length).
  LineColumn Resolve(FileId file, uint32_t offset) const;

  // The text of 1-based `line`, without its line break.
  std::string_view Line(FileId file, uint32_t line) const;

 private:
  struct File {
    std::string path;
    std::string text;
    std::vector<uint32_t> line_starts;
  };
  std::deque<File> files_;  // deque: texts never move, so string_views into them stay valid
};

// Byte offset of the first byte that is not valid UTF-8 (RFC 3629: no surrogates, no overlongs,
// nothing above U+10FFFF), or nothing where `text` is valid. O(n).
std::optional<size_t> FindInvalidUtf8(std::string_view text);

}  // namespace polc::source
