-- Copies of intake's tables, for pgbench: the same columns, defaults, keys and indexes,
-- and none of intake's functions, relay or sweeper.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
SET search_path = bench;

CREATE TABLE request (LIKE intake.request INCLUDING ALL);
CREATE TABLE child (LIKE intake.child INCLUDING ALL);
CREATE TABLE report (LIKE intake.report INCLUDING ALL);
CREATE TABLE deadline (LIKE intake.deadline INCLUDING ALL);
CREATE TABLE feedback (LIKE intake.feedback INCLUDING ALL, FOREIGN KEY (municipality, report) REFERENCES report);
CREATE TABLE report_meeting (
  LIKE intake.report_meeting INCLUDING ALL, FOREIGN KEY (municipality, report) REFERENCES report);
CREATE TABLE event (LIKE intake.event INCLUDING ALL);
CREATE TABLE audit_entry (LIKE intake.audit_entry INCLUDING ALL);

-- pgbench knows numbers only: which report it reads.
CREATE TABLE target (number integer PRIMARY KEY, report uuid NOT NULL);
INSERT INTO target SELECT row_number() OVER (ORDER BY report), report FROM intake.report;

ANALYZE target;
