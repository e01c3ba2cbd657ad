#include "compiler/simulate/shrink.h"

#include <algorithm>

namespace polc::simulate {

namespace {

using data::Request;
using Step = std::function<bool(Request&)>;  // false if there is nothing to leave out

data::Value Without(const data::Value& record, const std::string& key) {
  data::Record fields = record.as_record();
  std::erase_if(fields, [&](const auto& field) { return field.first == key; });
  return data::Value::MakeRecord(std::move(fields));
}

// A part of the host's word is left out of a copy.
template <typename Change>
bool ChangeHost(Request& request, Change change) {
  if (!request.host) return false;
  auto host = std::make_shared<data::Host>(*request.host);
  if (!change(*host)) return false;
  request.host = std::move(host);
  return true;
}
// Takes out of a list of the host what is equal by `same`.
template <typename T, typename Same>
Step DropFrom(std::vector<T> data::Host::* list, Same same) {
  return [list, same](Request& request) {
    return ChangeHost(request, [&](data::Host& host) { return std::erase_if(host.*list, same) > 0; });
  };
}

// Everything that can be left out of a request, the largest parts first.
std::vector<Step> StepsOf(const Request& request) {
  std::vector<Step> out;
  for (const data::Entity& entity : request.entities) {
    out.emplace_back([uid = entity.uid](Request& r) {
      return std::erase_if(r.entities, [&](const data::Entity& e) { return e.uid == uid; }) > 0;
    });
  }
  for (const auto& [key, value] : request.context.as_record()) {
    out.emplace_back([key](Request& r) {
      if (!r.context.Find(key)) return false;
      r.context = Without(r.context, key);
      return true;
    });
  }
  if (const data::Host* host = request.host.get()) {
    for (const data::StateItem& item : host->state) {
      out.push_back(DropFrom(&data::Host::state, [item](const data::StateItem& i) {
        return i.input == item.input && i.by == item.by && i.key == item.key;
      }));
    }
    for (const data::ApprovalItem& item : host->approvals) {
      out.push_back(DropFrom(&data::Host::approvals, [id = item.id](const auto& i) { return i.id == id; }));
    }
    for (const data::RefusalItem& item : host->refusals) {
      out.push_back(DropFrom(&data::Host::refusals, [id = item.id](const auto& i) { return i.id == id; }));
    }
    for (const data::EvidenceItem& item : host->evidence) {
      out.push_back(DropFrom(&data::Host::evidence, [item](const data::EvidenceItem& i) {
        return i.kind == item.kind && i.value == item.value;
      }));
    }
    if (!host->acts_for.empty()) {
      out.emplace_back([](Request& r) {
        return ChangeHost(r, [](data::Host& h) { return !std::exchange(h.acts_for, {}).empty(); });
      });
    }
    for (const auto& [key, value] : host->context.as_record()) {
      out.emplace_back([key](Request& r) {
        return ChangeHost(r, [&](data::Host& h) {
          if (!h.context.Find(key)) return false;
          h.context = Without(h.context, key);
          return true;
        });
      });
    }
    for (const std::string& kind : host->enforces) {
      out.push_back(DropFrom(&data::Host::enforces, [kind](const std::string& k) { return k == kind; }));
    }
    out.emplace_back([](Request& r) {
      return ChangeHost(r, [](data::Host& h) { return std::exchange(h.now, std::nullopt).has_value(); });
    });
  }
  for (const data::Entity& entity : request.entities) {
    for (const auto& [name, value] : entity.attrs) {
      out.emplace_back([uid = entity.uid, name](Request& r) {
        size_t taken = 0;
        for (data::Entity& e : r.entities) {
          if (e.uid == uid) taken += e.attrs.erase(name);
        }
        return taken > 0;
      });
    }
  }
  return out;
}

}  // namespace

Flip Shrink(const Flip& flip, const std::function<bool(Flip&)>& flips) {
  Flip least = flip;
  size_t left = kMaxShrinkSteps;
  // Where both sides saw the same, it is one request; otherwise first try whether it can be.
  Flip one = least;
  one.before_request = one.after_request;
  if (flips(one)) least = std::move(one);
  for (bool smaller = true; std::exchange(smaller, false);) {
    for (const Step& step : StepsOf(least.after_request)) {
      Flip next = least;
      if (!step(next.after_request)) continue;
      if (left-- == 0) return least;
      step(next.before_request);
      if (!flips(next)) continue;
      least = std::move(next);
      smaller = true;
    }
  }
  return least;
}

}  // namespace polc::simulate
