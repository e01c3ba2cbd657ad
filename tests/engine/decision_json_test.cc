// A gateway's answer and the command line's are the same bytes: polc_decision_to_json over the C interface,
// and `polc eval --bundle`, whose writers share no code. Random worlds and policies (tests/gen), odd names
// and erring policies included; a request one of them refuses the other refuses too.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>

#include "runtime/json/polc_json.h"
#include "tests/gen/policy.h"
#include "tests/hostile/run_polc.h"

namespace polc::tests {
namespace {

using gen::Json;

// Ids that JSON must escape, among them one that is not ASCII.
const char* const kOddIds[] = {"a \"quoted\" one",         "tab\tand\nline", "bell\x07 and \x7f",
                               "caf\xC3\xA9 \xE2\x80\xA8", "back\\slash/",   "</script>"};

// A bundle and a store as a gateway has them.
class Gateway {
 public:
  Gateway(const std::string& bundle_path, const std::string& entities) {
    Must(polc_bundle_open(bundle_path.c_str(), &bundle_, &error_));
    Must(polc_bundle_verify(bundle_, &error_));
    Must(polc_store_new(&store_, &error_));
    polc_edit* edit = nullptr;
    Must(polc_edit_new(store_, &edit, &error_));
    Must(polc_edit_from_json(edit, entities.data(), entities.size(), &error_));
    Must(polc_edit_commit(edit, &error_));
    polc_edit_free(edit);
    Must(polc_engine_new(bundle_, store_, &engine_, &error_));
    Must(polc_request_new(engine_, &request_, &error_));
  }
  ~Gateway() {
    polc_request_free(request_);
    polc_engine_free(engine_);
    polc_store_free(store_);
    polc_bundle_free(bundle_);
  }
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // The answer, or nothing if the request is refused.
  std::string Answer(const std::string& request) {
    Must(polc_request_reset(request_, engine_, &error_));
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    if (polc_request_from_json(request_, request.data(), request.size(), &error_) != POLC_OK ||
        polc_decide(request_, &decision, &error_) != POLC_OK) {
      return "";
    }
    std::string line(polc_decision_to_json(request_, &decision, nullptr, 0), '\0');
    polc_decision_to_json(request_, &decision, line.data(), line.size() + 1);
    return line;
  }

 private:
  void Must(polc_status status) { ASSERT_EQ(status, POLC_OK) << error_.message; }

  polc_error error_{sizeof(polc_error), POLC_OK, 0, {}};
  polc_bundle* bundle_ = nullptr;
  polc_store* store_ = nullptr;
  polc_engine* engine_ = nullptr;
  polc_request* request_ = nullptr;
};

TEST(DecisionJson, IsWhatTheCommandLinePrints) {
  size_t answers = 0, allows = 0, with_reasons = 0, with_errors = 0, refused = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    gen::Rng rng(20261121, seed);
    const gen::World world = gen::MakeWorld(rng);
    gen::Mood mood = gen::MakeMood(rng);
    mood.faults = 20;  // so that some err
    mood.broad = 70;
    gen::PolicySet set = gen::MakePolicySet(world, mood, rng);
    for (size_t i = 0; i < set.policies.size() && i < std::size(kOddIds); ++i) {
      set.policies[i].annotations = {{"id", kOddIds[i]}};
    }
    for (size_t i = std::size(kOddIds); i < set.policies.size(); ++i) set.policies[i].annotations.clear();

    const hostile::Folder folder;
    folder.Write("p.cedar", gen::PrintPolicySet(set, gen::Layout{}, rng));
    const std::string entities = Json(world.entities).dump();
    folder.Write("e.json", entities);
    std::string lines;
    std::vector<std::string> requests;
    for (int i = 0; i < 12; ++i) {
      const gen::Request r = gen::MakeRequest(world, rng.Pick(set.policies).env, rng);
      Json json = {{"principal", gen::ToText(r.principal)},
                   {"action", {{"type", r.action.type}, {"id", r.action.id}}},
                   {"resource", {{"type", r.resource.type}, {"id", r.resource.id}}},
                   {"context", r.context}};
      if (i % 4 == 1) json["context"] = Json::object();
      if (i % 4 == 2 && !world.entities.empty()) {
        Json brought = rng.Pick(world.entities);
        brought["attrs"] = Json::object();
        json["entities"] = Json::array({brought});
      }
      if (i == 11) json["resource"] = nullptr;
      requests.push_back(json.dump());
      lines += requests.back() + "\n";
    }
    folder.Write("r.jsonl", lines);

    const hostile::Ran compiled = folder.Run({"compile", "p.cedar", "--ids", "annotation", "-o", "p.polb"});
    if (compiled.exit != 0) continue;  // a mistake that no policy can hold, such as a misspelt method
    const hostile::Ran evaluated =
        folder.Run({"eval", "--bundle", "p.polb", "--entities", "e.json", "--requests", "r.jsonl"});
    Gateway gateway(folder.Path("p.polb"), entities);
    if (HasFatalFailure()) return;

    std::istringstream printed(evaluated.out);
    for (const std::string& request : requests) {
      std::string line;
      ASSERT_TRUE(std::getline(printed, line)) << seed << evaluated.err;
      const std::string answer = gateway.Answer(request);
      if (line.find(",\"error\":{\"code\":") != std::string::npos) {
        EXPECT_EQ(answer, "") << line;
        ++refused;
        continue;
      }
      ASSERT_EQ(answer, line) << "seed " << seed << " " << request;
      ++answers;
      allows += line.find("\"decision\":\"allow\"") != std::string::npos;
      with_reasons += line.find("\"reasons\":[]") == std::string::npos;
      with_errors += line.find("\"errors\":[]") == std::string::npos;
    }
  }
  std::printf("%zu answers (%zu allow, %zu with reasons, %zu with errors), %zu refused by both\n", answers,
              allows, with_reasons, with_errors, refused);
  EXPECT_GT(answers, 300u);
  EXPECT_GT(allows, 50u);
  EXPECT_GT(with_reasons, 100u);
  EXPECT_GT(with_errors, 50u);
  EXPECT_GT(refused, 20u);
}

}  // namespace
}  // namespace polc::tests
