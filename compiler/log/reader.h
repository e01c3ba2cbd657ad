// Decision logs of any format, a chunk of lines at a time.
//
// A log is lines; a Splitter cuts what is read into chunks of whole ones, a Reader makes records of a chunk.
// Reading is the same bytes in, the same records out, whatever the chunks; memory is that of a chunk. A
// Reader is immutable: chunks may be read by several threads at once.
//
// A line that is no record does not hide the others: it is a Problem with its line and column. The last line
// is taken only if it ends with a line feed (TornRecord otherwise), and one of polc's own only if its sum is
// right (DamagedRecord).
// Tested by reader_test.cc.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/log/mapping.h"
#include "compiler/log/record.h"

namespace polc::log {

enum class Format : uint8_t {
  kPolc,     // `polc eval --log`
  kAuthzen,  // {"request": …, "response": …} of the AuthZEN evaluation API
  kOpa,      // OPA decision log events
  kCerbos,   // Cerbos audit log entries of kind decision
  kMapped,   // whatever a mapping file says
};

// By the members of the first line; nothing if it looks like none of them.
std::optional<Format> DetectFormat(std::string_view first_line);

// The largest line. A decision with every term and 256 entities of its own is far below 1 MiB.
inline constexpr size_t kMaxLineBytes = size_t{16} << 20;
// How much is read at a time: enough lines to keep every core busy, little enough for any machine.
inline constexpr size_t kChunkBytes = size_t{4} << 20;

struct Chunk {
  std::string text;         // whole lines, each with its line feed
  uint64_t first_line = 1;  // the number of the first
  uint64_t bytes = 0;       // how much of the log has been read with it
};

class Splitter {
 public:
  // Where it is: another Splitter that is put there goes on as this one would.
  struct Position {
    std::string rest;       // read and not given out: the beginning of a line
    uint64_t line = 1;      // the number of the line that comes next
    uint64_t bytes = 0;     // how much of the log has been read
    bool skipping = false;  // within a line that is too long
  };
  // Reads up to `size` bytes to `to`: how many; 0 at the end.
  using ReadBytes = std::function<size_t(char* to, size_t size)>;
  // Of a text, which must outlive it.
  static ReadBytes From(std::string_view text);
  explicit Splitter(ReadBytes read, size_t chunk_bytes = kChunkBytes)
      : read_(std::move(read)), chunk_bytes_(chunk_bytes) {}

  Position position() const { return {rest_, line_, bytes_, skipping_}; }
  // What is read from here on is what follows the first `bytes` of the log.
  void GoTo(Position position) {
    rest_ = std::move(position.rest);
    line_ = position.line;
    bytes_ = position.bytes;
    skipping_ = position.skipping;
  }
  // The next lines; nothing at the end. Lines above kMaxLineBytes are passed over and reported. `spare`, the
  // text of a chunk that is done with, is what it is read into: memory that is there already.
  std::optional<Chunk> Next(std::vector<Problem>& problems, std::string spare = {});

 private:
  ReadBytes read_;
  size_t chunk_bytes_;
  std::string rest_;  // the beginning of a line
  uint64_t line_ = 1;
  uint64_t bytes_ = 0;
  bool skipping_ = false;  // within a line that is too long
  bool ended_ = false;
};

struct Batch {
  std::vector<Record> records;
  std::vector<Problem> problems;
  uint64_t lines = 0;   // that are not blank
  uint64_t broken = 0;  // of these, those that gave no record
};

class Reader {
 public:
  // `mapping` is for kMapped, where it must not be null, and may stand in for the built-in one of kOpa and
  // kAuthzen. It must outlive the reader.
  explicit Reader(Format format, const Mapping* mapping = nullptr);

  Format format() const { return format_; }

  Batch Read(const Chunk& chunk) const;

 private:
  struct Line;
  void ReadLine(const Line& line, Batch& batch) const;
  void ReadOwn(const Line& line, Batch& batch) const;
  void ReadMapped(const Line& line, Batch& batch) const;
  void ReadCerbos(const Line& line, Batch& batch) const;

  Format format_;
  const Mapping* mapping_;
};

// One line that a caller has in hand, without its line feed, as line `number`.
Batch ReadLine(const Reader& reader, std::string_view line, uint64_t number = 1);

}  // namespace polc::log
