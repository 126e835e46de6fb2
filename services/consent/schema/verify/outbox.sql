-- Verify consent:outbox on pg

BEGIN;
SET LOCAL search_path = consent;
\ir ../../../../libs/outbox/schema/verify.sql
\ir ../../../../libs/idempotency/schema/verify.sql
ROLLBACK;
