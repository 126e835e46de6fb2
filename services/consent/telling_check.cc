#include "services/consent/telling_check.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/category/category.h"
#include "libs/resource_name/resource_name.h"
#include "services/consent/names.h"
#include "services/consent/request_fields.h"

namespace samverkan::consent {
namespace {

using rules::v1::Disclosure;

constexpr int kMostThirdPersons = 50;
constexpr size_t kLongestFunction = 63;
constexpr char kAuthorityName[] = "`municipalities/{code}/authorities/{authority}`";
constexpr char kUnitName[] = "`municipalities/{code}/units/{unit}`";

enum class Kind { kNone, kAuthority, kPrivateBody, kPerson };

Kind KindOf(Disclosure::Party party) {
  switch (party) {
    case Disclosure::SOCIAL_SERVICES:
    case Disclosure::SCHOOL:
    case Disclosure::PRESCHOOL:
    case Disclosure::LEISURE:
    case Disclosure::HEALTH_CARE:
    case Disclosure::POLICE:
    case Disclosure::SECURITY_SERVICE:
    case Disclosure::CUSTOMS:
    case Disclosure::OTHER_AUTHORITY:
      return Kind::kAuthority;
    case Disclosure::INDEPENDENT_SCHOOL:
    case Disclosure::INDEPENDENT_PRESCHOOL:
    case Disclosure::ASSOCIATION:
    case Disclosure::PRIVATE_HEALTH_CARE:
    case Disclosure::PRIVATE_SOCIAL_CARE:
      return Kind::kPrivateBody;
    case Disclosure::GUARDIAN:
    case Disclosure::CHILD:
    case Disclosure::REPORTED_PERSON:
    case Disclosure::PRIVATE_PERSON:
      return Kind::kPerson;
    default:
      return Kind::kNone;
  }
}

bool IsUnit(const std::string& name) {
  return resource_name::Match("municipalities/{municipality}/units/{id}", name).has_value();
}

bool IsAuthority(const std::string& name) {
  return resource_name::Match("municipalities/{municipality}/authorities/{id}", name).has_value();
}

bool IsLowerSnake(const std::string& text) {
  return text.size() <= kLongestFunction && absl::ascii_islower(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_'; });
}

void RefuseFor(bool empty, const std::string& field, status::Violations& violations) {
  if (empty) return;
  violations.Add(field, "expected nothing for this kind of recipient", "Lämna fältet tomt för denna mottagare.");
}

void CheckAuthority(const v1::Recipient& recipient, const std::string& field, status::Violations& violations) {
  if (KindOf(recipient.party()) != Kind::kAuthority) {
    RefuseFor(recipient.authority().empty(), field + ".authority", violations);
  } else if (!IsAuthority(recipient.authority())) {
    violations.Add(field + ".authority", absl::StrCat("expected which authority, ", kAuthorityName), "Ange nämnden.");
  }
}

void CheckUnit(const v1::Recipient& recipient, const std::string& field, status::Violations& violations) {
  const Kind kind = KindOf(recipient.party());
  if (kind == Kind::kPerson) {
    RefuseFor(recipient.unit().empty(), field + ".unit", violations);
  } else if (recipient.unit().empty() ? kind == Kind::kPrivateBody : !IsUnit(recipient.unit())) {
    violations.Add(field + ".unit", absl::StrCat("expected which unit, ", kUnitName), "Ange enheten.");
  }
}

void CheckFunction(const v1::Recipient& recipient, const std::string& field, status::Violations& violations) {
  if (!recipient.function().empty() && !IsLowerSnake(recipient.function())) {
    violations.Add(field + ".function", "expected a function in lower_snake, as \"contact_person\"",
                   "Ange funktionen med små bokstäver och understreck.");
  }
  // Any private person would be everybody.
  if (recipient.function().empty() && recipient.party() == Disclosure::PRIVATE_PERSON) {
    violations.Add(field + ".function", "expected what the person is to the child, as \"contact_family\"",
                   "Ange vad personen är för barnet.");
  }
}

void CheckGuardianTold(const v1::Recipient& recipient, const std::string& field, status::Violations& violations) {
  if (recipient.party() != Disclosure::GUARDIAN) {
    RefuseFor(recipient.guardian().empty(), field + ".guardian", violations);
  } else if (!resource_name::IsUuid(recipient.guardian())) {
    violations.Add(field + ".guardian", "expected the reference of a guardian, from `Child.guardians`",
                   "Ange vårdnadshavarens referens.");
  }
}

}  // namespace

void CheckDiscloser(const auth::Caller& caller, const v1::Discloser& discloser, const std::string& field,
                    status::Violations& violations) {
  const Kind kind = KindOf(discloser.party());
  if (kind == Kind::kNone || kind == Kind::kPerson) {
    violations.Add(field + ".party", "expected an authority or a private body: SOCIAL_SERVICES, SCHOOL …",
                   "Ange vilken verksamhet som lämnar uppgifterna.");
  }
  if (discloser.authority() != MakeName(caller.municipality, "authorities", caller.authority)) {
    violations.Add(field + ".authority", absl::StrCat("expected your own authority, ", kAuthorityName),
                   "Ange den egna nämnden.");
  }
  const auto unit = resource_name::Match("municipalities/{municipality}/units/{id}", discloser.unit());
  if (discloser.unit().empty() || (unit.has_value() && unit->front() == caller.municipality)) return;
  violations.Add(field + ".unit", absl::StrCat("expected a unit of your municipality, ", kUnitName, ", or nothing"),
                 "Ange en enhet i kommunen, eller ingenting.");
}

void CheckRecipient(const v1::Recipient& recipient, const std::string& field, status::Violations& violations) {
  if (KindOf(recipient.party()) == Kind::kNone) {
    violations.Add(field + ".party", "expected who is told: SOCIAL_SERVICES, SCHOOL, GUARDIAN …",
                   "Ange vem som får uppgifterna.");
    return;
  }
  CheckAuthority(recipient, field, violations);
  CheckUnit(recipient, field, violations);
  CheckFunction(recipient, field, violations);
  CheckGuardianTold(recipient, field, violations);
}

void CheckCategories(const google::protobuf::RepeatedField<int>& categories, const std::string& field,
                     status::Violations& violations) {
  if (categories.empty()) {
    violations.Add(field, "expected at least one category of personal data", "Ange minst ett slag av uppgifter.");
  }
  std::set<int> seen;
  for (int i = 0; i < categories.size(); ++i) {
    const int category = categories[i];
    const bool personal = data::v1::Category_IsValid(category) && category != data::v1::CATEGORY_UNSPECIFIED &&
                          category::IsPersonal(static_cast<data::v1::Category>(category));
    if (personal && seen.insert(category).second) continue;
    violations.Add(absl::StrCat(field, "[", i, "]"), "expected a category of personal data, once",
                   "Ange ett slag av personuppgifter, en gång.");
  }
}

void CheckThirdPersons(const google::protobuf::RepeatedPtrField<std::string>& third_persons, const std::string& field,
                       status::Violations& violations) {
  if (third_persons.size() > kMostThirdPersons) {
    violations.Add(field, absl::StrCat("expected at most ", kMostThirdPersons, " persons"), "För många personer.");
    return;
  }
  std::set<std::string> seen;
  for (int i = 0; i < third_persons.size(); ++i) {
    const std::string place = absl::StrCat(field, "[", i, "]");
    CheckThirdPerson(third_persons[i], place, violations);
    if (seen.insert(third_persons[i]).second) continue;
    violations.Add(place, "expected each person once", "Ange varje person en gång.");
  }
}

void CheckThirdPerson(const std::string& third_person, const std::string& field, status::Violations& violations) {
  if (resource_name::IsUuid(third_person) || resource_name::Match("{id}", third_person).has_value()) return;
  violations.Add(field,
                 "expected a reference of your own: a UUID, or a-z, 0-9 and '-' with at most nine digits; no name and "
                 "no identity number",
                 "Ange en egen referens till personen: inte namn eller personnummer.");
}

}  // namespace samverkan::consent
