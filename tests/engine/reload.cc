#include "tests/engine/reload.h"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "runtime/bundle/assembly.h"
#include "runtime/bundle/image.h"

namespace polc::tests {

void Broken(std::string_view what) {
  std::fprintf(stderr, "the VM cannot be loaded: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

std::vector<uint8_t> WrittenAgain(const std::vector<uint8_t>& first) {
  bundle::Bundle opened;
  if (!bundle::Bundle::Open(first, &opened).ok()) Broken("does not open");
  bundle::Image image = ReadImage(opened);
  bundle::AssemblyError error;
  std::optional<std::vector<uint32_t>> code = bundle::Assemble(Disassemble(image.code, &opened), &error);
  if (!code) Broken(error.message);
  image.code = std::move(*code);
  std::vector<uint8_t> second;
  if (!Write(image, &second).ok()) Broken("does not write again");
  if (first != second) Broken("the bytes written again are others");
  return second;
}

}  // namespace polc::tests
