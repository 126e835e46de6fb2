// A named SQL statement.
#ifndef SAMVERKAN_LIBS_PG_STATEMENT_H_
#define SAMVERKAN_LIBS_PG_STATEMENT_H_

#include <cstddef>
#include <string_view>

namespace samverkan::pg {

// One SQL statement with parameters $1, $2, …, prepared once a connection under its
// name. Constants of the stores: both texts must live as long as the process, a name
// belongs to one text, and it is always executed with parameters of the same types.
//
//   constexpr pg::Statement kFindReport = {"find_report", "SELECT … WHERE id = $1"};
struct Statement {
  std::string_view name;
  std::string_view sql;
};

// A statement that a CombiningWriter may execute for several callers at once. Its first
// `shared` parameters are the same for all of them; each of the others is an array, and
// what the callers gave is put together. Every caller gives one element to the first of
// these arrays, and any number to the others, whose elements name the one they belong to.
//
// It returns no rows, or one for each element of the first array, in their order.
struct JoinedStatement {
  Statement statement;
  size_t shared;
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_STATEMENT_H_
