// What a statement returned.
#ifndef SAMVERKAN_LIBS_PG_ROWS_H_
#define SAMVERKAN_LIBS_PG_ROWS_H_

#include <postgresql/libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/pg/values.h"

namespace samverkan::pg {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

// One row of a Rows, which must outlive it. Columns count from 0.
class Row {
 public:
  Row(const PGresult* result, int index) : result_(result), index_(index) {}

  // The column's value; T as in values.h, std::optional where it can be NULL.
  // INTERNAL when there is no such column, it has another type, or it is NULL and T
  // is not optional.
  template <typename T>
  absl::StatusOr<T> Get(int column) const {
    using Required = typename values_internal::Required<T>::type;
    const absl::StatusOr<std::optional<std::string_view>> wire = Wire(column);
    if (!wire.ok()) return wire.status();
    if (!Codec<Required>::Accepts(TypeOf(column))) return WrongType(column, Codec<Required>::kType);
    if (!wire->has_value()) {
      if constexpr (values_internal::IsOptional<T>::value) return T();
      return UnexpectedNull(column);
    }
    absl::StatusOr<Required> value = Codec<Required>::Read(**wire);
    if (!value.ok()) return value.status();
    return T(*std::move(value));
  }

  // Reads all columns in their order: `row.Into(id, text, due)`. INTERNAL as Get, and
  // when their number differs.
  template <typename... T>
  absl::Status Into(T&... targets) const {
    absl::Status status = ExpectColumns(sizeof...(T));
    int column = 0;
    (ReadInto(column++, targets, status), ...);
    return status;
  }

 private:
  template <typename T>
  void ReadInto(int column, T& target, absl::Status& status) const {
    if (!status.ok()) return;
    absl::StatusOr<T> value = Get<T>(column);
    if (value.ok()) {
      target = *std::move(value);
    } else {
      status = std::move(value).status();
    }
  }

  absl::StatusOr<std::optional<std::string_view>> Wire(int column) const;
  TypeId TypeOf(int column) const;
  absl::Status ExpectColumns(int count) const;
  absl::Status WrongType(int column, TypeId expected) const;
  absl::Status UnexpectedNull(int column) const;

  const PGresult* result_;
  int index_;
};

// The rows of one execution, in memory. Movable; may be handed to another thread.
class Rows {
 public:
  class Iterator {
   public:
    Iterator(const PGresult* result, int index) : result_(result), index_(index) {}
    Row operator*() const { return Row(result_, index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const PGresult* result_;
    int index_;
  };

  // No rows.
  Rows() = default;
  // `result` is what a statement with binary results succeeded with.
  explicit Rows(Result result) : result_(std::move(result)), size_(PQntuples(result_.get())) {}

  int size() const { return size_; }
  bool empty() const { return size() == 0; }
  // `index` < size().
  Row operator[](int index) const { return Row(result_.get(), first_ + index); }
  Iterator begin() const { return Iterator(result_.get(), first_); }
  Iterator end() const { return Iterator(result_.get(), first_ + size_); }

  // The row at `index` alone. It shares the memory of all.
  Rows Only(int index) const { return Rows(result_, first_ + index); }

  // How many rows the statement inserted, updated, deleted or returned.
  int64_t affected() const;

 private:
  Rows(std::shared_ptr<PGresult> result, int index) : result_(std::move(result)), first_(index), size_(1) {}

  std::shared_ptr<PGresult> result_;
  int first_ = 0;
  int size_ = 0;
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_ROWS_H_
