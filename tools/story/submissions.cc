#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

using intake::v1::Child;
using intake::v1::Submission;

void SetSchool(Submission& submission) {
  submission.mutable_reporter()->set_category("school");
  submission.mutable_reporter()->set_person_name("Karin Lind");
  submission.mutable_reporter()->set_title("rektor");
  submission.mutable_reporter()->set_organisation("Bredängsskolan");
  submission.mutable_reporter()->set_telephone("+46846500401");
  submission.mutable_contact_person()->set_function("Elevhälsan, Bredängsskolan");
  submission.mutable_contact_person()->set_email("elevhalsan@bredangsskolan.example");
}

void SetChild(Submission& submission, const std::string& identity_number, const std::string& given_name) {
  submission.mutable_child()->set_identity_number(identity_number);
  submission.mutable_child()->set_given_name(given_name);
  submission.mutable_child()->set_family_name("Granlund");
}

void Sign(Submission& submission) {
  submission.set_form(intake::v1::WRITTEN);
  submission.mutable_signature()->set_person_name("Karin Lind");
  submission.mutable_signature()->set_title("rektor");
}

}  // namespace

Submission SchoolReport() {
  Submission submission;
  submission.set_kind(intake::v1::CONCERN_REPORT);
  SetSchool(submission);
  SetChild(submission, kChild, "Elsa");
  submission.mutable_child()->set_school("Bredängsskolan");
  submission.mutable_child()->set_told(true);
  submission.add_guardians()->set_person_name("Mona Granlund");
  submission.mutable_guardians(0)->set_telephone("+46846500402");
  submission.mutable_guardians_told()->set_told("Rektor berättade för mamma vid ett möte på skolan samma dag.");
  auto& concern = *submission.mutable_concern();
  concern.set_what("Elsa har varit borta mer än hälften av höstens skoldagar och är ofta hungrig när hon kommer.");
  concern.set_history("Skolan har känt familjen i fyra år. Oron har vuxit sedan i våras.");
  concern.set_home_contact("Tre möten med mamma under hösten; pappa har inte gått att nå.");
  concern.set_tried("Anpassad studiegång, frukost på skolan och samtal med kuratorn.");
  concern.set_child_said("\"Ingen är hemma på kvällarna.\"");
  concern.set_if_nothing_is_done("Frånvaron fortsätter och Elsa är ensam hemma med sin lillebror.");
  submission.set_report_meeting_wanted(true);
  submission.set_feedback_wanted(true);
  Sign(submission);
  return submission;
}

Submission SchoolReportAgain() {
  Submission submission = SchoolReport();
  submission.mutable_guardians_told()->set_told("Rektor ringde mamma.");
  submission.mutable_concern()->Clear();
  submission.mutable_concern()->set_what("Elsa har inte varit i skolan på två veckor. Det har inte blivit bättre.");
  submission.mutable_concern()->set_history("Skolan anmälde oro tidigare i år.");
  submission.set_report_meeting_wanted(false);
  return submission;
}

Submission ViolenceReport() {
  Submission submission;
  submission.set_kind(intake::v1::CONCERN_REPORT);
  SetSchool(submission);
  SetChild(submission, kHeldChild, "Alma");
  submission.mutable_guardians_told()->mutable_not_told()->set_reason(intake::v1::NotTold::SUSPECTED_VIOLENCE);
  submission.mutable_concern()->set_what("Alma berättade på fritids att hon blir slagen hemma och har blåmärken.");
  submission.mutable_concern()->set_acute(true);
  submission.mutable_concern()->set_suspected_violence(true);
  submission.set_report_meeting_wanted(true);
  submission.set_feedback_wanted(true);
  submission.set_form(intake::v1::ORAL);
  return submission;
}

Submission LateReport(const std::string& identity_number) {
  Submission submission;
  submission.set_kind(intake::v1::CONCERN_REPORT);
  SetSchool(submission);
  SetChild(submission, identity_number, "Ture");
  submission.mutable_guardians_told()->set_told("Vid utvecklingssamtalet.");
  submission.mutable_concern()->set_what("Skolan är orolig för att Ture inte får den tillsyn han behöver.");
  Sign(submission);
  return submission;
}

Submission Application() {
  Submission submission;
  submission.set_kind(intake::v1::APPLICATION);
  submission.mutable_reporter()->set_category("public");
  submission.mutable_reporter()->set_person_name("Stina Wall");
  submission.mutable_reporter()->set_title("vårdnadshavare");
  submission.mutable_child()->set_identity_number(kApplyingChild);
  submission.mutable_child()->set_given_name("Vidar");
  submission.mutable_child()->set_family_name("Wall");
  submission.mutable_guardians_told()->set_told("Familjen ansöker själv.");
  submission.mutable_concern()->set_what("Vi behöver stöd i vår roll som föräldrar.");
  submission.set_form(intake::v1::ORAL);
  return submission;
}

Child Sibling() {
  Child child;
  child.set_identity_number(kSibling);
  child.set_given_name("Nils");
  child.set_family_name("Granlund");
  child.set_school("Bredängsskolan");
  return child;
}

}  // namespace samverkan::story
