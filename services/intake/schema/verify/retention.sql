-- Verify intake:retention on pg

BEGIN;
SELECT municipality, erasure, authority, child, state, propose_time, reports, investigations, whole_child,
       legal_basis, keys, destruction, version, data_key, content
  FROM intake.erasure WHERE false;
SELECT municipality, erasure, authority, child, whole_child, resources, legal_basis, delete_time
  FROM intake.erased_again WHERE false;
SELECT municipality, legal_hold, authority, child, place_time, in_force, version, data_key, content
  FROM intake.legal_hold WHERE false;
SELECT 1 / count(*) FROM intake.erased_until;
SELECT 1 / (has_function_privilege('samverkan_intake_jobs', 'intake.erase_file(text, text, uuid, boolean, uuid[], uuid[])',
                                   'EXECUTE')
            AND NOT has_function_privilege('samverkan_intake',
                                           'intake.erase_file(text, text, uuid, boolean, uuid[], uuid[])',
                                           'EXECUTE'))::integer;
ROLLBACK;
