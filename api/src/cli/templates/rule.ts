import type { CreateAlertRuleInput } from '../../../../codegen/gql-cli/graphql.ts'
import type { Template } from './find.ts'

/** The rule of a template. The API has checked it when the template was created. */
export const ruleOf = ({ rule }: Pick<Template, 'rule'>): CreateAlertRuleInput => rule as CreateAlertRuleInput
