#include "services/intake/extract_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/intake_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// Of Hässelby-Vällingby.
auth::Caller OtherManager() {
  auth::Caller caller = UnitManager();
  caller.authority = "hasselby-vallingby";
  return caller;
}

auth::Caller Auditor() { return CallerOf(access::v1::AUDITOR, "u-olle", {}); }

class ExtractServiceTest : public IntakeTest {
 protected:
  // Reports of the school that were received `now_`, siblings of each other.
  std::vector<std::string> Submit(const std::vector<v1::Submission>& submissions) {
    ReceivedReports received;
    for (const v1::Submission& submission : submissions) {
      received.reports.push_back(ReceivedAt(now_, submission));
      received.reports.back().report.set_name(MakeName("0180", "reports", pg::Uuid::FromTime(now_)));
    }
    const rpc::CallContext call = CallOf(Reporter(), "ReportService/SubmitReport", now_);
    const auto request = request_keys_.Of(call, NewRequestId(), v1::SubmitReportRequest());
    EXPECT_OK(request);
    const auto names = reports_->Submit(call, *request, received);
    EXPECT_OK(names);
    return names.ok() ? *names : std::vector<std::string>();
  }

  // A step of the report, recorded now; its name.
  std::string AddStep(const std::string& report, const InvestigationStepStore::Transition& transition) {
    now_ += absl::Minutes(1);
    const rpc::CallContext call = CallOf(Caseworker(), "InvestigationStepService/RecordContact", now_);
    const auto request = request_keys_.Of(call, NewRequestId(), v1::RecordContactRequest());
    EXPECT_OK(request);
    const auto added = steps_.Add(call, {true, *ParseName(report, "reports")}, {"0180", pg::Uuid::FromTime(now_)},
                                  *request, transition);
    EXPECT_OK(added);
    return added.ok() ? added->record.step.name() : "";
  }

  // A report of violence against the child: on hold.
  std::string SubmitViolence(std::string_view child) {
    v1::Submission submission = SchoolSubmission(child);
    submission.mutable_concern()->set_suspected_violence(true);
    submission.mutable_concern()->set_what("Blåmärken på armen.");
    return Submit({submission}).front();
  }

  void ReleaseHold(const std::string& report) {
    ASSERT_OK(ChangeReport("ReportService/ReleaseReport", report, [&](ReportRecord record) {
      return Release(std::move(record), "Barnet är hört.", ActAt(now_));
    }));
  }

  std::string ChildOf(const std::string& report) {
    const auto found =
        reports_->Find(CallOf(Caseworker(), "ReportService/GetReport", now_), *ParseName(report, "reports"));
    EXPECT_OK(found);
    return found.ok() ? found->report.child() : "";
  }

  static v1::ExtractChildRequest To(v1::ExtractRecipient recipient, const std::string& child) {
    v1::ExtractChildRequest request;
    request.set_parent(kSkarholmen);
    request.set_child(child);
    request.set_recipient(recipient);
    request.set_texts_reviewed(true);
    return request;
  }

  absl::StatusOr<v1::ExtractChildResponse> Extract(const v1::ExtractChildRequest& request,
                                                   const auth::Caller& caller = UnitManager()) {
    return service_.ExtractChild(CallOf(caller, "ExtractService/ExtractChild", now_), request);
  }

  std::vector<std::string> NamesFor(v1::ExtractRecipient recipient, const std::string& child) {
    const auto extract = Extract(To(recipient, child));
    EXPECT_OK(extract);
    std::vector<std::string> names;
    if (!extract.ok()) return names;
    for (const v1::ExtractItem& item : extract->items()) names.push_back(NameOf(item));
    return names;
  }

  absl::StatusOr<v1::ListHiddenResourcesResponse> Hidden(const std::string& child,
                                                         const auth::Caller& caller = Auditor(),
                                                         const std::string& parent = kSkarholmen) {
    v1::ListHiddenResourcesRequest request;
    request.set_parent(parent);
    request.set_child(child);
    return service_.ListHiddenResources(CallOf(caller, "ExtractService/ListHiddenResources", now_), request);
  }

