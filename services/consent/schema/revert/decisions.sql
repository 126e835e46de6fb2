-- Revert consent:decisions from pg

BEGIN;
DROP FUNCTION consent.authority_of_decision;
DROP TABLE consent.disclosure, consent.decision;
COMMIT;
