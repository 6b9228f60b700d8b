import { graphql } from '@/lib/graphql.ts'

export const EventTypeNames = graphql(`
  query EventTypeNames {
    eventTypes {
      name
    }
  }
`)
