// The bundle format, versions 1 and 2, byte for byte. docs/bundle.md shows it on a dump of a real file.
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
// Version 1 is what Cedar's policies need: it ends with the section Meta, has nothing in the sections Facts,
// Inputs, Limits, Needs and Pools, no flags, and only the instructions and traps up to the ones marked in
// opcodes.def and traps.def. Version 2 adds Pol. A program that has nothing of Pol is written as version 1,
// so its bytes are what they always were and older runtimes read it.
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
inline constexpr uint32_t kFormatVersion = 2;  // the newest
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

// The most people one place of a quorum list may ask for, summed over its parts: what a person can still look
// through, and what bounds the search for who fills which place.
inline constexpr uint32_t kMaxQuorum = 64;
// What `lower` reserves for a text; a longer one is allocated.
inline constexpr uint32_t kUsualTextBytes = 256;
// The deepest nesting of value types: no deeper than values.
inline constexpr uint32_t kMaxTypeDepth = kMaxValueDepth;

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
// How many sections a file of a version has; 0 for a version that is not known.
constexpr size_t SectionCountOf(uint32_t format_version) {
  return format_version == 1   ? static_cast<size_t>(SectionKind::kMeta)
         : format_version == 2 ? kSectionCount
                               : 0;
}

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
  uint32_t flags;            // kFlagPol
  uint64_t max_steps;        // the whole decision at worst: the sum over all code blocks
};
// Some rule is Pol: a request has to fit the model, and unknown principals and resources are denied.
inline constexpr uint32_t kFlagPol = 1;

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

// A piece of code with its static bounds, which the verifier computes again and compares. All zero: none,
// where a row may lack it.
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
  uint32_t pol;  // 0: nothing of Pol; else 1 + a row of PolRules, which belongs to this rule alone
};

// What a rule has that none of Cedar's can have.
struct PolRuleRow {
  Range lifted_by;      // Approvals: any of them lifts the rule
  uint32_t title;       // string or kNone
  uint32_t suggestion;  // of Suggestions, or kNone
  uint32_t has_until;   // 0 or 1
  uint32_t padding;
  int64_t until_ms;  // for reports: the condition has it, too
};

// How several limits of one kind become one.
enum class Merge : uint8_t { kLowest, kHighest, kCommonMembers, kAllMembers, kAnyTrue };
inline constexpr size_t kMergeCount = 5;

struct LimitKindRow {
  uint32_t name;  // string
  uint8_t merge;  // Merge
  uint8_t reserved[3];
  uint32_t type;  // of ValueTypes
  uint32_t padding;
};

struct LimitRow {
  uint32_t kind;  // of LimitKinds
  uint32_t padding;
  Block value;  // any value; one that is not of the kind's type is an error
};

struct EvidenceKindRow {
  uint32_t name;  // string
  uint8_t undo;   // 0 or 1: it shows how to take the action back
  uint8_t reserved[3];
  uint32_t type;  // of ValueTypes
  uint32_t padding;
};

enum class NeedKind : uint8_t { kApproval, kEvidence };
inline constexpr size_t kNeedKindCount = 2;

struct NeedRow {
  uint8_t kind;  // NeedKind
  uint8_t reserved[3];
  uint32_t what;  // of Approvals or of EvidenceKinds
  Place place;
  uint32_t padding;
};

// Approvals belong to needs, in order, then to `lifted_by`, rule by rule.
struct ApprovalRow {
  Range alternatives;  // Quorums: any of them will do; at least one
  Place place;
  uint32_t padding;
};
struct QuorumRow {
  Range parts;        // all of them, each person in one place; at least one
  int64_t within_ms;  // how old an approval or refusal may be; above 0
  uint8_t including_owner;
  uint8_t survives_policy_change;
  uint8_t reserved[6];
  Place place;
  uint32_t padding;
};
struct QuorumPartRow {
  uint32_t count;  // how many people; at least one
  uint32_t padding;
  Range pools;  // any of them; at least one
};
struct PoolRow {
  Block group;  // an entity or a set of entities: who is in one of them or is one of them
};

struct SuggestionRow {
  uint32_t action;  // entity
  uint32_t padding;
  Range changes;
};
struct ChangeRow {
  uint32_t attribute;  // string; ascending within a suggestion
  uint32_t padding;
  Block value;
};

// How a fact comes to its value; core.h has the error rules.
enum class FactForm : uint8_t { kExpression, kHighest, kFirst, kAutonomy };
inline constexpr size_t kFactFormCount = 4;

struct FactRow {
  uint32_t name;    // string
  uint32_t levels;  // of Levels if its value is the name of one, else kNone
  uint8_t form;     // FactForm
  uint8_t reserved[7];
  Range clauses;  // highest, first: kWhen; autonomy: kRow and kRowsFromData, then kCap
  Block value;    // the expression; highest, first: what it is otherwise; autonomy: none
  Place place;
  uint32_t padding;
};

enum class ClauseKind : uint8_t { kWhen, kRow, kRowsFromData, kCap };
inline constexpr size_t kClauseKindCount = 4;

struct ClauseRow {
  uint32_t id;   // string: of a row or cap; else kNone
  uint8_t kind;  // ClauseKind
  uint8_t mode;  // Mode; only caps are in shadow
  uint8_t reserved[2];
  Block when;   // a bool: whether it counts
  Block value;  // the value; of rows and caps a level; kRowsFromData: a set of {class, level, until?}
  Place place;
  uint32_t padding;
};

