#ifndef SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_FIXTURE_H_
#define SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "services/consent/consent_fixture.h"
#include "services/consent/consent_service.h"
#include "services/consent/consent_store.h"
#include "services/consent/disclosure_service.h"
#include "services/consent/disclosure_store.h"
#include "services/consent/ready_rules.h"
#include "services/consent/rule_service.h"
#include "services/consent/rule_set_store.h"

// What the tests of decisions share.
namespace samverkan::consent::testing {

inline constexpr char kSchoolUnit[] = "municipalities/0180/units/bredangsskolan";
// Official test numbers of children below the deciding age.
inline constexpr std::string_view kYoung[] = {"201501102386", "201502182395", "201502282393",
                                              "201701212399", "201703132397", "201703142388"};

// One running consent service, with memories and connections of its own, as another process has them.
class Instance {
 public:
  // `parts` must outlive the instance.
  Instance(const StoreParts& store_parts, const Parts& parts)
      : rule_sets_(store_parts, parts.rules),
        rules_(rule_sets_),
        consents_(store_parts),
        decisions_(store_parts, rules_),
        consent_service(consents_, parts),
        rule_service(rule_sets_, parts),
        disclosure_service(decisions_, rules_, parts) {}

 private:
  RuleSetStore rule_sets_;
  ReadyRuleSets rules_;
  ConsentStore consents_;
  DisclosureStore decisions_;

 public:
  const ConsentService consent_service;
  const RuleService rule_service;
  const DisclosureService disclosure_service;
};

class DisclosureTest : public ConsentTest {
 protected:
  // An instance beside `service_`.
  std::unique_ptr<Instance> NewInstance() const { return std::make_unique<Instance>(store_parts(), parts()); }

  // May the social services tell the child's school of the concern, to cooperate?
  static v1::CheckDisclosureRequest CheckOf(const v1::Child& child);
  // The same question with other categories.
  static v1::CheckDisclosureRequest CheckOf(const v1::Child& child, const std::vector<data::v1::Category>& categories);

  // What the guardian says to what CheckOf asks about.
  v1::Consent Consented(const v1::Child& child, int guardian, const Instance& instance,
                        v1::ConsentAnswer::Verdict verdict = v1::ConsentAnswer::YES);
  absl::StatusOr<v1::Consent> Withdraw(const std::string& consent, const Instance& instance);

  absl::StatusOr<v1::Decision> Check(const v1::CheckDisclosureRequest& request, const Instance& instance,
                                     const auth::Caller& caller = Caseworker());

  const std::unique_ptr<Instance> service_ = NewInstance();
};

}  // namespace samverkan::consent::testing

#endif  // SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_FIXTURE_H_
