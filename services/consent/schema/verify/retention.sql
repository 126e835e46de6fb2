-- Verify consent:retention on pg

BEGIN;
SELECT municipality, erasure, authority, child, state, propose_time, legal_basis, keys, child_references, resources,
       destruction, delete_time, version, data_key, content
  FROM consent.erasure WHERE false;
SELECT municipality, erasure, authority, child_references, resources, legal_basis, delete_time
  FROM consent.erased_again WHERE false;
SELECT municipality, legal_hold, authority, child, place_time, in_force, version, data_key, content
  FROM consent.legal_hold WHERE false;
SELECT 1 / count(*) FROM consent.erased_until;
SELECT 1 / (bool_and(relrowsecurity AND relforcerowsecurity))::integer FROM pg_class
  WHERE oid IN ('consent.erasure'::regclass, 'consent.erased_again'::regclass, 'consent.legal_hold'::regclass);
SELECT 1 / (has_function_privilege('samverkan_consent_jobs', 'consent.erase_child(text, text, uuid)', 'EXECUTE')
            AND NOT has_function_privilege('samverkan_consent', 'consent.erase_child(text, text, uuid)',
                                           'EXECUTE'))::integer;
ROLLBACK;
