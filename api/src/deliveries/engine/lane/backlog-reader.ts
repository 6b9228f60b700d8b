import type { Batcher } from '../../../kit/async/batch.ts'
import type { BacklogPage, BacklogPosition, BacklogRequest } from '../backlog.ts'
import type { Ticket } from '../claim.ts'

/** Number of tickets per read. The first read is small, because most new lanes have a single delivery. */
const FIRST_PAGE = 50
const PAGE = 1_000
/**
 * After this time the next read starts at the oldest delivery again. It finds deliveries that came back at a position
 * that was already read.
 */
const RESTART_MS = 30_000

/** Reads the backlog of one webhook page by page, and knows whether more deliveries wait in the database. */
export class BacklogReader {
  /** Whether the database has due deliveries that are not in memory. */
  isPending = false
  private readonly webhookId: string
  private readonly readPage: Batcher<BacklogRequest, BacklogPage>
  private reading = false
  /** Whether new deliveries arrived during a read. The page that was read may not contain them. */
  private newWhileReading = false
  private position: BacklogPosition | null = null
  private readingSince = 0

  constructor(webhookId: string, readPage: Batcher<BacklogRequest, BacklogPage>) {
    this.webhookId = webhookId
    this.readPage = readPage
  }

  get isReading(): boolean {
    return this.reading
  }

  get canRead(): boolean {
    return this.isPending && !this.reading
  }

  /** Called when deliveries that are not in memory were added to the backlog. */
  noteNew(): void {
    this.isPending = true
    if (this.reading) this.newWhileReading = true
  }

  /** Makes the next read start at the oldest delivery. */
  restart(): void {
    this.position = null
    this.noteNew()
  }

  /**
   * Reads the next page, at most `room` tickets. `accept` is called with them before another read can start. If the
   * read fails, `isPending` becomes false, and the sweep finds the deliveries.
   */
  async read(room: number, accept: (tickets: readonly Ticket[]) => void): Promise<void> {
    this.reading = true
    this.newWhileReading = false
    try {
      const now = performance.now()
      if (this.position === null || now - this.readingSince > RESTART_MS) {
        this.position = null
        this.readingSince = now
      }
      const page = this.position === null ? FIRST_PAGE : PAGE
      const limit = Math.min(room, page)
      const { tickets, next } = await this.readPage({ webhookId: this.webhookId, after: this.position, limit })
      this.position = next
      this.isPending = next !== null || this.newWhileReading
      accept(tickets)
    } catch (error) {
      this.isPending = false
      throw error
    } finally {
      this.reading = false
    }
  }
}
