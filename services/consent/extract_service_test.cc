#include "services/consent/extract_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "samverkan/intake/v1/report.pb.h"
#include "services/consent/child.h"
#include "services/consent/disclosure_fixture.h"
#include "services/consent/extract.h"
#include "services/consent/names.h"

namespace samverkan::consent::testing {
namespace {

using rules::v1::Disclosure;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr char kReport[] = "municipalities/0180/reports/01968f00-0000-7000-8000-00000000000a";

// Of Utbildningsnämnden.
auth::Caller OtherManager() {
  auth::Caller caller = UnitManager();
  caller.authority = "utbildningsnamnden";
  return caller;
}

auth::Caller Auditor() { return CallerOf(access::v1::AUDITOR, "u-olle", {}); }

class ExtractServiceTest : public DisclosureTest {
 protected:
  // Asked and answered a minute after what was before.
  std::string Consent(const v1::Child& child, int guardian) {
    now_ += absl::Minutes(1);
    return Consented(child, guardian, *service_).name();
  }

  // Decided on a minute after what was before.
  v1::Decision Decide(const v1::Child& child, Disclosure::Party party = Disclosure::SCHOOL,
                      Disclosure::Purpose purpose = Disclosure::COOPERATION) {
    now_ += absl::Minutes(1);
    v1::CheckDisclosureRequest request = CheckOf(child);
    v1::Question& question = *request.mutable_question();
    question.mutable_recipient()->set_party(party);
    question.set_purpose(purpose);
    v1::RecordedTest& test = *question.add_tests();
    test.set_test("harm");
    test.set_verdict(v1::RecordedTest::FOR_TELLING);
    test.set_reasons("Inget men.");
    const auto decision = Check(request, *service_);
    EXPECT_OK(decision);
    return decision.ok() ? *decision : v1::Decision();
  }

  // Told a minute after what was before.
  std::string Tell(const v1::Child& child, const v1::Decision& decision) {
    now_ += absl::Minutes(1);
    intake::v1::Report report;
    report.set_child(ReferenceOf(child));
    report.mutable_submission()->mutable_concern()->set_what("Kommer hungrig.");
    v1::DiscloseRequest request;
    request.set_name(decision.name());
    request.set_request_id(NewRequestId());
    request.mutable_message()->PackFrom(report);
    const auto told =
        service_->disclosure_service.Disclose(CallOf(Caseworker(), "DisclosureService/Disclose", now_), request);
    EXPECT_OK(told);
    return told.ok() ? told->disclosure().name() : "";
  }

  void Hold(const v1::Child& child, bool on_hold = true) {
    v1::SetHoldRequest request;
    request.set_name(child.name());
    request.set_authority(kSkarholmen);
    request.set_report(kReport);
    request.set_on_hold(on_hold);
    ASSERT_OK(child_service_.SetHold(CallOf(IntakeItself(), "ChildService/SetHold", now_), request));
  }

  // A change of the child as it is now.
  template <typename Request>
  Request ChangeOf(const v1::Child& child) {
    v1::GetChildRequest get;
    get.set_name(child.name());
    Request request;
    request.set_name(child.name());
    request.set_request_id(NewRequestId());
    request.set_etag(child_service_.GetChild(CallOf(Caseworker(), "ChildService/GetChild", now_), get)->etag());
    return request;
  }

  void Protect(const v1::Child& child) {
    auto request = ChangeOf<v1::RecordProtectionRequest>(child);
    request.mutable_protection()->set_level(Disclosure::PROTECTED_REGISTRATION);
    request.mutable_protection()->set_from_date("2026-03-10");
    ASSERT_OK(child_service_.RecordProtection(CallOf(Caseworker(), "ChildService/RecordProtection", now_), request));
  }

  static v1::ExtractChildRequest ToChild(const v1::Child& child) {
    v1::ExtractChildRequest request;
    request.set_parent(kSkarholmen);
    request.set_child(ReferenceOf(child));
    request.set_recipient(v1::CHILD);
    request.set_texts_reviewed(true);
    return request;
  }

