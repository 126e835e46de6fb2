#ifndef SAMVERKAN_SERVICES_AUDIT_REASONS_H_
#define SAMVERKAN_SERVICES_AUDIT_REASONS_H_

// The reasons that the audit service's errors carry, besides those of the libraries
// that it is built from. They are part of the contract: never renamed, never reused.
namespace samverkan::audit {

// ALREADY_EXISTS: the id of an entry is taken by another content. Nothing of the call
// was stored. Metadata `entry` is the field, "entries[3]".
inline constexpr char kEntryIdReused[] = "ENTRY_ID_REUSED";

// PERMISSION_DENIED: a service appended an entry in another's name.
inline constexpr char kProducerMismatch[] = "PRODUCER_MISMATCH";

// PERMISSION_DENIED: a caller that is no service of the suite would erase from the log.
inline constexpr char kNotAService[] = "NOT_A_SERVICE";

// NOT_FOUND: there is no such entry, or it is not for the caller's authority.
inline constexpr char kEntryNotFound[] = "ENTRY_NOT_FOUND";

// INVALID_ARGUMENT: bytes that were to be a leaf are none.
inline constexpr char kLeafMalformed[] = "LEAF_MALFORMED";

// NOT_FOUND: there is no such sample, or it is not for the caller's authority.
inline constexpr char kReviewSampleNotFound[] = "REVIEW_SAMPLE_NOT_FOUND";

// NOT_FOUND: there is no such item of a sample, or it is not for the caller's authority.
inline constexpr char kReviewItemNotFound[] = "REVIEW_ITEM_NOT_FOUND";

// PERMISSION_DENIED: somebody would review an act of their own.
inline constexpr char kOwnAction[] = "OWN_ACTION";

// ABORTED: the item has got another outcome since it was read.
inline constexpr char kEtagMismatch[] = "ETAG_MISMATCH";

// FAILED_PRECONDITION: the item has as many outcomes as it can hold.
inline constexpr char kTooManyOutcomes[] = "TOO_MANY_OUTCOMES";

// FAILED_PRECONDITION, at start only: the database may lose what it has confirmed.
inline constexpr char kDatabaseNotDurable[] = "DATABASE_NOT_DURABLE";

// FAILED_PRECONDITION, at start only: the database's schema is not for this binary.
inline constexpr char kSchemaVersionUnknown[] = "SCHEMA_VERSION_UNKNOWN";

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_REASONS_H_
