-- Deploy intake:outbox to pg
-- requires: appschema

BEGIN;
SET LOCAL search_path = intake;

\ir ../../../../libs/outbox/schema/deploy.sql
\ir ../../../../libs/idempotency/schema/deploy.sql

GRANT SELECT, INSERT, UPDATE (position), DELETE ON event TO samverkan_intake;
GRANT SELECT, INSERT, DELETE ON audit_entry TO samverkan_intake;
GRANT SELECT, UPDATE (last_position) ON relay TO samverkan_intake;
GRANT SELECT, INSERT, UPDATE (resources), DELETE ON request TO samverkan_intake;

COMMIT;