  static v1::ExtractChildRequest ToGuardian(const v1::Child& child, int guardian = 0) {
    v1::ExtractChildRequest request = ToChild(child);
    request.set_recipient(v1::GUARDIAN);
    request.set_guardian(child.guardians(guardian).guardian());
    return request;
  }

  absl::StatusOr<v1::ExtractChildResponse> Extract(const v1::ExtractChildRequest& request,
                                                   const auth::Caller& caller = UnitManager()) {
    return extract_service_.ExtractChild(CallOf(caller, "ExtractService/ExtractChild", now_), request);
  }

  std::vector<std::string> NamesFor(const v1::ExtractChildRequest& request) {
    const auto extract = Extract(request);
    EXPECT_OK(extract);
    std::vector<std::string> names;
    if (!extract.ok()) return names;
    for (const v1::ExtractItem& item : extract->items()) names.push_back(NameOf(item));
    return names;
  }

  absl::StatusOr<v1::ListHiddenResourcesResponse> Hidden(const v1::Child& child, const std::string& guardian = "",
                                                         const auth::Caller& caller = Auditor(),
                                                         const std::string& parent = kSkarholmen) {
    v1::ListHiddenResourcesRequest request;
    request.set_parent(parent);
    request.set_child(ReferenceOf(child));
    request.set_guardian(guardian);
    return extract_service_.ListHiddenResources(CallOf(caller, "ExtractService/ListHiddenResources", now_), request);
  }

  std::vector<std::string> HiddenFrom(const v1::Child& child, int guardian = 0) {
    const auto hidden = Hidden(child, child.guardians(guardian).guardian());
    EXPECT_OK(hidden);
    if (!hidden.ok()) return {};
    return {hidden->resources().begin(), hidden->resources().end()};
  }

  ExtractStore store_{store_parts()};
  const ExtractService extract_service_{store_, parts()};
};

TEST_F(ExtractServiceTest, HandsOutAllThatIsKeptOldestFirst) {
  const v1::Child child = RegisterChild(kYoung[0]);
  RegisterChild(kYoung[1]);
  const std::string mothers = Consent(child, 0);
  const v1::Decision decision = Decide(child);
  const std::string told = Tell(child, decision);
  const std::string fathers = Consent(child, 1);
  const auto extract = Extract(ToChild(child));
  ASSERT_OK(extract);
  ASSERT_EQ(extract->items_size(), 5);
  EXPECT_EQ(extract->items(0).child().name(), child.name());
  EXPECT_EQ(extract->items(0).child().given_name(), "Elsa");
  EXPECT_EQ(extract->items(1).consent().name(), mothers);
  EXPECT_EQ(extract->items(1).consent().state(), v1::Consent::GIVEN);
  EXPECT_EQ(extract->items(2).decision().name(), decision.name());
  EXPECT_EQ(extract->items(2).decision().question().tests(0).reasons(), "Inget men.");
  EXPECT_EQ(extract->items(2).circumstances().age(), 11);
  EXPECT_EQ(extract->items(3).disclosure().name(), told);
  EXPECT_EQ(extract->items(3).disclosure().recipient().unit(), kSchoolUnit);
  EXPECT_EQ(extract->items(4).consent().name(), fathers);
  EXPECT_EQ(extract->legal_basis(), "P-090, GDPR 2016/679; dataskyddslagen 2018:218 3:5, 3:10, 5:1");
  for (const char* const secret : {"Sara Lind", "Per Ek", "Undertecknat papper"}) {
    EXPECT_FALSE(absl::StrContains(extract->SerializeAsString(), secret)) << secret;
  }
}

TEST_F(ExtractServiceTest, FindsTheChildByAnAlias) {
  const v1::Child child = RegisterChild(kYoung[0]);
  v1::RegisterChildRequest again = RegistrationOf(kYoung[0]);
  again.set_reference(NewRequestId());
  ASSERT_OK(child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_), again));
  v1::ExtractChildRequest request = ToChild(child);
  request.set_child(again.reference());
  EXPECT_THAT(NamesFor(request), ElementsAre(child.name()));
  EXPECT_THAT(AuditEntries().back().private_part().children(), ElementsAre(ReferenceOf(child)));
}

