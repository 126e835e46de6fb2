-- Revert consent:children from pg

BEGIN;
DROP FUNCTION consent.authority_of_child;
DROP TABLE consent.hold, consent.child_number, consent.child_reference, consent.child;
COMMIT;
