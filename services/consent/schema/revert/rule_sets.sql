-- Revert consent:rule_sets from pg

BEGIN;
DROP TABLE consent.rule_set;
COMMIT;
