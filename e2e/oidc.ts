import { test as base, expect, type Page } from '@playwright/test'
import { startProvider, type TestProvider } from '../api/test/oidc/provider.ts'
import { isReady, openAccount } from './support.ts'

/** Lifetimes of tokens in seconds. Tests may shorten them. */
export const LONG = { accessToken: 300, refreshToken: 3_600 }

/** All tests of a worker use one identity provider, because the installation caches the provider's keys. */
export const test = base.extend<{ lifetimes: undefined }, { provider: TestProvider }>({
  provider: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern which fixtures this one needs
    async ({}, use) => {
      const web = `http://127.0.0.1:${process.env.WEB_PORT}`
      const provider = await startProvider({
        port: Number(process.env.OIDC_PORT),
        redirectUris: [`${web}/auth/callback`],
        postLogoutRedirectUris: [`${web}/sign-in`],
      })
      await use(provider)
      await provider.stop()
    },
    { scope: 'worker' },
  ],
  lifetimes: [
    async ({ provider }, use) => {
      Object.assign(provider.lifetimes, LONG)
      await use(undefined)
    },
    { auto: true },
  ],
})

export const account = (page: Page) => page.getByRole('link', { name: 'Sign in with your account' })

/** Opens a page without a session and starts signing in at the provider. */
export async function beginAs(page: Page, user: string, path: string): Promise<void> {
  await page.goto(path)
  await account(page).click()
  await page.getByRole('button', { name: user, exact: true }).click()
}

/** Signs in a user and waits for the page. */
export async function visitAs(page: Page, user: string, path: string): Promise<void> {
  await beginAs(page, user, path)
  await expect(page).toHaveURL(path)
  await isReady(page)
}

export async function signOut(page: Page): Promise<void> {
  await openAccount(page)
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Yes, sign me out' }).click()
  await expect(page).toHaveURL(/\/sign-in/)
}
