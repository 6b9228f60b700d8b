import type { IntentOutput } from '../intents.ts'
import { words } from './words.ts'

/** Word stems, in several languages, that indicate a default label. */
const STEMS: Readonly<Record<string, readonly string[]>> = {
  sales:
    'angebot preis price pricing quote offer interest demo trial buy purchase kauf bestell order interess devis tarif acheter offre presupuesto precio comprar oferta preventivo prezzo acquist offerte prijs orçamento preço comprar proposta proposal catalog'.split(
      ' ',
    ),
  support:
    'help hilfe support problem error fehler broken funktioniert login password passwort reset bug crash aide erreur marche ayuda ayudar error funciona aiuto errore funziona hulp fout werkt ajuda erro install issue'.split(
      ' ',
    ),
  complaint:
    'complain beschwer unzufrieden disappoint enttäusch unacceptable inakzeptabel angry ärger refund réclamation plainte insatisfait déçu queja reclam decepcion lamentela reclamo deluso klacht ontevreden terrible worst schlecht'.split(
      ' ',
    ),
  billing:
    'invoice rechnung billing payment zahlung bezahl charge facture paiement factura pago fattura pagamento factuur betaling fatura mahnung overdue receipt iban'.split(
      ' ',
    ),
  scheduling:
    'appointment termin meeting schedule call rückruf calendar kalender reschedul rendez réunion cita reunión appuntamento riunione afspraak vergadering reunião agenda monday tuesday wednesday thursday friday montag dienstag mittwoch donnerstag freitag'.split(
      ' ',
    ),
}

/**
 * The label whose words are most frequent in the text. A label that is not a default one is matched by the words of its
 * name. If nothing matches, the result is `other`, or the last label if there is no `other`, with confidence 0.
 */
export function classifyIntent(text: string, labels: readonly string[]): IntentOutput<'classify-intent'> {
  const textWords = words(text)
  const scores = labels.map((label) => {
    const stems = STEMS[label.toLowerCase()] ?? words(label)
    return { label, hits: textWords.filter((word) => stems.some((stem) => word.startsWith(stem))).length }
  })
  const total = scores.reduce((sum, { hits }) => sum + hits, 0)
  const best = scores.reduce((a, b) => (b.hits > a.hits ? b : a))
  if (best.hits > 0) return { label: best.label, confidence: Math.round((best.hits / total) * 100) / 100 }
  const other = labels.find((label) => label.toLowerCase() === 'other') ?? labels.at(-1)
  if (other === undefined) throw new Error('a classification without labels')
  return { label: other, confidence: 0 }
}
