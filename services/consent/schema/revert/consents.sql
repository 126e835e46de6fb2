-- Revert consent:consents from pg

BEGIN;
DROP FUNCTION consent.authority_of_consent;
DROP TABLE consent.consent;
COMMIT;
