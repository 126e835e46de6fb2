// Calls consent as many clients at once would, for tools/bench.d/consent_figures.py: load.h says how.
//
//   consent_load --call=register --target=HOST:PORT --token_folder=D --items=NUMBERS --names=CHILDREN …
//       children with two guardians each, by lines of an authority and an identity number; CHILDREN gets
//       a line for each: the authority, its name and the references of its guardians
//   consent_load --call=ask --target=HOST:PORT --token_folder=D --items=CHILDREN …
//       consents that were given at once; the ten of a child are those of each guardian to five
//       recipients. Of a thousand children one each, then the next of each: no two that wait for each
//       other, and the service remembers their keys
//   consent_load --call=check --target=HOST:PORT --token_folder=D --items=CHILDREN …
//       questions that two of these consents permit, about one child after the other; each has a request
//       id of its own and is about three categories
//
// An authority's child is asked about by its own caseworker, by the token AUTHORITY.token of the folder.

#include <array>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/calendar/calendar.h"
#include "libs/clock/clock.h"
#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "samverkan/consent/v1/child.grpc.pb.h"
#include "samverkan/consent/v1/consent.grpc.pb.h"
#include "samverkan/consent/v1/disclosure.grpc.pb.h"
#include "tools/bench.d/load.h"

ABSL_FLAG(std::string, call, "check", "register, ask or check");
ABSL_FLAG(std::string, token_folder, "", "folder with an access token for each authority, bound to the certificate");
ABSL_FLAG(std::string, items, "", "file with what is called about, one a line");
ABSL_FLAG(std::string, names, "", "file that gets what was made, one a line");

namespace samverkan::bench {
namespace {

using consent::v1::AskConsentRequest;
using consent::v1::CheckDisclosureRequest;
using consent::v1::Child;
using consent::v1::ChildService;
using consent::v1::Consent;
using consent::v1::ConsentScope;
using consent::v1::ConsentService;
using consent::v1::Decision;
using consent::v1::DisclosureService;
using consent::v1::RegisterChildRequest;
using rules::v1::Disclosure;

constexpr char kMunicipality[] = "municipalities/0180";
constexpr int kGuardians = 2;
constexpr size_t kChildrenAtATime = 1'000;

std::string AuthorityName(const std::string& authority) {
  return absl::StrCat(kMunicipality, "/authorities/", authority);
}

// By which token each authority's child is asked about.
class Callers {
 public:
  const std::string& Of(const std::string& authority) {
    std::string& authorization = authorizations_[authority];
    if (authorization.empty()) {
      authorization = AuthorizationOf(absl::StrCat(absl::GetFlag(FLAGS_token_folder), "/", authority, ".token"));
    }
    return authorization;
  }

 private:
  std::map<std::string, std::string> authorizations_;
};

struct Unregistered {
  explicit Unregistered(const std::string& line) {
    const std::pair<std::string, std::string> words = absl::StrSplit(line, ' ');
    authority = words.first;
    number = words.second;
  }

  std::string authority;
  std::string number;
};

// A child that was registered.
struct Registered {
  explicit Registered(const std::string& line) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    authority = words[0];
    name = words[1];
    guardians.assign(words.begin() + 2, words.end());
  }

  std::string Reference() const { return name.substr(name.rfind('/') + 1); }

