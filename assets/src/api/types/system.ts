import type * as Wire from '../schema';
import type { Actor, Card } from './leads';

/** A page of any list: all have the same frame. */
export type List<T> = Omit<Wire.Page_Tag, 'data'> & { data: T[] };

/** What `/v1/identity/events` tells about one lead. */
export interface LeadEvent {
  leadId: string;
  by: Actor | null;
  lead: Card | null;
  from?: { pipelineId: string; stageId: string } | null;
}

export type VersionInfo = Wire.VersionBody;
export type Backup = Wire.BackupBody;
