-- The rows of one check of disclosure in one statement: what consent's decide_disclosures stores,
-- without its checks of the child's version, the active rule set and repeated requests.
-- Time-ordered identities where consent's are, else the indexes of the two would not be alike.
\set number random(1, :children)
WITH made AS MATERIALIZED (
  SELECT encode(overlay(uuid_send(gen_random_uuid())
                        PLACING substring(int8send((extract(epoch FROM now()) * 1000)::bigint) FROM 3) FROM 1),
                'hex')::uuid AS decision, authority, child
    FROM bench_consent.target WHERE number = :number),
  requested AS (
  INSERT INTO bench_consent.request (municipality, caller, method, request, owner_municipality, owner_authority,
                                     fingerprint, resources, create_time)
    SELECT '0180', :fingerprint::bytea, 'samverkan.consent.v1.DisclosureService/CheckDisclosure', gen_random_uuid(),
           '0180', authority, :fingerprint::bytea, ARRAY['municipalities/0180/decisions/' || decision], now()
      FROM made),
  decided AS (
  INSERT INTO bench_consent.decision (municipality, decision, authority, child, child_version, decide_time, expire_time,
                                      rule_set, data_key, content)
    SELECT '0180', decision, authority, child, 1, now(), now() + interval '24 hours', '2026.1-3f9ac1d2e0b4',
           gen_random_uuid(), :decision::bytea
      FROM made),
  happened AS (
  INSERT INTO bench_consent.event (municipality, event, authority, event_time, content)
    SELECT '0180', decision, authority, now(), :event::bytea FROM made)
INSERT INTO bench_consent.audit_entry (municipality, entry, data_key, content)
  VALUES ('0180', gen_random_uuid(), gen_random_uuid(), :entry::bytea);
