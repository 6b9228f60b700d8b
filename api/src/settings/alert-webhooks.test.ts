import { expect, test } from 'vitest'
import { parseEnv } from '../env.ts'
import { readAlertWebhook } from './alert-webhooks.ts'

test('the format of a URL is determined by its host and path, or by a prefix', () => {
  const kinds = {
    'https://hooks.slack.com/services/T0/B0/secret': 'SLACK',
    'https://acme.webhook.office.com/webhookb2/secret': 'TEAMS',
    'https://outlook.office.com/webhook/secret': 'TEAMS',
    'https://prod-1.westeurope.logic.azure.com/workflows/secret': 'TEAMS',
    'https://discord.com/api/webhooks/1/secret': 'DISCORD',
    'https://discord.com/channels/1': 'STANDARD',
    'https://hooks.slack.com.evil.example/services/T0': 'STANDARD',
    'https://alerts.example/aetherlink': 'STANDARD',
  }
  for (const [url, kind] of Object.entries(kinds)) expect(readAlertWebhook(url)).toEqual({ kind, url })
  expect(readAlertWebhook('slack+http://10.0.0.7:9000/x')).toEqual({ kind: 'SLACK', url: 'http://10.0.0.7:9000/x' })
  expect(readAlertWebhook('json+https://hooks.slack.com/services/T0')).toMatchObject({ kind: 'STANDARD' })
})

test('a wrong entry is refused at start: the setting and the place are named, the secret is not', () => {
  const SECRET_KEY = Buffer.alloc(32).toString('base64')
  const env = { DATABASE_URL: 'postgresql://localhost/a', REDIS_URL: 'redis://localhost', SECRET_KEY, AUTH_MODE: 'dev' }
  const start = (ALERT_WEBHOOKS: string) => () => parseEnv({ ...env, NODE_ENV: 'test', ALERT_WEBHOOKS })
  for (const wrong of ['ftp://a.example/token-1', 'pigeon+https://a.example/token-1', 'token-1'])
    expect(start(`https://a.example/x, ${wrong}`)).toThrow(/ALERT_WEBHOOKS has an unusable value: entry 2 is not one/)
  expect(start('token-1')).not.toThrow(/token-1/)
  expect(start('')().ALERT_WEBHOOKS).toEqual([])
})
