#include "libs/rules/files.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::rules {
namespace {

namespace fs = std::filesystem;

// The last `id: "…"` at or above line `line` (from 0): the rule that a parse error stands in.
std::string RuleAt(const std::string& text, int line) {
  constexpr std::string_view kStart = "  id: \"";
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (int i = std::min<int>(line, static_cast<int>(lines.size()) - 1); i >= 0; --i) {
    if (lines[i].starts_with(kStart)) return lines[i].substr(kStart.size(), lines[i].size() - kStart.size() - 1);
  }
  return "no rule";
}

// Turns the parser's errors into faults that name file, line and rule.
class FaultCollector : public google::protobuf::io::ErrorCollector {
 public:
  FaultCollector(const std::string& path, const std::string& text) : path_(path), text_(text) {}

  void AddError(int line, int, const std::string& message) override {
    faults_.push_back(absl::StrCat(path_, ":", line + 1, ": ", RuleAt(text_, line), ": ", message));
  }

  const std::vector<std::string>& faults() const { return faults_; }

 private:
  const std::string& path_;
  const std::string& text_;
  std::vector<std::string> faults_;
};

absl::StatusOr<RuleFile> Parse(const std::string& path, const std::string& text) {
  FaultCollector collector(path, text);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  RuleFile file{.path = path, .content = {}};
  if (!parser.ParseFromString(text, &file.content)) return InvalidRuleSet(collector.faults());
  return file;
}

// Paths below `directory`, sorted. A mounted Kubernetes ConfigMap keeps a second copy of
// everything in a folder whose name begins with "..": hidden folders are not entered.
absl::StatusOr<std::vector<std::string>> Paths(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(directory, error);
  while (!error && entry != fs::recursive_directory_iterator()) {
    const bool hidden = entry->path().filename().string().starts_with(".");
    if (hidden && entry->is_directory(error)) entry.disable_recursion_pending();
    if (!hidden && entry->path().extension() == ".textproto") {
      paths.push_back(entry->path().lexically_relative(directory).string());
    }
    entry.increment(error);
  }
  if (error) return InvalidRuleSet({absl::StrCat(directory, ": cannot be read: ", error.message())});
  if (paths.empty()) return InvalidRuleSet({absl::StrCat(directory, ": holds no .textproto file")});
  std::sort(paths.begin(), paths.end());
  return paths;
}

absl::StatusOr<std::string> Read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream) return InvalidRuleSet({absl::StrCat(path.string(), ": cannot be read")});
  return text;
}

// The same bytes for the same content: maps are written in the order of their keys.
std::string Serialized(const v1::RuleSet& content) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    content.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::string Fingerprint(const std::string& bytes) {
  constexpr size_t kDigits = 12;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), size}).substr(0, kDigits);
}

}  // namespace

absl::Status InvalidRuleSet(const std::vector<std::string>& faults) {
  return status::FailedPrecondition(
      {.reason = "RULE_SET_INVALID",
       .message = absl::StrCat("The rule set cannot be used. Mend: ", absl::StrJoin(faults, "; "))});
}

absl::StatusOr<RuleFolder> ReadFolder(const std::string& directory) {
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, Paths(directory));
  RuleFolder folder;
  std::string bytes;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const std::string text, Read(fs::path(directory) / path));
    ASSIGN_OR_RETURN(RuleFile file, Parse(path, text));
    absl::StrAppend(&bytes, path, "\n", text.size(), "\n", text);
    folder.files.push_back(std::move(file));
  }
  folder.fingerprint = Fingerprint(bytes);
  return folder;
}

v1::RuleSet Canonical(v1::RuleSet content) {
  std::stable_sort(content.mutable_questions()->begin(), content.mutable_questions()->end(),
                   [](const v1::Question& a, const v1::Question& b) { return a.key() < b.key(); });
  std::stable_sort(content.mutable_rules()->begin(), content.mutable_rules()->end(),
                   [](const v1::Rule& a, const v1::Rule& b) { return a.id() < b.id(); });
  return content;
}

RuleFolder FolderOf(v1::RuleSet content) {
  RuleFolder folder;
  folder.files.push_back({.path = "", .content = Canonical(std::move(content))});
  folder.fingerprint = Fingerprint(Serialized(folder.files.front().content));
  return folder;
}

}  // namespace samverkan::rules
