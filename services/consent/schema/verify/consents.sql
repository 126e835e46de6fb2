-- Verify consent:consents on pg

BEGIN;
SELECT municipality, consent, authority, child, state, giver_kind, recipient_tags, index_key, from_date, to_date,
       ask_time, version, data_key, content
  FROM consent.consent WHERE false;
SELECT 1 / (relrowsecurity AND relforcerowsecurity)::integer FROM pg_class WHERE oid = 'consent.consent'::regclass;
ROLLBACK;