  InvestigationStepStore steps_{store_parts()};
  PlacementStore placements_{store_parts()};
  TransferStore transfers_{store_parts()};
  FollowUpStore follow_ups_{store_parts()};
  ExtractStore store_{store_parts(), *reports_, *investigations_, {steps_, placements_, transfers_, follow_ups_}};
  const ExtractService service_{store_, parts()};
};

TEST_F(ExtractServiceTest, HandsOutTheWholeFileOldestFirst) {
  const std::string first = SubmitReport(kChildren[0], /*feedback_wanted=*/true);
  now_ += absl::Hours(1);
  const std::string investigation = *DecideReport(first, v1::Decision::OPENED);
  now_ += absl::Hours(1);
  const std::string second = SubmitReport(kChildren[0]);
  SubmitReport(kChildren[1]);
  const auto extract = Extract(To(v1::CHILD, ChildOf(first)));
  ASSERT_OK(extract);
  ASSERT_EQ(extract->items_size(), 3);
  EXPECT_EQ(extract->items(0).report().name(), first);
  EXPECT_EQ(extract->items(0).report().submission().concern().what(), "Kommer ofta hungrig till skolan.");
  EXPECT_EQ(extract->items(0).report().assessments_size(), 1);
  EXPECT_THAT(extract->items(0).report().deadlines(), Not(IsEmpty()));
  EXPECT_EQ(extract->items(0).feedback().state(), v1::Feedback::OWED);
  EXPECT_EQ(extract->items(1).investigation().name(), investigation);
  EXPECT_THAT(extract->items(1).investigation().reports(), ElementsAre(first));
  EXPECT_EQ(extract->items(2).report().name(), second);
  EXPECT_EQ(extract->legal_basis(), "P-090, GDPR 2016/679; dataskyddslagen 2018:218 3:5, 3:10, 5:1");
}

TEST_F(ExtractServiceTest, HidesTheSiblingAndTheReporter) {
  v1::Submission sibling = SchoolSubmission(kChildren[1]);
  sibling.mutable_child()->set_given_name("Alex");
  const std::vector<std::string> reports = Submit({SchoolSubmission(kChildren[0]), sibling});
  for (const auto recipient : {v1::CHILD, v1::GUARDIAN}) {
    const auto extract = Extract(To(recipient, ChildOf(reports[0])));
    ASSERT_OK(extract);
    ASSERT_EQ(extract->items_size(), 1);
    const std::string all = extract->SerializeAsString();
    for (const std::string& secret : {reports[1], std::string("Alex"), std::string(kChildren[1]),
                                      std::string("Lars Rektorsson"), std::string("elevhalsan@example.invalid")}) {
      EXPECT_FALSE(absl::StrContains(all, secret)) << secret;
    }
  }
  v1::ExtractChildRequest named = To(v1::GUARDIAN, ChildOf(reports[0]));
  named.add_reporters_without_danger(reports[0]);
  EXPECT_TRUE(absl::StrContains(Extract(named)->SerializeAsString(), "Lars Rektorsson"));
}

TEST_F(ExtractServiceTest, SaysNothingToAGuardianWhileTheReportIsOnHold) {
  const std::string known = SubmitReport(kChildren[0]);
  EXPECT_OK(DecideReport(known, v1::Decision::NOT_OPENED));
  now_ += absl::Hours(1);
  const std::string held = SubmitViolence(kChildren[0]);
  now_ += absl::Hours(1);
  const std::string investigation = *DecideReport(held, v1::Decision::OPENED);
  const std::string child = ChildOf(held);
  EXPECT_THAT(NamesFor(v1::GUARDIAN, child), ElementsAre(known));
  EXPECT_THAT(NamesFor(v1::CHILD, child), ElementsAre(known, held, investigation));
  EXPECT_THAT(Hidden(child)->resources(), ElementsAre(held, investigation));

  ReleaseHold(held);
  EXPECT_THAT(NamesFor(v1::GUARDIAN, child), ElementsAre(known, held, investigation));
  EXPECT_THAT(Hidden(child)->resources(), IsEmpty());
}

