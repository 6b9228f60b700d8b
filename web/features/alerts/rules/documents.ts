import { graphql } from '@/lib/graphql.ts'

/** The events that a rule counts, and the threshold. */
export const RuleConditions = graphql(`
  fragment RuleConditions on AlertRule {
    id
    eventType
    source
    eventSeverity
    threshold
    windowSeconds
    groupBy
  }
`)

export const EvaluationItem = graphql(`
  fragment EvaluationItem on RuleEvaluation {
    at
    outcome
    explanation
    matched
    threshold
    group
    evaluations
    leftOut
    tenants {
      name
      count
    }
  }
`)

export const RuleRow = graphql(`
  fragment RuleRow on AlertRule {
    id
    name
    tenantId
    enabled
    severity
    ...RuleConditions
    webhooks {
      id
      name
      deletedAt
    }
    lastEvaluation {
      ...EvaluationItem
    }
  }
`)

export const RuleList = graphql(`
  query RuleList($filter: AlertRuleFilter, $first: Int!, $after: String) {
    alertRules(filter: $filter, first: $first, after: $after) {
      totalCount
      edges {
        cursor
        node {
          id
          ...RuleRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

/** The fields of a rule's form. */
export const RuleSettings = graphql(`
  fragment RuleSettings on AlertRule {
    id
    name
    description
    tenantId
    eventType
    source
    eventSeverity
    severity
    threshold
    windowSeconds
    groupBy
    repeatIntervalSeconds
    enabled
    webhooks {
      id
      deletedAt
    }
  }
`)

export const RuleDetails = graphql(`
  query RuleDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on AlertRule {
        id
        ...RuleRow
        description
        repeatIntervalSeconds
        createdAt
        updatedAt
        deletedAt
        evaluations(first: 50) {
          ...EvaluationItem
        }
      }
    }
    open: alerts(filter: { ruleId: $id, statuses: [FIRING, ACKNOWLEDGED] }, first: 1) {
      totalCount
    }
  }
`)

/** A page of a rule's evaluation log. */
export const RuleEvaluations = graphql(`
  query RuleEvaluations($id: ID!, $first: Int!, $skip: Int!) {
    node(id: $id) {
      __typename
      ... on AlertRule {
        id
        evaluations(first: $first, skip: $skip) {
          ...EvaluationItem
        }
      }
    }
  }
`)

export const RuleToEdit = graphql(`
  query RuleToEdit($id: ID!) {
    node(id: $id) {
      __typename
      ... on AlertRule {
        id
        deletedAt
        ...RuleSettings
      }
    }
  }
`)

/** A page of the webhooks that a rule may notify. */
export const RuleWebhooks = graphql(`
  query RuleWebhooks($after: String) {
    webhooks(first: 200, after: $after) {
      nodes {
        id
        name
        kind
        tenantId
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const PreviewRule = graphql(`
  mutation PreviewRule($input: CreateAlertRuleInput!, $window: TimeWindow!, $buckets: Int!) {
    previewAlertRule(input: $input, window: $window) {
      matched
      wouldFire
      explanation
      timeline(buckets: $buckets) {
        start
        matched
        firing
      }
      sample {
        id
        ...EventRow
      }
    }
  }
`)

export const CreateRule = graphql(`
  mutation CreateRule($input: CreateAlertRuleInput!) {
    createAlertRule(input: $input) {
      rule {
        id
        name
      }
      warnings
    }
  }
`)

export const UpdateRule = graphql(`
  mutation UpdateRule($id: ID!, $input: UpdateAlertRuleInput!) {
    updateAlertRule(id: $id, input: $input) {
      rule {
        id
        ...RuleSettings
      }
    }
  }
`)

export const SetRuleEnabled = graphql(`
  mutation SetRuleEnabled($id: ID!, $enabled: Boolean!) {
    setAlertRuleEnabled(id: $id, enabled: $enabled) {
      rule {
        id
        name
        enabled
      }
    }
  }
`)

export const DeleteRule = graphql(`
  mutation DeleteRule($id: ID!) {
    deleteAlertRule(id: $id) {
      deletedId
    }
  }
`)

export const EvaluateRules = graphql(`
  mutation EvaluateRules {
    evaluateAlertRules {
      evaluated
      raised
      resolved
    }
  }
`)
