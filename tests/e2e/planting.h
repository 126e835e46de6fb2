#ifndef SAMVERKAN_TESTS_E2E_PLANTING_H_
#define SAMVERKAN_TESTS_E2E_PLANTING_H_

#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/message.h"
#include "libs/testing/status_matchers.h"
#include "tests/e2e/personal_texts.h"
#include "tests/e2e/planted.h"
#include "tests/testing/cast.h"
#include "tests/testing/client.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {

// Calls that plant personal texts wherever a text can be given: in every field of calls that
// are taken, and in every field and all around calls that are refused.
class Planting {
 public:
  // A family name that stands in every text that was planted, and nowhere else.
  static constexpr char kMarker[] = "Öfverståhl";

  // All must outlive this. `planted` gets all that is personal in what is sent and answered.
  Planting(const ServiceSet& set, const Client& client, PlantedTexts& planted);

  // The way of a report, from the question before it to what is held of its file; each step
  // has to be taken.
  void PlantInAFile();
  // The same of the child in the registry. After PlantInAFile.
  void PlantInTheRegistry();
  // What auditors ask and write. After PlantInAFile.
  void PlantInTheLog();
  // Calls of every method with every text of the request planted, by many callers; and what no
  // client of ours sends.
  void PlantInRefusals();

  // The report that was planted first, and all that errors said.
  const std::string& report() const { return report_.name(); }
  const std::string& errors() const { return errors_; }
  int refusals() const { return refusals_; }

 private:
  template <typename Stub, typename Request, typename Response>
  Response Do(const auth::Caller& caller, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
    texts_.See(request);
    const Answer<Response> answer = client_.As(caller, method, request);
    texts_.See(answer.response);
    errors_ += answer.wire;
    EXPECT_OK(answer.status) << request.GetTypeName();
    return answer.response;
  }

  // A change of `resource` with every text planted that is not `fixed`.
  template <typename Request, typename Resource>
  Request ChangeOf(const Resource& resource, Request fixed = {}) {
    fixed.set_name(resource.name());
    fixed.set_request_id(NewRequestId());
    fixed.set_etag(resource.etag());
    Plant(fixed);
    return fixed;
  }

  // A request about the investigation.
  template <typename Request>
  Request StepOf() const {
    Request request;
    request.set_parent(investigation_.name());
    request.set_request_id(NewRequestId());
    return request;
  }

  // Gives every personal text of `message`, and of the messages that stand in it, that is empty.
  void Plant(google::protobuf::Message& message);
  // Gives every text, and every message within.
  void PlantEverywhere(google::protobuf::Message& message, int depth);
  std::string NewText();

  intake::v1::SubmitReportRequest NewReport(const std::string& identity_number);
  intake::v1::Report Get(const std::string& name);
  void Consult();
  void Submit();
  void Assess();
  void Meet();
  void Contact();
  void Investigate();
  void TakeSteps();
  void AskTheSchool();
  void Place();
  void Transfer();
  void CloseAndReopen();
  void FollowUp();
  void HoldAndForward();
  void DeclareEmergency();
  void HoldTheFile();
  consent::v1::Consent AskGuardian(const consent::v1::Child& registered);
  consent::v1::Consent AnswerWithTexts(const consent::v1::Consent& asked, const std::string& absent_guardian);
  // Asks, answers, renews and withdraws a consent; the child as it then is.
  consent::v1::Child PlantConsent(const consent::v1::Child& registered);
  void HoldInTheRegistry(const std::string& reference);
  void HideInTheRegistry(const consent::v1::Child& registered);
  void ExtractFromTheRegistry(const consent::v1::Child& registered);
  void ExtractForTheChild();
  void Send(const auth::Caller& caller, ServiceSet::Service service, const std::string& path, const std::string& bytes);
  void CallWithBadMetadata();
  void CallWithBadBytes();

  const ServiceSet& set_;
  const Client& client_;
  PlantedTexts& planted_;
  PersonalTexts texts_;
  intake::v1::Report report_;
  intake::v1::Investigation investigation_;
  // Name of the placement that has ended.
  std::string placement_;
  std::string errors_;
  int next_text_ = 0;
  int refusals_ = 0;
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_E2E_PLANTING_H_
