#include "libs/pg/values.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::pg {
namespace {

// PostgreSQL counts days and microseconds from the first day of 2000 (UTC).
constexpr absl::CivilDay kFirstDay(2000, 1, 1);
constexpr int64_t kFirstDayUnixSeconds = 946'684'800;

// The largest and smallest number stand for infinity, in dates and instants alike.
constexpr int64_t kInfinite = std::numeric_limits<int64_t>::max();
constexpr int64_t kMinusInfinite = std::numeric_limits<int64_t>::min();
constexpr int32_t kInfiniteDay = std::numeric_limits<int32_t>::max();
constexpr int32_t kMinusInfiniteDay = std::numeric_limits<int32_t>::min();

// PostgreSQL's own range of instants, narrower than what 64 bits hold:
// 4714-11-24 BC to before 294277-01-01.
constexpr int64_t kFirstInstant = -211'813'488'000'000'000;
constexpr int64_t kPastLastInstant = 9'223'371'331'200'000'000;
// And of days: 4714-11-24 BC to before 5874898-06-04.
constexpr int64_t kFirstDate = -2'451'545;
constexpr int64_t kPastLastDate = 2'145'031'949;

// Octets of an array before its elements: dimensions, a flag for NULLs and the elements'
// type; then, where it is not empty, their number and the index of the first.
constexpr size_t kArrayHeader = 12;
constexpr size_t kArrayDimension = 8;

template <typename Unsigned>
void WriteBigEndian(Unsigned bits, char* out) {
  for (size_t i = 0; i < sizeof(Unsigned); ++i) out[i] = static_cast<char>(bits >> (8 * (sizeof(Unsigned) - 1 - i)));
}

template <typename Integer>
void AppendInteger(Integer value, std::string& out) {
  const auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  char bytes[sizeof(Integer)];
  WriteBigEndian(bits, bytes);
  out.append(bytes, sizeof(Integer));
}

// `wire` must hold sizeof(Integer) bytes at least.
template <typename Integer>
Integer ReadInteger(std::string_view wire) {
  std::make_unsigned_t<Integer> bits = 0;
  for (size_t i = 0; i < sizeof(Integer); ++i) {
    bits = static_cast<decltype(bits)>(bits << 8 | static_cast<uint8_t>(wire[i]));
  }
  return static_cast<Integer>(bits);
}

absl::Status WrongLength(std::string_view type, size_t length) {
  return status::Internal(absl::StrCat("a value of type ", std::string(type), " has ", length, " bytes"));
}

}  // namespace

absl::Status Codec<bool>::Write(bool value, std::string& out) {
  out += value ? '\1' : '\0';
  return absl::OkStatus();
}

absl::StatusOr<bool> Codec<bool>::Read(std::string_view wire) {
  if (wire.size() != 1) return WrongLength("boolean", wire.size());
  return wire[0] != '\0';
}

absl::Status Codec<int64_t>::Write(int64_t value, std::string& out) {
  AppendInteger(value, out);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Codec<int64_t>::Read(std::string_view wire) {
  if (wire.size() == 8) return ReadInteger<int64_t>(wire);
  if (wire.size() == 4) return ReadInteger<int32_t>(wire);
  if (wire.size() == 2) return ReadInteger<int16_t>(wire);
  return WrongLength("integer", wire.size());
}

absl::Status Codec<std::string>::Write(std::string_view value, std::string& out) {
  if (value.find('\0') != std::string_view::npos) {
    return status::InvalidArgument(status::Error{.reason = "TEXT_HOLDS_NUL",
                                                 .message = "a text holds a NUL character; remove it",
                                                 .swedish = "En text innehåller ett NUL-tecken. Ta bort det."});
  }
  out.append(value);
  return absl::OkStatus();
}

absl::Status Codec<Bytes>::Write(const Bytes& value, std::string& out) {
  out.append(value.data);
  return absl::OkStatus();
}

absl::Status Codec<Uuid>::Write(const Uuid& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(value.bytes().data()), value.bytes().size());
  return absl::OkStatus();
}

