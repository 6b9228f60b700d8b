/** The page after signing in, unless another one was asked for. */
export const HOME = '/now'

/**
 * The path to go to after signing in, out of a `next` parameter that anybody may have written: a path of this site
 * (with its query and fragment), or HOME. Never another origin: the URL parser drops tabs and line breaks, takes `\` for
 * `/` and resolves `..`, so what it made of the value is judged, not the value.
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

/** The sign-in page that leads back to `path`. */
export const signInPath = (path: string): string => pathWithNext('/sign-in', path)

/** Where somebody of several tenants says in which one to work, and goes on to `path`. */
export const chooseTenantPath = (path: string): string => pathWithNext('/choose-tenant', path)
