// Requests whose fields are wrong, as a client can send them.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/rpc/error_details.pb.h"
#include "libs/rpc/testing/calls.h"
#include "libs/status/status.h"
#include "samverkan/access/v1/access.pb.h"
#include "tests/e2e/refusal_fixture.h"

namespace samverkan::tests {
namespace {

using intake::v1::ReceiveReportRequest;
using intake::v1::Submission;
using intake::v1::SubmitReportRequest;

class BadFieldsTest : public RefusalTest {
 protected:
  void ExpectSubmissionRefused(const SubmitReportRequest& request, const std::vector<std::string>& fields) {
    ExpectRefused(BadFields(fields), Principal(), &Reports::SubmitReport, request);
  }

  // What no client library sends.
  void ExpectBytesRefused(const Refusal& expected, const std::string& bytes) {
    grpc::ClientContext context;
    rpc::Prepare(set_.TokenOf(Principal()), clock::SystemClock().Now() + absl::Seconds(20), rpc::NewTrace(), context);
    const Stored before = Read();
    const grpc::Status status =
        rpc::testing::CallWithBytes(client_.ChannelOf(Principal(), ServiceSet::kIntake),
                                    "/samverkan.intake.v1.ReportService/SubmitReport", bytes, context);
    Check(expected, status::FromGrpc(status), status.error_message() + status.error_details(), before);
  }
};

const std::vector<std::string> kNoIdentityNumbers = {
    "201205032393",    // wrong check digit
    "20120503-2393",   // the same with a dash
    "120503-2393",     // the same without century
    "20121303-2392",   // no such month
    "20120532-2392",   // no such day
    "20120503-239",    // a digit too few
    "20120503-23922",  // a digit too many
    "20120503-239X",   // a letter
    "Zebulonsson",     // a name
};

TEST_F(BadFieldsTest, IdentityNumberThatIsNone) {
  for (const std::string& number : kNoIdentityNumbers) {
    SCOPED_TRACE(number);
    SubmitReportRequest request = SchoolReport(number);
    ExpectSubmissionRefused(request, {"submission.child.identity_number"});
    request = SchoolReport();
    request.add_siblings()->set_identity_number(kSibling);
    request.add_siblings()->set_identity_number(number);
    ExpectSubmissionRefused(request, {"siblings[1].identity_number"});
    request = SchoolReport();
    request.mutable_submission()->add_guardians()->set_identity_number(number);
    ExpectSubmissionRefused(request, {"submission.guardians[1].identity_number"});
  }
}

// The same in digits and separators that people paste.
TEST_F(BadFieldsTest, IdentityNumberInTheTextOfAConsultation) {
  const std::vector<std::string> numbers = {
      "201205032392",
      "20120503-2392",
      "120503-2392",
      "1205032392",
      "120503+2392",
      "20120503 2392",
      "20120503 - 2392",
      "2012 05 03 2392",
      "2012-05-03-2392",
      "20120503\u20132392",                                                         // en dash
      "20120503\u00A02392",                                                         // no-break space
      "\uFF12\uFF10\uFF11\uFF12\uFF10\uFF15\uFF10\uFF13\uFF12\uFF13\uFF19\uFF12",   // full width
      "\u0662\u0660\u0661\u0662\u0660\u0665\u0660\u0663-\u0662\u0663\u0669\u0662",  // Arabic-Indic
      "\u0968\u0966\u0967\u0968\u0966\u096B\u0966\u0969\u0968\u0969\u096F\u0968",   // Devanagari
      "202312752393",                                                               // samordningsnummer
      "189112119814",                                                               // of the century before
  };
  for (const std::string& number : numbers) {
    SCOPED_TRACE(number);
    intake::v1::CreateConsultationRequest request;
    request.set_parent(kBoard);
    request.set_request_id(NewRequestId());
    request.set_question(absl::StrCat("Åsa frågar om ", number, ". Hur gör vi?"));
    ExpectRefused(BadFields({"question"}), Principal(), &Consultations::CreateConsultation, request);
    const auto answer = client_.As(Principal(), &Consultations::CreateConsultation, request);
    EXPECT_TRUE(absl::StrContains(answer.wire, "character 15 ")) << "the place is not named: " << answer.wire;
    EXPECT_FALSE(absl::StrContains(answer.wire, number));
    EXPECT_FALSE(absl::StrContains(set_.LogOf(ServiceSet::kIntake), number));
  }
}

TEST_F(BadFieldsTest, IdentityNumberInTheAdvice) {
  intake::v1::CreateConsultationRequest ask;
  ask.set_parent(kBoard);
  ask.set_request_id(NewRequestId());
  ask.set_question("Ett barn i trean är ofta hungrigt. Ska vi anmäla?");
  const auto asked = Do(Principal(), &Consultations::CreateConsultation, ask);
  intake::v1::AdviseConsultationRequest advise;
  advise.set_name(asked.name());
  advise.set_request_id(NewRequestId());
  advise.set_etag(asked.etag());
  advise.set_conclusion(intake::v1::Consultation::REPORT_ADVISED);
  advise.set_advice("Anmäl oro för 120503-2392.");
  ExpectRefused(BadFields({"advice"}), Reception(), &Consultations::AdviseConsultation, advise);
}

TEST_F(BadFieldsTest, AnonymousMandatedReporter) {
  SubmitReportRequest request = SchoolReport();
  request.mutable_submission()->mutable_reporter()->set_anonymous(true);
  ExpectSubmissionRefused(request, {"submission.reporter.person_name"});
  request = SchoolReport();
  request.mutable_submission()->mutable_reporter()->set_person_name("  ");
  ExpectSubmissionRefused(request, {"submission.reporter.person_name"});
}

TEST_F(BadFieldsTest, GuardiansNotToldAndNoReason) {
  SubmitReportRequest request = SchoolReport();
  request.mutable_submission()->mutable_guardians_told()->mutable_not_told();
  ExpectSubmissionRefused(request, {"submission.guardians_told.not_told.reason"});
  request.mutable_submission()->mutable_guardians_told()->mutable_not_told()->set_reason(intake::v1::NotTold::OTHER);
  ExpectSubmissionRefused(request, {"submission.guardians_told.not_told.explanation"});
}

TEST_F(BadFieldsTest, MissingChoice) {
  SubmitReportRequest request = SchoolReport();
  request.mutable_submission()->clear_guardians_told();
  ExpectSubmissionRefused(request, {"submission.guardians_told"});
  request.mutable_submission()->mutable_guardians_told();
  ExpectSubmissionRefused(request, {"submission.guardians_told"});
}

TEST_F(BadFieldsTest, AllAtOnce) {
  SubmitReportRequest request = SchoolReport("201205032393");
  Submission& submission = *request.mutable_submission();
  request.set_parent("municipalities/0180/authorities/utbildningsnamnden");
  submission.set_kind(intake::v1::ENTRY_KIND_UNSPECIFIED);
  submission.mutable_reporter()->clear_person_name();
  submission.mutable_contact_person()->Clear();
  submission.clear_guardians_told();
  submission.mutable_concern()->set_what(" \n");
  submission.clear_signature();
  submission.set_consultation("municipalities/0180/reports/1");
  ExpectSubmissionRefused(
      request, {"parent", "submission.kind", "submission.reporter.person_name", "submission.contact_person.function",
                "submission.contact_person.email", "submission.child.identity_number", "submission.guardians_told",
                "submission.concern.what", "submission.signature.person_name", "submission.consultation"});
}

// A report must not be lost to a form.
TEST_F(BadFieldsTest, RefusalSaysWhereToCall) {
  const auto answer = client_.As(Principal(), &Reports::SubmitReport, SchoolReport("201205032393"));
  const auto payload = answer.status.GetPayload("type.googleapis.com/google.rpc.Help");
  google::rpc::Help help;
  ASSERT_TRUE(payload.has_value() && help.ParseFromString(std::string(*payload)));
  EXPECT_EQ(help.links(0).url(), "tel:+46846500410");
}

TEST_F(BadFieldsTest, UnknownValueOfAnEnumeration) {
  SubmitReportRequest request = SchoolReport();
  request.mutable_submission()->set_kind(static_cast<intake::v1::EntryKind>(99));
  request.mutable_submission()->set_form(static_cast<intake::v1::Form>(-1));
  request.mutable_submission()->mutable_guardians_told()->mutable_not_told()->set_reason(
      static_cast<intake::v1::NotTold::Reason>(77));
  ExpectSubmissionRefused(request, {"submission.kind", "submission.form", "submission.guardians_told.not_told.reason"});
}

// Of every method of the suite.
TEST_F(BadFieldsTest, EmptyRequest) {
  for (const char* const name :
       {"samverkan.intake.v1.ReportService", "samverkan.intake.v1.AssessmentService",
        "samverkan.intake.v1.FeedbackService", "samverkan.intake.v1.ReportMeetingService",
        "samverkan.intake.v1.InvestigationService", "samverkan.intake.v1.InvestigationStepService",
        "samverkan.intake.v1.ConsultationService", "samverkan.intake.v1.EmergencyAccessService",
        "samverkan.intake.v1.RetentionService", "samverkan.intake.v1.PlacementService",
        "samverkan.intake.v1.TransferService", "samverkan.intake.v1.FollowUpService",
        "samverkan.intake.v1.ExtractService", "samverkan.audit.v1.AuditService", "samverkan.audit.v1.ExtractService"}) {
    const auto* const service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& method = *service->method(i);
      SCOPED_TRACE(method.full_name());
      auth::Caller caller = Caseworker();
      caller.roles = {method.options().GetExtension(access::v1::rule).roles(0)};
      grpc::ClientContext context;
      rpc::Prepare(set_.TokenOf(caller), clock::SystemClock().Now() + absl::Seconds(20), rpc::NewTrace(), context);
      const auto service = absl::StrContains(name, "audit") ? ServiceSet::kAudit : ServiceSet::kIntake;
      const auto channel = client_.ChannelOf(caller, service);
      const Stored before = Read();
      const absl::Status status = status::FromGrpc(
          rpc::testing::CallWithBytes(channel, absl::StrCat("/", name, "/", method.name()), "", context));
      const std::vector<std::string> fields = status::InvalidFields(status);
      EXPECT_FALSE(fields.empty());
      Refusal expected = BadFields(fields);
      expected.for_people = caller.roles != std::vector{access::v1::SYSTEM};
      Check(expected, status, "", before);
      if (method.input_type()->FindFieldByName("request_id") != nullptr) {
        EXPECT_THAT(fields, ::testing::Contains("request_id"));
      }
    }
  }
}

TEST_F(BadFieldsTest, RequestIdThatIsNone) {
  SubmitReportRequest request = SchoolReport();
  request.set_request_id("Zebulonsson");
  ExpectSubmissionRefused(request, {"request_id"});
}

// Longer than any message: refused before it is read.
TEST_F(BadFieldsTest, FiveMegabytes) {
  SubmitReportRequest request = SchoolReport();
  request.mutable_submission()->mutable_concern()->set_what(std::string(5 << 20, 'Z'));
  const Stored before = Read();
  const auto answer = client_.As(Principal(), &Reports::SubmitReport, request);
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Read().tables, before.tables);
  EXPECT_EQ(Read().audit_entries, before.audit_entries);
}

