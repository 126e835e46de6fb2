// Values on their way to PostgreSQL and back, in its binary format.
//
//   C++                       PostgreSQL
//   bool                      boolean
//   int64_t, int              bigint; smallint and integer are read as int64_t too
//   std::string, string_view  text; varchar, char(n) and name are read too
//   Bytes                     bytea
//   Uuid                      uuid
//   absl::Time                timestamptz, to the microsecond (rounded down);
//                             InfinitePast and InfiniteFuture are -infinity and infinity
//   absl::CivilDay            date; an infinite date is refused when read
//   std::optional<T>          T or NULL
//   std::vector<T>            T[] of one dimension; elements may be std::optional
//
// A column of another type (an enum, jsonb, numeric) is cast in the statement.
#ifndef SAMVERKAN_LIBS_PG_VALUES_H_
#define SAMVERKAN_LIBS_PG_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/pg/uuid.h"

namespace samverkan::pg {

// PostgreSQL's number of a type, as in its catalogue pg_type.
using TypeId = uint32_t;

// Octets, for bytea.
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// How one C++ type travels. Write appends the wire form to `out`; Read takes exactly
// one value, of a type that Accepts names. INTERNAL where a value does not fit the
// other side's type; INVALID_ARGUMENT, reason TEXT_HOLDS_NUL, for a text with a NUL
// character, which PostgreSQL cannot store.
template <typename T>
struct Codec;

template <>
struct Codec<bool> {
  static constexpr TypeId kType = 16;
  static constexpr TypeId kArrayType = 1000;
  static bool Accepts(TypeId type) { return type == kType; }
  static absl::Status Write(bool value, std::string& out);
  static absl::StatusOr<bool> Read(std::string_view wire);
};

template <>
struct Codec<int64_t> {
  static constexpr TypeId kType = 20;
  static constexpr TypeId kArrayType = 1016;
  static bool Accepts(TypeId type) { return type == kType || type == 21 || type == 23; }
  static absl::Status Write(int64_t value, std::string& out);
  static absl::StatusOr<int64_t> Read(std::string_view wire);
};

// For literals in parameters; sent as bigint, never read.
template <>
struct Codec<int> : Codec<int64_t> {};

template <>
struct Codec<std::string> {
  static constexpr TypeId kType = 25;
  static constexpr TypeId kArrayType = 1009;
  static bool Accepts(TypeId type) { return type == kType || type == 1043 || type == 1042 || type == 19; }
  static absl::Status Write(std::string_view value, std::string& out);
  static absl::StatusOr<std::string> Read(std::string_view wire) { return std::string(wire); }
};

// Parameters only: there is nothing that a view read from a result could point to.
template <>
struct Codec<std::string_view> : Codec<std::string> {};
template <>
struct Codec<const char*> : Codec<std::string> {};
template <size_t N>
struct Codec<char[N]> : Codec<std::string> {};

template <>
struct Codec<Bytes> {
  static constexpr TypeId kType = 17;
  static constexpr TypeId kArrayType = 1001;
  static bool Accepts(TypeId type) { return type == kType; }
  static absl::Status Write(const Bytes& value, std::string& out);
  static absl::StatusOr<Bytes> Read(std::string_view wire) { return Bytes{std::string(wire)}; }
};

template <>
struct Codec<Uuid> {
  static constexpr TypeId kType = 2950;
  static constexpr TypeId kArrayType = 2951;
  static bool Accepts(TypeId type) { return type == kType; }
  static absl::Status Write(const Uuid& value, std::string& out);
  static absl::StatusOr<Uuid> Read(std::string_view wire);
};

template <>
struct Codec<absl::Time> {
  static constexpr TypeId kType = 1184;
  static constexpr TypeId kArrayType = 1185;
  static bool Accepts(TypeId type) { return type == kType; }
  static absl::Status Write(absl::Time value, std::string& out);
  static absl::StatusOr<absl::Time> Read(std::string_view wire);
};

template <>
struct Codec<absl::CivilDay> {
  static constexpr TypeId kType = 1082;
  static constexpr TypeId kArrayType = 1182;
  static bool Accepts(TypeId type) { return type == kType; }
  static absl::Status Write(absl::CivilDay value, std::string& out);
  static absl::StatusOr<absl::CivilDay> Read(std::string_view wire);
};

namespace values_internal {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
struct Required {
  using type = T;
};
template <typename T>
struct Required<std::optional<T>> {
  using type = T;
};

// What is written before the elements of an array: dimensions, a flag for NULLs, the
// elements' type, their number, the first one's index.
void WriteArrayHeader(TypeId element, size_t count, std::string& out);
void WriteNull(std::string& out);
// Writes the length of what was written since `start`, into the four bytes before it.
absl::Status PatchLength(size_t start, std::string& out);

// Takes an array apart. Next() gives each element, std::nullopt for NULL.
class ArrayReader {
 public:
  static absl::StatusOr<ArrayReader> Open(std::string_view wire);
  TypeId element_type() const { return element_type_; }
  size_t size() const { return size_; }
  absl::StatusOr<std::optional<std::string_view>> Next();

 private:
  std::string_view rest_;
  TypeId element_type_ = 0;
  size_t size_ = 0;
};

absl::Status Mismatch(TypeId actual, TypeId expected);
absl::Status UnexpectedNull();

}  // namespace values_internal

template <typename T>
struct Codec<std::vector<T>> {
  using Element = typename values_internal::Required<T>::type;
  static constexpr bool kNullable = values_internal::IsOptional<T>::value;
  static constexpr TypeId kType = Codec<Element>::kArrayType;

