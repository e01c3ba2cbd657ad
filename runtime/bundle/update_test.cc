// Each rule of VerifyUpdate, and every byte of an update.
#include "runtime/bundle/update.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "runtime/bundle/test_images.h"

namespace polc::bundle {
namespace {

struct Settings {
  uint8_t model = 0;
  std::vector<std::pair<std::string, std::string>> meta = {{"check", "strict"}};
  uint32_t max_elements = kDefaultMaxElements;
  bool pol = false;
};

// A bundle of allows with these ids, ascending.
std::vector<uint8_t> BundleOf(const std::vector<std::string>& ids, const Settings& settings = {}) {
  ImageBuilder b;
  b.image.model_digest[0] = settings.model;
  b.image.max_elements = settings.max_elements;
  b.image.flags = settings.pol ? kFlagPol : 0;
  const uint32_t yes = b.AddConstant(BoolConstant(true));
  for (const std::string& id : ids) {
    b.image.rules.push_back(MakeRule(b.String(id), Effect::kAllow,
                                     AddBlock(&b.image, "const " + std::to_string(yes) + "\n return")));
  }
  for (const auto& [key, value] : settings.meta) b.image.meta.push_back({b.String(key), b.String(value)});
  std::vector<uint8_t> file;
  EXPECT_TRUE(Write(b.Finish(), &file).ok());
  return file;
}

class UpdateTest : public ::testing::Test {
 protected:
  void SetUp() override { base_ = Verified(base_file_); }

  static VerifiedBundle Verified(const std::vector<uint8_t>& file) {
    Bundle opened;
    VerifiedBundle verified;
    EXPECT_TRUE(Bundle::Open(file, &opened).ok());
    EXPECT_TRUE(Verify(opened, &verified).ok());
    return verified;
  }
  std::vector<uint8_t> Make(const std::vector<uint32_t>& removed, const std::vector<uint8_t>& added) const {
    return WriteUpdate(base_.snapshot_id(), removed, added);
  }
  std::vector<uint8_t> Good() const { return Make({1, 2}, BundleOf({"b", "e"})); }
  std::string Refusal(const std::vector<uint8_t>& file) const {
    VerifiedUpdate update;
    const UpdateStatus status = VerifyUpdate(file, base_, &update);
    EXPECT_LE(status.at, file.size());
    return std::string(UpdateErrorName(status.error));
  }
  // The good one with its content changed, and sealed again.
  std::string Changed(const std::function<void(std::vector<uint8_t>*)>& change) const {
    std::vector<uint8_t> file = Good();
    change(&file);
    Seal(&file);
    return Refusal(file);
  }
  static size_t ContentBytes(const std::vector<uint8_t>& file) {
    return file.size() - sizeof(Digest) - sizeof(Tail);
  }
  static void Seal(std::vector<uint8_t>* file) {
    const Digest digest = Sha256Of({file->data(), ContentBytes(*file)});
    std::memcpy(file->data() + ContentBytes(*file), digest.data(), digest.size());
  }

