#include "services/intake/transfer_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/intake_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

// Of Hässelby-Vällingby, which is asked.
auth::Caller Receiver(access::v1::Role role = access::v1::CASEWORKER) {
  auth::Caller caller = CallerOf(role, "u-ada", {"hasselby-barn"});
  caller.authority = "hasselby-vallingby";
  caller.qualified = true;
  return caller;
}

class TransferServiceTest : public IntakeTest {
 protected:
  rpc::CallContext Call(const auth::Caller& caller, const std::string& method) const {
    return CallOf(caller, "TransferService/" + method, now_);
  }

  static v1::RequestTransferRequest Asking(const std::string& investigation) {
    v1::RequestTransferRequest request;
    request.set_parent(investigation);
    request.set_request_id(NewRequestId());
    request.set_receiver(kHasselbyVallingby);
    request.set_reasons("Familjen har flyttat.");
    request.set_handover("Utredningen så långt.");
    return request;
  }
  absl::StatusOr<v1::Transfer> Ask(const v1::RequestTransferRequest& request,
                                   const auth::Caller& caller = Caseworker()) {
    return service_.RequestTransfer(Call(caller, "RequestTransfer"), request);
  }

  static v1::AnswerTransferRequest Answering(const v1::Transfer& transfer, v1::TransferAnswer::Verdict verdict) {
    v1::AnswerTransferRequest request;
    request.set_name(transfer.name());
    request.set_request_id(NewRequestId());
    request.set_etag(transfer.etag());
    request.set_verdict(verdict);
    request.set_reasons("Flytten är tillfällig.");
    return request;
  }
  absl::StatusOr<v1::Transfer> Answer(const v1::AnswerTransferRequest& request,
                                      const auth::Caller& caller = Receiver()) {
    return service_.AnswerTransfer(Call(caller, "AnswerTransfer"), request);
  }

  absl::StatusOr<v1::Transfer> Get(const std::string& name, const auth::Caller& caller) {
    v1::GetTransferRequest request;
    request.set_name(name);
    return service_.GetTransfer(Call(caller, "GetTransfer"), request);
  }

  absl::StatusOr<v1::ListReceivedTransfersResponse> Received(const auth::Caller& caller, int page_size = 0,
                                                             const std::string& page_token = "") {
    v1::ListReceivedTransfersRequest request;
    request.set_parent(MakeName(caller.municipality, "authorities", caller.authority));
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return service_.ListReceivedTransfers(Call(caller, "ListReceivedTransfers"), request);
  }

  TransferStore store_{store_parts()};
  const TransferService service_{store_, parts()};
};

TEST_F(TransferServiceTest, TheReceiverFindsTheRequestAndAnswersIt) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Transfer asked, Ask(Asking(investigation)));
  EXPECT_EQ(asked.state(), v1::Transfer::REQUESTED);
  EXPECT_EQ(asked.deadlines(0).due_date(), "2026-04-10");
  EXPECT_EQ(Events().back().type(), "transfer.received") << "told to the board that is asked";
  EXPECT_EQ(Events().back().authority(), "hasselby-vallingby");

  ASSERT_OK_AND_ASSIGN(const auto received, Received(Receiver()));
  ASSERT_THAT(received.transfers(), SizeIs(1));
  const v1::Transfer& request = received.transfers(0);
  EXPECT_EQ(request.name(), asked.name());
  EXPECT_EQ(request.reasons(), "Familjen har flyttat.");
  EXPECT_EQ(request.handover(), "");
  EXPECT_EQ(request.child(), "");
  EXPECT_EQ(AuditEntries().back().authority(), "skarholmen") << "in the log of the board whose child it is";

  const v1::AnswerTransferRequest answer = Answering(request, v1::TransferAnswer::ACCEPTED);
  ASSERT_OK_AND_ASSIGN(const v1::Transfer answered, Answer(answer));
  EXPECT_EQ(answered.state(), v1::Transfer::ACCEPTED);
  EXPECT_EQ(answered.handover(), "Utredningen så långt.");
  EXPECT_EQ(Answer(answer)->state(), v1::Transfer::ACCEPTED) << "the repeated request";
  EXPECT_EQ(Events().back().type(), "transfer.answered");
  EXPECT_EQ(Events().back().authority(), "skarholmen");
  ASSERT_OK_AND_ASSIGN(const v1::Transfer seen, Get(asked.name(), Caseworker()));
  EXPECT_EQ(seen.answer().answerer(), "u-ada");
  EXPECT_EQ(seen.deadlines(0).state(), v1::Deadline::MET);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.investigation WHERE state = 1 AND authority = 'skarholmen'"), 1)
      << "the case itself stays";
}

