import type {
  Channel,
  NewScoreRule,
  ScoreCondition,
  ScoreConditionKind,
  ScoreMessageStatus,
  ScoreOperator,
  ScoreRule,
  Source,
} from '../../api/types';
import { takesValue } from './words';

/** A rule as it is being written: every choice that any kind of condition has. */
export interface RuleDraft {
  points: string;
  kind: ScoreConditionKind;
  field: string;
  operator: ScoreOperator;
  value: string;
  tag: string;
  source: Source;
  /** Empty for any. */
  webhookId: string;
  status: ScoreMessageStatus;
  /** Empty for any. */
  channel: Channel | '';
}

export function draftOf(rule: ScoreRule | null): RuleDraft {
  const condition: Partial<ScoreCondition> = rule?.condition ?? {};
  return {
    points: rule ? String(rule.points) : '10',
    kind: condition.kind ?? 'field',
    field: condition.field ?? 'company',
    operator: condition.operator ?? 'exists',
    value: condition.value ?? '',
    tag: condition.tag ?? '',
    source: condition.source ?? 'webhook',
    webhookId: condition.webhookId ?? '',
    status: condition.status ?? 'read',
    channel: condition.channel ?? '',
  };
}

/** What is sent: what the kind of condition takes, and nothing else. */
export function ruleOf(draft: RuleDraft): Pick<NewScoreRule, 'points' | 'condition'> {
  // A text that is no number is left to the server to refuse.
  const points = draft.points.trim() === '' ? NaN : Number(draft.points);
  return { points, condition: conditionOf(draft) };
}

function conditionOf(draft: RuleDraft): ScoreCondition {
  const { kind, field, operator, value, tag, source, webhookId, status, channel } = draft;
  switch (kind) {
    case 'field':
      return { kind, field, operator, ...(takesValue(operator) ? { value } : {}) };
    case 'tag':
      return { kind, tag };
    case 'source':
      return { kind, source, ...(source === 'webhook' && webhookId ? { webhookId } : {}) };
    case 'message':
      return { kind, status, ...(channel ? { channel } : {}) };
  }
}