absl::StatusOr<Uuid> Codec<Uuid>::Read(std::string_view wire) {
  std::array<uint8_t, 16> bytes;
  if (wire.size() != bytes.size()) return WrongLength("uuid", wire.size());
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(wire[i]);
  return Uuid(bytes);
}

absl::Status Codec<absl::Time>::Write(absl::Time value, std::string& out) {
  if (value == absl::InfiniteFuture() || value == absl::InfinitePast()) {
    AppendInteger(value == absl::InfiniteFuture() ? kInfinite : kMinusInfinite, out);
    return absl::OkStatus();
  }
  // Floor, not ToInt64Microseconds, which rounds towards 2000 and so moves earlier
  // instants forward; it also saturates, which the range below catches.
  const absl::Duration since = value - absl::FromUnixSeconds(kFirstDayUnixSeconds);
  const int64_t microseconds = absl::ToInt64Microseconds(absl::Floor(since, absl::Microseconds(1)));
  if (microseconds < kFirstInstant || microseconds >= kPastLastInstant) {
    return status::Internal("an instant is outside what timestamptz holds");
  }
  AppendInteger(microseconds, out);
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> Codec<absl::Time>::Read(std::string_view wire) {
  if (wire.size() != 8) return WrongLength("timestamptz", wire.size());
  const int64_t microseconds = ReadInteger<int64_t>(wire);
  if (microseconds == kInfinite) return absl::InfiniteFuture();
  if (microseconds == kMinusInfinite) return absl::InfinitePast();
  return absl::FromUnixSeconds(kFirstDayUnixSeconds) + absl::Microseconds(microseconds);
}

absl::Status Codec<absl::CivilDay>::Write(absl::CivilDay value, std::string& out) {
  const int64_t days = value - kFirstDay;
  if (days < kFirstDate || days >= kPastLastDate) return status::Internal("a day is outside what date holds");
  AppendInteger(static_cast<int32_t>(days), out);
  return absl::OkStatus();
}

absl::StatusOr<absl::CivilDay> Codec<absl::CivilDay>::Read(std::string_view wire) {
  if (wire.size() != 4) return WrongLength("date", wire.size());
  const int32_t days = ReadInteger<int32_t>(wire);
  if (days == kInfiniteDay || days == kMinusInfiniteDay) return status::Internal("a date is infinite");
  return kFirstDay + days;
}

namespace values_internal {

void WriteArrayHeader(TypeId element, size_t count, std::string& out) {
  AppendInteger<int32_t>(count == 0 ? 0 : 1, out);  // dimensions
  AppendInteger<int32_t>(0, out);                   // whether there are NULLs: the server finds out itself
  AppendInteger<uint32_t>(element, out);
  if (count == 0) return;
  AppendInteger<int32_t>(static_cast<int32_t>(count), out);
  AppendInteger<int32_t>(1, out);  // index of the first
}

void WriteNull(std::string& out) { AppendInteger<int32_t>(-1, out); }

absl::Status PatchLength(size_t start, std::string& out) {
  const size_t length = out.size() - start;
  if (length > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    return status::Internal("an array's element is too long");
  }
  WriteBigEndian(static_cast<uint32_t>(length), out.data() + start - sizeof(uint32_t));
  return absl::OkStatus();
}

absl::StatusOr<ArrayReader> ArrayReader::Open(std::string_view wire) {
  ArrayReader reader;
  if (wire.size() < kArrayHeader) return WrongLength("array", wire.size());
  const auto dimensions = ReadInteger<int32_t>(wire);
  reader.element_type_ = ReadInteger<uint32_t>(wire.substr(8));
  if (dimensions == 0) return reader;
  if (dimensions != 1) return status::Internal("an array has more than one dimension");
  if (wire.size() < kArrayHeader + kArrayDimension) return WrongLength("array", wire.size());
  const auto count = ReadInteger<int32_t>(wire.substr(kArrayHeader));
  reader.rest_ = wire.substr(kArrayHeader + kArrayDimension);
  // Every element takes four bytes at least: nothing is reserved for a forged count.
  if (count < 0 || static_cast<size_t>(count) > reader.rest_.size() / 4) return WrongLength("array", wire.size());
  reader.size_ = static_cast<size_t>(count);
  return reader;
}

absl::StatusOr<std::optional<std::string_view>> ArrayReader::Next() {
  if (rest_.size() < 4) return WrongLength("array", rest_.size());
  const auto length = ReadInteger<int32_t>(rest_);
  rest_.remove_prefix(4);
  if (length == -1) return std::optional<std::string_view>();
  if (length < 0 || static_cast<size_t>(length) > rest_.size()) return WrongLength("array", rest_.size());
  const std::string_view element = rest_.substr(0, static_cast<size_t>(length));
  rest_.remove_prefix(element.size());
  return std::optional<std::string_view>(element);
}

absl::Status Mismatch(TypeId actual, TypeId expected) {
  return status::Internal(absl::StrCat("found PostgreSQL type ", actual, " where ", expected, " was expected"));
}

absl::Status UnexpectedNull() { return status::Internal("found NULL where a value was expected"); }

}  // namespace values_internal

const char* Params::value(size_t index) const {
  const Field& field = fields_[index];
  return field.length < 0 ? nullptr : buffer_.data() + field.offset;
}

std::string_view Params::wire(size_t index) const {
  const Field& field = fields_[index];
  return std::string_view(buffer_).substr(field.offset, static_cast<size_t>(std::max(field.length, 0)));
}

absl::Status Params::CheckJoinable(size_t shared) const {
  bool joinable = shared < size();
  for (size_t i = shared; i < size(); ++i) joinable = joinable && wire(i).size() >= kArrayHeader;
  return joinable ? absl::OkStatus() : status::Internal("a joined statement is executed with what is no array");
}

int Params::CompareFirst(const Params& other, size_t count) const {
  for (size_t i = 0; i < count; ++i) {
    if (types_[i] != other.types_[i]) return types_[i] < other.types_[i] ? -1 : 1;
    if (length(i) != other.length(i)) return length(i) < other.length(i) ? -1 : 1;
    if (const int order = wire(i).compare(other.wire(i)); order != 0) return order;
  }
  return 0;
}

Params Params::Join(const std::vector<const Params*>& parts, size_t shared) {
  const Params& first = *parts.front();
  Params joined;
  size_t bytes = 0;
  for (const Params* const part : parts) bytes += part->bytes();
  joined.buffer_.reserve(bytes);
  for (size_t i = 0; i < first.size(); ++i) {
    if (i >= shared) {
      joined.AddJoined(parts, i);
    } else if (first.length(i) < 0) {
      joined.AddNull(first.types_[i]);
    } else {
      joined.BeginValue(first.types_[i]);
      joined.buffer_.append(first.wire(i));
      joined.EndValue(absl::OkStatus());
    }
  }
  return joined;
}

void Params::AddJoined(const std::vector<const Params*>& parts, size_t index) {
  BeginValue(parts.front()->types_[index]);
  size_t count = 0;
  for (const Params* const part : parts) {
    const std::string_view array = part->wire(index);
    if (array.size() > kArrayHeader) count += ReadInteger<uint32_t>(array.substr(kArrayHeader));
  }
  const std::string_view first = parts.front()->wire(index);
  values_internal::WriteArrayHeader(ReadInteger<uint32_t>(first.substr(8)), count, buffer_);
  for (const Params* const part : parts) {
    const std::string_view array = part->wire(index);
    if (array.size() > kArrayHeader) buffer_.append(array.substr(kArrayHeader + kArrayDimension));
  }
  EndValue(absl::OkStatus());
}

void Params::BeginValue(TypeId type) {
  types_.push_back(type);
  fields_.push_back({buffer_.size(), 0});
}

void Params::EndValue(absl::Status written) {
  const size_t length = buffer_.size() - fields_.back().offset;
  if (written.ok() && length > static_cast<size_t>(std::numeric_limits<int>::max())) {
    written = status::Internal("a parameter is too long");
  }
  if (!written.ok() && status_.ok()) status_ = std::move(written);
  fields_.back().length = static_cast<int>(length);
}

void Params::AddNull(TypeId type) {
  types_.push_back(type);
  fields_.push_back({buffer_.size(), -1});
}

}  // namespace samverkan::pg
