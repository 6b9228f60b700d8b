/** The default page after signing in. */
export const HOME = '/now'

/**
 * The path to open after signing in, from a `next` parameter that may be forged. It is a path of this site (with query
 * and fragment), or HOME; it never leads to another origin. The parsed URL is checked instead of the text, because the
 * URL parser drops tabs and line breaks, treats `\` as `/` and resolves `..`.
 */
export function safeNext(value: unknown): string {
  if (typeof value !== 'string' || value.length > 2_048 || !value.startsWith('/')) return HOME
  const base = 'http://site.invalid'
  if (!URL.canParse(value, base)) return HOME
  const url = new URL(value, base)
  if (url.origin !== base || url.pathname.startsWith('//')) return HOME
  if (url.pathname === '/' || /^\/(sign-in|choose-tenant|session|auth|graphql)(\/|$)/.test(url.pathname)) return HOME
  return url.pathname + url.search + url.hash
}

const pathWithNext = (page: string, path: string): string => {
  const next = safeNext(path)
  return next === HOME ? page : `${page}?next=${encodeURIComponent(next)}`
}

/** The sign-in page, which continues to `path`. */
export const signInPath = (path: string): string => pathWithNext('/sign-in', path)

/** The tenant choice for users with several tenants, which continues to `path`. */
export const chooseTenantPath = (path: string): string => pathWithNext('/choose-tenant', path)
