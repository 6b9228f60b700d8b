/**
 * Header that a page sends with every request: the tenant that was chosen when the page was loaded, if any. All tabs
 * share the choice. A page that was loaded before the choice changed would show one tenant and act on another.
 */
export const PAGE_TENANT = 'x-page-tenant'
/** The query parameter for WebSockets, for which a page cannot set headers. */
export const PAGE_TENANT_PARAM = 'tenant'

/** Whether a page shows another tenant than the one chosen now. */
export const isOutdated = (ofPage: string | null | undefined, chosen: string | null): boolean =>
  (ofPage || null) !== chosen
