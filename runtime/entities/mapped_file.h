// A file mapped for reading.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace polc::entities {

class MappedFile {
 public:
  // Null if the file cannot be opened or mapped. An empty file maps to no bytes.
  static std::shared_ptr<const MappedFile> Open(const char* path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return {data_, size_}; }

 private:
  MappedFile(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  const uint8_t* data_;
  size_t size_;
};

}  // namespace polc::entities
