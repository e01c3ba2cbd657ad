// A bundle taken apart and put together again: read into an image, all code disassembled and assembled,
// written anew. What must not happen on the way to an engine stops the test.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace polc::tests {

// A failure of polc on the way to an engine, and not a decision: says so and ends the program.
[[noreturn]] void Broken(std::string_view what);

// The bytes written again, which have to be the same.
std::vector<uint8_t> WrittenAgain(const std::vector<uint8_t>& first);

}  // namespace polc::tests
