'use client'

import { Center, type MantineColorScheme, SegmentedControl, useMantineColorScheme, VisuallyHidden } from '@mantine/core'
import { useMounted } from '@mantine/hooks'
import { MoonIcon, ScreenIcon, SunIcon } from './icons.tsx'

const SCHEMES: { value: MantineColorScheme; name: string; icon: typeof SunIcon }[] = [
  { value: 'light', name: 'Light colours', icon: SunIcon },
  { value: 'dark', name: 'Dark colours', icon: MoonIcon },
  { value: 'auto', name: "The system's colours", icon: ScreenIcon },
]

/** Light, dark, or as the system has it; kept in the browser. */
export function ColorSchemeControl() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  // The server cannot know what the browser has kept.
  const mounted = useMounted()
  return (
    <SegmentedControl<MantineColorScheme>
      size="xs"
      aria-label="Colour scheme"
      value={mounted ? colorScheme : 'auto'}
      onChange={setColorScheme}
      data={SCHEMES.map(({ value, name, icon: Icon }) => ({
        value,
        label: (
          <Center title={name} h={18}>
            <Icon size={15} />
            <VisuallyHidden>{name}</VisuallyHidden>
          </Center>
        ),
      }))}
    />
  )
}
