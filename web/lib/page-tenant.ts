/**
 * What a page says with every request: the tenant that was chosen when it was loaded, or nothing. Tabs share the choice, and
 * one that was loaded before another tab changed it would show rows of one tenant and act in the other.
 */
export const PAGE_TENANT = 'x-page-tenant'
/** The same of a WebSocket, on which a page can set no header. */
export const PAGE_TENANT_PARAM = 'tenant'

/** Whether a page shows another tenant than the one that is chosen now. */
export const isOutdated = (ofPage: string | null | undefined, chosen: string | null): boolean =>
  (ofPage || null) !== chosen
