import type { Actor, Card } from './leads';
export interface List<T> {
  data: T[];
  page: number;
  limit: number;
  total: number;
  totalIsCapped: boolean;
  totalPages: number;
  nextCursor: string | null;
}

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
