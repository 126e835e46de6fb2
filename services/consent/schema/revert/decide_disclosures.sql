-- Revert consent:decide_disclosures from pg

BEGIN;
DROP FUNCTION consent.decide_disclosures;
COMMIT;
