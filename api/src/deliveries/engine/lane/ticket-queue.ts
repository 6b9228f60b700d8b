import type { Ticket } from '../claim.ts'

/** Tickets that wait to be claimed, oldest first, each delivery once. */
export class TicketQueue {
  /** Starts at `head`: removing the front of a long array would move the rest. */
  private tickets: Ticket[] = []
  private head = 0
  private readonly ids = new Set<string>()

  get length(): number {
    return this.tickets.length - this.head
  }

  has(id: string): boolean {
    return this.ids.has(id)
  }

  push(ticket: Ticket): void {
    if (this.ids.has(ticket.id)) return
    this.ids.add(ticket.id)
    this.tickets.push(ticket)
  }

  /** Takes up to `count` tickets, the oldest first. */
  take(count: number): Ticket[] {
    const taken = this.tickets.slice(this.head, this.head + count)
    this.head += taken.length
    if (this.head === this.tickets.length || this.head > 4_096) {
      this.tickets = this.tickets.slice(this.head)
      this.head = 0
    }
    for (const { id } of taken) this.ids.delete(id)
    return taken
  }

  /** Takes the newest tickets beyond the first `capacity`. */
  takeExcess(capacity: number): Ticket[] {
    const excess = this.tickets.splice(this.head + Math.min(this.length, capacity))
    for (const { id } of excess) this.ids.delete(id)
    return excess
  }
}
