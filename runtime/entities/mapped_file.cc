#include "runtime/entities/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace polc::entities {

std::shared_ptr<const MappedFile> MappedFile::Open(const char* path) {
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  struct stat info;
  std::shared_ptr<const MappedFile> file;
  if (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode)) {
    const size_t size = static_cast<size_t>(info.st_size);
    void* data = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data != MAP_FAILED) {
      file = std::shared_ptr<const MappedFile>(new MappedFile(static_cast<const uint8_t*>(data), size));
    }
  }
  close(descriptor);
  return file;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<uint8_t*>(data_), size_);
}

}  // namespace polc::entities
