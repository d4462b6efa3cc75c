import type { StageType } from './pipelines';

export type Source = 'manual' | 'webhook' | 'import' | 'api';

export interface Named {
  id: string;
  name: string;
}

/** What boards and events carry: a lead without its custom fields, notes and activities. */
export interface Card {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
  company: string | null;
  title: string | null;
  tags: string[];
  source: Source;
  score: number;
  pipelineId: string;
  stageId: string;
  assignedTo: string | null;
  assignee: Named | null;
  webhookId: string | null;
  webhookName?: string | null;
  contactId: string | null;
  convertedAt: string | null;
  position: number;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export type CustomValue = string | number | boolean | null | CustomValue[];

export interface CustomFields {
  _displayNames?: Record<string, string | null>;
  [key: string]: CustomValue | Record<string, string | null> | undefined;
}

export interface Lead extends Card {
  customFields: CustomFields;
  notes: Note[];
  activities: Activity[];
}

export interface NewLead {
  name: string;
  email?: string | null;
  phone?: string | null;
  company?: string | null;
  title?: string | null;
  tags?: string[] | string;
  pipelineId?: string;
  stageId?: string;
  assignedTo?: string | null;
}

export interface LeadChanges {
  name?: string;
  email?: string | null;
  phone?: string | null;
  company?: string | null;
  title?: string | null;
  score?: number;
  tags?: string[];
  customFields?: CustomFields | null;
}

export interface Note {
  id: string;
  value: string;
  author: Named | null;
  createdAt: string;
}

export interface Actor {
  kind: 'user' | 'token' | 'webhook' | 'system';
  id: string | null;
  name: string | null;
}

export interface FieldChange {
  field: string;
  displayName?: string | null;
  from: CustomValue;
  to: CustomValue;
}

export interface Activity {
  id: string;
  type: string;
  actor: Actor | null;
  field?: string | null;
  from: unknown;
  to: unknown;
  detail: Record<string, unknown> | null;
  createdAt: string;
}

export interface BoardStage {
  id: string;
  name: string;
  color: string;
  type: StageType;
  position: number;
  count: number;
  countIsCapped: boolean;
  cards: Card[];
  nextCursor: string | null;
}

export interface BoardAnswer {
  pipelineId: string;
  stages: BoardStage[];
}

export type BulkAction = 'move_stage' | 'assign' | 'delete' | 'restore' | 'tag' | 'untag';

export interface BulkRequest {
  action: BulkAction;
  leadIds: string[];
  stageId?: string;
  assignedTo?: string | null;
  tags?: string[];
}

export interface BulkAnswer {
  updated: number;
  failed: { leadId: string; code: string; message: string }[];
}

export interface CustomFieldKey {
  key: string;
  displayName: string;
}
