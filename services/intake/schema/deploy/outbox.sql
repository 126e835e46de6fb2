-- Deploy intake:outbox to pg
-- requires: appschema

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

\ir ../../../../libs/outbox/schema/deploy.sql
\ir ../../../../libs/idempotency/schema/deploy.sql

GRANT SELECT, INSERT ON event TO samverkan_intake;
GRANT INSERT ON audit_entry TO samverkan_intake;
GRANT SELECT ON relay TO samverkan_intake;
GRANT SELECT, INSERT, UPDATE (resources) ON request TO samverkan_intake;

-- The relay carries on what all boards have written; the sweeper tells of what it finds.
CREATE POLICY relay ON event TO samverkan_intake_jobs USING (true) WITH CHECK (true);
CREATE POLICY relay ON audit_entry TO samverkan_intake_jobs USING (true);
CREATE POLICY relay ON request FOR ALL TO samverkan_intake_jobs USING (true) WITH CHECK (false);
GRANT SELECT, INSERT, UPDATE (position), DELETE ON event TO samverkan_intake_jobs;
GRANT SELECT, INSERT, DELETE ON audit_entry TO samverkan_intake_jobs;
GRANT SELECT, UPDATE (last_position, first_position) ON relay TO samverkan_intake_jobs;
GRANT SELECT, DELETE ON request TO samverkan_intake_jobs;

COMMIT;