TEST_F(TransferServiceTest, NobodyElseSeesOrAnswers) {
  ASSERT_OK_AND_ASSIGN(const v1::Transfer asked, Ask(Asking(OpenInvestigation(kChildren[0]))));
  auth::Caller elsewhere = CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"});
  auth::Caller other_town = Receiver();
  other_town.municipality = "0127";
  for (const auth::Caller& caller : {elsewhere, other_town}) {
    EXPECT_THAT(Get(asked.name(), caller), StatusIs(kNotFound, "TRANSFER_NOT_FOUND"));
    EXPECT_THAT(Answer(Answering(asked, v1::TransferAnswer::ACCEPTED), caller),
                StatusIs(kNotFound, "TRANSFER_NOT_FOUND"));
    EXPECT_THAT(Received(caller)->transfers(), IsEmpty());
  }
  EXPECT_THAT(Answer(Answering(asked, v1::TransferAnswer::ACCEPTED), Caseworker()),
              StatusIs(kNotFound, "TRANSFER_NOT_FOUND"));
}

TEST_F(TransferServiceTest, TheReceiverChangesNothingButTheAnswer) {
  ASSERT_OK_AND_ASSIGN(const v1::Transfer asked, Ask(Asking(OpenInvestigation(kChildren[0]))));
  v1::ApplyToInspectorateRequest apply;
  apply.set_name(asked.name());
  apply.set_request_id(NewRequestId());
  apply.set_etag(asked.etag());
  apply.set_reasons("Barnet bor där.");
  EXPECT_THAT(service_.ApplyToInspectorate(Call(Receiver(), "ApplyToInspectorate"), apply),
              StatusIs(kNotFound, "TRANSFER_NOT_FOUND"));
  v1::ListTransfersRequest list;
  list.set_parent(asked.investigation());
  EXPECT_THAT(service_.ListTransfers(Call(Receiver(), "ListTransfers"), list),
              StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
}

TEST_F(TransferServiceTest, ARefusalNeedsReasonsAndOpensTheWayToTheInspectorate) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Transfer asked, Ask(Asking(investigation)));
  v1::AnswerTransferRequest silent = Answering(asked, v1::TransferAnswer::REFUSED);
  silent.clear_reasons();
  EXPECT_THAT(status::InvalidFields(Answer(silent).status()), ElementsAre("reasons"));
  ASSERT_OK(Answer(Answering(asked, v1::TransferAnswer::REFUSED)));
  v1::ApplyToInspectorateRequest apply;
  apply.set_name(asked.name());
  apply.set_request_id(NewRequestId());
  apply.set_etag("2");
  apply.set_reasons("Barnet bor där.");
  ASSERT_OK_AND_ASSIGN(const v1::Transfer applied,
                       service_.ApplyToInspectorate(Call(Caseworker(), "ApplyToInspectorate"), apply));
  EXPECT_EQ(applied.deadlines(1).due_date(), "2026-06-10");
  EXPECT_THAT(Ask(Asking(investigation)), StatusIs(kFailedPrecondition, "TRANSFER_RUNNING"));
  v1::RecordInspectorateDecisionRequest decide;
  decide.set_name(asked.name());
  decide.set_request_id(NewRequestId());
  decide.set_etag("3");
  decide.set_outcome(v1::InspectorateDecision::NOT_TRANSFERRED);
  decide.set_reasons("Ärendet stannar.");
  ASSERT_OK_AND_ASSIGN(const v1::Transfer decided,
                       service_.RecordInspectorateDecision(Call(Caseworker(), "RecordInspectorateDecision"), decide));
  EXPECT_EQ(decided.state(), v1::Transfer::DECIDED);
  EXPECT_EQ(Get(asked.name(), Receiver())->decision().reasons(), "");
  EXPECT_OK(Ask(Asking(investigation)));
}

TEST_F(TransferServiceTest, AnotherAuthorityThatReceivesReportsIsAsked) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  for (const char* const receiver : {kSkarholmen, kBarnenheten, "", "municipalities/0180/authorities/ingen"}) {
    v1::RequestTransferRequest request = Asking(investigation);
    request.set_receiver(receiver);
    EXPECT_THAT(status::InvalidFields(Ask(request).status()), ElementsAre("receiver")) << receiver;
  }
}

}  // namespace
}  // namespace samverkan::intake::testing
