import type { Ticket } from '../claim.ts'

/** Tickets that wait to be claimed, oldest first. A delivery is in the queue at most once. */
export class TicketQueue {
  /** The queue starts at index `head`, because removing the first element of a long array would move all others. */
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

  /** Removes and returns up to `count` tickets, oldest first. */
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

  /** Removes and returns the newest tickets, so that `capacity` tickets stay. */
  takeExcess(capacity: number): Ticket[] {
    const excess = this.tickets.splice(this.head + Math.min(this.length, capacity))
    for (const { id } of excess) this.ids.delete(id)
    return excess
  }
}
