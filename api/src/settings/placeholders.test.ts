import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fillIn } from '../../../ops/production-env.mjs'
import { documentedSettings, parseEnv, SettingsError } from '../env.ts'

const ROOT = join(import.meta.dirname, '../../..')
const TEMPLATE = readFileSync(join(ROOT, 'ops/env/production.env.template'), 'utf8')
const COMPOSE = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')

/**
 * The variables of a container with this file as its `env_file`, and with those that docker-compose.yml derives from
 * them.
 */
function containerEnv(file: string): Record<string, string> {
  const entries = file.matchAll(/^(\w+)=(.*)$/gm)
  const given = Object.fromEntries(Array.from(entries, ([, name, value]) => [name, value]))
  return {
    ...given,
    NODE_ENV: 'production',
    DATABASE_URL: `postgresql://aetherlink:${given.POSTGRES_PASSWORD}@postgres:5432/aetherlink`,
    REDIS_URL: `redis://:${given.REDIS_PASSWORD}@redis:6379`,
  }
}

test('the template stops the start, which names every setting that has to be replaced', () => {
  const start = () => parseEnv(containerEnv(TEMPLATE))
  expect(start).toThrow(SettingsError)
  for (const name of ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'SECRET_KEY', 'AETHERLINK_ADMIN_KEY', 'WEB_SECRET_KEY'])
    expect(start).toThrow(new RegExp(`^  ${name} is still REPLACE_ME`, 'm'))
})

test('the template filled in starts, with other secrets each time', () => {
  const [one, other] = [fillIn(TEMPLATE), fillIn(TEMPLATE)]
  expect(one).not.toMatch(/=REPLACE_ME/)
  expect(parseEnv(containerEnv(one)).AETHERLINK_ADMIN_KEY).toMatch(/^alk_\w{48}$/)
  expect(containerEnv(one).SECRET_KEY).not.toBe(containerEnv(other).SECRET_KEY)
  expect(() => fillIn('NEW_SECRET=REPLACE_ME')).toThrow('NEW_SECRET')
})

test('every line of the template that is commented out is a setting, and its example is accepted', () => {
  const filled = containerEnv(fillIn(TEMPLATE))
  const settings = new Set<string>(documentedSettings.map(({ name }) => name))
  const examples = Array.from(TEMPLATE.matchAll(/^#(\w+)=(.*)$/gm))
  expect(examples.length).toBeGreaterThan(30)
  // Together, because some settings require others.
  const all = Object.fromEntries(examples.map(([, name, value]) => [name, value]))
  for (const [, name = '', value] of examples) {
    if (!COMPOSE.includes(`\${${name}`)) expect(settings).toContain(name)
    expect(() => parseEnv({ ...filled, ...all, [name]: value }), name).not.toThrow()
  }
})
