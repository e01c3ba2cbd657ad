#include "runtime/bundle/image.h"

#include <cstring>

#include "runtime/bundle/verify.h"

namespace polc::bundle {
namespace {

// Appends the sections' bytes in order and fills their table.
class Layout {
 public:
  explicit Layout(const Image& image) {
    Place(image);
    file_.resize(AlignUp(file_.size()) + sizeof(Digest) + sizeof(Tail), 0);
  }

  std::vector<uint8_t> Take() { return std::move(file_); }

 private:
  void Place(const Image& image) {
    file_.resize(AlignUp(sizeof(Header) + kSectionCount * sizeof(SectionRow)), 0);
#define POLC_SECTION(name, row, field, meaning) Append(SectionKind::k##name, image.field);
#include "runtime/bundle/sections.def"
    Header header{};
    std::memcpy(header.magic, kMagic, sizeof(kMagic));
    header.format_version = kFormatVersion;
    header.section_count = kSectionCount;
    header.content_bytes = AlignUp(file_.size());
    std::memcpy(header.model_digest, image.model_digest.data(), sizeof(header.model_digest));
    header.constant_count = image.constant_count;
    header.max_elements = image.max_elements;
    header.max_bytes = image.max_bytes;
    std::memcpy(file_.data(), &header, sizeof(header));
  }

  template <typename Row>
  void Append(SectionKind kind, const std::vector<Row>& rows) {
    file_.resize(AlignUp(file_.size()), 0);
    const SectionRow section{static_cast<uint32_t>(kind), 0, file_.size(), rows.size() * sizeof(Row)};
    std::memcpy(file_.data() + sizeof(Header) + (section.kind - 1) * sizeof(SectionRow), &section,
                sizeof(section));
    file_.resize(file_.size() + section.bytes);
    if (!rows.empty()) std::memcpy(file_.data() + section.offset, rows.data(), section.bytes);
  }

  std::vector<uint8_t> file_;
};

// The same rows, to be changed in a file this process just laid out.
template <typename Row>
std::span<Row> Mutable(std::span<const Row> rows) {
  return {const_cast<Row*>(rows.data()), rows.size()};
}

}  // namespace

void Reseal(std::vector<uint8_t>* file) {
  Header header;
  std::memcpy(&header, file->data(), sizeof(header));
  const Digest digest = Sha256Of({file->data(), header.content_bytes});
  std::memcpy(file->data() + header.content_bytes, digest.data(), digest.size());
}

Status Write(const Image& image, std::vector<uint8_t>* file) {
  *file = Layout(image).Take();
  Bundle bundle;
  if (Status s = Bundle::Open(*file, &bundle); !s.ok()) return s;

  BlockAnalyzer analyzer(bundle);
  auto bound = [&](Block& block, StackType result, size_t visible_facts) -> Status {
    if (block.first > image.code.size() || block.count > image.code.size() - block.first) {
      return {BundleError::kRangeOrder, block.first};
    }
    BlockBounds bounds;
    Status s = analyzer.Analyze(bundle.code().subspan(block.first, block.count), result,
                                static_cast<uint32_t>(visible_facts), &bounds);
    if (!s.ok()) return {s.error, block.first + s.at};
    block.max_stack = bounds.max_stack;
    block.scratch_bytes = bounds.scratch_bytes;
    block.max_steps = bounds.max_steps;
    return {};
  };
  const auto facts = Mutable(bundle.facts());
  for (size_t i = 0; i < facts.size(); ++i) {
    if (Status s = bound(facts[i].value, StackType::kAny, i); !s.ok()) return s;
  }
  for (RuleRow& rule : Mutable(bundle.rules())) {
    if (Status s = bound(rule.condition, StackType::kBool, facts.size()); !s.ok()) return s;
  }
  for (LimitRow& limit : Mutable(bundle.limits())) {
    if (Status s = bound(limit.value, StackType::kAny, facts.size()); !s.ok()) return s;
  }
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
#define POLC_SECTION(name, row, field, meaning) \
  image.field.assign(bundle.field().begin(), bundle.field().end());
#include "runtime/bundle/sections.def"
  return image;
}

}  // namespace polc::bundle
