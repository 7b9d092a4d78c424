/* What a row looks like as text depends on these: the same on both sides of a comparison, and at least as exact as pg_dump's own. */
set search_path = '';
set DateStyle = ISO, YMD;
set TimeZone = UTC;
set IntervalStyle = postgres;
set extra_float_digits = 3;
set bytea_output = hex;
set xmlbinary = base64;
set lc_monetary = 'C';
set quote_all_identifiers = off;
set row_security = off;
set statement_timeout = 0;
set lock_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set client_min_messages = warning;
/* New in PostgreSQL 17; a held session may wait for hours. */
select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout';
