/**
 * Header that a page sends with every request: the tenant chosen when it was loaded, if any. Tabs share the choice,
 * and a page loaded before a change would show one tenant and act on another.
 */
export const PAGE_TENANT = 'x-page-tenant'
/** The same for a WebSocket, where a page cannot set headers. */
export const PAGE_TENANT_PARAM = 'tenant'

/** Whether a page shows another tenant than the currently chosen one. */
export const isOutdated = (ofPage: string | null | undefined, chosen: string | null): boolean =>
  (ofPage || null) !== chosen
