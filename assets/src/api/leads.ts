import { del, get, patch, path, post } from './client';
import type {
  Activity,
  BoardAnswer,
  BulkAnswer,
  BulkRequest,
  Card,
  CustomFieldKey,
  Lead,
  LeadChanges,
  List,
  NewLead,
  Note,
  Pipeline,
  User,
} from './types';

const leads = '/v1/identity/leads';

export interface Place {
  stageId: string;
  /** The card directly above. */
  afterId?: string;
  /** The card directly below. */
  beforeId?: string;
}

export const getBoard = (query: URLSearchParams, signal?: AbortSignal) =>
  get<BoardAnswer>(`${leads}/board`, query, signal);
export const getCards = (query: URLSearchParams) => get<List<Card>>(leads, query);
export const getLead = (id: string, signal?: AbortSignal) =>
  get<Lead>(path`/v1/identity/leads/${id}`, undefined, signal);
export const createLead = (lead: NewLead, idempotencyKey: string) =>
  post<Lead>(leads, lead, { idempotencyKey });
export const updateLead = (id: string, changes: LeadChanges, version: number) =>
  patch<Lead>(path`/v1/identity/leads/${id}`, changes, version);
export const deleteLead = (id: string, version: number) =>
  del(path`/v1/identity/leads/${id}`, version);
export const restoreLead = (id: string) => post<Lead>(path`/v1/identity/leads/${id}/restore`);
export const moveLead = (id: string, place: Place, version: number) =>
  patch<Lead>(path`/v1/identity/leads/${id}/stage`, place, version);
export const assignLead = (id: string, assignedTo: string | null, version: number) =>
  patch<Lead>(path`/v1/identity/leads/${id}/assign`, { assignedTo }, version);
export const addNote = (id: string, value: string) =>
  post<Note>(path`/v1/identity/leads/${id}/notes`, { value });
export const deleteNote = (id: string, noteId: string) =>
  del(path`/v1/identity/leads/${id}/notes/${noteId}`);
export const getActivities = (id: string, cursor: string) =>
  get<List<Activity>>(path`/v1/identity/leads/${id}/activities`, { cursor, limit: 50 });
export const bulk = (request: BulkRequest) => post<BulkAnswer>(`${leads}/bulk-action`, request);
export const getTags = () => get<List<{ tag: string }>>(`${leads}/tags`, { limit: 200 });
export const getFieldKeys = () =>
  get<List<CustomFieldKey>>(`${leads}/custom-fields`, { limit: 200 });
export const getPipelines = () =>
  get<List<Pipeline>>('/v1/identity/lead-pipelines', { limit: 200 });
export const ensurePipeline = () =>
  post<Pipeline>('/v1/identity/lead-pipelines/ensure-default', {});
export const getUsers = () => get<List<User>>('/v1/identity/users', { limit: 200 });
