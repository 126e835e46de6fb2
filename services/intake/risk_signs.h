#ifndef SAMVERKAN_SERVICES_INTAKE_RISK_SIGNS_H_
#define SAMVERKAN_SERVICES_INTAKE_RISK_SIGNS_H_

#include <set>
#include <string>
#include <string_view>

#include "libs/auth/caller.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "services/intake/access.h"

// Signs that reading a child's file may be unwarranted, for those who review the log (rule
// P-087). None is a judgement. Pure functions.
namespace samverkan::intake {

// A name for comparing: without case, accents and needless blanks. Empty where it is not UTF-8.
std::string Folded(std::string_view name);

// The caller's full name, folded; empty where the token does not tell all of it.
std::string FoldedNameOf(const auth::Caller& caller);

// Whom a child's file is about, folded.
struct NamesInFile {
  // Of the child, as far as the report says.
  std::set<std::string> family_names = {};
  // Of the child and of its guardians.
  std::set<std::string> full_names = {};
};

// Adds the names that a submission gives of the child and its guardians.
void AddNames(const v1::Submission& submission, NamesInFile& names);

// What a read by one who works at the social services rests on.
struct FileRead {
  Placement placement = {};
  // Whether an emergency access alone opens the file.
  bool by_emergency_access = false;
  NamesInFile names = {};
  // Whether one of these is the name of somebody who works at the board.
  bool names_a_colleague = false;
};

// The signs of `reader` reading so.
std::set<audit::v1::RiskSign> RiskSignsOf(const auth::Caller& reader, const FileRead& read);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_RISK_SIGNS_H_