// As much as a message bears. The reception's call takes what a person can have received,
// but not this.
TEST_F(BadFieldsTest, TextThatNobodyReads) {
  SubmitReportRequest request = SchoolReport();
  request.mutable_submission()->mutable_concern()->set_history(std::string(900'000, 'Z'));
  request.mutable_submission()->mutable_child()->set_given_name(std::string(2'000, 'Z'));
  const std::vector<std::string> fields = {"submission.concern.history", "submission.child.given_name"};
  ExpectSubmissionRefused(request, fields);
  ReceiveReportRequest received;
  received.set_parent(kBoard);
  received.set_request_id(NewRequestId());
  *received.mutable_submission() = request.submission();
  ExpectRefused(BadFields(fields), Reception(), &Reports::ReceiveReport, received);
}

TEST_F(BadFieldsTest, InvalidUtf8) {
  SubmitReportRequest request = SchoolReport();
  request.mutable_submission()->mutable_concern()->set_what("@@@");
  request.mutable_submission()->add_guardians()->set_person_name("@@@");
  // Not UTF-8 at all, cut short, and half of a surrogate pair.
  for (const char* const bad : {"or\xFF", "o\xE2\x82", "\xED\xA0\x80"}) {
    std::string bytes = request.SerializeAsString();
    for (size_t place = 0; (place = bytes.find("@@@", place)) != std::string::npos;) bytes.replace(place, 3, bad);
    ExpectBytesRefused(BadFields({"submission.concern.what", "submission.guardians[1].person_name"}), bytes);
  }
}

TEST_F(BadFieldsTest, WhatIsNoMessageAtAll) {
  const std::string whole = SchoolReport().SerializeAsString();
  for (const std::string& bytes : {std::string("Zebulonsson"), whole.substr(0, whole.size() - 3), whole + "\xFF"}) {
    ExpectBytesRefused({absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE"}, bytes);
  }
}

TEST_F(BadFieldsTest, NulBytes) {
  SubmitReportRequest request = SchoolReport();
  request.mutable_submission()->mutable_concern()->set_what(std::string("oro\0mer", 7));
  request.mutable_submission()->mutable_guardians(0)->set_person_name(std::string(1, '\0'));
  ExpectSubmissionRefused(request, {"submission.concern.what", "submission.guardians[0].person_name"});
}

google::protobuf::Timestamp Instant(int64_t seconds, int32_t nanos = 0) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

TEST_F(BadFieldsTest, ReceiptAtAnImpossibleTime) {
  ReceiveReportRequest request;
  request.set_parent(kBoard);
  *request.mutable_submission() = SchoolReport().submission();
  const int64_t now = absl::ToUnixSeconds(set_.Now());
  for (const auto& time : {Instant(now + 3600), Instant(-62135596800), Instant(-62135596801), Instant(now, 1 << 30),
                           Instant(now - 12LL * 365 * 86400), Instant(253402300800)}) {
    SCOPED_TRACE(time.seconds());
    request.set_request_id(NewRequestId());
    *request.mutable_receive_time() = time;
    ExpectRefused(BadFields({"receive_time"}), Reception(), &Reports::ReceiveReport, request);
  }
}

TEST_F(BadFieldsTest, MeetingAtAnImpossibleTime) {
  const intake::v1::Report report = Get(Submit());
  const int64_t now = absl::ToUnixSeconds(set_.Now());
  intake::v1::OfferReportMeetingRequest offer;
  offer.set_name(report.name() + "/meeting");
  offer.set_request_id(NewRequestId());
  offer.set_etag(report.etag());
  offer.set_place("Socialtjänstens lokaler");
  offer.set_reasons("Bra för barnet.");
  for (const int64_t seconds : {now - 86400, int64_t{-62135596800}}) {
    *offer.mutable_meet_time() = Instant(seconds);
    ExpectRefused(BadFields({"meet_time"}), Reception(), &Meetings::OfferReportMeeting, offer);
  }
  intake::v1::RecordReportMeetingRequest record;
  record.set_name(offer.name());
  record.set_request_id(NewRequestId());
  record.set_etag(report.etag());
  record.add_participants("rektor");
  for (const int64_t seconds : {now + 86400, int64_t{-62135596800}}) {
    *record.mutable_meet_time() = Instant(seconds);
    ExpectRefused(BadFields({"meet_time"}), Reception(), &Meetings::RecordReportMeeting, record);
  }
}

TEST_F(BadFieldsTest, DayThatIsNone) {
  const intake::v1::Report report = Get(Submit());
  intake::v1::ExtendPreliminaryAssessmentRequest request;
  request.set_name(report.name());
  request.set_request_id(NewRequestId());
  request.set_etag(report.etag());
  request.set_reasons("Läkarutlåtande väntas.");
  request.set_ground("synnerliga skäl");
  for (const char* const day : {"", "2026-02-30", "2026-01-12", "0001-01-01", "i morgon"}) {
    SCOPED_TRACE(day);
    request.set_latest_date(day);
    ExpectRefused(BadFields({"latest_date"}), Caseworker(), &Assessments::ExtendPreliminaryAssessment, request);
  }
}

}  // namespace
}  // namespace samverkan::tests
