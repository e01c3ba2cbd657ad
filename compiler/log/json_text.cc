#include "compiler/log/json_text.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace polc::log {

namespace {

class Writer {
 public:
  Writer(const source::SourceMap& map, const Mask& mask, std::vector<std::string>* removed)
      : map_(map), mask_(mask), removed_(removed) {}

  void Write(json::Value v) {
    if (v.is(json::Kind::kArray)) return WriteArray(v);
    if (v.is(json::Kind::kObject)) return WriteObject(v);
    out_ += map_.text(v.span());
  }
  std::string Take() { return std::move(out_); }

 private:
  // Whether what `path_` leads to stays.
  bool Keep() {
    if (!mask_.Matches(path_)) return true;
    if (removed_) removed_->push_back(PointerOf(path_));
    return false;
  }

  void WriteArray(json::Value v) {
    out_ += '[';
    bool first = true;
    for (size_t i = 0; i < v.size(); ++i) {
      path_.push_back(std::to_string(i));
      if (Keep()) {
        if (!std::exchange(first, false)) out_ += ',';
        Write(v.at(i));
      }
      path_.pop_back();
    }
    out_ += ']';
  }

  void WriteObject(json::Value v) {
    out_ += '{';
    bool first = true;
    for (size_t i = 0; i < v.size(); ++i) {
      const json::Member member = v.member(i);
      path_.emplace_back(member.key);
      if (Keep()) {
        if (!std::exchange(first, false)) out_ += ',';
        out_ += map_.text(member.key_span);
        out_ += ':';
        Write(member.value);
      }
      path_.pop_back();
    }
    out_ += '}';
  }

  const source::SourceMap& map_;
  const Mask& mask_;
  std::vector<std::string>* removed_;
  std::vector<std::string> path_;
  std::string out_;
};

}  // namespace

std::optional<std::vector<std::string>> Segments(std::string_view pointer) {
  std::vector<std::string> out;
  if (pointer.empty()) return out;
  if (pointer.front() != '/') return std::nullopt;
  for (size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      out.emplace_back();
    } else if (pointer[i] != '~') {
      out.back() += pointer[i];
    } else {
      if (++i == pointer.size() || (pointer[i] != '0' && pointer[i] != '1')) return std::nullopt;
      out.back() += pointer[i] == '0' ? '~' : '/';
    }
  }
  return out;
}

std::string PointerOf(const std::vector<std::string>& segments) {
  std::string out;
  for (const std::string& segment : segments) {
    out += '/';
    for (const char c : segment) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
  }
  return out;
}

std::optional<json::Value> At(json::Value root, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (root.is(json::Kind::kObject)) {
      const std::optional<json::Value> found = root.Find(segment);
      if (!found) return std::nullopt;
      root = *found;
    } else if (root.is(json::Kind::kArray)) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
      if (error != std::errc() || end != segment.data() + segment.size() || index >= root.size()) {
        return std::nullopt;
      }
      root = root.at(index);
    } else {
      return std::nullopt;
    }
  }
  return root;
}

bool Mask::Add(std::string_view pattern) {
  std::optional<std::vector<std::string>> segments = Segments(pattern);
  if (!segments || segments->empty()) return false;
  patterns_.push_back(std::move(*segments));
  return true;
}

bool Mask::Matches(const std::vector<std::string>& path) const {
  return std::ranges::any_of(patterns_, [&](const std::vector<std::string>& pattern) {
    return std::ranges::equal(pattern, path, [](const std::string& want, const std::string& have) {
      return want == "*" || want == have;
    });
  });
}

std::string Compact(const source::SourceMap& map, json::Value value, const Mask& mask,
                    std::vector<std::string>* removed) {
  Writer writer(map, mask, removed);
  writer.Write(value);
  return writer.Take();
}

}  // namespace polc::log
