#ifndef SAMVERKAN_TOOLS_STORY_SUBMISSIONS_H_
#define SAMVERKAN_TOOLS_STORY_SUBMISSIONS_H_

#include <string>

#include "samverkan/intake/v1/report.pb.h"

// What is reported in the story. Names are invented; identity numbers are official test
// numbers, which nobody bears.
namespace samverkan::story {

inline constexpr char kChild[] = "20120503-2384";
inline constexpr char kSibling[] = "20150501-2391";
inline constexpr char kHeldChild[] = "20160606-2386";
inline constexpr char kApplyingChild[] = "20140419-2393";
inline constexpr char kChildOfJune[] = "20100925-2386";
inline constexpr char kChildOfJuly[] = "20101127-2380";

// The school's written report, with all that the routine asks for.
intake::v1::Submission SchoolReport();
// A later one about the same child.
intake::v1::Submission SchoolReportAgain();
// One by telephone, of suspected violence.
intake::v1::Submission ViolenceReport();
// One that the reception found late, about `identity_number`.
intake::v1::Submission LateReport(const std::string& identity_number);
// A family's own application.
intake::v1::Submission Application();
// The child's sibling.
intake::v1::Child Sibling();

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_SUBMISSIONS_H_
