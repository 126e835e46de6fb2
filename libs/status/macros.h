// Passing errors on without ceremony.
#ifndef SAMVERKAN_LIBS_STATUS_MACROS_H_
#define SAMVERKAN_LIBS_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr`, an absl::Status, is an error.
#define RETURN_IF_ERROR(expr)                                                         \
  do {                                                                                \
    if (absl::Status return_if_error_status = (expr); !return_if_error_status.ok()) { \
      return return_if_error_status;                                                  \
    }                                                                                 \
  } while (false)

#define SAMVERKAN_STATUS_CONCATENATE_INNER(a, b) a##b
#define SAMVERKAN_STATUS_CONCATENATE(a, b) SAMVERKAN_STATUS_CONCATENATE_INNER(a, b)

// Evaluates `expr`, an absl::StatusOr. Returns its error from the enclosing
// function, or moves its value into `lhs`, which may declare a variable:
// `ASSIGN_OR_RETURN(const Report report, store.Find(name));`
// A type with a comma in it needs a `using` before.
#define ASSIGN_OR_RETURN(lhs, expr) \
  SAMVERKAN_STATUS_ASSIGN_OR_RETURN(SAMVERKAN_STATUS_CONCATENATE(status_or_, __LINE__), lhs, expr)

#define SAMVERKAN_STATUS_ASSIGN_OR_RETURN(result, lhs, expr) \
  auto result = (expr);                                      \
  if (!result.ok()) return std::move(result).status();       \
  lhs = *std::move(result)

#endif  // SAMVERKAN_LIBS_STATUS_MACROS_H_
