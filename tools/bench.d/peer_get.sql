-- What one GetReport does, in one statement: intake's two selects (find_report and
-- find_deadlines of report_store.cc and deadline_store.cc) and the audit entry's insert.
\set number random(1, 240)
WITH wanted AS MATERIALIZED (SELECT report AS id FROM bench.target WHERE number = :number),
  audited AS (
  INSERT INTO bench.audit_entry (municipality, entry, data_key, content)
    VALUES ('0180', gen_random_uuid(), gen_random_uuid(), :entry::bytea))
SELECT r.report, r.data_key, r.authority, r.child, r.state, r.sender_municipality, r.sender_authority,
       r.receive_time, r.first_receive_time, r.version, r.submission, r.handling,
       f.state, f.ask_time, f.content, m.content,
       (SELECT v.investigation FROM intake.investigation v WHERE v.municipality = r.municipality
          AND v.authority = r.authority AND v.child = r.child AND v.state = 1),
       ARRAY(SELECT s.report FROM intake.report s WHERE s.municipality = r.municipality
          AND s.submission_group = r.submission_group AND s.report <> r.report ORDER BY s.report),
       ARRAY(SELECT l.report FROM intake.report l WHERE l.municipality = r.municipality AND l.authority = r.authority
          AND l.child = r.child AND l.report <> r.report ORDER BY l.receive_time, l.report),
       ARRAY(SELECT ROW(d.subject, d.clock, d.rule, d.legal_basis, d.unverified, d.started_by, d.start_time,
                        d.due_date, d.latest_date, d.state, d.end_time, d.breach_time, d.extensions)
          FROM intake.deadline d WHERE d.municipality = r.municipality AND d.subject = r.report
          ORDER BY d.start_time, d.clock)
  FROM intake.report r
  LEFT JOIN intake.feedback f ON f.municipality = r.municipality AND f.report = r.report
  LEFT JOIN intake.report_meeting m ON m.municipality = r.municipality AND m.report = r.report
  WHERE r.municipality = '0180' AND r.report = (SELECT id FROM wanted);
