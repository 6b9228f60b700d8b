import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'

/** #3B5BDB is shade 6, used on light surfaces. #8DA2FF is shade 3, used on dark ones. */
const brand: MantineColorsTuple = [
  '#eef1fd',
  '#dbe2fb',
  '#b3c1f8',
  '#8da2ff',
  '#748ef0',
  '#5674e6',
  '#3b5bdb',
  '#3350c4',
  '#2a44a8',
  '#21378a',
]

/** Colours of the dark scheme, from text to the darkest background. */
const dark: MantineColorsTuple = [
  '#e4e7ec',
  '#c3c9d2',
  '#a3abb8',
  '#7b8494',
  '#3a414d',
  '#2d333d',
  '#232831',
  '#14171c',
  '#101318',
  '#0c0e12',
]

/** Mantine with the sizes and colours of ui/tokens.css. Fonts are system fonts; nothing is downloaded. */
export const theme = createTheme({
  colors: { brand, dark },
  primaryColor: 'brand',
  primaryShade: { light: 6, dark: 3 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  variantColorResolver: (input) => variantColorResolver(input),
  defaultRadius: 6,
  respectReducedMotion: true,
  cursorType: 'pointer',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '20px', xl: '32px' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '20px', lineHeight: '28px' }, h2: { fontSize: '16px', lineHeight: '24px' } },
  },
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
})

/** Mantine's dimmed and error texts have a lower contrast than the ratio of 4.5 that WCAG 2.2 (1.4.3) requires. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: SCHEME,
  dark: { ...SCHEME, '--mantine-color-default': 'var(--surface-raised)' },
})

const SCHEME = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-dim)',
  '--mantine-color-placeholder': 'var(--text-dim)',
  '--mantine-color-error': 'var(--dead)',
  '--mantine-color-default-border': 'var(--line)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-anchor': 'var(--brand)',
  '--mantine-primary-color-contrast': 'var(--on-brand)',
}

/** Mantine computes the text colour of a filled button from the shade of the light scheme, also in the dark scheme. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input)
  const isBrand = input.color === undefined || input.color === 'brand'
  return input.variant === 'filled' && isBrand ? { ...colors, color: 'var(--on-brand)' } : colors
}
