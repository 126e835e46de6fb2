#include "services/intake/risk_signs.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace samverkan::intake {
namespace {

// Guardians are known by their whole name only: the family name is what it ends with.
bool EndsWithName(const std::string& full_name, const std::string& family_name) {
  return full_name == family_name || full_name.ends_with(" " + family_name);
}

bool SharesFamilyName(const auth::Caller& reader, const NamesInFile& names) {
  const std::string family_name = Folded(reader.family_name);
  if (family_name.empty()) return false;
  return names.family_names.count(family_name) > 0 ||
         std::any_of(names.full_names.begin(), names.full_names.end(),
                     [&](const std::string& name) { return EndsWithName(name, family_name); });
}

void Insert(std::string name, std::set<std::string>& names) {
  if (!name.empty()) names.insert(std::move(name));
}

}  // namespace

std::string Folded(std::string_view name) {
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                                           UTF8PROC_STRIPMARK | UTF8PROC_DECOMPOSE);
  utf8proc_uint8_t* mapped = nullptr;
  const auto* const text = reinterpret_cast<const utf8proc_uint8_t*>(name.data());
  const utf8proc_ssize_t size = utf8proc_map(text, static_cast<utf8proc_ssize_t>(name.size()), &mapped, kOptions);
  if (size < 0) return {};
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
  std::string folded(reinterpret_cast<const char*>(mapped), static_cast<size_t>(size));
  absl::RemoveExtraAsciiWhitespace(&folded);
  return folded;
}

std::string FoldedNameOf(const auth::Caller& caller) {
  if (caller.given_name.empty() || caller.family_name.empty()) return {};
  return Folded(absl::StrCat(caller.given_name, " ", caller.family_name));
}

void AddNames(const v1::Submission& submission, NamesInFile& names) {
  const v1::Child& child = submission.child();
  Insert(Folded(child.family_name()), names.family_names);
  if (!child.given_name().empty() && !child.family_name().empty()) {
    Insert(Folded(absl::StrCat(child.given_name(), " ", child.family_name())), names.full_names);
  }
  for (const v1::Guardian& guardian : submission.guardians()) {
    Insert(Folded(guardian.person_name()), names.full_names);
  }
}

std::set<audit::v1::RiskSign> RiskSignsOf(const auth::Caller& reader, const FileRead& read) {
  std::set<audit::v1::RiskSign> signs;
  if (SharesFamilyName(reader, read.names)) signs.insert(audit::v1::SAME_NAME);
  if (read.names_a_colleague) signs.insert(audit::v1::COLLEAGUE);
  if (read.placement.assignee != reader.subject) signs.insert(audit::v1::NO_ASSIGNMENT);
  if (read.by_emergency_access) signs.insert(audit::v1::EMERGENCY_ACCESS);
  return signs;
}

}  // namespace samverkan::intake
