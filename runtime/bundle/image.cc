#include "runtime/bundle/image.h"

#include <cstring>
#include <utility>

#include "runtime/bundle/verify.h"

namespace polc::bundle {
namespace {

// Appends the sections' bytes in order and fills their table. Each section is freed when it is in the file:
// the two together are never much larger than one.
class Layout {
 public:
  explicit Layout(Image image) {
    Place(image);
    file_.resize(AlignUp(file_.size()) + sizeof(Digest) + sizeof(Tail), 0);
  }

  std::vector<uint8_t> Take() { return std::move(file_); }

 private:
  void Place(Image& image) {
    const uint32_t version = VersionOf(image);
    const size_t sections = SectionCountOf(version);
    size_t bytes = AlignUp(sizeof(Header) + sections * sizeof(SectionRow)) + sizeof(Digest) + sizeof(Tail);
#define POLC_SECTION(name, row, field, meaning) bytes += AlignUp(image.field.size() * sizeof(row));
#include "runtime/bundle/sections.def"
    file_.reserve(bytes);
    file_.resize(AlignUp(sizeof(Header) + sections * sizeof(SectionRow)), 0);
#define POLC_SECTION(name, row, field, meaning) \
  if (static_cast<size_t>(SectionKind::k##name) <= sections) Append(SectionKind::k##name, image.field);
#include "runtime/bundle/sections.def"
    Header header{};
    std::memcpy(header.magic, kMagic, sizeof(kMagic));
    header.format_version = version;
    header.section_count = static_cast<uint32_t>(sections);
    header.flags = image.flags;
    header.content_bytes = AlignUp(file_.size());
    std::memcpy(header.model_digest, image.model_digest.data(), sizeof(header.model_digest));
    header.constant_count = image.constant_count;
    header.max_elements = image.max_elements;
    header.max_bytes = image.max_bytes;
    std::memcpy(file_.data(), &header, sizeof(header));
  }

  template <typename Row>
  void Append(SectionKind kind, std::vector<Row>& rows) {
    file_.resize(AlignUp(file_.size()), 0);
    const SectionRow section{static_cast<uint32_t>(kind), 0, file_.size(), rows.size() * sizeof(Row)};
    std::memcpy(file_.data() + sizeof(Header) + (section.kind - 1) * sizeof(SectionRow), &section,
                sizeof(section));
    file_.resize(file_.size() + section.bytes);
    if (!rows.empty()) std::memcpy(file_.data() + section.offset, rows.data(), section.bytes);
    std::vector<Row>().swap(rows);
  }

  std::vector<uint8_t> file_;
};

}  // namespace

uint32_t VersionOf(const Image& image) {
  bool newer = image.flags != 0 || !image.facts.empty() || !image.inputs.empty() || !image.limits.empty() ||
               !image.needs.empty() || !image.pools.empty();
#define POLC_SECTION(name, row, field, meaning) \
  newer = newer || (SectionKind::k##name > SectionKind::kMeta && !image.field.empty());
#include "runtime/bundle/sections.def"
  return newer ? 2 : 1;
}

void Reseal(std::vector<uint8_t>* file) {
  Header header;
  std::memcpy(&header, file->data(), sizeof(header));
  const Digest digest = Sha256Of({file->data(), header.content_bytes});
  std::memcpy(file->data() + header.content_bytes, digest.data(), digest.size());
}

Status Write(Image image, std::vector<uint8_t>* file) {
  *file = Layout(std::move(image)).Take();
  Bundle bundle;
  if (Status s = Bundle::Open(*file, &bundle); !s.ok()) return s;

  BlockAnalyzer analyzer(bundle);
  Status status;
  VisitBlocks(bundle, [&](const Block& of, const BlockUse& use) {
    if (!status.ok() || (of.count == 0 && use.optional)) return;
    // This process just laid the file out.
    Block& block = const_cast<Block&>(of);
    if (block.first > bundle.code().size() || block.count > bundle.code().size() - block.first) {
      status = {BundleError::kRangeOrder, block.first};
      return;
    }
    BlockBounds bounds;
    status = analyzer.Analyze(bundle.code().subspan(block.first, block.count), use.result, use.visible_facts,
                              &bounds);
    status.at += block.first;
    block.max_stack = bounds.max_stack;
    block.scratch_bytes = bounds.scratch_bytes;
    block.max_steps = bounds.max_steps;
  });
  if (!status.ok()) return status;
  const ProgramBounds bounds = SumBounds(bundle);
  if (bounds.scratch_bytes > 2 * kMaxScratchBytes) return {BundleError::kTooMuchScratch, 0};
  Header& header = const_cast<Header&>(bundle.header());
  header.max_stack = bounds.max_stack;
  header.scratch_bytes = static_cast<uint32_t>(bounds.scratch_bytes);
  header.max_steps = bounds.max_steps;
  Reseal(file);
  return {};
}

std::vector<uint8_t> WriteAsIs(const Image& image, uint32_t max_stack, uint32_t scratch_bytes,
                               uint64_t max_steps) {
  std::vector<uint8_t> file = Layout(image).Take();
  Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  header.max_stack = max_stack;
  header.scratch_bytes = scratch_bytes;
  header.max_steps = max_steps;
  std::memcpy(file.data(), &header, sizeof(header));
  Reseal(&file);
  return file;
}

Image ReadImage(const Bundle& bundle) {
  Image image;
  std::memcpy(image.model_digest.data(), bundle.header().model_digest, image.model_digest.size());
  image.constant_count = bundle.header().constant_count;
  image.max_elements = bundle.header().max_elements;
  image.max_bytes = bundle.header().max_bytes;
  image.flags = bundle.header().flags;
#define POLC_SECTION(name, row, field, meaning) \
  image.field.assign(bundle.field().begin(), bundle.field().end());
#include "runtime/bundle/sections.def"
  return image;
}

}  // namespace polc::bundle
