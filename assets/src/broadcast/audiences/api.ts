import { del, get, patch, path, post, send } from '../../api/client';
import type {
  Audience,
  AudienceDetail,
  AudienceFilter,
  AudienceKind,
  AudienceReach,
  UploadedAudience,
} from '../../api/types';

export const AUDIENCES = '/v1/broadcast/audiences';

/** Whom an audience is made of: those who are named, or whom a filter finds. */
export type Whom =
  | { leadIds: string[] }
  | { filter: AudienceFilter; kind: AudienceKind }
  | { contactIds: string[] }
  | { contactFilter: AudienceFilter; kind: AudienceKind };

export const getAudience = (id: string) => get<AudienceDetail>(path`/v1/broadcast/audiences/${id}`);
export const getReach = async (id: string, signal?: AbortSignal) =>
  (
    await get<{ channels: AudienceReach[] }>(
      path`/v1/broadcast/audiences/${id}/reach`,
      undefined,
      signal,
    )
  ).channels;
export const createAudience = (name: string, whom: Whom, idempotencyKey: string) =>
  post<Audience>(AUDIENCES, { name, ...whom }, { idempotencyKey });
export const createLeadAudience = (name: string, whom: Whom, idempotencyKey: string) =>
  post<Audience>(
    '/v1/identity/leads/broadcast/create-audience',
    { name, ...whom },
    { idempotencyKey },
  );
export const renameAudience = (id: string, name: string, version: number) =>
  patch<AudienceDetail>(path`/v1/broadcast/audiences/${id}`, { name }, version);
export const deleteAudience = (id: string, version: number) =>
  del(path`/v1/broadcast/audiences/${id}`, version);
export const restoreAudience = (id: string) =>
  post<void>(path`/v1/broadcast/audiences/${id}/restore`);
export const removeMember = (id: string, mark: number) =>
  del(path`/v1/broadcast/audiences/${id}/members/${String(mark)}`);

/** Sends a CSV file as it is; the server reads it while it arrives. */
export const uploadAudience = (name: string, file: File) =>
  send<UploadedAudience>('POST', `${AUDIENCES}/from-csv`, file, {
    type: 'text/csv',
    query: { name, fileName: file.name },
  });
