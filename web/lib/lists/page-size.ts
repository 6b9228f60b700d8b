/** Rows per request, the maximum of the API. */
export const PAGE_SIZE = 50
export const LARGEST_PAGE = 200
