import { get, path, post } from '../api/client';
import type {
  Card,
  CustomValue,
  Lead,
  LikelyDuplicate,
  LeadMergePreview,
  List,
  MergeSide,
} from '../api/types';

const duplicates = '/v1/identity/leads/duplicates';

/** What is typed of a lead so far. */
export interface Typed {
  name?: string;
  email?: string;
  phone?: string;
  company?: string;
  /** The lead that is being changed. */
  exceptId?: string;
}

export type DuplicateBy = 'email' | 'phone' | 'name';

/** Leads that are likely one person. */
export interface DuplicateGroup {
  by: DuplicateBy;
  value: string | null;
  leads: Card[];
  total: number;
  totalIsCapped: boolean;
}

/** What became of a merge that was taken back. */
export interface LeadUnmerge {
  lead: Lead;
  other: Lead;
  kept: { field: string; displayName: string; value: CustomValue }[];
}

export const getDuplicates = (by: DuplicateBy | '', cursor: string | null, signal?: AbortSignal) =>
  get<List<DuplicateGroup>>(
    duplicates,
    { limit: 20, by: by || undefined, cursor: cursor ?? undefined },
    signal,
  );
export const checkDuplicates = (typed: Typed, signal?: AbortSignal) =>
  get<{ data: LikelyDuplicate[] }>(`${duplicates}/check`, { ...typed }, signal);

/** The leads are no duplicates of each other; or, `shared`, nobody is for having their address. */
interface Distinct {
  leadIds: string[];
  shared?: 'email' | 'phone';
}

export const dismissDuplicates = (body: Distinct) => post<void>(`${duplicates}/dismiss`, body);
export const recallDuplicates = (body: Distinct) => post<void>(`${duplicates}/recall`, body);

export const previewLeadMerge = (id: string, leadId: string) =>
  get<LeadMergePreview>(path`/v1/identity/leads/${id}/merge`, { leadId });
export const mergeLeads = (
  id: string,
  leadId: string,
  fields: Record<string, MergeSide>,
  version: number,
) => post<Lead>(path`/v1/identity/leads/${id}/merge`, { leadId, fields }, { version });
export const undoLeadMerge = (mergeId: string) =>
  post<LeadUnmerge>(path`/v1/identity/lead-merges/${mergeId}/undo`);
