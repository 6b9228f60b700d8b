/** Input of the verdict. */
interface Situation {
  webhooks: readonly { name: string; down: boolean; failingSince: string | null }[]
  /** Registered services that are down. */
  services: readonly { name: string; since: string }[]
  /** Firing alerts of all severities, and how many of them are critical or errors. */
  firing: { total: number; critical: number; errors: number }
  unrecovered: number
  held: number
  pending: number
  /** Number of unrecovered dead letters whose replay would probably succeed; null while unknown. */
  likely: number | null
}

export interface Verdict {
  tone: 'bad' | 'warn' | 'good'
  /** "2 receivers down since 11:29." `clock` formats the time. */
  text: string
  /** Names of the receivers and services that are down, longest outage first. */
  down: readonly string[]
}

const number = new Intl.NumberFormat('en')
const count = (n: number, one: string, many: string) => `${number.format(n)} ${n === 1 ? one : many}`

function outlook(likely: number | null): string {
  if (likely === null) return ''
  return likely > 0 ? `; ${number.format(likely)} would probably arrive now` : '; no replay is advised now'
}

/** "3 alerts fire, 1 of them critical." */
function firingText({ total, critical }: Situation['firing']): string {
  const alerts = count(total, 'alert fires', 'alerts fire')
  if (critical === 0) return `${alerts}.`
  return total === 1 ? '1 critical alert fires.' : `${alerts}, ${number.format(critical)} of them critical.`
}

/** Summarises the state in one or two sentences: what is broken, since when, and whether a replay would help. */
export function verdictOf(situation: Situation, clock: (iso: string) => string): Verdict {
  const { webhooks, services, firing, unrecovered, held, pending, likely } = situation
  const down = webhooks
    .filter((webhook) => webhook.down)
    .sort((a, b) => ((a.failingSince ?? '9') < (b.failingSince ?? '9') ? -1 : 1))
  const sentences: string[] = []
  if (down.length > 0) {
    const since = down[0]?.failingSince
    sentences.push(`${count(down.length, 'receiver', 'receivers')} down${since ? ` since ${clock(since)}` : ''}.`)
  }
  const fallen = [...services].sort((a, b) => (a.since < b.since ? -1 : 1))
  if (fallen[0]) sentences.push(`${count(fallen.length, 'service', 'services')} down since ${clock(fallen[0].since)}.`)
  if (firing.total > 0) sentences.push(firingText(firing))
  if (unrecovered > 0) sentences.push(`${number.format(unrecovered)} unrecovered${outlook(likely)}.`)
  if (held > 0) sentences.push(`${number.format(held)} held until a receiver is back.`)
  const isBad = down.length > 0 || fallen.length > 0 || unrecovered > 0 || firing.critical > 0 || firing.errors > 0
  const tone = isBad ? 'bad' : held > 0 || firing.total > 0 ? 'warn' : 'good'
  if (sentences.length === 0)
    sentences.push(
      pending > 0
        ? `All receivers work. ${count(pending, 'delivery is', 'deliveries are')} on the way.`
        : 'All receivers work. Nothing waits, nothing is lost.',
    )
  return { tone, text: sentences.join(' '), down: [...down, ...fallen].map(({ name }) => name) }
}
