import type { IntentOutput } from '../intents.ts'
import { bestAddress, findAddresses, findPhone } from './contacts.ts'
import { findCompany } from './find-company.ts'
import { findName } from './find-name.ts'

/** Extracts the person that a text is from or about. It derives nothing from the mail address alone. */
export async function extractLead(text: string): Promise<IntentOutput<'extract-lead'>> {
  const address = bestAddress(findAddresses(text))
  const name = findName(text, address)
  return {
    name,
    email: address?.address ?? null,
    phone: await findPhone(text, address?.domain ?? null),
    company: findCompany(text, address, name),
  }
}