TEST_F(ExtractServiceTest, AGuardianGetsItsOwnConsentsAndNoAnswers) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const std::string mothers = Consent(child, 0);
  const std::string fathers = Consent(child, 1);
  const v1::Decision decision = Decide(child);
  const std::string told = Tell(child, decision);
  EXPECT_THAT(NamesFor(ToGuardian(child, 0)), ElementsAre(child.name(), mothers, decision.name(), told));
  EXPECT_THAT(NamesFor(ToGuardian(child, 1)), ElementsAre(child.name(), fathers, decision.name(), told));
  EXPECT_THAT(HiddenFrom(child, 0), ElementsAre(fathers));
  EXPECT_THAT(HiddenFrom(child, 1), ElementsAre(mothers));
  EXPECT_THAT(Hidden(child)->resources(), ElementsAre(mothers, fathers));
  const auto extract = Extract(ToGuardian(child, 0));
  ASSERT_OK(extract);
  for (const std::string& secret : {fathers, std::string("P-056"), std::string("harm"), std::string("Sara Lind")}) {
    EXPECT_FALSE(absl::StrContains(extract->items(2).decision().SerializeAsString(), secret)) << secret;
    EXPECT_FALSE(absl::StrContains(extract->items(3).disclosure().SerializeAsString(), secret)) << secret;
  }
}

TEST_F(ExtractServiceTest, SaysNothingToAGuardianOfWhatWasMadeOnHold) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Decision before = Decide(child);
  const std::string known = Tell(child, before);
  const std::string without = Extract(ToGuardian(child))->SerializeAsString();
  Hold(child);
  // The decision was made before, and lets out during the hold.
  const std::string late = Tell(child, before);
  const v1::Decision held = Decide(child);
  const std::string told = Tell(child, held);
  EXPECT_EQ(Extract(ToGuardian(child))->SerializeAsString(), without);
  EXPECT_THAT(HiddenFrom(child), ElementsAre(late, held.name(), told));
  EXPECT_THAT(NamesFor(ToChild(child)), ElementsAre(child.name(), before.name(), known, late, held.name(), told));
  EXPECT_TRUE(Extract(ToChild(child))->items(0).child().on_hold());
  // Which report it was, and whether the guardians know now, nothing here tells.
  Hold(child, false);
  EXPECT_EQ(Extract(ToGuardian(child))->SerializeAsString(), without);
}

TEST_F(ExtractServiceTest, SaysNothingToAGuardianOfThePolice) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Decision known = Decide(child);
  const std::string without = Extract(ToGuardian(child))->SerializeAsString();
  const v1::Decision police = Decide(child, Disclosure::POLICE);
  const std::string told = Tell(child, police);
  const v1::Decision crime = Decide(child, Disclosure::OTHER_AUTHORITY, Disclosure::CRIME_INVESTIGATION);
  EXPECT_EQ(Extract(ToGuardian(child))->SerializeAsString(), without);
  EXPECT_THAT(HiddenFrom(child), ElementsAre(police.name(), told, crime.name()));
  EXPECT_THAT(NamesFor(ToChild(child)), ElementsAre(child.name(), known.name(), police.name(), told, crime.name()));
}

// An extract without a single item is no proof that there is nothing.
TEST_F(ExtractServiceTest, AnswersAGuardianAsAnyOtherWhereAllIsHidden) {
  const v1::Child child = RegisterChild(kYoung[0]);
  Hold(child);
  const v1::Decision held = Decide(child);
  const auto extract = Extract(ToGuardian(child));
  ASSERT_OK(extract);
  EXPECT_THAT(extract->items(), IsEmpty());
  EXPECT_EQ(extract->next_page_token(), "");
  // The log must not tell of the registration either.
  EXPECT_THAT(HiddenFrom(child), ElementsAre(child.name(), held.name()));
}

