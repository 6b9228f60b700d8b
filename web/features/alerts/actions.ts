import { graphql } from '@/lib/graphql.ts'

export const AcknowledgeAlert = graphql(`
  mutation AcknowledgeAlert($id: ID!, $note: String) {
    acknowledgeAlert(id: $id, note: $note) {
      alert {
        id
        ...AlertRow
      }
    }
  }
`)

export const ResolveAlert = graphql(`
  mutation ResolveAlert($id: ID!, $note: String) {
    resolveAlert(id: $id, note: $note) {
      alert {
        id
        ...AlertRow
      }
    }
  }
`)
