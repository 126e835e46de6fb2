-- Verify consent:decisions on pg

BEGIN;
SELECT municipality, decision, authority, child, decide_time, expire_time, child_version, rule_set, data_key, content
  FROM consent.decision WHERE false;
SELECT municipality, disclosure, authority, child, decision, disclose_time, data_key, content
  FROM consent.disclosure WHERE false;
SELECT 1 / (bool_and(relrowsecurity AND relforcerowsecurity))::integer FROM pg_class
  WHERE oid IN ('consent.decision'::regclass, 'consent.disclosure'::regclass);
ROLLBACK;
