#ifndef SAMVERKAN_TESTS_TESTING_CAST_H_
#define SAMVERKAN_TESTS_TESTING_CAST_H_

#include <string>

#include "libs/auth/caller.h"
#include "samverkan/intake/v1/report.pb.h"

// Who calls the services in the tests, and what they report. All names are invented;
// identity numbers are official test numbers, which nobody bears.
namespace samverkan::tests {

inline constexpr char kMunicipality[] = "municipalities/0180";
inline constexpr char kBoard[] = "municipalities/0180/authorities/skarholmen";
inline constexpr char kReceptionUnit[] = "municipalities/0180/units/mottagningsenheten";
inline constexpr char kYouthUnit[] = "municipalities/0180/units/ungdomsenheten";

inline constexpr char kChild[] = "201205032392";
inline constexpr char kSibling[] = "201207152396";

auth::Caller Principal();         // reporter of a school
auth::Caller OtherPrincipal();    // reporter of another school of the same authority
auth::Caller Reception();         // of the reception unit
auth::Caller ReceptionManager();  // head of the reception unit, qualified
auth::Caller Assistant();         // caseworker of the reception unit, not qualified
auth::Caller Caseworker();        // of the reception unit, qualified
auth::Caller YouthCaseworker();   // of another unit of the same authority, qualified
auth::Caller OtherBoard();        // caseworker of another authority of the municipality
auth::Caller OtherTown();         // caseworker of another municipality
auth::Caller Auditor();
auth::Caller Integrator();  // a system

// A new UUID.
std::string NewRequestId();

// A report without formal faults, by Principal() and with everything that the routine asks
// for; every personal text of it contains kSecret.
inline constexpr char kSecret[] = "Zebulonsson";
intake::v1::SubmitReportRequest SchoolReport(const std::string& identity_number = kChild);

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_TESTING_CAST_H_
