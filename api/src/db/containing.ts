import { escapeLike } from '../kit/like.ts'

/** A Prisma condition for columns that contain a text, ignoring case. Prisma passes % and _ to LIKE unescaped. */
export const containing = (text: string) => ({ contains: escapeLike(text), mode: 'insensitive' as const })
