-- Verify consent:rule_sets on pg

BEGIN;
SELECT municipality, version, state, content, propose_time, activate_time, data_key, people
  FROM consent.rule_set WHERE false;
SELECT 1 / (relrowsecurity AND relforcerowsecurity)::integer FROM pg_class WHERE oid = 'consent.rule_set'::regclass;
ROLLBACK;
