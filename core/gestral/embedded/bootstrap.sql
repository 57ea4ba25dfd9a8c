-- Makes Gestral's database and its three roles. Run it as often as you like, with psql, as a role that
-- may create roles and databases (PostgreSQL 16 or newer):
--
--   GESTRAL_OWNER_PASSWORD=... GESTRAL_APP_PASSWORD=... \
--     psql --no-psqlrc --set ON_ERROR_STOP=1 --file bootstrap.sql "postgresql://admin@host/postgres"
--
-- gestral_owner owns the database and runs the migrations: `gestral db upgrade`.
-- gestral_app is what the application connects as: it owns nothing and creates nothing, and sees the
--   rows of the one organisation that a transaction names.
-- gestral_platform is what the application becomes for a transaction that is nobody's in particular,
--   such as signing in: it sees the rows of all organisations. Nobody can sign in as it.
--
-- The passwords may also be given as psql variables (--set owner_password=...), which other users of
-- the machine can read in the list of processes. Running again sets them anew.

\set ON_ERROR_STOP 1
\set QUIET 1
SET client_min_messages = warning;

\if :{?database} \else
  \set database gestral
\endif
\if :{?owner_password} \else
  \getenv owner_password GESTRAL_OWNER_PASSWORD
\endif
\if :{?app_password} \else
  \getenv app_password GESTRAL_APP_PASSWORD
\endif
\if :{?owner_password} \else
  \warn 'Set GESTRAL_OWNER_PASSWORD to the password that gestral_owner shall have.'
  SELECT 1/0 AS "a password is missing" \g /dev/null
\endif
\if :{?app_password} \else
  \warn 'Set GESTRAL_APP_PASSWORD to the password that gestral_app shall have.'
  SELECT 1/0 AS "a password is missing" \g /dev/null
\endif

-- Several machines may do this at once; a lock reaches no further than its own database, so there are
-- two: this one until the connection changes, the other until the end.
SELECT pg_advisory_lock(hashtext('gestral bootstrap')) \g /dev/null

SELECT format('CREATE ROLE %I NOLOGIN', name)
FROM unnest(ARRAY['gestral_owner', 'gestral_app', 'gestral_platform']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

-- Who is no superuser has to be a member of a role to give it a database.
SELECT format('GRANT gestral_owner TO %I', current_user)
WHERE NOT pg_has_role(current_user, 'gestral_owner', 'SET') \gexec

SELECT format('CREATE DATABASE %I OWNER gestral_owner TEMPLATE template0 ENCODING ''UTF8''', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

SELECT format('ALTER DATABASE %I OWNER TO gestral_owner', datname) FROM pg_database
WHERE datname = :'database' AND datdba <> 'gestral_owner'::regrole \gexec

\connect :database
SET client_min_messages = warning;
BEGIN;
SELECT pg_advisory_xact_lock(hashtext('gestral bootstrap')) \g /dev/null

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO gestral_app;
-- Nothing of Gestral's lies in `public`: every plugin has a schema of its own, and its migrations
-- grant the application what it needs there.
REVOKE ALL ON SCHEMA public FROM PUBLIC;

GRANT gestral_platform TO gestral_app WITH INHERIT FALSE, SET TRUE;
-- A process that is frozen in the middle of a transaction must not hold up the others for ever.
ALTER ROLE gestral_app SET idle_in_transaction_session_timeout = '60s';

-- Last, so that whoever can sign in finds all rights in place.
ALTER ROLE gestral_owner LOGIN PASSWORD :'owner_password';
ALTER ROLE gestral_app LOGIN PASSWORD :'app_password';

COMMIT;
