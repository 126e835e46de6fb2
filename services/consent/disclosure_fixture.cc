#include "services/consent/disclosure_fixture.h"

#include "libs/testing/status_matchers.h"
#include "services/consent/child.h"

namespace samverkan::consent::testing {

using rules::v1::Disclosure;

v1::CheckDisclosureRequest DisclosureTest::CheckOf(const v1::Child& child) {
  return CheckOf(child, {data::v1::CONCERN});
}

v1::CheckDisclosureRequest DisclosureTest::CheckOf(const v1::Child& child,
                                                   const std::vector<data::v1::Category>& categories) {
  v1::CheckDisclosureRequest request;
  request.set_parent("municipalities/0180");
  request.set_request_id(NewRequestId());
  v1::Question& question = *request.mutable_question();
  question.set_child(ReferenceOf(child));
  question.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
  question.mutable_discloser()->set_authority(kSkarholmen);
  question.mutable_recipient()->set_party(Disclosure::SCHOOL);
  question.mutable_recipient()->set_authority(kUtbildningsnamnden);
  question.mutable_recipient()->set_unit(kSchoolUnit);
  for (const data::v1::Category category : categories) question.add_categories(category);
  question.set_purpose(Disclosure::COOPERATION);
  return request;
}

v1::Consent DisclosureTest::Consented(const v1::Child& child, int guardian, const Instance& instance,
                                      v1::ConsentAnswer::Verdict verdict) {
  v1::AskConsentRequest request;
  request.set_parent(child.name());
  request.set_request_id(NewRequestId());
  request.mutable_giver()->set_guardian(child.guardians(guardian).guardian());
  const v1::Question question = CheckOf(child).question();
  v1::ConsentScope& scope = *request.mutable_scope();
  *scope.mutable_discloser() = question.discloser();
  *scope.mutable_recipient() = question.recipient();
  *scope.mutable_categories() = question.categories();
  scope.set_purpose(question.purpose());
  scope.set_from_date("2026-03-10");
  scope.set_to_date("2026-06-10");
  request.mutable_answer()->set_verdict(verdict);
  request.mutable_answer()->set_form(v1::ConsentAnswer::SIGNED);
  request.mutable_answer()->set_documentation("Undertecknat papper i akten.");
  auto consent = instance.consent_service.AskConsent(CallOf(Caseworker(), "ConsentService/AskConsent", now_), request);
  EXPECT_OK(consent);
  return consent.value_or(v1::Consent());
}

absl::StatusOr<v1::Consent> DisclosureTest::Withdraw(const std::string& consent, const Instance& instance) {
  v1::WithdrawConsentRequest request;
  request.set_name(consent);
  request.set_request_id(NewRequestId());
  return instance.consent_service.WithdrawConsent(CallOf(Caseworker(), "ConsentService/WithdrawConsent", now_),
                                                  request);
}

absl::StatusOr<v1::Decision> DisclosureTest::Check(const v1::CheckDisclosureRequest& request, const Instance& instance,
                                                   const auth::Caller& caller) {
  return instance.disclosure_service.CheckDisclosure(CallOf(caller, "DisclosureService/CheckDisclosure", now_),
                                                     request);
}

}  // namespace samverkan::consent::testing
