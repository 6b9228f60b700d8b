import { abortCommands } from './processes.mjs'

/**
 * Waits for all promises. If one fails, the commands of the others are ended. The error of the failed one is thrown
 * when all have settled.
 * @template {readonly unknown[]} T
 * @param {T} work
 * @returns {Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>}
 */
export async function together(work) {
  /** @type {unknown} */
  let first
  await Promise.all(
    work.map((one) =>
      Promise.resolve(one).catch((error) => {
        first ??= error
        abortCommands()
      }),
    ),
  )
  if (first !== undefined) throw first
  return /** @type {Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>} */ (Promise.all(work))
}
