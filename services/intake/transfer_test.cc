#include "services/intake/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::SizeIs;

constexpr char kName[] = "municipalities/0180/transfers/01968f00-0000-7000-8000-000000000006";
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr absl::CivilDay kAsked(2026, 3, 10);

auth::Caller Receiver(access::v1::Role role = access::v1::CASEWORKER) {
  auth::Caller caller = CallerOf(role, "u-ada", {"hasselby-barn"});
  caller.authority = "hasselby-vallingby";
  return caller;
}

absl::StatusOr<TransferChange> Request(const PartParent& parent, absl::CivilDay day) {
  v1::RequestTransferRequest request;
  request.set_receiver(kHasselbyVallingby);
  request.set_reasons("Familjen har flyttat.");
  request.set_handover("Utredningen så långt.");
  return RequestTransfer(ShippedRules(), parent, request, kName, ActAt(At(day)));
}

TransferRecord RequestedOn(absl::CivilDay day) {
  const auto change = Request(OpenedParent(), day);
  EXPECT_OK(change);
  return change->after;
}

absl::StatusOr<TransferChange> AnswerOn(absl::CivilDay day, const TransferRecord& record,
                                        v1::TransferAnswer::Verdict verdict) {
  v1::AnswerTransferRequest request;
  request.set_verdict(verdict);
  request.set_reasons("Flytten är tillfällig.");
  return AnswerTransfer(record, request, {Receiver().subject, At(day)});
}

absl::StatusOr<TransferChange> ApplyOn(absl::CivilDay day, const TransferRecord& record) {
  v1::ApplyToInspectorateRequest request;
  request.set_reasons("Barnet bor där.");
  return ApplyToInspectorate(ShippedRules(), record, request, ActAt(At(day)));
}

TEST(TransferTest, IsAnsweredWithinAMonthByTheLawOfTheRequest) {
  const v1::Transfer now = RequestedOn(kAsked).resource;
  ASSERT_THAT(now.deadlines(), SizeIs(1));
  EXPECT_EQ(now.deadlines(0).clock(), "transfer_answer");
  EXPECT_EQ(now.deadlines(0).due_date(), "2026-04-10");
  EXPECT_EQ(now.deadlines(0).legal_basis(), "SoL 2025:400 29:9-12");
  EXPECT_EQ(RequestedOn(absl::CivilDay(2025, 6, 30)).resource.deadlines(0).legal_basis(), "SoL 2001:453 11:4");
  EXPECT_EQ(RequestedOn(absl::CivilDay(2025, 7, 1)).resource.deadlines(0).legal_basis(), "SoL 2025:400 29:9-12");
}

TEST(TransferTest, OnlyTheCaseOfARunningInvestigationIsTransferred) {
  PartParent closed = OpenedParent();
  closed.investigation.investigation.set_state(v1::Investigation::CLOSED);
  EXPECT_THAT(Request(closed, kAsked), StatusIs(kFailedPrecondition, "INVESTIGATION_CLOSED"));
}

TEST(TransferTest, AnAnswerMeetsTheClockAndIsGivenOnce) {
  ASSERT_OK_AND_ASSIGN(const TransferChange answered,
                       AnswerOn(kAsked + 2, RequestedOn(kAsked), v1::TransferAnswer::ACCEPTED));
  EXPECT_EQ(answered.after.resource.state(), v1::Transfer::ACCEPTED);
  EXPECT_EQ(answered.after.resource.deadlines(0).state(), v1::Deadline::MET);
  EXPECT_EQ(answered.after.resource.answer().answerer(), "u-ada");
  EXPECT_THAT(AnswerOn(kAsked + 3, answered.after, v1::TransferAnswer::REFUSED),
              StatusIs(kFailedPrecondition, "TRANSFER_NOT_OPEN"));
  EXPECT_THAT(ApplyOn(kAsked + 90, answered.after), StatusIs(kFailedPrecondition, "TRANSFER_NOT_OPEN"));
}

