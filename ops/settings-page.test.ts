import { expect, test } from 'vitest'
import { settingsPage } from './settings-page.ts'

test('docs/settings.md matches api/src/env.ts (npm run generate)', () => {
  const { is, should } = settingsPage()
  expect(is).toBe(should)
})
