// The bundle format, version 1, byte for byte. docs/bundle.md shows it on a dump of a real file.
//
//   content   Header, the section table, the sections
//   seal      SHA-256 of the content: the policy snapshot id
//   tail      Tail, then its signatures
//
// All integers are little-endian. Every part begins at a multiple of 8 bytes; the gaps are zero. The
// sections follow each other in the order of sections.def without other gaps, so one program has one
// file. Rows are the structs below, as they lie in memory on a little-endian machine.
//
// Indices: "string" is an index into the strings, "entity" into the entities, and so on. kNone marks an
// optional index that is absent. A Range names consecutive rows; the ranges into one section follow each
// other in the order of their owners and leave nothing out, so every row has exactly one owner and
// reading everything takes time linear in the file.
//
// The snapshot id covers everything but itself and the tail: signing a bundle, or signing it again, does
// not change which policy it is.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "runtime/bundle/opcodes.h"
#include "runtime/bundle/sha256.h"

namespace polc::bundle {

static_assert(std::endian::native == std::endian::little,
              "bundles are mapped, not decoded: needs a little-endian machine");

// 0x89 and the line ends show at once when a transfer mangled the file as text.
inline constexpr uint8_t kMagic[8] = {0x89, 'P', 'O', 'L', 'B', '\r', '\n', 0x1A};
inline constexpr uint32_t kFormatVersion = 1;
inline constexpr uint32_t kNone = UINT32_MAX;
inline constexpr uint32_t kWildcard = UINT32_MAX;  // in PatternParts
inline constexpr size_t kAlignment = 8;

// The deepest stack a code block may need: 65,536 values are 1 MiB of scratch per engine and thread.
inline constexpr uint32_t kMaxStack = 1u << 16;
// The largest set `each` may run over. Language rule: quantified sets declare a bound of at most 256.
inline constexpr uint32_t kMaxEachBound = 256;
// The deepest nesting of sets and records: twice what request and entity files may nest, so that
// policies can wrap what they read.
inline constexpr uint32_t kMaxValueDepth = 1024;

// The most scratch a bundle may ask for: 64 MiB, a thousand times what hand-written rules need.
inline constexpr uint32_t kMaxScratchBytes = 1u << 26;

// What the data limits may be at most; the bundle's own are in its header.
inline constexpr uint32_t kLargestMaxElements = 1u << 24;
inline constexpr uint32_t kLargestMaxBytes = 1u << 30;
// Defaults: above anything the corpora or the fuzzers need by a factor of 1,000, and still a bound.
inline constexpr uint32_t kDefaultMaxElements = 1u << 20;
inline constexpr uint32_t kDefaultMaxBytes = 1u << 26;

enum class SectionKind : uint32_t {
  kInvalid = 0,
#define POLC_SECTION(name, ...) k##name,
#include "runtime/bundle/sections.def"
};
inline constexpr size_t kSectionCount = 0
#define POLC_SECTION(name, ...) +1
#include "runtime/bundle/sections.def"
    ;

struct SectionRow {
  uint32_t kind;  // SectionKind
  uint32_t reserved;
  uint64_t offset;  // from the start of the file
  uint64_t bytes;   // without the padding after it
};

struct Header {
  uint8_t magic[8];
  uint32_t format_version;
  uint32_t section_count;
  uint64_t content_bytes;    // header to end of last section, padding included
  uint8_t model_digest[32];  // of the schema and declarations the rules were checked against; zero: none
  uint32_t constant_count;   // how many cells are constants
  uint32_t max_elements;     // data limit: elements one instruction may visit
  uint32_t max_bytes;        // data limit: bytes of text one instruction may read
  uint32_t max_stack;        // values: the most any code block needs
  uint32_t scratch_bytes;    // for sets, records and addresses: all facts plus the neediest rule
  uint32_t reserved;
  uint64_t max_steps;  // the whole decision at worst: the sum over all code blocks
};

// A value. By kind: bool 0 or 1; long, decimal (ten-thousandths), datetime and duration (milliseconds):
// the number; string, entity: the index; ipaddr: count = prefix length, plus kIpV6, value = the IPv4
// address, or the index of the IPv6 address; set: count elements from cell `value` on; record: count
// pairs of cells, name (a string) and value, from cell `value` on, names ascending.
struct Cell {
  uint8_t kind;  // Kind
  uint8_t reserved[3];
  uint32_t count;
  uint64_t value;
};
inline constexpr uint32_t kIpV6 = 1u << 8;

struct AddressRow {
  uint8_t bytes[16];  // network order
};

struct Range {
  uint32_t first;
  uint32_t count;
};

struct EntityRow {
  uint32_t type;  // index of a type
  uint32_t id;    // string
};

// A piece of code with its static bounds, which the verifier computes again and compares.
struct Block {
  uint32_t first;  // word
  uint32_t count;  // words
  uint32_t max_stack;
  uint32_t scratch_bytes;
  uint64_t max_steps;
};

// Where in the source something stands; kNone file: nowhere. Offsets are bytes, line and column are
// 1-based and count code points.
struct Place {
  uint32_t file;
  uint32_t begin;
  uint32_t end;
  uint32_t line;
  uint32_t column;
};

enum class Effect : uint8_t { kAllow, kLimit, kRequire, kSuggest, kForbid };
enum class Mode : uint8_t { kEnforced, kShadow };
enum class ErrorRule : uint8_t { kSkip, kFailClosed };
inline constexpr size_t kEffectCount = 5;
inline constexpr size_t kModeCount = 2;
inline constexpr size_t kErrorRuleCount = 2;

struct RuleRow {
  uint32_t id;         // string
  uint8_t effect;      // Effect
  uint8_t mode;        // Mode
  uint8_t error_rule;  // ErrorRule
  uint8_t reserved;
  Block condition;       // returns a bool: whether the rule holds
  uint32_t because;      // string or kNone
  uint32_t template_id;  // string or kNone: the template it was linked from
  Range limits;
  Range needs;
  Range controls;
  Range annotations;
  Range parts;
  Place place;
  uint32_t padding;
};

// How several limits of one kind become one.
enum class Merge : uint8_t { kLowest, kHighest, kCommonMembers, kAllMembers, kAnyTrue };
inline constexpr size_t kMergeCount = 5;

struct LimitRow {
  uint32_t kind;  // string
  uint8_t merge;  // Merge
  uint8_t reserved[3];
  Block value;
};

enum class NeedKind : uint8_t { kApproval, kEvidence };
inline constexpr size_t kNeedKindCount = 2;

struct NeedRow {
  uint8_t kind;  // NeedKind
  uint8_t reserved[3];
  uint32_t count;     // approval: how many distinct people
  uint32_t evidence;  // evidence: string; else kNone
  uint32_t padding;
  Range pool;         // approval: entities whose members may approve
  int64_t within_ms;  // approval: how old one may be
};

struct FactRow {
  uint32_t name;  // string
  uint32_t padding;
  Block value;
};

enum class InputKind : uint8_t { kHostValue, kNow, kSwitch, kCounter, kTotal, kLabel, kBreaker };
inline constexpr size_t kInputKindCount = 7;
inline constexpr uint8_t kInputRead = 1, kInputUpdated = 2;

struct InputRow {
  uint32_t name;   // string
  uint32_t key;    // string: what it is kept per ("principal", "context.session"), or kNone
  uint8_t kind;    // InputKind
  uint8_t access;  // kInputRead, kInputUpdated or both
  uint8_t reserved[2];
  uint32_t padding;
  int64_t fresh_within_ms;  // 0: any age
};

struct PairRow {
  uint32_t key;    // string
  uint32_t value;  // string
};

enum class PartKind : uint8_t { kPrincipal, kAction, kResource, kCondition };
inline constexpr size_t kPartKindCount = 4;

// The part's code runs from `first` to the next part's, and leaves a bool: the part's result.
struct PartRow {
  uint8_t kind;  // PartKind
  uint8_t reserved[3];
  uint32_t first;  // word of the rule's condition block, from its start
  Place place;
  uint32_t padding;
};

// Holds from `word` on, up to the next row's.
struct DebugRow {
  uint32_t word;
  Place place;
};

struct FileRow {
  uint32_t path;  // string; relative to the argument it came from
  uint32_t padding;
  uint64_t first;  // byte of SourceBytes
  uint64_t bytes;  // 0: text not included
};

struct Tail {
  uint32_t signature_count;
  uint32_t reserved;
};

// Over the snapshot id. Checked by polc_sign, which the core does not link.
struct SignatureRow {
  uint32_t algorithm;  // 1: Ed25519
  uint32_t reserved;
  uint8_t public_key[32];
  uint8_t signature[64];
};

// No row has a gap the compiler chose: what is written is what is named above.
static_assert(sizeof(Header) == 88 && sizeof(SectionRow) == 24 && sizeof(Cell) == 16 && sizeof(Block) == 24);
static_assert(sizeof(RuleRow) == 104 && sizeof(LimitRow) == 32 && sizeof(NeedRow) == 32 &&
              sizeof(FactRow) == 32);
static_assert(sizeof(InputRow) == 24 && sizeof(PartRow) == 32 && sizeof(DebugRow) == 24 &&
              sizeof(FileRow) == 24);
static_assert(sizeof(Place) == 20 && sizeof(Tail) == 8 && sizeof(SignatureRow) == 104);
static_assert(std::has_unique_object_representations_v<RuleRow> &&
              std::has_unique_object_representations_v<Header> &&
              std::has_unique_object_representations_v<LimitRow> &&
              std::has_unique_object_representations_v<NeedRow> &&
              std::has_unique_object_representations_v<InputRow> &&
              std::has_unique_object_representations_v<PartRow>);

constexpr size_t AlignUp(size_t n) { return (n + kAlignment - 1) & ~(kAlignment - 1); }

}  // namespace polc::bundle