  // The elements' type stands in the array itself and is checked there.
  static bool Accepts(TypeId type) {
    return type == kType || (kType == 1016 && (type == 1005 || type == 1007)) ||
           (kType == 1009 && (type == 1015 || type == 1014 || type == 1003));
  }

  static absl::Status Write(const std::vector<T>& elements, std::string& out) {
    values_internal::WriteArrayHeader(Codec<Element>::kType, elements.size(), out);
    for (const auto& element : elements) {
      if (absl::Status written = WriteElement(element, out); !written.ok()) return written;
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::vector<T>> Read(std::string_view wire) {
    absl::StatusOr<values_internal::ArrayReader> reader = values_internal::ArrayReader::Open(wire);
    if (!reader.ok()) return reader.status();
    if (reader->size() > 0 && !Codec<Element>::Accepts(reader->element_type())) {
      return values_internal::Mismatch(reader->element_type(), Codec<Element>::kType);
    }
    std::vector<T> elements;
    elements.reserve(reader->size());
    for (size_t i = 0; i < reader->size(); ++i) {
      if (absl::Status read = ReadElement(*reader, elements); !read.ok()) return read;
    }
    return elements;
  }

 private:
  static absl::Status WriteElement(const T& element, std::string& out) {
    const Element* value = nullptr;
    if constexpr (kNullable) {
      if (!element.has_value()) {
        values_internal::WriteNull(out);
        return absl::OkStatus();
      }
      value = &*element;
    } else {
      value = &element;
    }
    out.append(4, '\0');
    const size_t start = out.size();
    if (absl::Status written = Codec<Element>::Write(*value, out); !written.ok()) return written;
    return values_internal::PatchLength(start, out);
  }

  static absl::Status ReadElement(values_internal::ArrayReader& reader, std::vector<T>& elements) {
    const absl::StatusOr<std::optional<std::string_view>> wire = reader.Next();
    if (!wire.ok()) return wire.status();
    if (!wire->has_value()) {
      if constexpr (!kNullable) return values_internal::UnexpectedNull();
      elements.emplace_back();
      return absl::OkStatus();
    }
    absl::StatusOr<Element> value = Codec<Element>::Read(**wire);
    if (!value.ok()) return value.status();
    elements.push_back(*std::move(value));
    return absl::OkStatus();
  }
};

// The parameters $1, $2, … of one execution. Each value is copied once, when it is
// added, into one buffer that is handed to libpq as it is.
//
//   transaction.Execute(kInsertNote, Params(id, municipality, text, std::optional<Uuid>()))
class Params {
 public:
  Params() = default;

  template <typename First, typename... More>
  requires(!std::is_same_v<First, Params>) explicit Params(const First& first, const More&... more) {
    buffer_.reserve((SizeHint(first) + ... + SizeHint(more)));
    Add(first);
    (Add(more), ...);
  }

  // Adds the next parameter. A value that cannot be sent shows in status().
  template <typename T>
  Params& Add(const T& value) {
    BeginValue(Codec<T>::kType);
    EndValue(Codec<T>::Write(value, buffer_));
    return *this;
  }
  template <typename T>
  Params& Add(const std::optional<T>& value) {
    if (value.has_value()) return Add(*value);
    AddNull(Codec<T>::kType);
    return *this;
  }

  // Parameters of one execution for all of `parts`, which have the same types: the first
  // `shared` as the first part has them, and of each array after them one with the elements
  // of all parts, in their order.
  static Params Join(const std::vector<const Params*>& parts, size_t shared);

  // INTERNAL unless there are more than `shared` and all after those are arrays.
  absl::Status CheckJoinable(size_t shared) const;

  // Orders by the first `count` parameters; both have so many. Negative, zero or positive;
  // zero only where they have the same types and values.
  int CompareFirst(const Params& other, size_t count) const;

  // The first error of all values added; whoever executes must look at it.
  const absl::Status& status() const { return status_; }

  size_t size() const { return types_.size(); }
  // Size of all values as sent.
  size_t bytes() const { return buffer_.size(); }

  // As libpq wants them; `value` is nullptr for NULL. Valid until the next Add.
  const absl::InlinedVector<TypeId, 16>& types() const { return types_; }
  const char* value(size_t index) const;
  int length(size_t index) const { return fields_[index].length; }

 private:
  struct Field {
    size_t offset;
    int length;  // -1 for NULL
  };

  // So that the buffer is allocated once; a wrong hint costs time only.
  template <typename T>
  static size_t SizeHint(const T& value) {
    if constexpr (std::is_convertible_v<const T&, std::string_view>) return std::string_view(value).size();
    if constexpr (std::is_same_v<T, Bytes>) return value.data.size();
    if constexpr (values_internal::IsOptional<T>::value) return value.has_value() ? SizeHint(*value) : 0;
    return 16;
  }

  std::string_view wire(size_t index) const;
  void AddJoined(const std::vector<const Params*>& parts, size_t index);
  void BeginValue(TypeId type);
  void EndValue(absl::Status written);
  void AddNull(TypeId type);

  std::string buffer_;
  absl::InlinedVector<Field, 16> fields_;
  absl::InlinedVector<TypeId, 16> types_;
  absl::Status status_;
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_VALUES_H_
