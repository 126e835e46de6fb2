-- The rows of one submission in one statement: what intake's submit_reports stores, without
-- its checks of repeated requests and running investigations. Time-ordered identities where
-- intake's are, else the indexes of the two would not be alike.
\set child random(1, 240)
WITH made AS MATERIALIZED (
  SELECT encode(overlay(uuid_send(gen_random_uuid())
                        PLACING substring(int8send((extract(epoch FROM now()) * 1000)::bigint) FROM 3) FROM 1),
                'hex')::uuid AS report),
  known AS (
  INSERT INTO bench.child (municipality, authority, blind_index, index_key, child)
    VALUES ('0180', 'skarholmen', substr(sha256(int4send(:child)), 1, 16), 'index-1', md5(:child::text)::uuid)
    ON CONFLICT DO NOTHING),
  requested AS (
  INSERT INTO bench.request (municipality, caller, method, request, owner_municipality, owner_authority, fingerprint,
                             resources, create_time)
    SELECT '0180', :fingerprint::bytea, 'samverkan.intake.v1.ReportService/SubmitReport', gen_random_uuid(),
           '0180', 'skarholmen', :fingerprint::bytea, ARRAY['municipalities/0180/reports/' || report], now()
      FROM made),
  reported AS (
  INSERT INTO bench.report (municipality, report, authority, unit_tag, child, submission_group, state, on_hold, acute,
                            identity_protected, sender_municipality, sender_authority, sender_unit_tag, sender_tag, index_key,
                            receive_time, first_receive_time, note_time, data_key, submission, handling)
    SELECT '0180', report, 'skarholmen', :tag::bytea, md5(:child::text)::uuid, report, 1, false, false,
           false, '0180', 'utbildningsnamnden', :tag::bytea, :tag::bytea, 'index-1',
           now(), now(), now(), report, :submission::bytea, :handling::bytea
      FROM made),
  timed AS (
  INSERT INTO bench.deadline (municipality, subject, clock, start_time, authority, collection, rule, legal_basis,
                              unverified, started_by, due_date, latest_date, state)
    SELECT '0180', report, d.clock, now(), 'skarholmen', 'reports', d.rule, d.legal_basis,
           false, d.started_by, current_date, current_date + d.days, 1
      FROM made, (VALUES ('protection_assessment', 'P-011', 'SoL 2025:400 20:1', 'report_received', 0),
                         ('decision_to_open', 'P-013', 'SoL 2025:400 20:2', 'report_received', 14))
                   AS d (clock, rule, legal_basis, started_by, days)),
  fed AS (
  INSERT INTO bench.feedback (municipality, report, authority, state, ask_time, content)
    SELECT '0180', report, 'skarholmen', 1, now(), :feedback::bytea FROM made),
  met AS (
  INSERT INTO bench.report_meeting (municipality, report, authority, state, content)
    SELECT '0180', report, 'skarholmen', 1, :meeting::bytea FROM made),
  happened AS (
  INSERT INTO bench.event (municipality, event, authority, event_time, content)
    SELECT '0180', report, 'skarholmen', now(), :event::bytea FROM made)
INSERT INTO bench.audit_entry (municipality, entry, children, data_key, content)
  VALUES ('0180', gen_random_uuid(), ARRAY[md5(:child::text)::uuid], md5(:child::text)::uuid, :entry::bytea);
