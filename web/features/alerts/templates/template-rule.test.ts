import { expect, test } from 'vitest'
import { missingEventsText } from './template-rule.ts'

const rule = { name: 'Service down', eventType: 'service.health.failed', windowSeconds: 300, threshold: 1 }

test('a rule of a tenant about events of the installation is warned about; one of the installation is not', () => {
  const template = { countsInstallationEvents: true, rule }
  expect(missingEventsText(template, 'acme')).toBe(
    'Only the installation has service.health.failed events. A rule of acme counts none of them, so it fires only if acme publishes such events itself.',
  )
  expect(missingEventsText(template, null)).toBeNull()
  expect(missingEventsText({ ...template, countsInstallationEvents: false }, 'acme')).toBeNull()
})
