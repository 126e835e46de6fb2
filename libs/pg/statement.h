// A named SQL statement.
#ifndef SAMVERKAN_LIBS_PG_STATEMENT_H_
#define SAMVERKAN_LIBS_PG_STATEMENT_H_

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

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_STATEMENT_H_
