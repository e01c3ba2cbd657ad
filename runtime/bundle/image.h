// A bundle being written: its sections as vectors, and the writer.
//
// The caller fills the sections (compiler/emit, tests); Write computes the static bounds of every code
// block and of the whole, lays the sections out and seals them. The same image gives the same bytes on
// every machine. ReadImage is the way back: Write(ReadImage(b)) is b's bytes again, without its
// signatures.
// builder.h helps to fill an image.
// Tested by bundle_test.cc.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/bundle/reader.h"

namespace polc::bundle {

struct Image {
  Digest model_digest{};
  uint32_t constant_count = 0;
  uint32_t max_elements = kDefaultMaxElements;
  uint32_t max_bytes = kDefaultMaxBytes;
  uint32_t flags = 0;
#define POLC_SECTION(name, row, field, meaning) std::vector<row> field;
#include "runtime/bundle/sections.def"
};

// The oldest format version that can say what the image does.
uint32_t VersionOf(const Image& image);

// Lays the image out as a file without signatures. Fails if a code block is not sound; what else may be
// wrong with an image Verify would say. On failure `at` is a word of the code section.
Status Write(Image image, std::vector<uint8_t>* file);

// The same without computing bounds: whatever the image says is written and sealed. For tests of the
// verifier.
std::vector<uint8_t> WriteAsIs(const Image& image, uint32_t max_stack, uint32_t scratch_bytes,
                               uint64_t max_steps);

Image ReadImage(const Bundle& bundle);

// Writes the right SHA-256 into a file whose content was changed. The file must open.
void Reseal(std::vector<uint8_t>* file);

}  // namespace polc::bundle
