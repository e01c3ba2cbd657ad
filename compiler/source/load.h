// Input files: names on a command line become texts in a SourceMap.
//
// The only code of the compiler that touches the file system. A path that cannot be read becomes an
// empty file in the map and a CannotRead there, so messages about it have a place like any other.
// "-" is standard input, shown as "<stdin>".
// Tested by load_test.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::source {

// Reads one file of at most `max_bytes` (≤ kMaxFileBytes). Reports CannotRead or InputTooLarge and
// returns nothing. Pipes and devices are read to their end.
std::optional<FileId> LoadFile(SourceMap& map, const std::string& path, size_t max_bytes,
                               DiagnosticSink& sink);

// The files that `arguments` stand for, sorted by path bytes, repeats dropped. A directory stands for
// the files below it that end in one of `suffixes`, names starting with a dot and symbolic links to
// directories passed over; reports NoPolicyFiles for one without any, CannotRead for one that cannot be
// listed. Other arguments are taken as they are.
std::vector<std::string> ExpandPaths(SourceMap& map, const std::vector<std::string>& arguments,
                                     const std::vector<std::string_view>& suffixes, DiagnosticSink& sink);

// Whether there is a file, or a link to one, of this name.
bool IsFile(const std::string& path);

}  // namespace polc::source