TEST_F(ExtractServiceTest, WithholdsWhereAProtectedChildIs) {
  const v1::Child child = RegisterChild(kYoung[0]);
  Consent(child, 0);
  Tell(child, Decide(child));
  Protect(child);
  for (const v1::ExtractChildRequest& request : {ToChild(child), ToGuardian(child)}) {
    const auto extract = Extract(request);
    ASSERT_OK(extract);
    for (const char* const secret : {kBarnenheten, kSchoolUnit, kUtbildningsnamnden}) {
      EXPECT_FALSE(absl::StrContains(extract->SerializeAsString(), secret)) << secret;
    }
    EXPECT_THAT(AuditEntries().back().private_part().actor().units(), IsEmpty());
  }
}

TEST_F(ExtractServiceTest, IsForTheWholeAuthorityAndNoOther) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const auth::Caller elsewhere = CallerOf(access::v1::UNIT_MANAGER, "u-omar", {"ungdomsenheten"});
  EXPECT_OK(Extract(ToChild(child), elsewhere));
  v1::ExtractChildRequest request = ToChild(child);
  EXPECT_THAT(Extract(request, OtherManager()), StatusIs(kInvalid, "FIELD_INVALID"));
  request.set_parent(kUtbildningsnamnden);
  EXPECT_THAT(Extract(request, OtherManager()), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  EXPECT_THAT(Hidden(child, "", OtherManager(), kUtbildningsnamnden), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  request = ToChild(child);
  request.set_child(NewRequestId());
  EXPECT_THAT(Extract(request), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
}

TEST_F(ExtractServiceTest, IsForAGuardianWhoHasCustody) {
  const v1::Child child = RegisterChild(kYoung[0]);
  auto ended = ChangeOf<v1::EndCustodyRequest>(child);
  ended.set_guardian(child.guardians(0).guardian());
  ended.set_to_date("2026-03-09");
  ended.set_cause(v1::Guardian::CUSTODY_MOVED);
  ASSERT_OK(child_service_.EndCustody(CallOf(Caseworker(), "ChildService/EndCustody", now_), ended));
  EXPECT_THAT(Extract(ToGuardian(child, 0)), StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_A_GUARDIAN"));
  EXPECT_OK(Extract(ToGuardian(child, 1)));
}

TEST_F(ExtractServiceTest, NamesEveryBadField) {
  EXPECT_THAT(status::InvalidFields(Extract({}).status()), ElementsAre("parent", "child", "recipient"));
  const v1::Child child = RegisterChild(kYoung[0]);
  v1::ExtractChildRequest request = ToGuardian(child);
  request.set_guardian("Sara Lind");
  EXPECT_THAT(status::InvalidFields(Extract(request).status()), ElementsAre("guardian"));
  request.clear_guardian();
  EXPECT_THAT(status::InvalidFields(Extract(request).status()), ElementsAre("guardian"));
  request = ToGuardian(child);
  request.set_recipient(v1::CHILD);
  EXPECT_THAT(status::InvalidFields(Extract(request).status()), ElementsAre("guardian"));
  request.set_recipient(static_cast<v1::ExtractRecipient>(7));
  EXPECT_THAT(status::InvalidFields(Extract(request).status()), ElementsAre("recipient"));
  EXPECT_THAT(status::InvalidFields(Hidden(child, "Sara", Auditor(), "municipalities/0180").status()),
              ElementsAre("parent", "guardian"));
}

TEST_F(ExtractServiceTest, PagesWithoutSkippingOrCounting) {
  const v1::Child child = RegisterChild(kYoung[0]);
  std::vector<std::string> expected = {child.name()};
  for (int i = 0; i < 3; ++i) {
    expected.push_back(Decide(child).name());
    Decide(child, Disclosure::POLICE);
  }
  v1::ExtractChildRequest request = ToGuardian(child);
  request.set_page_size(1);
  std::vector<std::string> names;
  do {
    const auto page = Extract(request);
    ASSERT_OK(page);
    ASSERT_EQ(page->items_size(), 1);
    names.push_back(NameOf(page->items(0)));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && names.size() < 10);
  EXPECT_EQ(names, expected);
  // A token is for one question: another recipient's page is another's.
  request.set_page_token(Extract(request)->next_page_token());
  request.set_guardian(child.guardians(1).guardian());
  EXPECT_THAT(Extract(request), StatusIs(kInvalid, "PAGE_TOKEN_INVALID"));
  EXPECT_THAT(Extract(request, OtherManager()), StatusIs(kInvalid));
}

TEST_F(ExtractServiceTest, IsAnEntryOfTheAuditLog) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const std::string mothers = Consent(child, 0);
  Consent(child, 1);
  ASSERT_OK(Extract(ToGuardian(child)));
  const audit::v1::Entry entry = AuditEntries().back();
  EXPECT_EQ(entry.method(), "samverkan.consent.v1.ExtractService/ExtractChild");
  EXPECT_EQ(entry.action(), access::v1::DISCLOSE);
  EXPECT_EQ(entry.authority(), "skarholmen");
  EXPECT_THAT(entry.private_part().children(), ElementsAre(ReferenceOf(child)));
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(child.name(), mothers));
  EXPECT_EQ(entry.private_part().legal_basis(), "P-090, GDPR 2016/679; dataskyddslagen 2018:218 3:5, 3:10, 5:1");
  EXPECT_EQ(entry.private_part().detail(),
            absl::StrCat("extract to GUARDIAN ", child.guardians(0).guardian(), "; texts reviewed"));
}

// So that the extract of the log hides that somebody asked what is hidden.
TEST_F(ExtractServiceTest, TellsInTheAuditLogWhatWasHidden) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Decision police = Decide(child, Disclosure::POLICE);
  HiddenFrom(child);
  const audit::v1::Entry entry = AuditEntries().back();
  EXPECT_EQ(entry.method(), "samverkan.consent.v1.ExtractService/ListHiddenResources");
  EXPECT_THAT(entry.private_part().children(), ElementsAre(ReferenceOf(child)));
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(child.name(), police.name()));
}

