-- Revert consent:outbox from pg

BEGIN;
SET LOCAL search_path = consent;
\ir ../../../../libs/idempotency/schema/revert.sql
\ir ../../../../libs/outbox/schema/revert.sql
COMMIT;
