-- Verify intake:investigation_steps on pg

BEGIN;
SELECT municipality, investigation_step, authority, child, report, investigation, kind, state, concerned,
       asked_municipality, asked_authority, asked_unit_tag, index_key, create_time, version, data_key, content
  FROM intake.investigation_step WHERE false;
SELECT 1 / (relrowsecurity AND relforcerowsecurity)::integer FROM pg_class
  WHERE oid = 'intake.investigation_step'::regclass;
SELECT 1 / count(*) FROM pg_proc WHERE oid = 'intake.is_identity_protected'::regproc
  AND has_function_privilege('samverkan_intake', oid, 'EXECUTE');
ROLLBACK;
