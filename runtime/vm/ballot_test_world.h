// A small model and its people, for the tests of what approvals name and of how they are counted. Test code
// only.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "runtime/bundle/test_images.h"
#include "runtime/vm/digest.h"

namespace polc::vm {

inline constexpr int64_t kNow = 1795232040000;
inline constexpr int64_t kMinute = 60000;

// What BallotWorld (below) is made of, without any rule.
inline bundle::Image BallotModel() {
  bundle::ImageBuilder b;
  bundle::Image& image = b.image;
  image.flags = bundle::kFlagPol;
  const auto size = [](const auto& rows) { return static_cast<uint32_t>(rows.size()); };
  const uint32_t number = AddValueType(&image, Kind::kLong), text = AddValueType(&image, Kind::kString);
  const uint32_t human_ref = AddValueType(&image, Kind::kEntity);
  image.value_types[human_ref].of = b.Type("Human");
  const uint32_t team_ref = AddValueType(&image, Kind::kEntity);
  image.value_types[team_ref].of = b.Type("Team");
  auto attribute = [&](std::string_view name, uint32_t type, bool from_host = false, bool varies = false) {
    bundle::AttributeRow row{};
    row.name = b.String(name);
    row.type = type;
    row.if_missing = bundle::kNone;
    row.from_host = from_host;
    row.varies = varies;
    image.attributes.push_back(row);
  };
  // Types and attributes in the order the format wants: by name, shorter names first.
  auto entity_type = [&](std::string_view name, bundle::Nature nature, std::string_view owner) {
    bundle::EntityTypeRow row{};
    row.type = b.Type(name);
    row.owner = owner.empty() ? bundle::kNone : b.Type(owner);
    row.tags = bundle::kNone;
    row.nature = static_cast<uint8_t>(nature);
    row.attributes = {size(image.attributes), 0};
    row.parents = {size(image.type_lists), 0};
    row.ids = {0, 0};
    image.entity_types.push_back(row);
  };
  auto done = [&] {
    bundle::Range& range = image.entity_types.back().attributes;
    range.count = size(image.attributes) - range.first;
  };
  entity_type("Team", bundle::Nature::kPlain, "");
  entity_type("Agent", bundle::Nature::kAgent, "Human");
  attribute("owner", human_ref);
  done();
  entity_type("Human", bundle::Nature::kPerson, "");
  attribute("team", team_ref);
  done();
  entity_type("Service", bundle::Nature::kPlain, "");
  attribute("tier", number);
  done();

  bundle::ActionRow action{};
  action.action = b.Entity("Action", "drop");
  action.action_class = bundle::kNone;
  action.principals = {size(image.type_lists), 1};
  image.type_lists.push_back(b.Type("Agent"));
  action.resources = {size(image.type_lists), 1};
  image.type_lists.push_back(b.Type("Service"));
  action.context = {size(image.attributes), 4};
  attribute("note", text);
  attribute("tool", text, /*from_host=*/true);
  attribute("count", number);
  attribute("varying", text, /*from_host=*/false, /*varies=*/true);
  auto path = [&](bool of_resource, const std::vector<std::string>& names) {
    bundle::PathRow row{};
    row.of_resource = of_resource;
    row.names = {size(image.path_names), size(names)};
    for (const std::string& name : names) image.path_names.push_back(b.String(name));
    image.paths.push_back(row);
  };
  action.paths = {0, 3};
  path(false, {"owner"});
  path(false, {"owner", "team"});
  path(true, {"tier"});
  image.actions.push_back(action);
  bundle::EvidenceKindRow evidence{};
  evidence.name = b.String("plan");
  evidence.type = text;
  image.evidence_kinds.push_back(evidence);
  return b.Finish();
}

// Agent "oncall", owned by Human "dana", asks for Action "drop" on Service "checkout". People: dana, kim and
// lee in Team "security", max in Team "leads", kim in both; Human "ghost" is nowhere. Approvals of `drop`
// name `principal.owner`, `principal.owner.team` and `resource.tier`; of its context `varying` varies and
// `tool` is the host's.
class BallotWorld : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Write(BallotModel(), &file_).ok());
    bundle::Bundle opened;
    ASSERT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    bundle::VerifiedBundle verified;
    const bundle::Status status = Verify(opened, &verified);
    ASSERT_TRUE(status.ok()) << BundleErrorName(status.error);
    engine_ = Engine::Make(verified, People());
    Begin();
  }

  // A request that can be changed until Finish.
  void Begin() {
    request_.reset();
    builder_.emplace(*engine_);
    builder_->SetPrincipal(builder_->Entity("Agent", "oncall"));
    builder_->SetAction(builder_->Entity("Action", "drop"));
    builder_->SetResource(builder_->Entity("Service", "checkout"));
    SetContext({{"count", entities::MakeLong(9007199254740993)}, {"note", values().String("x")}});
    builder_->host().now_ms = kNow;
  }
  void SetContext(const std::vector<std::pair<std::string_view, Value>>& fields) {
    std::vector<std::pair<std::string_view, Value>> agents, hosts;
    for (const auto& field : fields) (field.first == "tool" ? hosts : agents).push_back(field);
    builder_->SetContext(*values().Record(agents));
    host().context = *values().Record(hosts);
  }
  EntityId Human(std::string_view id) { return builder_->Entity("Human", id); }
  EntityId Team(std::string_view id) { return builder_->Entity("Team", id); }
  entities::ValueBuilder& values() { return builder_->values(); }
  HostInputs& host() { return builder_->host(); }

  void Finish() {
    EntityId in_cycle;
    request_ = builder_->Finish(&in_cycle);
    ASSERT_TRUE(request_);
  }
  Memory memory() const { return engine_->MemoryFor(*request_, Scratch(*engine_)); }
  std::string Action() const { return ActionJson(*engine_, *request_, request_->context(), memory()); }

  std::shared_ptr<const Engine> engine_;
  std::optional<RequestBuilder> builder_;
  std::optional<Request> request_;

 private:
  static std::shared_ptr<const Snapshot> People() {
    entities::SnapshotBuilder s;
    auto human = [&](const char* id, const std::vector<const char*>& teams) {
      std::vector<EntityId> parents;
      for (const char* team : teams) parents.push_back(s.Intern("Team", team));
      s.Add(s.Intern("Human", id), *s.values().Record({{"team", entities::MakeEntity(parents.at(0))}}),
            entities::EmptyRecord(), parents);
    };
    for (const char* team : {"security", "leads"}) {
      s.Add(s.Intern("Team", team), entities::EmptyRecord(), entities::EmptyRecord(), {});
    }
    human("dana", {"security"});
    human("kim", {"security", "leads"});
    human("lee", {"security"});
    human("max", {"leads"});
    for (const char* agent : {"oncall", "helper"}) {
      s.Add(s.Intern("Agent", agent),
            *s.values().Record({{"owner", entities::MakeEntity(s.Intern("Human", "dana"))}}),
            entities::EmptyRecord(), {s.Intern("Team", "security")});
    }
    s.Add(s.Intern("Service", "checkout"), *s.values().Record({{"tier", entities::MakeLong(1)}}),
          entities::EmptyRecord(), {});
    EntityId in_cycle;
    return s.Finish(&in_cycle);
  }

  std::vector<uint8_t> file_;
};

}  // namespace polc::vm