TEST(TransferTest, TheInspectorateIsAskedAfterARefusalOrWithoutAnswerInTime) {
  const TransferRecord asked = RequestedOn(kAsked);
  // The last day itself is still the receiver's.
  EXPECT_THAT(ApplyOn(absl::CivilDay(2026, 4, 10), asked), StatusIs(kFailedPrecondition, "ANSWER_AWAITED"));
  ASSERT_OK_AND_ASSIGN(const TransferChange late, ApplyOn(absl::CivilDay(2026, 4, 11), asked));
  ASSERT_THAT(late.after.resource.deadlines(), SizeIs(2));
  EXPECT_EQ(late.after.resource.deadlines(0).state(), v1::Deadline::ENDED);
  EXPECT_TRUE(late.after.resource.deadlines(0).has_breach_time());
  EXPECT_EQ(late.after.resource.deadlines(1).clock(), "ivo_decision");
  EXPECT_EQ(late.after.resource.deadlines(1).due_date(), "2026-07-11");

  ASSERT_OK_AND_ASSIGN(const TransferChange refused, AnswerOn(kAsked, asked, v1::TransferAnswer::REFUSED));
  ASSERT_OK_AND_ASSIGN(const TransferChange applied, ApplyOn(kAsked + 1, refused.after));
  EXPECT_EQ(applied.after.resource.state(), v1::Transfer::APPLIED);
  v1::RecordInspectorateDecisionRequest decision;
  decision.set_outcome(v1::InspectorateDecision::TRANSFERRED);
  decision.set_reasons("Ärendet flyttas över.");
  EXPECT_THAT(RecordInspectorateDecision(asked, decision, ActAt(At(kAsked))),
              StatusIs(kFailedPrecondition, "TRANSFER_NOT_OPEN"));
  ASSERT_OK_AND_ASSIGN(const TransferChange decided,
                       RecordInspectorateDecision(applied.after, decision, ActAt(At(kAsked + 30))));
  EXPECT_EQ(decided.after.resource.state(), v1::Transfer::DECIDED);
  EXPECT_EQ(decided.after.resource.deadlines(1).state(), v1::Deadline::MET);
}

TEST(TransferTest, TheReceiverSeesTheRequestAndTheHandoverOnceTheCaseIsItsOwn) {
  const TransferRecord asked = RequestedOn(kAsked);
  ASSERT_OK_AND_ASSIGN(const v1::Transfer request, ViewFor(ShippedRules(), Receiver(), asked, At(kAsked)));
  EXPECT_EQ(request.reasons(), "Familjen har flyttat.");
  EXPECT_EQ(request.handover(), "");
  EXPECT_EQ(request.investigation(), "");
  EXPECT_EQ(request.child(), "");
  EXPECT_EQ(request.requester(), "");
  EXPECT_THAT(request.deadlines(), SizeIs(1));
  ASSERT_OK_AND_ASSIGN(const TransferChange refused, AnswerOn(kAsked, asked, v1::TransferAnswer::REFUSED));
  EXPECT_EQ(ViewFor(ShippedRules(), Receiver(), refused.after, At(kAsked))->handover(), "");
  ASSERT_OK_AND_ASSIGN(const TransferChange accepted, AnswerOn(kAsked, asked, v1::TransferAnswer::ACCEPTED));
  EXPECT_EQ(ViewFor(ShippedRules(), Receiver(), accepted.after, At(kAsked))->handover(), "Utredningen så långt.");
  EXPECT_EQ(ViewFor(ShippedRules(), Caseworker(), asked, At(kAsked))->handover(), "Utredningen så långt.");
}

TEST(TransferTest, OnlyTheReceiversSocialServicesAnswer) {
  const TransferRecord asked = RequestedOn(kAsked);
  EXPECT_OK(CheckMayAnswer(Receiver(), asked));
  EXPECT_OK(CheckMayAnswer(Receiver(access::v1::RECEPTION), asked));
  for (const auth::Caller& caller : {Receiver(access::v1::REPORTER), Receiver(access::v1::AUDITOR), Caseworker()}) {
    EXPECT_THAT(CheckMayAnswer(caller, asked), StatusIs(absl::StatusCode::kNotFound, "TRANSFER_NOT_FOUND"));
  }
  EXPECT_THAT(ViewFor(ShippedRules(), Receiver(access::v1::REPORTER), asked, At(kAsked)),
              StatusIs(absl::StatusCode::kNotFound, "TRANSFER_NOT_FOUND"));
}

}  // namespace
}  // namespace samverkan::intake::testing
