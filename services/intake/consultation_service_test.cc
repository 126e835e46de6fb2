#include "services/intake/consultation_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/intake_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

auth::Caller Reception() { return CallerOf(access::v1::RECEPTION, "u-maria", {"mottagningsenheten"}); }

class ConsultationServiceTest : public IntakeTest {
 protected:
  rpc::CallContext Call(const auth::Caller& caller, const std::string& method) const {
    return CallOf(caller, "ConsultationService/" + method, now_);
  }

  static v1::CreateConsultationRequest Question(const std::string& question = "En elev i åk 5 kommer ofta hungrig.") {
    v1::CreateConsultationRequest request;
    request.set_parent(kSkarholmen);
    request.set_request_id(NewRequestId());
    request.set_question(question);
    request.set_age(11);
    return request;
  }
  absl::StatusOr<v1::Consultation> Create(const v1::CreateConsultationRequest& request,
                                          const auth::Caller& caller = Reporter()) {
    return service_.CreateConsultation(Call(caller, "CreateConsultation"), request);
  }

  absl::StatusOr<v1::Consultation> Get(const std::string& name, const auth::Caller& caller = Reporter()) {
    v1::GetConsultationRequest request;
    request.set_name(name);
    return service_.GetConsultation(Call(caller, "GetConsultation"), request);
  }

  static v1::AdviseConsultationRequest Advice(const std::string& name) {
    v1::AdviseConsultationRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag("1");
    request.set_advice("Gör en anmälan, och berätta det för vårdnadshavarna.");
    request.set_conclusion(v1::Consultation::REPORT_ADVISED);
    return request;
  }
  absl::StatusOr<v1::Consultation> Advise(const v1::AdviseConsultationRequest& request,
                                          const auth::Caller& caller = Reception()) {
    return service_.AdviseConsultation(Call(caller, "AdviseConsultation"), request);
  }

  absl::StatusOr<v1::ListConsultationsResponse> List(const auth::Caller& caller, int32_t page_size = 0,
                                                     const std::string& page_token = "",
                                                     const std::string& parent = "municipalities/0180") {
    v1::ListConsultationsRequest request;
    request.set_parent(parent);
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return service_.ListConsultations(Call(caller, "ListConsultations"), request);
  }

  std::vector<std::string> Names(const auth::Caller& caller) {
    const auto listed = List(caller);
    EXPECT_OK(listed);
    std::vector<std::string> names;
    for (const v1::Consultation& consultation : listed->consultations()) names.push_back(consultation.name());
    return names;
  }

  // All that was ever stored: for proving that something was not.
  int64_t StoredRows() {
    return Count(
        "SELECT (SELECT count(*) FROM intake.consultation) + (SELECT count(*) FROM intake.event)"
        " + (SELECT count(*) FROM intake.audit_entry) + (SELECT count(*) FROM intake.request)");
  }

  ConsultationStore store_{store_parts()};
  ConsultationService service_{store_, parts()};
};

TEST_F(ConsultationServiceTest, GivesAdviceWithoutKnowingTheChild) {
  ASSERT_OK_AND_ASSIGN(const v1::Consultation asked, Create(Question()));
  EXPECT_EQ(asked.authority(), kSkarholmen);
  EXPECT_EQ(asked.question(), "En elev i åk 5 kommer ofta hungrig.");
  EXPECT_EQ(asked.age(), 11);
  EXPECT_EQ(asked.conclusion(), v1::Consultation::CONCLUSION_UNSPECIFIED);
  EXPECT_EQ(proto_time::FromProto(asked.create_time()), now_);
  EXPECT_EQ(asked.etag(), "1");
  EXPECT_EQ(Events().back().type(), "consultation.created");
  EXPECT_EQ(Events().back().resource(), asked.name());

  now_ += absl::Minutes(20);
  ASSERT_OK_AND_ASSIGN(const v1::Consultation advised, Advise(Advice(asked.name())));
  EXPECT_EQ(advised.conclusion(), v1::Consultation::REPORT_ADVISED);
  EXPECT_EQ(proto_time::FromProto(advised.advise_time()), now_);
  EXPECT_EQ(advised.etag(), "2");
  EXPECT_EQ(Events().back().type(), "consultation.advised");

  // The asker reads what was advised, word by word as it was given.
  ASSERT_OK_AND_ASSIGN(const v1::Consultation read, Get(asked.name()));
  EXPECT_EQ(read.SerializeAsString(), advised.SerializeAsString());
}

