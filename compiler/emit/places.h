// Source spans as places in a bundle: file, bytes, line, column.
//
// Counting columns from the start of a line for every span would be quadratic in long lines (a hundred
// thousand policies on one); spans come close to each other, so this counts on from the last one.
// Tested by emit_test.cc.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "compiler/source/source_map.h"
#include "runtime/bundle/format.h"

namespace polc::emit {

class Places {
 public:
  // Null: every place is nowhere.
  explicit Places(const source::SourceMap* sources) : sources_(sources) {}

  // Files keep their FileId until the caller renumbers them; `used` says which occur.
  bundle::Place At(source::Span span);

  // By FileId.
  const std::vector<bool>& used() const { return used_; }

 private:
  struct Cursor {
    std::vector<uint32_t> line_starts;
    uint32_t offset = 0;
    uint32_t line = 1;    // of `offset`
    uint32_t column = 1;  // of `offset`, in code points
  };
  const source::SourceMap* sources_;
  std::vector<bool> used_;
  std::vector<std::optional<Cursor>> cursors_;
};

}  // namespace polc::emit