TEST_F(ExtractServiceTest, TellsTheStepsAndOfThePoliceOnlyWhatTheGuardiansKnow) {
  const std::string report = SubmitReport(kChildren[0]);
  v1::RecordContactRequest contact;
  contact.mutable_contact()->set_counterpart(v1::Contact::CHILD_CONTACTED);
  contact.mutable_contact()->set_child_said("Jag vill inte hem.");
  const std::string talk = AddStep(report, [&](InvestigationStepRecord record) {
    return RecordContact(ShippedRules(), std::move(record), contact, ActAt(now_));
  });
  v1::ReportToPoliceRequest crime;
  crime.mutable_police_report()->set_suspicion(v1::PoliceReport::LIFE_AND_HEALTH);
  const std::string reported = AddStep(report, [&](InvestigationStepRecord record) {
    return ReportToPolice(ShippedRules(), std::move(record), crime, ActAt(now_));
  });
  const std::string child = ChildOf(report);
  v1::ExtractChildRequest request = To(v1::CHILD, child);
  request.set_texts_reviewed(true);
  auto extract = Extract(request);
  ASSERT_OK(extract);
  ASSERT_EQ(extract->items(0).steps_size(), 2);
  EXPECT_EQ(extract->items(0).steps(0).name(), talk);
  EXPECT_EQ(extract->items(0).steps(0).contact().child_said(), "Jag vill inte hem.");
  EXPECT_EQ(extract->items(0).steps(1).name(), reported);
  EXPECT_THAT(AuditEntries().back().private_part().resources(), ElementsAre(report, talk, reported));

  request.set_recipient(v1::GUARDIAN);
  extract = Extract(request);
  ASSERT_OK(extract);
  ASSERT_EQ(extract->items(0).steps_size(), 1);
  EXPECT_EQ(extract->items(0).steps(0).name(), talk);
  EXPECT_EQ(extract->items(0).steps(0).contact().child_said(), "") << "P-057";
  EXPECT_THAT(Hidden(child)->resources(), ElementsAre(reported));
}

// An extract without a single item is no proof that there is nothing.
TEST_F(ExtractServiceTest, AnswersAGuardianAsAnyOtherWhereAllIsHidden) {
  const std::string child = ChildOf(SubmitViolence(kChildren[0]));
  const auto extract = Extract(To(v1::GUARDIAN, child));
  ASSERT_OK(extract);
  EXPECT_THAT(extract->items(), IsEmpty());
  EXPECT_EQ(extract->next_page_token(), "");
}

