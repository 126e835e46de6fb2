-- Deploy consent:outbox to pg
-- requires: appschema

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;

\ir ../../../../libs/outbox/schema/deploy.sql
\ir ../../../../libs/idempotency/schema/deploy.sql

GRANT SELECT, INSERT ON event TO samverkan_consent;
GRANT INSERT ON audit_entry TO samverkan_consent;
GRANT SELECT ON relay TO samverkan_consent;
GRANT SELECT, INSERT, UPDATE (resources) ON request TO samverkan_consent;

-- The relay carries on what all boards have written.
CREATE POLICY relay ON event TO samverkan_consent_jobs USING (true);
CREATE POLICY relay ON audit_entry TO samverkan_consent_jobs USING (true);
CREATE POLICY relay ON request FOR ALL TO samverkan_consent_jobs USING (true) WITH CHECK (false);
GRANT SELECT, INSERT, UPDATE (position), DELETE ON event TO samverkan_consent_jobs;
GRANT SELECT, DELETE ON audit_entry TO samverkan_consent_jobs;
GRANT SELECT, UPDATE (last_position, first_position) ON relay TO samverkan_consent_jobs;
GRANT SELECT, DELETE ON request TO samverkan_consent_jobs;

COMMIT;
