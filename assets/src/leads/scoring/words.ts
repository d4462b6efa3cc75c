import type {
  Channel,
  ScoreCondition,
  ScoreConditionKind,
  ScoreMessageStatus,
  ScoreOperator,
} from '../../api/types';
import { sourceName } from '../sources';

export const kindNames: Record<ScoreConditionKind, string> = {
  field: 'A field',
  tag: 'A tag',
  source: 'Where the lead came from',
  message: 'What became of a message',
};

export const operatorNames: Record<ScoreOperator, string> = {
  equals: 'is',
  contains: 'contains',
  exists: 'is filled in',
  not_exists: 'is empty',
  greater: 'is greater than',
  less: 'is less than',
};

export const takesValue = (operator: ScoreOperator): boolean =>
  operator !== 'exists' && operator !== 'not_exists';

export const outcomeNames: Record<ScoreMessageStatus, string> = {
  delivered: 'was delivered',
  read: 'was read',
  failed: 'failed',
};

const messages: Record<Channel, string> = {
  email: 'An e-mail',
  sms: 'An SMS',
  whatsapp: 'A WhatsApp message',
};

export const plainFields: readonly { value: string; label: string }[] = [
  { value: 'name', label: 'Name' },
  { value: 'email', label: 'E-mail' },
  { value: 'phone', label: 'Phone' },
  { value: 'company', label: 'Company' },
  { value: 'title', label: 'Title' },
];

export const CUSTOM = 'customFields.';

/** What a condition needs of elsewhere to be worded. */
export interface Names {
  /** The display name of a custom field. */
  field: (key: string) => string | undefined;
  /** The name of a webhook. */
  webhook: (id: string) => string | undefined;
}

/** A condition as a person says it. */
export function conditionText(condition: ScoreCondition, names: Names): string {
  switch (condition.kind) {
    case 'tag':
      return `Tagged ${condition.tag}`;
    case 'source': {
      if (!condition.webhookId) return `Source is ${sourceName(condition.source ?? '')}`;
      return `Came by the webhook ${names.webhook(condition.webhookId) ?? '(deleted)'}`;
    }
    case 'message': {
      const what = condition.channel ? messages[condition.channel] : 'A message';
      return `${what} ${outcomeNames[condition.status ?? 'delivered']}`;
    }
    case 'field': {
      const operator = condition.operator ?? 'exists';
      const rest = takesValue(operator) ? ` ${condition.value}` : '';
      return `${fieldName(condition.field ?? '', names)} ${operatorNames[operator]}${rest}`;
    }
  }
}

function fieldName(field: string, names: Names): string {
  const plain = plainFields.find((one) => one.value === field);
  if (plain) return plain.label;
  const key = field.replace(CUSTOM, '');
  return names.field(key) ?? key;
}

/** With its sign: `+20`, `−5`. */
export const pointsText = (points: number): string => (points < 0 ? `−${-points}` : `+${points}`);
