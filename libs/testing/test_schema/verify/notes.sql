-- Verify testing:notes on pg
SELECT note FROM notes WHERE FALSE;
