#include "services/consent/list_cursor.h"

#include <array>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::consent {

absl::StatusOr<ListPlace> ParseListCursor(const std::string& cursor) {
  if (cursor.empty()) {
    std::array<uint8_t, 16> last;
    last.fill(0xFF);
    return ListPlace{absl::InfiniteFuture(), pg::Uuid(last)};
  }
  const std::vector<std::string> parts = absl::StrSplit(cursor, '/');
  int64_t microseconds = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &microseconds)) {
    return status::Internal("a sealed cursor does not parse");
  }
  ASSIGN_OR_RETURN(const pg::Uuid id, pg::Uuid::Parse(parts[1]));
  return ListPlace{absl::FromUnixMicros(microseconds), id};
}

std::string MakeListCursor(const google::protobuf::Timestamp& time, const std::string& name) {
  const absl::Time instant = proto_time::FromProto(time).value_or(absl::UnixEpoch());
  return absl::StrCat(absl::ToUnixMicros(instant), "/", name.substr(name.rfind('/') + 1));
}

}  // namespace samverkan::consent