  std::string authority;
  std::string name;
  std::vector<std::string> guardians;
};

std::string LineOf(const Child& child) {
  if (child.guardians_size() != kGuardians) return "";
  std::string line = absl::StrCat(child.authority().substr(child.authority().rfind('/') + 1), " ", child.name());
  for (const consent::v1::Guardian& guardian : child.guardians()) absl::StrAppend(&line, " ", guardian.guardian());
  return line;
}

// ---- children ----

void AddParent(const std::string& name, RegisterChildRequest& request) {
  consent::v1::Guardian& guardian = *request.add_guardians();
  guardian.set_person_name(name);
  guardian.set_kind(consent::v1::Guardian::PARENT);
  guardian.set_from_date("2008-01-21");
}

int Register(const std::vector<Unregistered>& children) {
  Callers callers;
  RegisterChildRequest request;
  request.set_given_name("Elsa");
  request.set_family_name("Lind");
  AddParent("Sara Lind", request);
  AddParent("Per Ek", request);
  MethodCaller<ChildService::Stub, RegisterChildRequest, Child> caller(
      OpenChannels("consent"),
      [&](size_t call) -> const std::string& { return callers.Of(children[call % children.size()].authority); },
      &ChildService::Stub::AsyncRegisterChild,
      [&](size_t call) -> const RegisterChildRequest& {
        const Unregistered& child = children[call % children.size()];
        request.set_parent(AuthorityName(child.authority));
        request.set_request_id(pg::Uuid::Random().ToString());
        request.set_identity_number(child.number);
        return request;
      },
      [](const Child& child) { return LineOf(child); });
  return RunLoad(caller, absl::GetFlag(FLAGS_names));
}

// ---- consents ----

struct Told {
  Disclosure::Party party;
  const char* authority;
  const char* unit;
  Disclosure::Purpose purpose;
};

// The first is whom the checks ask about.
constexpr std::array<Told, 5> kTold = {{
    {Disclosure::SCHOOL, "utbildningsnamnden", "bredangsskolan", Disclosure::COOPERATION},
    {Disclosure::SCHOOL, "utbildningsnamnden", "bredangsskolan", Disclosure::CHILD_INVESTIGATION},
    {Disclosure::LEISURE, "kulturnamnden", "fritidsgarden", Disclosure::COOPERATION},
    {Disclosure::HEALTH_CARE, "halsonamnden", "elevhalsan", Disclosure::CARE_AND_SUPPORT},
    {Disclosure::POLICE, "polisen", "lokalpolisen", Disclosure::CRIME_PREVENTION},
}};

template <typename Parties>
void SetParties(const std::string& authority, const Told& told, Parties& parties) {
  parties.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
  parties.mutable_discloser()->set_authority(AuthorityName(authority));
  consent::v1::Recipient& recipient = *parties.mutable_recipient();
  recipient.set_party(told.party);
  recipient.set_authority(AuthorityName(told.authority));
  recipient.set_unit(absl::StrCat(kMunicipality, "/units/", told.unit));
  parties.clear_categories();
  for (const auto category : {data::v1::IDENTITY, data::v1::CONCERN, data::v1::ASSESSMENT}) {
    parties.add_categories(category);
  }
  parties.set_purpose(told.purpose);
}

void SetAnswer(AskConsentRequest& request) {
  request.mutable_answer()->set_verdict(consent::v1::ConsentAnswer::YES);
  request.mutable_answer()->set_form(consent::v1::ConsentAnswer::SIGNED);
  request.mutable_answer()->set_documentation("Undertecknat papper i akten.");
}

// Which child and which of its consents the call with a number asks for.
struct Asked {
  size_t child;
  size_t consent;
};

Asked AskedBy(size_t call, size_t children) {
  constexpr size_t kOfAChild = kGuardians * kTold.size();
  const size_t block = call / (kChildrenAtATime * kOfAChild);
  return {(block * kChildrenAtATime + call % kChildrenAtATime) % children, call / kChildrenAtATime % kOfAChild};
}

int Ask(const std::vector<Registered>& children) {
  Callers callers;
  const absl::CivilDay today = calendar::LegalDay(clock::SystemClock().Now());
  AskConsentRequest request;
  SetAnswer(request);
  MethodCaller<ConsentService::Stub, AskConsentRequest, Consent> caller(
      OpenChannels("consent"),
      [&](size_t call) -> const std::string& {
        return callers.Of(children[AskedBy(call, children.size()).child].authority);
      },
      &ConsentService::Stub::AsyncAskConsent,
      [&](size_t call) -> const AskConsentRequest& {
        const Asked asked = AskedBy(call, children.size());
        const Registered& child = children[asked.child];
        request.set_parent(child.name);
        request.set_request_id(pg::Uuid::Random().ToString());
        request.mutable_giver()->set_guardian(child.guardians[asked.consent % kGuardians]);
        SetParties(child.authority, kTold[asked.consent / kGuardians], *request.mutable_scope());
        request.mutable_scope()->set_from_date(proto_time::FormatDay(today));
        request.mutable_scope()->set_to_date(proto_time::FormatDay(today + 180));
        return request;
      },
      [](const Consent& consent) { return consent.name(); });
  return RunLoad(caller, absl::GetFlag(FLAGS_names));
}

// ---- checks ----

// Empty where something is not permitted: then the figure is of another question than it says.
std::string LineOf(const Decision& decision) {
  for (const consent::v1::CategoryDecision& category : decision.categories()) {
    const bool permitted = category.answer() == consent::v1::CategoryDecision::PERMIT ||
                           category.answer() == consent::v1::CategoryDecision::PERMIT_WITH_CONDITIONS;
    if (!permitted || category.consents_size() != kGuardians) return "";
  }
  return decision.name();
}

int Check(const std::vector<Registered>& children) {
  Callers callers;
  CheckDisclosureRequest request;
  request.set_parent(kMunicipality);
  MethodCaller<DisclosureService::Stub, CheckDisclosureRequest, Decision> caller(
      OpenChannels("consent"),
      [&](size_t call) -> const std::string& { return callers.Of(children[call % children.size()].authority); },
      &DisclosureService::Stub::AsyncCheckDisclosure,
      [&](size_t call) -> const CheckDisclosureRequest& {
        const Registered& child = children[call % children.size()];
        request.set_request_id(pg::Uuid::Random().ToString());
        request.mutable_question()->set_child(child.Reference());
        SetParties(child.authority, kTold.front(), *request.mutable_question());
        return request;
      },
      [](const Decision& decision) { return LineOf(decision); });
  return RunLoad(caller, absl::GetFlag(FLAGS_names));
}

int Run() {
  const std::vector<std::string> items = ReadLines(absl::GetFlag(FLAGS_items));
  if (items.empty()) {
    std::cerr << "consent_load: nothing to call about; see --items\n";
    return 2;
  }
  const std::string call = absl::GetFlag(FLAGS_call);
  if (call == "register") return Register({items.begin(), items.end()});
  const std::vector<Registered> children(items.begin(), items.end());
  return call == "ask" ? Ask(children) : Check(children);
}

}  // namespace
}  // namespace samverkan::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return samverkan::bench::Run();
}
