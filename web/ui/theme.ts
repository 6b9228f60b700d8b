import { createTheme } from '@mantine/core'

/** Dense and quiet: the colours are left to statuses and severities. Fonts are the system's own, nothing is fetched. */
export const theme = createTheme({
  primaryColor: 'indigo',
  defaultRadius: 'sm',
  respectReducedMotion: true,
  cursorType: 'pointer',
  headings: { fontWeight: '600' },
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
})
