import type { CustomFields } from './leads';

export type OnDuplicate = 'create' | 'update' | 'skip';

export interface Webhook {
  id: string;
  name: string;
  apiKey: string | null;
  url: string | null;
  preset: string;
  fieldMapping: Record<string, string>;
  onDuplicate: OnDuplicate;
  pipelineId: string | null;
  stageId: string | null;
  pipelineName: string | null;
  stageName: string | null;
  isActive: boolean;
  totalReceived: number;
  lastReceivedAt: string | null;
  redirectHosts: string[];
  honeypotField: string | null;
  stats: { created: number; updated: number; skipped: number; rejected: number };
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface Preset {
  id: string;
  name: string;
  hint: string | null;
}

export type DeliveryOutcome = 'created' | 'updated' | 'skipped' | 'ping' | 'rejected' | 'discarded';

export interface Delivery {
  id: string;
  receivedAt: string;
  outcome: DeliveryOutcome;
  status: number;
  leadId: string | null;
  leadName: string | null;
  contentType: string | null;
  recognizedAs: string | null;
  sizeBytes: number;
  detail: string | null;
  replayedAt: string | null;
}

export interface MappedField {
  incoming: string;
  value: unknown;
  target: string;
  displayName: string | null;
}

export interface LeadPreview {
  name: string | null;
  email: string | null;
  phone: string | null;
  company: string | null;
  title: string | null;
  tags: string[];
  score: number | null;
  customFields: CustomFields;
}

export interface DeliveryDetail extends Delivery {
  payload: unknown;
  fields: MappedField[];
  lead: LeadPreview | null;
}

export interface MappingPreview {
  recognizedAs: string | null;
  fields: MappedField[];
  lead: LeadPreview;
}
