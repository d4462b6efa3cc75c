import { commonHeaders, download, get, patch, path, post, type Query } from '../api/client';
import { ApiError, NetworkError, type Problem } from '../api/errors';
import type * as Wire from '../api/schema';
import type { List } from '../api/types';

export type ImportRow = Wire.Import;
export type ImportStatus = Wire.ImportStatus;
export type ImportColumn = Wire.ImportColumn;
export type ImportFindings = Wire.ImportFindings;
export type KeptLead = Wire.KeptLead;

export interface PreviewLead {
  name: string;
  email: string | null;
  phone: string | null;
  company: string | null;
  title: string | null;
  tags: string[];
  score: number;
  stage: { id: string; name: string };
}

export type ImportPreview = Omit<Wire.ImportPreview, 'lead'> & { lead: PreviewLead | null };
export type ImportDetail = Omit<Wire.ImportDetail, 'preview'> & { preview: ImportPreview[] };
export type ImportChanges = Wire.ImportPatch;

export type Verb = 'check' | 'start' | 'cancel' | 'undo';

export const listImports = (query: Query, signal?: AbortSignal) =>
  get<List<ImportRow>>('/v1/identity/lead-imports', query, signal);
export const getImport = (id: string, signal?: AbortSignal) =>
  get<ImportDetail>(path`/v1/identity/lead-imports/${id}`, undefined, signal);
export const changeImport = (id: string, changes: ImportChanges, version: number) =>
  patch<ImportDetail>(path`/v1/identity/lead-imports/${id}`, changes, version);
export const actOnImport = (id: string, verb: Verb) =>
  post<ImportDetail>(path`/v1/identity/lead-imports/${id}/${verb}`);
export const keptLeads = (id: string, signal?: AbortSignal) =>
  get<List<KeptLead>>(path`/v1/identity/lead-imports/${id}/kept`, { limit: 50 }, signal);
export const exportRejected = (id: string, name: string) =>
  download(path`/v1/identity/lead-imports/${id}/rejected`, {}, name);

/** Sends a file and tells how much of it has gone, from 0 to 1. */
export function sendFile(
  file: File,
  onprogress: (share: number) => void,
  signal: AbortSignal,
): Promise<ImportDetail> {
  return new Promise((resolve, reject) => {
    // Of all that can send, only this tells how much it has sent.
    const request = new XMLHttpRequest();
    const name = encodeURIComponent(file.name);
    request.open('POST', `/v1/identity/leads/import?fileName=${name}`);
    for (const [header, value] of Object.entries(commonHeaders())) {
      request.setRequestHeader(header, value);
    }
    request.setRequestHeader('Content-Type', 'text/csv');
    request.responseType = 'json';
    request.upload.onprogress = (event) => onprogress(event.loaded / Math.max(event.total, 1));
    request.onerror = () => reject(new NetworkError());
    request.onabort = () => reject(new NetworkError());
    request.onload = () => {
      if (request.status === 201) resolve(request.response as ImportDetail);
      else reject(refusal(request));
    };
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

function refusal(request: XMLHttpRequest): ApiError {
  const fallback: Problem = {
    title: request.statusText || 'The server refused the file',
    status: request.status,
    code: `http_${request.status}`,
  };
  const told = (request.response ?? {}) as Partial<Problem>;
  return new ApiError({ ...fallback, ...told }, Number(request.getResponseHeader('Retry-After')));
}