TEST_F(ConsultationServiceTest, AdvisesOnce) {
  ASSERT_OK_AND_ASSIGN(const v1::Consultation asked, Create(Question()));
  ASSERT_OK(Advise(Advice(asked.name())));
  v1::AdviseConsultationRequest again = Advice(asked.name());
  again.set_etag("2");
  EXPECT_THAT(Advise(again), StatusIs(absl::StatusCode::kFailedPrecondition, "ALREADY_ADVISED"));
  EXPECT_THAT(Advise(Advice(asked.name())), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
}

// Ways to write an identity number or coordination number, and where it begins.
struct Hidden {
  const char* text;
  const char* place;
};
const Hidden kHidden[] = {
    {"200801212390", "character 1 "},
    {"Det gäller 20080121-2390.", "character 12 "},
    {"Det gäller 080121-2390.", "character 12 "},
    {"åäö 0801212390", "character 5 "},
    {"Född 2008-01-21, dvs 2008-01-21-2390", "character 22 "},
    {"pnr 2008 01 21 2390", "character 5 "},
    {"pnr 080121 2390", "character 5 "},
    {"pnr 080121+2390", "character 5 "},
    {"pnr 080121–2390", "character 5 "},
    {"pnr 2008.01.21.2390", "character 5 "},
    {"pnr 2\u200b0\u200b0801212390", "character 5 "},
    {"pnr ٢٠٠٨٠١٢١٢٣٩٠", "character 5 "},
    {"pnr ２００８０１２１－２３９０", "character 5 "},
    {"pnr 080121\n2390", "character 5 "},
    {"samordningsnummer 150465-2387", "character 19 "},
    {"morfar 911211+9814", "character 8 "},
};

TEST_F(ConsultationServiceTest, RefusesAHiddenIdentityNumberAndStoresNothing) {
  for (const Hidden& hidden : kHidden) {
    SCOPED_TRACE(hidden.text);
    const auto refused = Create(Question(hidden.text));
    ASSERT_THAT(refused, StatusIs(kInvalidArgument, "FIELD_INVALID"));
    EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("question"));
    google::rpc::BadRequest details;
    ASSERT_TRUE(details.ParseFromString(
        std::string(*refused.status().GetPayload("type.googleapis.com/google.rpc.BadRequest"))));
    EXPECT_THAT(details.field_violations(0).description(), HasSubstr(hidden.place));
    // Nothing of it comes back, in the message or in any detail.
    EXPECT_THAT(refused.status().ToString(), Not(ContainsRegex("[0-9]{3}")));
    EXPECT_THAT(details.DebugString(), Not(ContainsRegex("[0-9]{3}")));
  }
  EXPECT_EQ(StoredRows(), 0);
}

TEST_F(ConsultationServiceTest, RefusesAHiddenIdentityNumberInTheAdvice) {
  ASSERT_OK_AND_ASSIGN(const v1::Consultation asked, Create(Question()));
  const int64_t rows = StoredRows();
  v1::AdviseConsultationRequest request = Advice(asked.name());
  request.set_advice("Anmäl 20080121-2390 och 20080205-2381.");
  const auto refused = Advise(request);
  EXPECT_THAT(refused, StatusIs(kInvalidArgument, "FIELD_INVALID"));
  // One violation for each.
  EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("advice", "advice"));
  EXPECT_EQ(StoredRows(), rows);
  ASSERT_OK_AND_ASSIGN(const v1::Consultation unchanged, Get(asked.name()));
  EXPECT_EQ(unchanged.SerializeAsString(), asked.SerializeAsString());
}

TEST_F(ConsultationServiceTest, TakesNumbersThatAreNone) {
  for (const char* const text : {"Möte 2026-03-09 14.30, ring 08-508 24 435.", "Klass 5B, 3 gånger av 10.",
                                 "Ärende 20080121-2391 har fel kontrollsiffra."}) {
    EXPECT_OK(Create(Question(text))) << text;
  }
}

