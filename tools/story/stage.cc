#include "tools/story/stage.h"

#include <cstdio>
#include <fstream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "libs/auth/development_key.h"
#include "libs/auth/peer_name.h"
#include "libs/auth/token_verifier.h"
#include "libs/calendar/calendar.h"
#include "libs/rpc/client.h"
#include "libs/rpc/trace_context.h"
#include "libs/status/macros.h"

namespace samverkan::story {
namespace {

constexpr absl::Duration kTokenLife = absl::Minutes(10);
constexpr absl::Duration kLongestCall = absl::Seconds(20);
constexpr absl::Duration kLongestWait = absl::Seconds(10);

}  // namespace

absl::StatusOr<std::unique_ptr<Stage>> Stage::Open(const Options& options) {
  ASSIGN_OR_RETURN(auth::TokenSigner signer, auth::OpenDevelopmentKey(options.keys));
  ASSIGN_OR_RETURN(auto certificates, tls::DevelopmentCertificates::Open(options.tls));
  return std::unique_ptr<Stage>(new Stage(options, std::move(signer), std::move(certificates)));
}

Stage::Stage(const Options& options, auth::TokenSigner signer, tls::DevelopmentCertificates certificates)
    : options_(options),
      signer_(std::move(signer)),
      certificates_(std::move(certificates)),
      clock_(options.clock_file) {}

absl::StatusOr<const Stage::Connection*> Stage::ConnectionOf(const Person& person) {
  Connection& connection = connections_[{person.system, person.municipality}];
  if (connection.thumbprint.empty()) {
    ASSIGN_OR_RETURN(const tls::Files files, certificates_.OfSystem(person.system, person.municipality));
    ASSIGN_OR_RETURN(connection, Connect(files));
  }
  return &connection;
}

absl::StatusOr<Stage::Connection> Stage::Connect(const tls::Files& files) const {
  ASSIGN_OR_RETURN(const tls::Certificate certificate, tls::CheckFiles(files));
  const auto open = [&files](const std::string& address, std::string_view service) {
    return rpc::OpenChannel(address, tls::ChannelCredentials(files, auth::ServiceUri(service), nullptr));
  };
  const std::shared_ptr<grpc::Channel> intake = open(options_.intake, "intake");
  const std::shared_ptr<grpc::Channel> consent = open(options_.consent, "consent");
  const std::shared_ptr<grpc::Channel> audit = open(options_.audit, "audit");
  return Connection{certificate.thumbprint,
                    {intake::v1::ConsultationService::NewStub(intake), intake::v1::ReportService::NewStub(intake),
                     intake::v1::AssessmentService::NewStub(intake), intake::v1::ReportMeetingService::NewStub(intake),
                     intake::v1::FeedbackService::NewStub(intake), intake::v1::InvestigationService::NewStub(intake),
                     intake::v1::EmergencyAccessService::NewStub(intake), intake::v1::RetentionService::NewStub(intake),
                     intake::v1::ExtractService::NewStub(intake), intake::v1::DecisionService::NewStub(intake),
                     intake::v1::InvestigationStepService::NewStub(intake), consent::v1::ChildService::NewStub(consent),
                     consent::v1::ConsentService::NewStub(consent), consent::v1::DisclosureService::NewStub(consent),
                     events::v1::EventService::NewStub(intake), audit::v1::AuditService::NewStub(audit),
                     audit::v1::ExtractService::NewStub(audit)}};
}

void Stage::Set(absl::Time now) {
  // Rounded up, so that the set's time is at least `now`.
  const absl::Duration ahead = absl::Ceil(now - machine_clock_.Now(), absl::Seconds(1));
  const std::string unfinished = options_.clock_file + ".unfinished";
  std::ofstream(unfinished) << absl::ToInt64Seconds(ahead) << "\n";
  std::rename(unfinished.c_str(), options_.clock_file.c_str());
}

void Stage::GoTo(int hour, int minute) {
  const absl::CivilDay today = calendar::LegalDay(Now());
  const absl::CivilMinute goal = absl::CivilMinute(today) + hour * 60 + minute;
  const absl::Time time = absl::FromCivil(goal, calendar::Stockholm());
  Set(time >= Now() ? time : absl::FromCivil(goal + 24 * 60, calendar::Stockholm()));
}

void Stage::GoToMorning(int days) {
  const absl::CivilDay day = calendar::NextOrdinaryWeekday(calendar::LegalDay(Now()) + days);
  Set(absl::FromCivil(absl::CivilHour(day) + 9, calendar::Stockholm()));
}

bool Stage::Await(const std::function<bool()>& done) const {
  const absl::Time end = machine_clock_.Now() + kLongestWait;
  for (absl::Duration pause = absl::Milliseconds(100); !done(); pause *= 2) {
    if (machine_clock_.Now() + pause > end) return false;
    absl::SleepFor(pause);
  }
  return true;
}

std::string Stage::MethodName(const google::protobuf::Descriptor& request) {
  return std::string(absl::StripSuffix(request.name(), "Request"));
}

void Stage::Prepare(const std::string& token, grpc::ClientContext& context) const {
  rpc::Prepare(token, machine_clock_.Now() + kLongestCall, rpc::NewTrace(), context);
}

absl::StatusOr<std::string> Stage::TokenOf(const Person& person) {
  auth::Caller caller{.subject = person.subject,
                      .system = person.system,
                      .municipality = person.municipality,
                      .authority = person.authority,
                      .units = {},
                      .roles = {person.role},
                      .qualified = person.qualified,
                      .expires = Now() + kTokenLife};
  if (!person.unit.empty()) caller.units.push_back(person.unit);
  ASSIGN_OR_RETURN(const Connection* const connection, ConnectionOf(person));
  return signer_.Sign(caller, Now(), auth::kDevelopmentIssuer, auth::kAudience, connection->thumbprint);
}

std::string NewRequestId() {
  const std::string random = rpc::NewTrace().trace_id;
  return absl::StrCat(random.substr(0, 8), "-", random.substr(8, 4), "-4", random.substr(13, 3), "-8",
                      random.substr(17, 3), "-", random.substr(20));
}

}  // namespace samverkan::story
