#include "runtime/bundle/builder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <numeric>
#include <utility>

#include "runtime/bundle/text.h"

namespace polc::bundle {
namespace {

void AppendNumber(std::string* out, uint64_t n) {
  for (int i = 0; i < 8; ++i) out->push_back(static_cast<char>(n >> (8 * i)));
}

// One constant as bytes: equal constants, and only those, have equal keys. Depth first with an explicit
// stack: constants may be nested as deep as values.
std::string Key(const Constant& constant) {
  std::string out;
  std::vector<const Constant*> open = {&constant};
  while (!open.empty()) {
    const Constant& c = *open.back();
    open.pop_back();
    out.push_back(static_cast<char>(c.kind));
    AppendNumber(&out, static_cast<uint64_t>(c.number));
    for (const std::string* text : {&c.text, &c.type}) {
      AppendNumber(&out, text->size());
      out += *text;
    }
    AppendNumber(&out, c.elements.size());
    for (const std::string& name : c.names) {
      AppendNumber(&out, name.size());
      out += name;
    }
    for (auto it = c.elements.rbegin(); it != c.elements.rend(); ++it) open.push_back(&*it);
  }
  return out;
}

// order[i] = the old index of new row i -> where[old] = new.
std::vector<uint32_t> Invert(const std::vector<uint32_t>& order) {
  std::vector<uint32_t> where(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) where[order[i]] = i;
  return where;
}

template <typename Less>
std::vector<uint32_t> SortedOrder(size_t count, Less less) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), less);
  return order;
}

}  // namespace

uint32_t ImageBuilder::String(std::string_view text) {
  if (auto it = strings_.find(text); it != strings_.end()) return it->second;
  const uint32_t id = static_cast<uint32_t>(string_list_.size());
  string_list_.emplace_back(text);
  strings_.emplace(text, id);
  return id;
}

uint32_t ImageBuilder::Type(std::string_view name) {
  if (auto it = types_.find(name); it != types_.end()) return it->second;
  const uint32_t id = static_cast<uint32_t>(type_list_.size());
  type_list_.push_back(String(name));
  types_.emplace(name, id);
  return id;
}

uint32_t ImageBuilder::Entity(std::string_view type, std::string_view id) {
  const uint32_t type_index = Type(type), id_index = String(id);
  auto [it, is_new] = entities_.emplace(uint64_t{type_index} << 32 | id_index, entity_list_.size());
  if (is_new) entity_list_.emplace_back(type_index, id_index);
  return it->second;
}

uint32_t ImageBuilder::AddConstant(const Constant& constant) {
  auto [it, is_new] = constants_.emplace(Key(constant), roots_.size());
  if (is_new) roots_.push_back(constant);
  return it->second;
}

uint32_t ImageBuilder::Pattern(const std::vector<const std::string*>& parts) {
  std::vector<uint32_t> key;
  std::string literal;
  auto flush = [&] {
    if (!literal.empty()) key.push_back(String(literal));
    literal.clear();
  };
  for (const std::string* part : parts) {
    if (part != nullptr) {
      literal += *part;
    } else {
      flush();
      if (key.empty() || key.back() != kWildcard) key.push_back(kWildcard);
    }
  }
  flush();
  auto [it, is_new] = patterns_.emplace(key, image.patterns.size());
  if (is_new) {
    image.patterns.push_back(
        {static_cast<uint32_t>(image.pattern_parts.size()), static_cast<uint32_t>(key.size())});
    image.pattern_parts.insert(image.pattern_parts.end(), key.begin(), key.end());
  }
  return it->second;
}

uint32_t ImageBuilder::Shape(const std::vector<std::string>& names) {
  std::vector<uint32_t> key;
  for (const std::string& name : names) key.push_back(String(name));
  auto [it, is_new] = shapes_.emplace(key, image.shapes.size());
  if (is_new) {
    image.shapes.push_back(
        {static_cast<uint32_t>(image.shape_names.size()), static_cast<uint32_t>(key.size())});
    image.shape_names.insert(image.shape_names.end(), key.begin(), key.end());
  }
  return it->second;
}

