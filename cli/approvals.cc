#include "cli/approvals.h"

#include <algorithm>

#include "compiler/host/typed_json.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"
#include "llvm/ADT/StringExtras.h"

namespace polc::cli {

using source::Code;

namespace {

// `sha256:` and 64 hex digits.
bool ReadDigest(std::string_view name, bundle::Digest& out) {
  constexpr std::string_view kStart = "sha256:";
  std::string bytes;
  if (!name.starts_with(kStart)) return false;
  const std::string_view hex = name.substr(kStart.size());
  if (hex.size() != 2 * out.size() || !llvm::tryGetFromHex(llvm::StringRef(hex.data(), hex.size()), bytes))
    return false;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return true;
}

bool IsSigned(const std::vector<ApproverKey>& keys, const data::EntityUid& approver,
              const std::optional<sign::Statement>& statement, const std::string& hex) {
  std::string bytes;
  sign::Signature signature;
  if (!statement || hex.size() != 2 * signature.size() || !llvm::tryGetFromHex(hex, bytes)) return false;
  std::copy(bytes.begin(), bytes.end(), signature.begin());
  return std::ranges::any_of(keys, [&](const ApproverKey& k) {
    return k.approver == approver && sign::IsSignedBy(*statement, signature, k.key);
  });
}

// A file named from where another lies.
std::string Beside(const std::string& list, const std::string& name) {
  const size_t slash = list.rfind('/');
  return name.starts_with('/') || slash == list.npos ? name : list.substr(0, slash + 1) + name;
}

}  // namespace

std::optional<std::vector<ApproverKey>> LoadApproverKeys(const std::string& path, driver::Sources& sources) {
  const std::optional<source::FileId> file = sources.Load(path);
  if (!file) return std::nullopt;
  const source::Span whole{*file, 0, static_cast<uint32_t>(sources.map.text(*file).size())};
  const std::optional<json::Document> document = json::Document::Parse(sources.map, whole, sources.sink);
  if (!document) return std::nullopt;
  static const core::Program kNoProgram;
  host::TypedReader reader(kNoProgram, Code::kJsonShape, host::RequestValidation::kOn, sources.sink);
  const json::Value root = document->root();
  if (!root.is(json::Kind::kArray)) {
    sources.sink.Report(Code::kJsonShape, root.span(), "a list of approvers' keys is an array");
    return std::nullopt;
  }
  std::vector<ApproverKey> keys;
  for (size_t i = 0; i < root.size(); ++i) {
    const json::Value item = root.at(i);
    if (!reader.CheckObject(item, {"approver", "key"}, "an approver's key")) return std::nullopt;
    const auto approver = item.Find("approver"), name = item.Find("key");
    if (!approver || !name) {
      sources.sink.Report(Code::kJsonShape, item.span(),
                          fmt::format("an approver's key lacks `{}`", approver ? "key" : "approver"));
      return std::nullopt;
    }
    std::optional<data::EntityUid> uid = reader.ReadUid(*approver, "`approver`");
    const std::optional<std::string> text = reader.ReadText(*name, "`key`");
    if (!uid || !text) return std::nullopt;
    const std::optional<sign::PublicKey> key = LoadPublicKey(Beside(path, *text), sources);
    if (!key) return std::nullopt;
    const auto other = std::ranges::find(keys, *key, &ApproverKey::key);
    if (other != keys.end() && other->approver != *uid) {
      sources.sink.Report(Code::kInvalidKey, item.span(),
                          fmt::format("this is the key of `{}`, too; a key is one person's",
                                      source::Excerpt(data::ToString(other->approver))));
      return std::nullopt;
    }
    keys.push_back({std::move(*uid), *key});
  }
  return keys;
}

std::optional<sign::Statement> StatementOf(const data::ApprovalItem& item) {
  sign::Statement statement;
  statement.id = item.id;
  statement.approver_type = item.approver.type;
  statement.approver_id = item.approver.id;
  statement.issued_ms = item.issued.ms;
  if (!ReadDigest(item.action_digest, statement.action) || !ReadDigest(item.terms_digest, statement.terms) ||
      !ReadDigest(item.snapshot, statement.snapshot)) {
    return std::nullopt;
  }
  return statement;
}

std::optional<sign::Statement> StatementOf(const data::RefusalItem& item) {
  sign::Statement statement;
  statement.kind = sign::Statement::Kind::kRefusal;
  statement.id = item.id;
  statement.approver_type = item.approver.type;
  statement.approver_id = item.approver.id;
  statement.issued_ms = item.issued.ms;
  if (!ReadDigest(item.action_digest, statement.action)) return std::nullopt;
  return statement;
}

std::vector<data::UncountedApproval> TakeUnsigned(const std::vector<ApproverKey>& keys, data::Host& host,
                                                  std::optional<Failure>& failure) {
  std::vector<data::UncountedApproval> taken;
  std::erase_if(host.approvals, [&](const data::ApprovalItem& item) {
    if (IsSigned(keys, item.approver, StatementOf(item), item.signature)) return false;
    taken.push_back({item.id, item.approver, data::NotCounted::kBadSignature});
    return true;
  });
  for (const data::RefusalItem& item : host.refusals) {
    if (IsSigned(keys, item.approver, StatementOf(item), item.signature)) continue;
    failure = Failure{"BadSignature",
                      fmt::format("the refusal `{}` is not signed by `{}`", source::Excerpt(item.id),
                                  source::Excerpt(data::ToString(item.approver))),
                      ""};
  }
  return taken;
}

}  // namespace polc::cli
