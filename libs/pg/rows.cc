#include "libs/pg/rows.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/status/status.h"

namespace samverkan::pg {

absl::StatusOr<std::optional<std::string_view>> Row::Wire(int column) const {
  if (column < 0 || column >= PQnfields(result_) || index_ < 0 || index_ >= PQntuples(result_)) {
    return status::Internal(absl::StrCat("the result has no column ", column, " in row ", index_));
  }
  if (PQgetisnull(result_, index_, column) != 0) return std::optional<std::string_view>();
  return std::optional<std::string_view>(std::in_place, PQgetvalue(result_, index_, column),
                                         static_cast<size_t>(PQgetlength(result_, index_, column)));
}

TypeId Row::TypeOf(int column) const { return PQftype(result_, column); }

absl::Status Row::ExpectColumns(int count) const {
  if (PQnfields(result_) == count) return absl::OkStatus();
  return status::Internal(absl::StrCat("the result has ", PQnfields(result_), " columns and not ", count));
}

absl::Status Row::WrongType(int column, TypeId expected) const {
  return status::Internal(absl::StrCat("column ", column, " (", PQfname(result_, column), ") has PostgreSQL type ",
                                       TypeOf(column), " where ", expected, " was expected"));
}

absl::Status Row::UnexpectedNull(int column) const {
  return status::Internal(
      absl::StrCat("column ", column, " (", PQfname(result_, column), ") is NULL where a value was expected"));
}

int64_t Rows::affected() const {
  int64_t count = 0;
  if (result_ == nullptr || !absl::SimpleAtoi(PQcmdTuples(result_.get()), &count)) return 0;
  return count;
}

}  // namespace samverkan::pg
