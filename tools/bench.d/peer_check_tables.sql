-- Copies of consent's tables, for pgbench: the same columns, defaults, keys and indexes, and none of
-- consent's functions or relay.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS bench_consent CASCADE;
CREATE SCHEMA bench_consent;
SET search_path = bench_consent;

CREATE TABLE request (LIKE consent.request INCLUDING ALL);
CREATE TABLE child (LIKE consent.child INCLUDING ALL);
CREATE TABLE decision (
  LIKE consent.decision INCLUDING ALL, FOREIGN KEY (municipality, authority, child) REFERENCES child);
CREATE TABLE event (LIKE consent.event INCLUDING ALL);
CREATE TABLE audit_entry (LIKE consent.audit_entry INCLUDING ALL);
INSERT INTO child SELECT * FROM consent.child;

-- pgbench knows numbers only: which child it asks about.
CREATE TABLE target (number integer PRIMARY KEY, authority text NOT NULL, child uuid NOT NULL);
INSERT INTO target SELECT row_number() OVER (ORDER BY authority, child), authority, child FROM consent.child;

ANALYZE child;
ANALYZE target;
