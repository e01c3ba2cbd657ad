#include "compiler/simulate/state.h"

#include <algorithm>

namespace polc::simulate {

using core::Input;
using data::Value;
using InputKind = core::Input::Kind;

namespace {

bool IsMoved(const Input& input) { return input.kind != InputKind::kNow && input.kind != InputKind::kSwitch; }

int64_t Amount(const Value& value) {
  return value.is(data::Kind::kDecimal) ? value.as_decimal().units
         : value.is(data::Kind::kLong)  ? value.as_long()
                                        : 0;
}

// a + b, at the ends of what there is instead of past them.
int64_t Saturated(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

const data::StateItem* FindItem(const std::vector<data::StateItem>& state, const std::string& input,
                                const std::string& by, const std::optional<Value>& key) {
  for (const data::StateItem& item : state) {
    if (item.input == input && item.by == by && item.key == key) return &item;
  }
  return nullptr;
}

const data::Entity* FindEntity(const data::Request& request, const data::EntityStore& store,
                               const data::EntityUid& uid) {
  for (const data::Entity& entity : request.entities) {
    if (entity.uid == uid) return &entity;
  }
  return store.Find(uid);
}

}  // namespace

StateBook::StateBook(const core::Program& program, const data::EntityStore& store,
                     const std::set<std::string>* known)
    : program_(program), store_(store), known_(known) {
  moves_ = std::ranges::any_of(program.inputs, IsMoved);
}

const Input* StateBook::Find(const std::string& name, const std::string& by) const {
  for (const Input& input : program_.inputs) {
    if (input.name == name && input.by == by) return &input;
  }
  return nullptr;
}

std::optional<Value> StateBook::Walk(std::string_view path, const data::Request& request) const {
  const size_t dot = std::min(path.find('.'), path.size());
  const std::string_view first = path.substr(0, dot);
  std::optional<Value> at;
  if (first == "principal") {
    at = Value(request.principal);
  } else if (first == "resource") {
    at = Value(request.resource);
  } else if (first != "context") {
    return std::nullopt;
  }
  path.remove_prefix(std::min(dot + 1, path.size()));
  while (!path.empty()) {
    const size_t next = std::min(path.find('.'), path.size());
    const std::string name(path.substr(0, next));
    path.remove_prefix(std::min(next + 1, path.size()));
    const Value* found = nullptr;
    if (!at) {  // the context: the agent's part and the host's
      found = request.context.Find(name);
      if (!found && request.host) found = request.host->context.Find(name);
    } else if (at->is(data::Kind::kRecord)) {
      found = at->Find(name);
    } else if (at->is(data::Kind::kEntity)) {
      const data::Entity* entity = FindEntity(request, store_, at->as_entity());
      const auto attribute =
          entity ? entity->attrs.find(name) : std::map<std::string, Value>::const_iterator();
      if (entity && attribute != entity->attrs.end()) found = &attribute->second;
    }
    if (!found) return std::nullopt;
    at = *found;
  }
  return at;
}

std::optional<Value> StateBook::KeyOf(const Input& input, const data::Request& request) const {
  if (std::optional<Value> key = Walk(input.by, request)) return key;
  if (input.key_type->kind != data::Kind::kEntity || input.by != input.key_type->entity) return std::nullopt;
  // A switch for each of a type: the one that principal or resource is, or is in.
  for (const data::EntityUid& end : {request.resource, request.principal}) {
    if (end.type == input.by) return Value(end);
    data::EntityStore own(&store_);
    for (const data::Entity& entity : request.entities) own.Put(entity);
    if (own.Close()) continue;
    for (const data::EntityUid& above : own.Ancestors(end)) {
      if (above.type == input.by) return Value(above);
    }
  }
  return std::nullopt;
}

bool StateBook::Open(const Input& input, int64_t now, const std::deque<int64_t>& denials,
                     std::optional<int64_t> opened) {
  if (input.closes_after_ms > 0) return opened && now - *opened < input.closes_after_ms;
  const auto in_window =
      std::ranges::count_if(denials, [&](int64_t at) { return at > now - input.over_ms && at <= now; });
  return static_cast<uint64_t>(in_window) >= input.opens_at;
}

void StateBook::Deny(const Input& input, int64_t now, std::deque<int64_t>& denials,
                     std::optional<int64_t>& opened) {
  while (!denials.empty() && denials.front() <= now - input.over_ms) denials.pop_front();
  denials.push_back(now);
  if (denials.size() >= input.opens_at) opened = now;
}

Value StateBook::Moved(const Input& input, const Book* book, const Value* recorded, int64_t now) const {
  switch (input.kind) {
    case InputKind::kNow:
    case InputKind::kSwitch:
      return recorded ? *recorded : Value(false);
    case InputKind::kLabel: {
      const bool was = recorded && recorded->is(data::Kind::kBool) && recorded->as_bool();
      return Value(book && (book->set || book->unset) ? book->set : was);
    }
    case InputKind::kBreaker: {
      const bool was = recorded && recorded->is(data::Kind::kBool) && recorded->as_bool();
      if (!book) return Value(was);
      return Value(Open(input, now, book->denials, book->opened) ||
                   (was && !Open(input, now, book->logged, book->logged_opened)));
    }
    case InputKind::kCounter:
    case InputKind::kAttempts:
    case InputKind::kTotal: {
      int64_t sum = recorded ? Amount(*recorded) : 0;
      if (book) {
        for (const Event& event : book->drift) {
          if (event.at_ms > now - input.over_ms && event.at_ms <= now) sum = Saturated(sum, event.amount);
        }
      }
      sum = std::max<int64_t>(sum, 0);
      return input.value == data::Kind::kDecimal ? Value(data::Decimal{sum}) : Value(sum);
    }
  }
  return Value(false);
}

void StateBook::Fill(const data::Request& request, data::Datetime now, bool whole, data::Host& host,
                     std::set<std::string>& assumed) const {
  for (data::StateItem& item : host.state) {
    const Input* input = Find(item.input, item.by);
    if (!input || !IsMoved(*input) || !whole) continue;
    const auto book = books_.find({item.input, item.by, item.key});
    if (book != books_.end()) item.value = Moved(*input, &book->second, &item.value, now.ms);
  }
  for (const Input& input : program_.inputs) {
    if (input.kind == InputKind::kNow || (known_ && known_->contains(input.name))) continue;
    std::optional<Value> key;
    if (!input.by.empty()) {
      key = KeyOf(input, request);
      if (!key) continue;
    }
    if (FindItem(host.state, input.name, input.by, key)) continue;
    const auto book = books_.find({input.name, input.by, key});
    host.state.push_back(
        {.input = input.name,
         .by = input.by,
         .key = key,
         .value = Moved(input, book == books_.end() ? nullptr : &book->second, nullptr, now.ms),
         .as_of = now});
    assumed.insert(input.name);
  }
}

void StateBook::Add(data::Datetime now, const data::Host& recorded, const data::Decision* logged,
                    const data::Decision& decided) {
  struct Moves {
    const data::StateUpdate* side = nullptr;
    const data::StateUpdate* log = nullptr;
  };
  std::map<Key, Moves> moves;
  for (const data::StateUpdate& update : decided.state_updates) {
    moves[{update.input, update.by, update.key}].side = &update;
  }
  if (logged) {
    for (const data::StateUpdate& update : logged->state_updates) {
      moves[{update.input, update.by, update.key}].log = &update;
    }
  }
  for (const auto& [key, move] : moves) {
    const Input* input = Find(key.input, key.by);
    if (!input) continue;
    switch (input->kind) {
      case InputKind::kNow:
      case InputKind::kSwitch:
        break;
      case InputKind::kLabel: {
        const bool drifted = books_.contains(key);
        if (move.side && (!move.log || drifted)) books_[key].set = true;
        if (move.side || !move.log || drifted) break;
        const data::StateItem* item = FindItem(recorded.state, key.input, key.by, key.key);
        if (!(item && item->value.is(data::Kind::kBool) && item->value.as_bool())) books_[key].unset = true;
        break;
      }
      case InputKind::kBreaker: {
        Book& book = books_[key];
        if (move.side) Deny(*input, now.ms, book.denials, book.opened);
        if (move.log) Deny(*input, now.ms, book.logged, book.logged_opened);
        break;
      }
      case InputKind::kCounter:
      case InputKind::kAttempts:
      case InputKind::kTotal: {
        int64_t amount = 0;
        if (move.side && move.side->amount) amount = Amount(*move.side->amount);
        if (move.log && move.log->amount) amount = Saturated(amount, -Amount(*move.log->amount));
        if (amount == 0) break;
        std::deque<Event>& drift = books_[key].drift;
        while (!drift.empty() && drift.front().at_ms <= now.ms - input->over_ms) drift.pop_front();
        drift.push_back({now.ms, amount});
        break;
      }
    }
  }
}

void StateBook::Save(Writer& archive) const {
  archive.Number(books_.size());
  for (const auto& [at, book] : books_) {
    const auto& [input, by, key] = at;
    const auto& [drift, set, unset, denials, logged, opened, logged_opened] = book;
    PassAll(archive, input, by, key, set, unset, denials, logged, opened, logged_opened);
    archive.Number(drift.size());
    for (const auto& [at_ms, amount] : drift) PassAll(archive, at_ms, amount);
  }
}

void StateBook::Load(Reader& archive) {
  books_.clear();
  for (size_t n = archive.Count(); n > 0 && archive.ok(); --n) {
    Key at;
    Book book;
    auto& [input, by, key] = at;
    auto& [drift, set, unset, denials, logged, opened, logged_opened] = book;
    PassAll(archive, input, by, key, set, unset, denials, logged, opened, logged_opened);
    drift.resize(archive.Count());
    for (auto& [at_ms, amount] : drift) PassAll(archive, at_ms, amount);
    books_.emplace(std::move(at), std::move(book));
  }
}

}  // namespace polc::simulate
