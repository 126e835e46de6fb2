-- Verify intake:staff_names on pg

BEGIN;
SELECT municipality, authority, tag, index_key FROM intake.staff_name WHERE false;
SELECT 1 / (relrowsecurity AND relforcerowsecurity)::integer FROM pg_class
  WHERE oid = 'intake.staff_name'::regclass;
ROLLBACK;
