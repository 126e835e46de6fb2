#ifndef SAMVERKAN_LIBS_KEYS_SECRET_FILE_H_
#define SAMVERKAN_LIBS_KEYS_SECRET_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace samverkan::keys {

// Reads a small file that holds secrets. FAILED_PRECONDITION with what is wrong, as the end
// of a sentence ("may be read or changed by others"), where it is not there, may be read by
// others than its owner, or is too long. Who is done with the content wipes it.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

}  // namespace samverkan::keys

#endif  // SAMVERKAN_LIBS_KEYS_SECRET_FILE_H_
