import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, which } from '../processes/processes.mjs'
import { StepError } from '../steps.mjs'
import { importTree } from './base-image.mjs'

/** The images of the servers in docker-compose.yml. Set POSTGRES_IMAGE and REDIS_IMAGE to these names. */
export const SERVICE_IMAGES = { postgres: 'aetherlink-local/postgres', redis: 'aetherlink-local/redis' }

/**
 * Does what the official image does: creates the cluster and the database on the first start, then runs the given
 * command.
 */
const POSTGRES_ENTRYPOINT = `#!/bin/sh
set -eu
export PATH="$(echo /usr/lib/postgresql/*/bin):$PATH"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  mkdir -p /var/run/postgresql
  chown -R postgres:postgres /var/lib/postgresql /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust --encoding=UTF8 --locale=C.UTF-8
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl start --wait --options="-c listen_addresses=''"
  psql --host=/var/run/postgresql --username="$POSTGRES_USER" --dbname=postgres --command="CREATE DATABASE \\"$POSTGRES_DB\\""
  pg_ctl stop --wait
fi
exec "$@" -c listen_addresses='*'
`

/**
 * Makes images of PostgreSQL and Redis from Debian's packages, for Docker engines that cannot reach a registry. The
 * images accept the same settings and commands that docker-compose.yml passes to the official images.
 */
export async function importServiceImages() {
  const debootstrap = which('debootstrap')
  if (!debootstrap) throw new StepError('debootstrap is not installed.', 'apt-get install debootstrap')
  const root = mkdtempSync(join(tmpdir(), 'aetherlink-debian-'))
  try {
    await run(debootstrap, ['--variant=minbase', '--include=postgresql,redis-server', 'bookworm', root])
    await importServers(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** @param {string} root a Debian file system with PostgreSQL and Redis */
export async function importServers(root) {
  const entrypoint = join(root, 'usr/local/bin/postgres-entrypoint')
  writeFileSync(entrypoint, POSTGRES_ENTRYPOINT)
  chmodSync(entrypoint, 0o755)
  await importTree(root, SERVICE_IMAGES.postgres, [
    'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin',
    'ENV PGDATA=/var/lib/postgresql/data',
    'ENTRYPOINT ["postgres-entrypoint"]',
    'CMD ["postgres"]',
  ])
  await importTree(root, SERVICE_IMAGES.redis, ['USER redis', 'CMD ["redis-server"]'])
}
