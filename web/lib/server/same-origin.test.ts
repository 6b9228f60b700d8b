import { describe, expect, it } from 'vitest'
import { foreignSocket, foreignSource, isJson } from './same-origin.ts'

describe('foreignSource', () => {
  it.each<Record<string, string>>([
    { 'sec-fetch-site': 'same-origin' },
    { origin: 'http://10.0.0.5:3000', host: '10.0.0.5:3000' },
    { origin: 'https://console.example', host: 'web:3000', 'x-forwarded-host': 'console.example' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://console.example', host: 'web:3000' },
  ])('lets in %j', (headers) => {
    expect(foreignSource(new Headers(headers))).toBeNull()
  })

  it.each<Record<string, string>>([
    {},
    { host: 'console.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://other.example', host: 'console.example' },
    { 'sec-fetch-site': 'none' },
    { origin: 'null', host: 'console.example' },
    { origin: 'https://evil.example', host: 'console.example' },
    { origin: 'https://console.example.evil.example', host: 'console.example' },
  ])('refuses %j', (headers) => {
    expect(foreignSource(new Headers(headers))).toEqual(expect.any(String))
  })
})

describe('foreignSocket', () => {
  it.each<Record<string, string>>([
    { origin: 'http://10.0.0.5:3000', host: '10.0.0.5:3000' },
    { origin: 'https://console.example', host: 'web:3000', 'x-forwarded-host': 'console.example' },
    { origin: 'https://console.example', host: 'web:3000', 'sec-fetch-site': 'same-origin' },
    // Browsers disagree on whether ws:// is the same origin as http://.
    { origin: 'https://console.example', host: 'console.example', 'sec-fetch-site': 'same-site' },
  ])('lets in %j', (headers) => {
    expect(foreignSocket(new Headers(headers))).toBeNull()
  })

  it.each<Record<string, string>>([
    {},
    { host: 'console.example' },
    { origin: 'null', host: 'console.example' },
    { origin: 'https://evil.example', host: 'console.example' },
    { origin: 'https://evil.example', host: 'console.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'http://console.example:8080', host: 'console.example', 'sec-fetch-site': 'same-site' },
  ])('refuses %j', (headers) => {
    expect(foreignSocket(new Headers(headers))).toEqual(expect.any(String))
  })
})

it('accepts a body as JSON only if declared so', () => {
  expect(isJson(new Headers({ 'content-type': 'application/json; charset=utf-8' }))).toBe(true)
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'text/plain; application/json',
    'application/jsonp',
  ])
    expect(isJson(new Headers({ 'content-type': type }))).toBe(false)
})