// The log's extract leaves out an entry that touched something hidden, whole: so each must name it.
TEST_F(ExtractServiceTest, TheAuditLogNamesHoldsAndSpecialRepresentativesApart) {
  const v1::Child child = RegisterChild(kYoung[0]);
  Decide(child);
  Hold(child);
  EXPECT_THAT(AuditEntries().back().private_part().resources(), ElementsAre(child.name(), kReport));
  auto appointed = ChangeOf<v1::RecordSpecialRepresentativeRequest>(child);
  appointed.mutable_special_representative()->set_person_name("Ada Berg");
  appointed.mutable_special_representative()->set_from_date("2026-03-10");
  const std::string part = child.name() + "/specialRepresentatives";
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK(child_service_.RecordSpecialRepresentative(
        CallOf(Caseworker(), "ChildService/RecordSpecialRepresentative", now_), appointed));
    EXPECT_THAT(AuditEntries().back().private_part().resources(), ElementsAre(child.name(), part));
  }
  EXPECT_THAT(HiddenFrom(child), ElementsAre(part));
}

TEST_F(ExtractServiceTest, IsForItsRoles) {
  const auto role = [&](const auth::Caller& caller, std::string_view method) {
    return CallOf(caller, method, now_).role;
  };
  for (const auth::Caller& caller : {Caseworker(), Duty(), Reporter(), Auditor()}) {
    EXPECT_EQ(role(caller, "ExtractService/ExtractChild"), access::v1::ROLE_UNSPECIFIED) << caller.subject;
  }
  EXPECT_EQ(role(UnitManager(), "ExtractService/ExtractChild"), access::v1::UNIT_MANAGER);
  EXPECT_EQ(role(Auditor(), "ExtractService/ListHiddenResources"), access::v1::AUDITOR);
  EXPECT_EQ(role(Caseworker(), "ExtractService/ListHiddenResources"), access::v1::ROLE_UNSPECIFIED);
}

}  // namespace
}  // namespace samverkan::consent::testing
