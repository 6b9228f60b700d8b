import { type BuiltinType, list, name, text } from './builtin-type.ts'

/** Types of CRM events: leads and activities. */
export const CRM_TYPES: readonly BuiltinType[] = [
  {
    name: 'lead.created',
    description: 'A lead was created.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['leadId'],
      properties: {
        leadId: name('id of the lead'),
        name: text('name of the person'),
        company: text('company of the person'),
        origin: text('origin: web form, import, AI'),
      },
    },
    example: { leadId: 'lead-1042', name: 'Mika Ito', company: 'Nordwind GmbH', origin: 'web form' },
  },
  {
    name: 'lead.updated',
    description: 'A lead was changed.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['leadId'],
      properties: {
        leadId: name('id of the lead'),
        changed: list('names of the changed fields'),
        status: text('current status'),
      },
    },
    example: { leadId: 'lead-1042', changed: ['status'], status: 'qualified' },
  },
  {
    name: 'activity.created',
    description: 'A call, mail, meeting or note was added to a lead.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['activityId'],
      properties: {
        activityId: name('id of the activity'),
        leadId: text('id of the lead'),
        kind: text('call, mail, meeting, note'),
      },
    },
    example: { activityId: 'activity-310', leadId: 'lead-1042', kind: 'call' },
  },
]
