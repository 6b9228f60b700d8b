const FIELDS = ['name', 'email', 'phone', 'company'] as const

/** The contact details of a draft. Details that the text does not contain are "". */
export function draftOf(draft: unknown): Record<(typeof FIELDS)[number], string> {
  const fields: Partial<Record<string, unknown>> = typeof draft === 'object' && draft !== null ? { ...draft } : {}
  const text = (field: string) => {
    const value = fields[field]
    return typeof value === 'string' ? value : ''
  }
  return { name: text('name'), email: text('email'), phone: text('phone'), company: text('company') }
}
