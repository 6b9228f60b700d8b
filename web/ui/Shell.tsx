'use client'

import { AppShell, Burger, Divider, Drawer, Group, Stack, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { type ReactNode, useEffect } from 'react'
import { useKeptPath } from '@/lib/filters.ts'
import { Mark } from './icons.tsx'
import { LiveBanner } from './LiveBanner.tsx'
import classes from './Shell.module.css'

interface ShellProps {
  nav: readonly { href: string; label: string }[]
  /** What every page is of, said in the header where its switch is in the menu. */
  place: ReactNode
  /** Who is signed in. */
  viewer: ReactNode
  /** What the header offers on every page; in the menu on a narrow screen. */
  controls: ReactNode
  signOut: ReactNode
  children: ReactNode
}

/** The frame of every page: a header, and the page below it. On a narrow screen the header folds into a menu. */
export function Shell({ nav, place, viewer, controls, signOut, children }: ShellProps) {
  const [opened, menu] = useDisclosure(false)
  const pathname = usePathname()
  // biome-ignore lint/correctness/useExhaustiveDependencies: going to another page closes the menu
  useEffect(() => menu.close(), [pathname])
  return (
    <AppShell header={{ height: 56 }} padding="md">
      <AppShell.Header className={classes.header}>
        <a href="#content" className={classes.skip}>
          Skip to content
        </a>
        <Group h="100%" px="md" gap="lg" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Mark />
            <Text fw={700}>AetherLink</Text>
          </Group>
          <Group component="nav" aria-label="Pages" gap={4} visibleFrom="md" wrap="nowrap">
            <NavLinks nav={nav} />
          </Group>
          <Group gap="sm" ml="auto" visibleFrom="md" wrap="nowrap">
            {controls}
            <Divider orientation="vertical" />
            {viewer}
            {signOut}
          </Group>
          <Stack gap={0} ml="auto" miw={0} ta="end" hiddenFrom="md">
            {place}
          </Stack>
          <Burger
            size="sm"
            hiddenFrom="md"
            opened={opened}
            onClick={menu.toggle}
            aria-label="Menu"
            aria-expanded={opened}
          />
        </Group>
      </AppShell.Header>
      <Drawer
        opened={opened}
        onClose={menu.close}
        position="right"
        size="min(100vw, 20rem)"
        title={viewer}
        classNames={{ title: classes.title }}
        hiddenFrom="md"
        closeButtonProps={{ 'aria-label': 'Close menu' }}
      >
        <Stack>
          <Stack component="nav" aria-label="Pages" gap={4}>
            <NavLinks nav={nav} />
          </Stack>
          <Divider />
          {controls}
          {signOut}
        </Stack>
      </Drawer>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <LiveBanner />
        {children}
      </AppShell.Main>
    </AppShell>
  )
}

function NavLinks({ nav }: Pick<ShellProps, 'nav'>) {
  const pathname = usePathname()
  const pathTo = useKeptPath()
  return nav.map(({ href, label }) => (
    <UnstyledButton
      key={href}
      component={Link}
      href={pathTo(href)}
      className={classes.link}
      aria-current={pathname === href ? 'page' : undefined}
    >
      {label}
    </UnstyledButton>
  ))
}
