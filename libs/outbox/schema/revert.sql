DROP TABLE relay, audit_entry, event;
