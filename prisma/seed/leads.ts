import type { Chance } from './random.ts'
import type { Row } from './rows.ts'

const HOUR = 3_600_000
const TENANT = 'tenant-acme'

interface DemoLead {
  name: string
  email: string
  phone: string | null
  company: string
  status: 'NEW' | 'CONTACTED' | 'QUALIFIED' | 'WON' | 'LOST'
  source: string
  notes: string | null
  hoursAgo: number
  activities: readonly { kind: 'CALL' | 'EMAIL' | 'MEETING' | 'NOTE'; body: string; hoursAgo: number }[]
}

// The domains and telephone numbers are reserved for examples (RFC 2606; ofcom.org.uk, numbers for drama use).
const LEADS: readonly DemoLead[] = [
  {
    name: 'Ines Duarte',
    email: 'ines.duarte@northwind.example',
    phone: '+442079460018',
    company: 'Northwind Logistics',
    status: 'QUALIFIED',
    source: 'Trade fair',
    notes: 'Wants parcel events at two endpoints, one of them behind a slow gateway.',
    hoursAgo: 70,
    activities: [
      { kind: 'MEETING', body: 'Met at the stand. They lose parcel events when their gateway restarts.', hoursAgo: 69 },
      {
        kind: 'EMAIL',
        body: 'Sent the description of retries and of the dead letter queue. She asks whether a replay can be limited to one carrier, and whether the order of events is kept. Answer until Thursday.',
        hoursAgo: 20,
      },
    ],
  },
  {
    name: 'Tom Okafor',
    email: 'tom@brightwater.example',
    phone: null,
    company: 'Brightwater Energy',
    status: 'CONTACTED',
    source: 'Website',
    notes: null,
    hoursAgo: 30,
    activities: [{ kind: 'CALL', body: 'Called; he is back on Monday.', hoursAgo: 26 }],
  },
  {
    name: 'Mei Tanaka',
    email: 'mei.tanaka@harborline.example',
    phone: '+442079460044',
    company: 'Harborline Foods',
    status: 'NEW',
    source: 'Recommendation',
    notes: 'Asked for prices of up to 2,000 events a minute.',
    hoursAgo: 3,
    activities: [],
  },
  {
    name: 'Jonas Weber',
    email: 'jonas.weber@altwerk.example',
    phone: null,
    company: 'Altwerk Maschinen',
    status: 'LOST',
    source: 'Website',
    notes: 'Builds its own.',
    hoursAgo: 66,
    activities: [{ kind: 'NOTE', body: 'They keep their own queue for now. Ask again next year.', hoursAgo: 40 }],
  },
]

/** Leads of a demo tenant with their activities. */
export function leadRows(chance: Chance, now: number): { leads: Row[]; activities: Row[] } {
  const at = (hoursAgo: number) => new Date(now - hoursAgo * HOUR).toISOString()
  const placed = LEADS.map((lead) => ({ ...lead, id: chance.id(now - lead.hoursAgo * HOUR) }))
  return {
    leads: placed.map(({ id, hoursAgo, activities, ...lead }) => ({
      id,
      tenant_id: TENANT,
      ...lead,
      created_at: at(hoursAgo),
      updated_at: at(activities.at(-1)?.hoursAgo ?? hoursAgo),
    })),
    activities: placed.flatMap(({ id, activities }) =>
      activities.map(({ kind, body, hoursAgo }) => ({
        id: chance.id(now - hoursAgo * HOUR),
        lead_id: id,
        tenant_id: TENANT,
        kind,
        body,
        occurred_at: at(hoursAgo),
        created_at: at(hoursAgo),
      })),
    ),
  }
}
