import { Button, type CSSVariablesResolver, createTheme } from '@mantine/core'

/** Dense and quiet: the colours are left to statuses and severities. Fonts are the system's own, nothing is fetched. */
export const theme = createTheme({
  primaryColor: 'indigo',
  defaultRadius: 'sm',
  respectReducedMotion: true,
  cursorType: 'pointer',
  headings: { fontWeight: '600' },
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  components: {
    Button: Button.extend({ styles: { section: { marginInlineEnd: 6 } } }),
  },
})

/** Mantine's dimmed text has a contrast of 3.3 and 4.0; WCAG 2.2 (1.4.3) takes 4.5. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#5c6570', '--mantine-color-placeholder': '#6b7480' },
  dark: { '--mantine-color-dimmed': '#a0a0a0', '--mantine-color-placeholder': '#909090' },
})