Image ImageBuilder::Finish() {
  // Constants first: their strings and entities must be known before those are put in order. Owners come
  // before what they own, in order, so the list of cells is its own queue.
  std::vector<const Constant*> queue;
  for (const Constant& root : roots_) queue.push_back(&root);
  image.constant_count = static_cast<uint32_t>(queue.size());
  std::deque<Constant> names;  // record names as string constants; a deque, so that they stay put
  for (size_t i = 0; i < queue.size(); ++i) {
    const Constant& c = *queue[i];
    Cell cell{static_cast<uint8_t>(c.kind), {}, 0, static_cast<uint64_t>(c.number)};
    switch (c.kind) {
      case Kind::kString:
        cell.value = String(c.text);
        break;
      case Kind::kEntity:
        cell.value = Entity(c.type, c.text);
        break;
      case Kind::kIp:
        cell.count = static_cast<uint32_t>(c.number);
        if (c.text.size() == 16) {
          cell.count |= kIpV6;
          cell.value = image.addresses.size();
          AddressRow row;
          std::memcpy(row.bytes, c.text.data(), sizeof(row.bytes));
          image.addresses.push_back(row);
        } else {
          cell.value = 0;
          for (char byte : c.text) cell.value = cell.value << 8 | static_cast<uint8_t>(byte);
        }
        break;
      case Kind::kSet:
        cell.count = static_cast<uint32_t>(c.elements.size());
        cell.value = queue.size();
        for (const Constant& e : c.elements) queue.push_back(&e);
        break;
      case Kind::kRecord: {
        cell.count = static_cast<uint32_t>(c.elements.size());
        cell.value = queue.size();
        const auto order = SortedOrder(
            c.names.size(), [&](uint32_t a, uint32_t b) { return CompareText(c.names[a], c.names[b]) < 0; });
        for (uint32_t k : order) {
          Constant& name = names.emplace_back();
          name.kind = Kind::kString;
          name.text = c.names[k];
          queue.push_back(&name);
          queue.push_back(&c.elements[k]);
        }
        break;
      }
      default:
        break;
    }
    image.cells.push_back(cell);
  }

  const auto string_order = SortedOrder(string_list_.size(), [&](uint32_t a, uint32_t b) {
    return CompareText(string_list_[a], string_list_[b]) < 0;
  });
  const std::vector<uint32_t> new_string = Invert(string_order);
  for (uint32_t old : string_order) {
    const std::string& s = string_list_[old];
    image.string_bytes.insert(image.string_bytes.end(), s.begin(), s.end());
    image.string_ends.push_back(static_cast<uint32_t>(image.string_bytes.size()));
  }
  const auto type_order = SortedOrder(type_list_.size(), [&](uint32_t a, uint32_t b) {
    return new_string[type_list_[a]] < new_string[type_list_[b]];
  });
  const std::vector<uint32_t> new_type = Invert(type_order);
  for (uint32_t old : type_order) image.types.push_back(new_string[type_list_[old]]);
  const auto entity_order = SortedOrder(entity_list_.size(), [&](uint32_t a, uint32_t b) {
    const auto key = [&](uint32_t i) {
      return std::pair(new_type[entity_list_[i].first], new_string[entity_list_[i].second]);
    };
    return key(a) < key(b);
  });
  const std::vector<uint32_t> new_entity = Invert(entity_order);
  for (uint32_t old : entity_order) {
    image.entities.push_back({new_type[entity_list_[old].first], new_string[entity_list_[old].second]});
  }

  auto renumber = [&](uint32_t& s) {
    if (s != kNone) s = new_string[s];
  };
  for (Cell& cell : image.cells) {
    if (cell.kind == static_cast<uint8_t>(Kind::kString)) cell.value = new_string[cell.value];
    if (cell.kind == static_cast<uint8_t>(Kind::kEntity)) cell.value = new_entity[cell.value];
  }
  for (uint32_t& part : image.pattern_parts) renumber(part);
  for (uint32_t& name : image.shape_names) renumber(name);
  for (RuleRow& rule : image.rules) renumber(rule.id), renumber(rule.because), renumber(rule.template_id);
  for (auto* pairs : {&image.controls, &image.annotations, &image.meta, &image.settings}) {
    for (PairRow& pair : *pairs) renumber(pair.key), renumber(pair.value);
  }
  for (PolRuleRow& rule : image.pol_rules) renumber(rule.title);
  for (LimitKindRow& kind : image.limit_kinds) renumber(kind.name);
  for (EvidenceKindRow& kind : image.evidence_kinds) renumber(kind.name);
  for (ChangeRow& change : image.changes) renumber(change.attribute);
  for (FactRow& fact : image.facts) renumber(fact.name);
  for (ClauseRow& clause : image.clauses) renumber(clause.id);
  for (InputRow& input : image.inputs) renumber(input.id), renumber(input.name), renumber(input.by);
  for (LevelsRow& levels : image.levels) renumber(levels.name);
  for (ZoneRow& zone : image.zones) renumber(zone.name), renumber(zone.version);
  for (HoursRow& hours : image.hours) renumber(hours.name);
  for (ClassRow& c : image.classes) renumber(c.name);
  for (AttributeRow& attribute : image.attributes) renumber(attribute.name);
  for (auto* list : {&image.level_names, &image.enum_ids, &image.path_names}) {
    for (uint32_t& name : *list) renumber(name);
  }
  auto retype = [&](uint32_t& t) {
    if (t != kNone) t = new_type[t];
  };
  for (ValueTypeRow& type : image.value_types) {
    if (type.kind == static_cast<uint8_t>(Kind::kEntity)) retype(type.of);
  }
  for (EntityTypeRow& type : image.entity_types) retype(type.type), retype(type.owner);
  for (uint32_t& type : image.type_lists) retype(type);
  for (SuggestionRow& suggestion : image.suggestions) suggestion.action = new_entity[suggestion.action];
  for (ActionRow& action : image.actions) action.action = new_entity[action.action];
  for (uint32_t& group : image.action_groups) group = new_entity[group];
  for (FileRow& file : image.files) renumber(file.path);
  for (auto* pairs : {&image.meta, &image.settings}) {
    std::sort(pairs->begin(), pairs->end(), [](const PairRow& a, const PairRow& b) { return a.key < b.key; });
  }

  for (size_t word = 0; word < image.code.size();) {
    const std::optional<Instruction> in = Decode(image.code, word);
    if (!in) break;  // Write will say so
    const OpcodeInfo& info = Info(in->opcode);
    for (int i = 0; i < info.operand_count; ++i) {
      uint32_t a = i == 0 ? in->a : in->b;
      switch (info.operands[i]) {
        case Operand::kName:
          a = new_string[a];
          break;
        case Operand::kType:
          a = new_type[a];
          break;
        case Operand::kTrap:
          a = PackTrap(static_cast<Trap>(a & 0xFF), new_string[a >> 8]);
          break;
        default:
          continue;
      }
      image.code[word + i] = i == 0 ? EncodeWord(in->opcode, a) : a;
    }
    word += in->words;
  }
  return std::exchange(*this, {}).image;
}

}  // namespace polc::bundle
