// Every wire type of the API that the page uses, and nothing else: one file to compare with
// /v1/openapi.json.

export interface List<T> {
  data: T[];
  page: number;
  limit: number;
  total: number;
  totalIsCapped: boolean;
  totalPages: number;
  nextCursor: string | null;
}

// ---- session -------------------------------------------------------------------------------

export type Permission =
  | 'leads:view'
  | 'leads:manage'
  | 'contacts:view'
  | 'contacts:manage'
  | 'broadcast:view'
  | 'broadcast:manage'
  | 'settings:manage'
  | 'users:manage'
  | 'workspaces:manage';

export interface User {
  id: string;
  name: string;
  email: string;
  role: string;
  roleName?: string;
  isActive: boolean;
  lastSeenAt: string | null;
  createdAt: string;
  version: number;
}

export interface Workspace {
  id: string;
  name: string;
  defaultCountry: string;
  timeZone: string;
  isDemo: boolean;
  createdAt: string;
  version: number;
}

export interface JoinedWorkspace extends Workspace {
  role: string;
  roleName?: string;
  permissions: Permission[];
}

export interface LoginAnswer {
  token: string;
  expiresAt: string;
  user: User;
  workspaces: JoinedWorkspace[];
}

export interface Preferences {
  density?: 'compact' | 'comfortable';
  singleKeys?: boolean;
  collapsedStages?: string[];
}

export interface Me {
  user: User;
  workspace: Workspace;
  workspaces: JoinedWorkspace[];
  permissions: Permission[];
  preferences: Preferences;
}

export interface SetupState {
  needed: boolean;
}

export interface SessionInfo {
  id: string;
  userAgent: string | null;
  address: string | null;
  createdAt: string;
  lastSeenAt: string;
  isCurrent: boolean;
}

export interface Invitation {
  id: string;
  email: string;
  role: string;
  roleName?: string;
  url?: string;
  expiresAt: string;
  createdAt: string;
}

export interface InvitationByToken {
  email: string;
  workspaceName: string;
  role: string;
  roleName?: string;
}

export interface Role {
  id: string;
  name: string;
  description: string | null;
  permissions: Permission[];
  isBuiltIn: boolean;
  memberCount: number;
  version: number;
}

export interface Token {
  id: string;
  name: string;
  permissions: Permission[];
  createdBy: { id: string; name: string } | string | null;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  prefix: string;
}

export interface NewToken extends Token {
  token: string;
}

// ---- leads ---------------------------------------------------------------------------------

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
  webhookName: string | null;
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

// ---- pipelines -----------------------------------------------------------------------------

export type StageType = 'open' | 'won' | 'lost';

export interface Stage {
  id: string;
  name: string;
  color: string;
  type: StageType;
  position: number;
  leadCount: number;
}

export interface Pipeline {
  id: string;
  name: string;
  isDefault: boolean;
  stages: Stage[];
  leadCount: number;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface StageInput {
  id?: string;
  name: string;
  color: string;
  type: StageType;
}

export interface PipelineChanges {
  name?: string;
  isDefault?: true;
  stages?: StageInput[];
  moveLeadsTo?: Record<string, string>;
}

// ---- webhooks ------------------------------------------------------------------------------

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

// ---- live events, system -------------------------------------------------------------------

export interface LeadEvent {
  leadId: string;
  by: Actor | null;
  lead: Card | null;
  from?: { pipelineId: string; stageId: string } | null;
}

export interface VersionInfo {
  version: string;
  sqlite: string;
  schemaVersion: number;
}

export interface Backup {
  name: string;
  createdAt: string;
  sizeBytes: number;
  leads: number;
  schemaVersion: number;
  verified: boolean;
}
