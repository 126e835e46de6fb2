-- Verify consent:decide_disclosures on pg

BEGIN;
SELECT 1 / count(*) FROM pg_proc WHERE oid = 'consent.decide_disclosures'::regproc
  AND has_function_privilege('samverkan_consent', oid, 'EXECUTE');
ROLLBACK;
