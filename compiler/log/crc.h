// CRC-32 as zlib, PNG and Ethernet have it: polynomial 0x04C11DB7 reflected, begun and ended with all ones.
//
// With the processor's carry-less multiplication where it has one, otherwise eight bytes a step by tables;
// both give the same sum. Logs are summed whole, so this is worth its lines. Pure. Tested by crc_test.cc.
#pragma once

#include <cstdint>
#include <string_view>

namespace polc::log {

// Of `bytes` behind others whose sum is `before`.
uint32_t Crc32(std::string_view bytes, uint32_t before = 0);
// The same by tables alone, whatever the processor.
uint32_t Crc32ByTables(std::string_view bytes, uint32_t before = 0);

}  // namespace polc::log
