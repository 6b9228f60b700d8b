import { expect, test } from 'vitest'
import { settingsPage } from './settings-page.ts'

test('docs/settings.md says what api/src/env.ts does (npm run generate)', () => {
  const { is, should } = settingsPage()
  expect(is).toBe(should)
})