enum class InputKind : uint8_t { kNow, kSwitch, kCounter, kAttempts, kTotal, kLabel, kBreaker };
inline constexpr size_t kInputKindCount = 7;

// A value the host keeps and supplies, and how requests move it; core.h has the table of kinds.
struct InputRow {
  uint32_t id;              // string; ascending
  uint32_t name;            // string
  uint32_t by;              // string: what it is kept for each of; or kNone: there is one
  uint32_t key_type;        // of ValueTypes; kNone iff `by` is
  uint8_t kind;             // InputKind
  uint8_t value_kind;       // Kind
  uint8_t mode;             // Mode; in shadow: read, never written
  uint8_t is_read;          // 0 or 1: some code reads it
  uint32_t opens_at;        // breaker: how many denials
  int64_t fresh_within_ms;  // 0: any age
  int64_t over_ms;          // the window, or 0
  int64_t closes_after_ms;  // breaker; 0: when the window has passed
  Block counts;  // a bool: whether the request moves it; an error counts as true; none for now and switches
  Block key;     // the key to be written; none where there is one of it, and for now and switches
  Block amount;  // total: a number of value_kind; else none
};

// `levels Risk is low < medium < high`.
struct LevelsRow {
  uint32_t name;  // string; ascending
  uint8_t higher_is_stricter;
  uint8_t reserved[3];
  Range names;  // LevelNames, from the lowest; distinct, at least two
};

struct ZoneRow {
  uint32_t name;     // string; ascending
  uint32_t version;  // string: of the database it was made of
  Range offsets;     // at least one; the first from the least int64 on
  int64_t ends_ms;   // UTC; from here on it is not known
};
struct ZoneOffsetRow {
  int64_t from_ms;    // UTC; ascending
  int32_t offset_ms;  // east of Greenwich; within a day
  uint32_t padding;
};
struct HoursRow {
  uint32_t name;         // string; ascending
  uint32_t zone;         // of Zones
  uint16_t from_minute;  // local time, inclusive; below 1440
  uint16_t to_minute;    // exclusive, at most 1440; not after `from_minute`: past midnight
  uint8_t days;          // bit 0 Monday … bit 6 Sunday; at least one
  uint8_t reserved[3];
};

// The model of requests: whether one fits is the first step of deciding it.
//
// The type of an attribute, limit, evidence or key. What it is made of comes before it.
struct ValueTypeRow {
  uint8_t kind;     // Kind
  uint8_t percent;  // decimal: 1 if from 0.0000 to 1.0000
  uint8_t reserved[2];
  uint32_t at_most;  // set: how many elements; 0: any number
  uint32_t of;       // entity: its type, but for keys of several; set: of ValueTypes, earlier; else kNone
  uint32_t levels;   // string: of Levels, or kNone
  Range fields;      // record: Attributes
};

// Of a record, an entity or a context; ascending by name within its owner. The owners of Attributes are, in
// this order: value types, entity types, actions.
struct AttributeRow {
  uint32_t name;        // string
  uint32_t type;        // of ValueTypes; in a value type: before it
  uint32_t if_missing;  // constant that it is if absent, or kNone
  uint8_t required;
  uint8_t from_host;
  uint8_t varies;
  uint8_t reserved;
};

enum class Nature : uint8_t { kPlain, kPerson, kAgent, kService };
inline constexpr size_t kNatureCount = 4;

struct EntityTypeRow {
  uint32_t type;    // ascending
  uint32_t owner;   // agent: the type its attribute `owner` has; else kNone
  uint32_t tags;    // of ValueTypes, or kNone
  uint8_t nature;   // Nature
  uint8_t is_enum;  // 1: there are no other ids than `ids`
  uint8_t reserved[2];
  Range attributes;
  Range parents;  // TypeLists
  Range ids;      // EnumIds
};

enum class Reversibility : uint8_t { kReadOnly, kReversible, kIrreversible };
inline constexpr size_t kReversibilityCount = 3;

struct ClassRow {
  uint32_t name;          // string; ascending
  uint8_t reversibility;  // Reversibility
  uint8_t reserved[3];
};

struct ActionRow {
  uint32_t action;        // entity; ascending
  uint32_t action_class;  // of Classes; kNone: none, which is irreversible
  Range principals;       // TypeLists, ascending
  Range resources;        // TypeLists, ascending
  Range context;          // Attributes
  Range paths;            // Paths: what approvals of it name besides
  Range facts;            // ActionFacts: what its rules and inputs read, directly or not; ascending
  Range groups;           // ActionGroups: what it is in, ascending
};

// `principal.owner.team`.
struct PathRow {
  uint8_t of_resource;  // 0: of the principal
  uint8_t reserved[3];
  uint32_t padding;
  Range names;  // PathNames; at least one
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
static_assert(sizeof(Header) == 88 && sizeof(SectionRow) == 24 && sizeof(Cell) == 16 && sizeof(Block) == 24 &&
              sizeof(RuleRow) == 104);
static_assert(std::has_unique_object_representations_v<Header>);
#define POLC_SECTION(name, row, field, meaning) \
  static_assert(std::has_unique_object_representations_v<row> && std::is_trivially_copyable_v<row>);
#include "runtime/bundle/sections.def"

constexpr size_t AlignUp(size_t n) { return (n + kAlignment - 1) & ~(kAlignment - 1); }

}  // namespace polc::bundle
