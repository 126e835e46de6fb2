-- Verify intake:outbox on pg

BEGIN;
SET LOCAL search_path = intake;
\ir ../../../../libs/outbox/schema/verify.sql
\ir ../../../../libs/idempotency/schema/verify.sql
ROLLBACK;
