import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { buildSchema, introspectionFromSchema, print } from 'graphql'
import { graphql } from '../codegen/gql-e2e/index.ts'
import { documentId } from '../web/lib/document-id.ts'
import { apiUrl, publish, unique } from './support.ts'

const WhoAmI = graphql(`
  query E2eGraphiqlViewer {
    viewer {
      actor {
        name
      }
    }
  }
`)

const Follow = graphql(`
  subscription E2eGraphiqlEvents {
    events(filter: { types: ["e2e.graphiql.*"] }) {
      event {
        type
      }
    }
  }
`)

const editor = (page: Page) => page.locator('.graphiql-query-editor')
const result = (page: Page) => page.locator('.graphiql-response')
const run = (page: Page) => page.getByRole('button', { name: /^Execute query/ })

/** Opens GraphiQL with a document. Errors and violations of its Content Security Policy are added to `wrong`. */
async function open(page: Page, document = '', wrong: string[] = []): Promise<void> {
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(message.text())
  })
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('request', (request) => {
    if (!request.url().startsWith(`${apiUrl()}/`)) wrong.push(`asked for ${request.url().slice(0, 100)}`)
  })
  await page.goto(`${apiUrl()}/graphql?query=${encodeURIComponent(document)}`)
  await expect(editor(page).locator('.view-line').first()).toBeVisible()
}

test('GraphiQL works within its content security policy: documentation, queries and streams', async ({ page }) => {
  // The installation under test accepts only persisted documents with exactly their text. GraphiQL would shorten the
  // text of an introspection query.
  const schema = buildSchema(readFileSync(join(import.meta.dirname, '../codegen/schema.graphql'), 'utf8'))
  const isOperation = ({ pathname }: URL) => pathname === '/graphql'
  await page.route(isOperation, (route) => {
    const request = route.request()
    // GraphiQL starts streams with GET.
    if (request.method() === 'GET')
      return request.resourceType() === 'document'
        ? route.continue()
        : route.continue({ url: `${apiUrl()}/graphql?documentId=${documentId(Follow)}` })
    if (request.postDataJSON().operationName === 'IntrospectionQuery')
      return route.fulfill({ json: { data: introspectionFromSchema(schema) } })
    return route.continue({ postData: { documentId: documentId(WhoAmI) } })
  })
  const wrong: string[] = []
  await open(page, print(WhoAmI), wrong)
  await run(page).click()
  await expect(result(page)).toContainText('"name": "GraphiQL"')

  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  await page.getByRole('link', { name: 'Mutation', exact: true }).click()
  await expect(page.getByRole('link', { name: 'publishEvent', exact: true })).toBeVisible()

  await open(page, print(Follow), wrong)
  await run(page).click()
  const type = `e2e.graphiql.${unique()}`
  await expect(async () => {
    await publish(type)
    await expect(result(page)).toContainText(type, { timeout: 1_000 })
  }).toPass()
  expect(wrong).toEqual([])
})

test('the files of GraphiQL are cached', async ({ page }) => {
  const transferred = () =>
    page.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .filter(({ name }) => name.includes('/graphiql/page.'))
        .map(({ name, transferSize }) => [new URL(name).pathname, transferSize]),
    )
  await open(page)
  const first = Object.fromEntries(await transferred())
  for (const file of ['/graphiql/page.js', '/graphiql/page.css']) expect(first[file]).toBeGreaterThan(100_000)
  expect(first['/graphiql/page.js']).toBeLessThan(2_000_000)
  await open(page)
  expect(Object.fromEntries(await transferred())).toEqual({ '/graphiql/page.js': 0, '/graphiql/page.css': 0 })
})
