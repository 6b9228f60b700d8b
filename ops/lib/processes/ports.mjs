import { get } from 'node:http'
import { connect, createServer } from 'node:net'
import { StepError } from '../steps.mjs'
import { until } from './processes.mjs'

/**
 * Whether a server can listen on this port now.
 * @param {number} port
 */
export const isFree = async (port, host = '127.0.0.1') => (await whyNot(port, host)) === null

/**
 * The error code with which listening on this port fails (EADDRINUSE, ENOTFOUND, ...); null if one
 * can.
 * @param {number} port
 * @returns {Promise<string | null>}
 */
function whyNot(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve('code' in error ? String(error.code) : 'EUNKNOWN'))
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
}

/**
 * Finds a free port.
 * @returns {Promise<number>}
 */
export function freePort(host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/**
 * Parses a setting that is a port.
 * @param {string} setting name of the setting
 * @param {string | undefined} text
 * @param {number} otherwise the default
 */
export function parsePort(setting, text, otherwise) {
  if (text === undefined || text === '') return otherwise
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new StepError(
    `${setting} is "${text}", which is not a port.`,
    `Set ${setting} to a whole number from 1 to 65535.`,
  )
}

/** Error codes for an unknown host name, and for an address that belongs to another machine. */
const NO_ADDRESS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME', 'EADDRNOTAVAIL', 'EINVAL'])

/**
 * Checks that a configured port is free.
 * @param {{ port: number, host?: string, setting: string, what: string, other: number }} wanted `other`: a port to suggest instead
 */
export async function requirePort({ port, host, setting, what, other }) {
  const code = await whyNot(port, host)
  if (code === null) return
  if (NO_ADDRESS.has(code))
    throw new StepError(
      `HOST is "${host}", which is not an address of this machine.`,
      'Set HOST to one, such as 127.0.0.1, or to 0.0.0.0 for all of them.',
    )
  if (code === 'EACCES')
    throw new StepError(
      `Port ${port}, for the ${what}, requires root.`,
      `Move the ${what} with ${setting}: ${setting}=${other < 1024 ? 8080 : other} npm start`,
    )
  throw new StepError(
    `Port ${port}, for the ${what}, is in use by another program.`,
    `Stop that program, or move the ${what} with ${setting}: ${setting}=${other} npm start`,
  )
}

/**
 * The port for a server that this program starts: the configured one, otherwise the usual one if it is free, otherwise
 * any free one.
 * @param {{ setting: string, usual: number, what: string }} wanted
 */
export async function servicePort({ setting, usual, what }) {
  const set = process.env[setting]
  if (set) {
    const port = parsePort(setting, set, usual)
    if (port === 0) return freePort()
    await requirePort({ port, setting, what, other: port + 1 })
    return port
  }
  return (await isFree(usual)) ? usual : freePort()
}

/**
 * Sends one line to a TCP server and returns the start of its reply; empty if there is none.
 * @param {number} port
 * @param {string} line
 * @returns {Promise<string>}
 */
export function ask(port, line, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    const end = (/** @type {string} */ answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(2_000, () => end(''))
    socket.once('error', () => end(''))
    socket.once('close', () => end(''))
    socket.once('data', (data) => end(data.toString('utf8')))
    socket.write(line)
  })
}

/**
 * Waits until a URL answers with status 200.
 * @param {string} url
 * @param {{ timeoutMs: number, alive?: () => boolean }} options `alive`: once it returns false, the wait ends
 */
export function answers(url, { timeoutMs, alive = () => true }) {
  let over = false
  return until(
    async () => {
      over = !alive()
      if (over) return true
      return isOk(url)
    },
    timeoutMs,
    50,
  ).then((came) => came && !over)
}

/**
 * Whether a GET of this URL answers with status 200. It uses a new connection, because a kept-alive connection would
 * delay the server's shutdown.
 * @param {string} url
 * @returns {Promise<boolean>}
 */
function isOk(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