TEST_F(ConsultationServiceTest, NamesEveryBadField) {
  v1::CreateConsultationRequest request;
  request.set_parent("municipalities/0180/authorities/utbildningsnamnden");  // receives nothing
  request.set_age(21);
  EXPECT_THAT(status::InvalidFields(Create(request).status()), ElementsAre("request_id", "parent", "question", "age"));
  request = Question(std::string(20'001, 'x'));
  request.set_age(-1);
  EXPECT_THAT(status::InvalidFields(Create(request).status()), ElementsAre("question", "age"));
  request = Question();
  request.set_request_id("1");
  EXPECT_THAT(status::InvalidFields(Create(request).status()), ElementsAre("request_id"));
  EXPECT_THAT(status::InvalidFields(Advise({}).status()),
              ElementsAre("request_id", "name", "etag", "advice", "conclusion"));
  EXPECT_THAT(status::InvalidFields(Get("municipalities/0180/reports/x").status()), ElementsAre("name"));
  EXPECT_THAT(status::InvalidFields(List(Reporter(), 0, "", "0180").status()), ElementsAre("parent"));
  EXPECT_EQ(StoredRows(), 0);
}

TEST_F(ConsultationServiceTest, AgeMayBeLeftOutOrZero) {
  v1::CreateConsultationRequest request = Question();
  request.clear_age();
  ASSERT_OK_AND_ASSIGN(const v1::Consultation unsaid, Create(request));
  EXPECT_FALSE(unsaid.has_age());
  request = Question();
  request.set_age(0);
  ASSERT_OK_AND_ASSIGN(const v1::Consultation infant, Create(request));
  EXPECT_TRUE(infant.has_age());
  EXPECT_EQ(infant.age(), 0);
}

TEST_F(ConsultationServiceTest, RepeatedRequestIsAskedOnce) {
  const v1::CreateConsultationRequest request = Question();
  ASSERT_OK_AND_ASSIGN(const v1::Consultation asked, Create(request));
  ASSERT_OK(Advise(Advice(asked.name())));
  // The same consultation, as it now stands.
  ASSERT_OK_AND_ASSIGN(const v1::Consultation repeated, Create(request));
  EXPECT_EQ(repeated.name(), asked.name());
  EXPECT_EQ(repeated.etag(), "2");
  EXPECT_EQ(Count("SELECT count(*) FROM intake.consultation"), 1);
  EXPECT_EQ(Events().size(), 2u);

  v1::CreateConsultationRequest other = request;
  other.set_age(12);
  EXPECT_THAT(Create(other), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
  // Another caller's ids are its own.
  auth::Caller colleague = Reporter();
  colleague.subject = "u-nina";
  ASSERT_OK_AND_ASSIGN(const v1::Consultation own, Create(request, colleague));
  EXPECT_NE(own.name(), asked.name());
}

TEST_F(ConsultationServiceTest, AskersUnitAndStaffAskedSeeItAndNobodyElse) {
  ASSERT_OK_AND_ASSIGN(const v1::Consultation asked, Create(Question()));
  auth::Caller colleague = Reporter();
  colleague.subject = "u-nina";
  const auth::Caller other_staff = CallerOf(access::v1::CASEWORKER, "u-eva", {"barnenheten"});
  for (const auth::Caller& caller : {colleague, other_staff, Reception()}) {
    EXPECT_OK(Get(asked.name(), caller)) << caller.subject;
    EXPECT_THAT(Names(caller), ElementsAre(asked.name())) << caller.subject;
  }

  auth::Caller other_school = Reporter();
  other_school.units = {"satraskolan"};
  auth::Caller other_authority = Reception();
  other_authority.authority = "hasselby-vallingby";
  auth::Caller other_municipality = Reception();
  other_municipality.municipality = "0127";
  auth::Caller reporter_there = CallerOf(access::v1::REPORTER, "u-maria", {"mottagningsenheten"});
  const int64_t rows = StoredRows();
  for (const auth::Caller& caller : {other_school, other_authority, other_municipality, reporter_there}) {
    SCOPED_TRACE(caller.municipality + "/" + caller.authority + "/" + caller.units.front());
    const auto refused = Get(asked.name(), caller);
    EXPECT_THAT(refused, StatusIs(kNotFound, "CONSULTATION_NOT_FOUND"));
    EXPECT_TRUE(status::IsHidden(refused.status()));
    EXPECT_THAT(Advise(Advice(asked.name()), caller), StatusIs(kNotFound, "CONSULTATION_NOT_FOUND"));
  }
  EXPECT_EQ(StoredRows(), rows);
  for (const auth::Caller& caller : {other_school, other_authority, other_municipality, reporter_there}) {
    EXPECT_THAT(Names(caller), IsEmpty()) << caller.subject;
  }
}

TEST_F(ConsultationServiceTest, ReceptionThatAsksAnotherSeesItsQuestionButAdvisesNot) {
  auth::Caller asker = Reception();
  asker.authority = "hasselby-vallingby";
  asker.units = {"mottagningsgruppen-hasselby-vallingby"};
  ASSERT_OK_AND_ASSIGN(const v1::Consultation asked, Create(Question(), asker));
  EXPECT_OK(Get(asked.name(), asker));
  EXPECT_THAT(Names(asker), ElementsAre(asked.name()));
  EXPECT_THAT(Advise(Advice(asked.name()), asker), StatusIs(absl::StatusCode::kPermissionDenied, "NOT_YOUR_AUTHORITY"));
}

TEST_F(ConsultationServiceTest, AskerWithoutAUnitIsThePersonInItsSystem) {
  auth::Caller alone = Reporter();
  alone.units.clear();
  ASSERT_OK_AND_ASSIGN(const v1::Consultation asked, Create(Question(), alone));
  EXPECT_OK(Get(asked.name(), alone));
  EXPECT_THAT(Names(alone), ElementsAre(asked.name()));
  auth::Caller namesake = alone;
  namesake.system = "another system";
  EXPECT_THAT(Get(asked.name(), namesake), StatusIs(kNotFound));
  EXPECT_THAT(Names(namesake), IsEmpty());
}

TEST_F(ConsultationServiceTest, EachReadLeavesItsEntryInNoChildsFile) {
  ASSERT_OK_AND_ASSIGN(const v1::Consultation asked, Create(Question()));
  audit::v1::Entry entry = AuditEntries().back();
  EXPECT_EQ(entry.action(), access::v1::CREATE);
  EXPECT_EQ(entry.retention(), audit::v1::OPERATION);
  ASSERT_OK(Get(asked.name(), Reception()));
  entry = AuditEntries().back();
  EXPECT_EQ(entry.method(), "samverkan.intake.v1.ConsultationService/GetConsultation");
  EXPECT_EQ(entry.action(), access::v1::READ);
  EXPECT_EQ(entry.authority(), "skarholmen");
  EXPECT_EQ(entry.retention(), audit::v1::OPERATION);
  EXPECT_THAT(entry.private_part().children(), IsEmpty());
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(asked.name()));
  ASSERT_OK(List(Reporter()));
  entry = AuditEntries().back();
  EXPECT_EQ(entry.action(), access::v1::SEARCH);
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(asked.name()));
  for (const audit::v1::Entry& each : AuditEntries()) {
    EXPECT_THAT(each.SerializeAsString(), Not(HasSubstr("hungrig")));
  }
  for (const events::v1::Event& event : Events()) {
    EXPECT_THAT(event.SerializeAsString(), Not(HasSubstr("hungrig")));
  }
}

TEST_F(ConsultationServiceTest, PagesStayStable) {
  std::vector<std::string> asked;
  for (int i = 0; i < 5; ++i) {
    if (i != 3) now_ += absl::Minutes(1);  // two of the same instant: the id parts them
    ASSERT_OK_AND_ASSIGN(const v1::Consultation consultation, Create(Question()));
    asked.push_back(consultation.name());
  }
  for (const auth::Caller& caller : {Reporter(), Reception()}) {
    SCOPED_TRACE(caller.subject);
    std::vector<std::string> seen;
    std::string token;
    do {
      ASSERT_OK_AND_ASSIGN(const auto page, List(caller, 2, token));
      EXPECT_LE(page.consultations_size(), 2);
      for (const v1::Consultation& consultation : page.consultations()) seen.push_back(consultation.name());
      token = page.next_page_token();
      now_ += absl::Minutes(1);
      // One that is asked meanwhile, by another school, shifts nothing.
      auth::Caller other_school = Reporter();
      other_school.units = {"satraskolan"};
      if (seen.size() == 2) {
        ASSERT_OK(Create(Question(), other_school));
      }
    } while (!token.empty());
    EXPECT_THAT(std::set<std::string>(seen.begin(), seen.end()), ::testing::IsSupersetOf(asked));
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
    EXPECT_EQ(seen.back(), asked.front());
  }
}

TEST_F(ConsultationServiceTest, PageTokenIsOfItsCallerAlone) {
  ASSERT_OK(Create(Question()));
  ASSERT_OK(Create(Question()));
  ASSERT_OK_AND_ASSIGN(const auto page, List(Reporter(), 1));
  ASSERT_FALSE(page.next_page_token().empty());
  EXPECT_THAT(List(Reception(), 1, page.next_page_token()), StatusIs(kInvalidArgument, "PAGE_TOKEN_INVALID"));
  EXPECT_THAT(List(Reporter(), 1, page.next_page_token() + "x"), StatusIs(kInvalidArgument, "PAGE_TOKEN_INVALID"));
}

}  // namespace
}  // namespace samverkan::intake::testing