  const std::vector<uint8_t> base_file_ = BundleOf({"a", "b", "c", "d"});
  VerifiedBundle base_;
};

TEST_F(UpdateTest, SaysWhatGoesAndWhatComes) {
  const std::vector<uint8_t> file = Good();
  VerifiedUpdate update;
  ASSERT_TRUE(VerifyUpdate(file, base_, &update).ok());
  EXPECT_EQ(std::vector<uint32_t>(update.removed().begin(), update.removed().end()),
            (std::vector<uint32_t>{1, 2}));
  ASSERT_EQ(update.added()->rules().size(), 2u);
  EXPECT_EQ(update.added()->String(update.added()->rules()[1].id), "e");
  EXPECT_EQ(update.snapshot_id(), Sha256Of({file.data(), ContentBytes(file)}));
  EXPECT_TRUE(update.signatures().empty());
  EXPECT_TRUE(IsUpdate(file));
  EXPECT_EQ(BaseOfUpdate(file), base_.snapshot_id());
  // The same again is the same bytes.
  EXPECT_EQ(Good(), file);
}

TEST_F(UpdateTest, MayTakeAllAwayOrChangeNothing) {
  EXPECT_EQ(Refusal(Make({}, BundleOf({}))), "Ok");
  EXPECT_EQ(Refusal(Make({0, 1, 2, 3}, BundleOf({}))), "Ok");
  EXPECT_EQ(Refusal(Make({0, 1, 2}, BundleOf({"a"}))), "Ok");
}

TEST_F(UpdateTest, FindsRulesById) {
  for (uint32_t i = 0; i < 4; ++i)
    EXPECT_EQ(FindRule(base_.bundle(), std::string(1, static_cast<char>('a' + i))), i);
  for (const char* none : {"", "A", "bb", "e"})
    EXPECT_EQ(FindRule(base_.bundle(), none), std::nullopt) << none;
}

TEST_F(UpdateTest, ABundleIsNoUpdateAndTheOtherWayRound) {
  EXPECT_EQ(Refusal(base_file_), "NotAnUpdate");
  EXPECT_EQ(BaseOfUpdate(base_file_), std::nullopt);
  const std::vector<uint8_t> file = Good();
  Bundle opened;
  EXPECT_EQ(Bundle::Open(file, &opened).error, BundleError::kNotABundle);
}

TEST_F(UpdateTest, EveryCutIsRefused) {
  const std::vector<uint8_t> file = Good();
  for (size_t size = 0; size < file.size(); ++size) {
    const std::vector<uint8_t> cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    const std::string why = Refusal(cut);
    EXPECT_EQ(why, size < sizeof(UpdateHeader) + sizeof(Digest) + sizeof(Tail) ? "TooShort" : "FileSize")
        << size;
  }
  std::vector<uint8_t> longer = file;
  longer.resize(file.size() + 8);
  EXPECT_EQ(Refusal(longer), "FileSize");
}

TEST_F(UpdateTest, EveryFlippedBitIsRefused) {
  const std::vector<uint8_t> good = Good();
  for (size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<uint8_t> file = good;
      file[at] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_NE(Refusal(file), "Ok") << "byte " << at;
    }
  }
}

TEST_F(UpdateTest, Header) {
  EXPECT_EQ(Changed([](auto* f) { (*f)[offsetof(UpdateHeader, format_version)] = 2; }), "UnknownVersion");
  EXPECT_EQ(Changed([](auto* f) { (*f)[offsetof(UpdateHeader, base)] ^= 1; }), "OtherBase");
  EXPECT_EQ(Changed([](auto* f) { (*f)[offsetof(UpdateHeader, removed_count) + 3] = 0xFF; }), "FileSize");
  EXPECT_EQ(Changed([](auto* f) { (*f)[offsetof(UpdateHeader, removed_count)] = 4; }), "FileSize");
  EXPECT_EQ(Changed([](auto* f) { (*f)[offsetof(UpdateHeader, added_bytes) + 7] = 0xFF; }), "FileSize");
  EXPECT_EQ(Changed([](auto* f) { (*f)[offsetof(UpdateHeader, added_bytes)] += 1; }), "FileSize");
}

TEST_F(UpdateTest, Misaligned) {
  const std::vector<uint8_t> good = Good();
  std::vector<uint8_t> moved(good.size() + 4);
  std::memcpy(moved.data() + 4, good.data(), good.size());
  VerifiedUpdate update;
  EXPECT_EQ(VerifyUpdate(std::span(moved).subspan(4), base_, &update).error, UpdateError::kMisaligned);
}

TEST_F(UpdateTest, WrongDigest) {
  std::vector<uint8_t> file = Good();
  file[ContentBytes(file)] ^= 1;
  EXPECT_EQ(Refusal(file), "WrongDigest");
}

TEST_F(UpdateTest, Padding) {
  std::vector<uint8_t> file = Make({1}, BundleOf({}));
  file[sizeof(UpdateHeader) + sizeof(uint32_t)] = 1;
  Seal(&file);
  EXPECT_EQ(Refusal(file), "Padding");
  file = Good();
  file[file.size() - sizeof(uint32_t)] = 1;  // Tail::reserved
  EXPECT_EQ(Refusal(file), "Padding");
}

TEST_F(UpdateTest, Removed) {
  EXPECT_EQ(Refusal(Make({3}, BundleOf({}))), "Ok");
  EXPECT_EQ(Refusal(Make({4}, BundleOf({}))), "Removed");
  EXPECT_EQ(Refusal(Make({2, 1}, BundleOf({}))), "Removed");
  EXPECT_EQ(Refusal(Make({1, 1}, BundleOf({}))), "Removed");
}

TEST_F(UpdateTest, Added) {
  EXPECT_EQ(Refusal(Make({}, {})), "Added");
  std::vector<uint8_t> damaged = BundleOf({"e"});
  damaged[damaged.size() - sizeof(Tail) - 1] ^= 1;
  VerifiedUpdate update;
  const std::vector<uint8_t> file = Make({}, damaged);
  const UpdateStatus status = VerifyUpdate(file, base_, &update);
  EXPECT_EQ(status.error, UpdateError::kAdded);
  EXPECT_EQ(status.added, BundleError::kWrongDigest);
}

TEST_F(UpdateTest, AddedSigned) {
  std::vector<uint8_t> added = BundleOf({"e"});
  added[added.size() - sizeof(Tail)] = 1;
  added.resize(added.size() + sizeof(SignatureRow));
  EXPECT_EQ(Refusal(Make({}, added)), "AddedSigned");
}

TEST_F(UpdateTest, Signatures) {
  std::vector<uint8_t> file = Good();
  file[file.size() - sizeof(Tail)] = 1;
  file.resize(file.size() + sizeof(SignatureRow));
  VerifiedUpdate update;
  ASSERT_TRUE(VerifyUpdate(file, base_, &update).ok());
  EXPECT_EQ(update.signatures().size(), 1u);
}

TEST_F(UpdateTest, NotCedar) {
  const std::vector<uint8_t> pol = BundleOf({"e"}, {.pol = true});
  EXPECT_EQ(Refusal(Make({}, pol)), "NotCedar");
  const VerifiedBundle pol_base = Verified(pol);
  const std::vector<uint8_t> file = WriteUpdate(pol_base.snapshot_id(), {}, BundleOf({}));
  VerifiedUpdate update;
  EXPECT_EQ(VerifyUpdate(file, pol_base, &update).error, UpdateError::kNotCedar);
}

TEST_F(UpdateTest, OtherTerms) {
  EXPECT_EQ(Refusal(Make({}, BundleOf({"e"}, {.model = 1}))), "OtherTerms");
  EXPECT_EQ(Refusal(Make({}, BundleOf({"e"}, {.max_elements = 7}))), "OtherTerms");
  EXPECT_EQ(Refusal(Make({}, BundleOf({"e"}, {.meta = {}}))), "OtherTerms");
  EXPECT_EQ(Refusal(Make({}, BundleOf({"e"}, {.meta = {{"check", "permissive"}}}))), "OtherTerms");
}

TEST_F(UpdateTest, TakenId) {
  EXPECT_EQ(Refusal(Make({0}, BundleOf({"a"}))), "Ok");
  EXPECT_EQ(Refusal(Make({0}, BundleOf({"a", "b"}))), "TakenId");
  EXPECT_EQ(Refusal(Make({}, BundleOf({"d"}))), "TakenId");
}

TEST_F(UpdateTest, EveryErrorHasANameAndAMessage) {
  for (size_t i = 0; i < kUpdateErrorCount; ++i) {
    EXPECT_FALSE(UpdateErrorName(static_cast<UpdateError>(i)).empty());
    EXPECT_FALSE(UpdateErrorMessage(static_cast<UpdateError>(i)).empty());
  }
}

}  // namespace
}  // namespace polc::bundle
