-- Revert intake:outbox from pg

BEGIN;
SET LOCAL search_path = intake;
\ir ../../../../libs/idempotency/schema/revert.sql
\ir ../../../../libs/outbox/schema/revert.sql
COMMIT;
