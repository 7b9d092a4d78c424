import { defineSuite } from '../lib/config/define-suite.ts';

/**
 * THE file to edit: the suite to protect. The placeholders below let `npx cdk synth` work on a fresh clone; deployment refuses them.
 * Give the real host here or as context: npx cdk deploy --all -c instanceId=i-… -c roleName=…
 */
export default defineSuite({
  name: 'process-engineering-suite',
  timeZone: 'Etc/UTC',
  host: { instanceId: 'i-00000000000000000', roleName: 'process-engineering-suite-host' },
  sources: {
    databases: [
      // Everything the suite keeps is in here. The volume postgres_data holds this very database as files of a running server, which
      // are no backup: its contents come from this dump. Under compose its real name is infra_postgres_data.
      {
        name: 'engsuite',
        container: 'process-engineering-suite',
        database: 'engsuite',
        user: 'postgres',
        fingerprint: 'hash',
        ownership: 'drop',
      },
    ],
    volumes: [{ name: 'psv_uploads', volume: 'psv_uploads' }],
    paths: [
      { name: 'exports', container: 'process-engineering-suite', path: '/app/exports' },
      { name: 'uploads', container: 'process-engineering-suite', path: '/app/uploads' },
      { name: 'config', container: 'process-engineering-suite', path: '/app/config' },
      { name: 'networks', container: 'process-engineering-suite', path: '/app/networks' },
      { name: 'calculations', container: 'process-engineering-suite', path: '/app/calculations' },
    ],
    files: [
      {
        name: 'environment',
        directory: '/srv/process-engineering-suite',
        include: ['.env.production', '.env.staging', 'infra/docker-compose.yml', 'infra/docker-compose.override.yml'],
      },
      { name: 'certificates', directory: '/etc/ssl/certs', include: ['process-engineering-suite.*'] },
    ],
  },
  // Where secrets are kept, never the secrets.
  secretsKeptIn: [
    'AWS Secrets Manager process-engineering/database-url',
    'AWS Secrets Manager process-engineering/secret-key',
    'AWS Secrets Manager process-engineering/allowed-origins',
  ],
  // api is the only writer of the database; the others serve pages that call it.
  writers: ['web', 'psv', 'network-editor', 'api'],
  schedules: { daily: 'cron(0 2 * * ? *)', full: 'cron(0 3 ? * SUN *)' },
  retention: { daily: 7, weekly: 4, monthly: 12, yearly: 'forever', minimumProven: 2 },
  verification: {
    checks: [
      // A database that was lost and migrated anew has one user; the suite answers from mock data then, so its pages prove nothing.
      { name: 'users', database: 'engsuite', sql: 'select count(*) from users', expect: { min: 1 } },
      { name: 'alembic_version', database: 'engsuite', sql: 'select count(*) from alembic_version', expect: { min: 1 } },
    ],
    // The suite writes a row for an attachment and keeps no file of it (file_uri is /uploads/ID/NAME): worth knowing, no reason to distrust a backup.
    crossChecks: [
      {
        name: 'attachments',
        database: 'engsuite',
        sql: "select regexp_replace(file_uri, '^/uploads/', '') from attachments",
        source: 'uploads',
        severity: 'warning',
      },
    ],
  },
  alerts: { emails: [] },
});
