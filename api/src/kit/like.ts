/** Escapes the characters that LIKE interprets, for its default escape character (backslash). */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
