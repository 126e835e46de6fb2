#include "services/audit/risk_sign.h"

namespace samverkan::audit {

bool IsTold(v1::RiskSign sign) {
  return sign == v1::SAME_NAME || sign == v1::COLLEAGUE || sign == v1::NO_ASSIGNMENT || sign == v1::EMERGENCY_ACCESS;
}

std::vector<v1::RiskSign> AllRiskSigns() {
  std::vector<v1::RiskSign> all;
  for (int number = v1::RISK_SIGN_UNSPECIFIED + 1; number <= v1::RiskSign_MAX; ++number) {
    all.push_back(static_cast<v1::RiskSign>(number));
  }
  return all;
}

RiskSigns::RiskSigns(const google::protobuf::RepeatedField<int>& signs) {
  for (const int sign : signs) Add(static_cast<v1::RiskSign>(sign));
}

std::vector<v1::RiskSign> RiskSigns::List() const {
  std::vector<v1::RiskSign> listed;
  for (const v1::RiskSign sign : AllRiskSigns()) {
    if (Has(sign)) listed.push_back(sign);
  }
  return listed;
}

}  // namespace samverkan::audit