TEST_F(ExtractServiceTest, KnowsNoChildOfAnotherBoard) {
  const std::string child = ChildOf(SubmitReport(kChildren[0]));
  v1::ExtractChildRequest request = To(v1::CHILD, child);
  EXPECT_THAT(Extract(request, OtherManager()), StatusIs(kInvalid, "FIELD_INVALID"));
  request.set_parent(kHasselbyVallingby);
  EXPECT_THAT(Extract(request, OtherManager()), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  EXPECT_THAT(Hidden(child, OtherManager(), kHasselbyVallingby), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  EXPECT_THAT(Extract(To(v1::CHILD, NewRequestId())), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
}

TEST_F(ExtractServiceTest, NamesEveryBadField) {
  v1::ExtractChildRequest request;
  request.add_reporters_without_danger("municipalities/0180/investigations/1");
  EXPECT_THAT(status::InvalidFields(Extract(request).status()),
              ElementsAre("parent", "child", "recipient", "reporters_without_danger[0]"));
  request = To(static_cast<v1::ExtractRecipient>(7), ChildOf(SubmitReport(kChildren[0])));
  EXPECT_THAT(status::InvalidFields(Extract(request).status()), ElementsAre("recipient"));
  request.set_recipient(v1::CHILD);
  const std::string other = SubmitReport(kChildren[1]);
  for (int i = 0; i < 51; ++i) request.add_reporters_without_danger(other);
  EXPECT_THAT(status::InvalidFields(Extract(request).status()), ElementsAre("reporters_without_danger"));
  request.clear_reporters_without_danger();
  request.add_reporters_without_danger(other);
  EXPECT_THAT(status::InvalidFields(Extract(request).status()), ElementsAre("reporters_without_danger[0]"));
  EXPECT_THAT(status::InvalidFields(Hidden("Kim", Auditor(), "municipalities/0180").status()),
              ElementsAre("parent", "child"));
}

TEST_F(ExtractServiceTest, PagesWithoutSkippingOrCounting) {
  std::vector<std::string> expected;
  for (int i = 0; i < 3; ++i) {
    expected.push_back(SubmitReport(kChildren[0]));
    EXPECT_OK(DecideReport(expected.back(), v1::Decision::NOT_OPENED));
    now_ += absl::Hours(1);
  }
  const std::string held = SubmitViolence(kChildren[0]);
  v1::ExtractChildRequest request = To(v1::GUARDIAN, ChildOf(held));
  request.set_page_size(1);
  std::vector<std::string> names;
  do {
    const auto page = Extract(request);
    ASSERT_OK(page);
    ASSERT_EQ(page->items_size(), 1);
    names.push_back(NameOf(page->items(0)));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(names, expected);
  // A token is for one question: another recipient's page is another's.
  request.set_page_token(Extract(request)->next_page_token());
  request.set_recipient(v1::CHILD);
  EXPECT_THAT(Extract(request), StatusIs(kInvalid, "PAGE_TOKEN_INVALID"));
}

TEST_F(ExtractServiceTest, IsAnEntryOfTheAuditLog) {
  const std::string report = SubmitReport(kChildren[0]);
  const std::string child = ChildOf(report);
  v1::ExtractChildRequest request = To(v1::GUARDIAN, child);
  request.add_reporters_without_danger(report);
  ASSERT_OK(Extract(request));
  const audit::v1::Entry entry = AuditEntries().back();
  EXPECT_EQ(entry.method(), "samverkan.intake.v1.ExtractService/ExtractChild");
  EXPECT_EQ(entry.action(), access::v1::DISCLOSE);
  EXPECT_EQ(entry.authority(), "skarholmen");
  EXPECT_THAT(entry.private_part().children(), ElementsAre(child));
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(report));
  EXPECT_EQ(entry.private_part().legal_basis(), "P-090, GDPR 2016/679; dataskyddslagen 2018:218 3:5, 3:10, 5:1");
  EXPECT_EQ(entry.private_part().detail(),
            absl::StrCat("extract to GUARDIAN; texts reviewed; no danger in naming the reporters of ", report));
  EXPECT_THAT(entry.private_part().risk_signs(), Contains(audit::v1::NO_ASSIGNMENT));
}

// So that the extract of the log hides that somebody asked what is hidden.
TEST_F(ExtractServiceTest, TellsInTheAuditLogWhatWasHidden) {
  const std::string held = SubmitViolence(kChildren[0]);
  const std::string child = ChildOf(held);
  ASSERT_OK(Hidden(child));
  const audit::v1::Entry entry = AuditEntries().back();
  EXPECT_EQ(entry.method(), "samverkan.intake.v1.ExtractService/ListHiddenResources");
  EXPECT_THAT(entry.private_part().children(), ElementsAre(child));
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(held));
}

TEST_F(ExtractServiceTest, TellsNoUnitInTheAuditLogOfAProtectedChild) {
  v1::Submission submission = SchoolSubmission(kChildren[0]);
  submission.mutable_child()->set_protected_identity(true);
  submission.mutable_child()->set_address("Gömda gatan 1");
  const std::string child = ChildOf(Submit({submission}).front());
  const auto extract = Extract(To(v1::CHILD, child));
  ASSERT_OK(extract);
  EXPECT_FALSE(absl::StrContains(extract->SerializeAsString(), "Gömda"));
  EXPECT_THAT(AuditEntries().back().private_part().actor().units(), IsEmpty());
}

}  // namespace
}  // namespace samverkan::intake::testing
