/** Rows of one request, and the most that the API returns in one. */
export const PAGE_SIZE = 50
export const LARGEST_PAGE = 200
