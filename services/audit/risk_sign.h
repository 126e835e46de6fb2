#ifndef SAMVERKAN_SERVICES_AUDIT_RISK_SIGN_H_
#define SAMVERKAN_SERVICES_AUDIT_RISK_SIGN_H_

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <vector>

#include "samverkan/audit/v1/audit.pb.h"

namespace samverkan::audit {

// Whether a producer tells the sign; the others are computed when a sample is drawn.
bool IsTold(v1::RiskSign sign);

// Every sign that an act can have, in rising order.
std::vector<v1::RiskSign> AllRiskSigns();

// A set of risk signs in one number, in which it is stored: bit n - 1 stands for the
// sign of number n. A plain value.
class RiskSigns {
 public:
  RiskSigns() = default;
  explicit RiskSigns(int64_t bits) : bits_(bits) {}
  // Of a message's field, whose values are known.
  explicit RiskSigns(const google::protobuf::RepeatedField<int>& signs);

  void Add(v1::RiskSign sign) { bits_ |= BitOf(sign); }
  bool Has(v1::RiskSign sign) const { return (bits_ & BitOf(sign)) != 0; }
  bool empty() const { return bits_ == 0; }
  int64_t bits() const { return bits_; }

  // The signs in rising order.
  std::vector<v1::RiskSign> List() const;

  bool operator==(const RiskSigns&) const = default;

 private:
  static int64_t BitOf(v1::RiskSign sign) { return int64_t{1} << (sign - 1); }

  int64_t bits_ = 0;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_RISK_SIGN_H_
