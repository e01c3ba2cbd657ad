// Replays chunks of polc's own log of Cedar decisions from their bytes: the quick way beside Replayer's.
//
// A line that is as polc writes it, with a quick request (quick.h) and a decision that stood on an earlier
// line byte for byte, is decided by handles and counted by what it came to: the numbers of the logged
// decision, of either side's, and of the day. Sums are made of the counts once a chunk. A flip is attributed
// by the same search as any other, with quick decisions. Where no edit is concerned by its scope, the new set
// is not asked: what it says follows from what the old one says. Every other line, and each flip that is kept
// as an example, goes to the Replayer.
//
// Law: the report is the one that the Replayer alone would give, in every byte. Memory does not grow with
// the log. One thread's; it has to be given chunks in the order of the log. Tested by
// tests/simulate/lane_test.cc.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/log/reader.h"
#include "compiler/simulate/door.h"
#include "compiler/simulate/quick.h"
#include "compiler/simulate/replay.h"

namespace polc::simulate {

class Lane {
 public:
  // Whether records can be replayed this way at all: of polc's own log, by Cedar policies on both sides that
  // read requests alike.
  static bool Fits(const World& world, const log::Reader& reader);
  // Of a world that fits. All must outlive this.
  Lane(const World& world, const log::Reader& reader, Replayer& slow);

  // Replays the lines of a chunk. `batch` gets how many there were, and problems; no records.
  void Replay(const log::Chunk& chunk, Part& part, log::Batch& batch);

 private:
  // What a line with these three decisions on this day comes to.
  struct Tuple {
    uint32_t logged, before, after, day;
    uint64_t count = 0;
    Bucket bucket = Bucket::kUnchanged;
    bool drifted = false;
    std::vector<size_t> order;  // of edits, for a flip
  };
  struct Flips {
    GroupKey key;
    uint64_t count = 0;  // of this chunk
    size_t shown = 0;    // that the Replayer has been given
  };
  // What a flip is grouped by: before, after; cause; principal type, action, resource type.
  using FlipKey = std::array<uint32_t, 6>;
  // A logged decision, by its text.
  struct Logged {
    uint32_t number = kNone32;  // of decisions_; kNone32: it is to be left to the Replayer
    bool complete = false;
  };
  // What is known of a decision by the old set.
  struct Old {
    uint32_t after = kNone32;  // what the new set says where no edit is concerned
    std::string_view text{};   // the last logged decision that it was met with, likely the next
    const Logged* logged = nullptr;
  };

  // A line that is going to be replayed.
  struct Line {
    std::string_view text;
    uint64_t number = 0;
    // If it begins as a quick one: its time and request, and how much of the text that takes.
    bool begun = false;
    std::string_view time{};
    QuickReader::Begun request{};
    size_t taken = 0;
  };

  struct HashText {
    size_t operator()(std::string_view text) const { return HashOf(text); }
  };

  void Begin(Line* line) const;
  bool Quick(const Line& line, Part& part, std::string_view* unknown);
  // The logged decision with this text, or null; `old`, which may be null, is what it is likely with.
  const Logged* FindLogged(std::string_view text, Old* old) const;
  uint32_t DecideNew(const QuickRequest& request, uint32_t before);
  void Slow(std::string_view line, uint64_t number, std::string_view unknown, Part& part, log::Batch& batch);
  Tuple& TupleOf(uint32_t logged, uint32_t before, uint32_t after, uint32_t day);
  // False if the flip is to be an example.
  bool CountFlip(Tuple& tuple, const QuickRequest& request);
  Door* DoorWithout(const std::set<size_t>& undone);
  uint32_t DayNumber(std::string_view time);
  void Fold(Part& part);
  void Forget();

  const World& world_;
  const log::Reader& reader_;
  Replayer& slow_;
  std::vector<data::Decision> decisions_;
  const std::unique_ptr<const Concern> concern_;  // null: any edit may matter to any request
  QuickReader requests_;
  QuickRequest request_;
  std::unique_ptr<Door> before_, after_;
  std::map<std::set<size_t>, std::unique_ptr<Door>> undone_;  // null: what is left does not stand by itself
  std::unordered_map<uint64_t, bool> removed_;  // by before, after and undone: whether the flip is gone
  std::unordered_map<std::string_view, Logged, HashText> logged_;
  std::deque<std::string> logged_texts_;
  std::vector<Old> old_;  // by number of decisions_
  std::vector<std::string> days_;
  std::vector<uint8_t> windows_;                        // of days_
  std::vector<std::array<uint64_t, 2>> action_counts_;  // of this chunk: by action, by window
  std::map<std::string, uint32_t, std::less<>> day_numbers_;
  std::string last_day_;
  uint32_t last_day_number_ = 0;
  std::vector<Tuple> tuples_;
  std::vector<uint32_t> slots_;  // hash table of tuples, by number plus one; 0: empty
  std::vector<Cause> causes_;
  std::map<std::pair<bool, Cause>, uint32_t> cause_numbers_;
  std::map<FlipKey, Flips> flips_;
};

}  // namespace polc::simulate
