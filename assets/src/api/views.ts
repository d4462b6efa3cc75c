import { del, download, get, patch, path, post } from './client';
import type {
  List,
  ListedLead,
  NewSavedView,
  SavedView,
  SavedViewChanges,
  ViewColumn,
  ViewPreferences,
} from './types';

const views = '/v1/identity/lead-views';

export const getLeads = (query: URLSearchParams, signal?: AbortSignal) =>
  get<List<ListedLead>>('/v1/identity/leads', query, signal);
export const exportLeads = (query: URLSearchParams) =>
  download('/v1/identity/leads/export', query, `leads.${query.get('format') ?? 'csv'}`);

export const getViews = () => get<List<SavedView>>(views, { limit: 200 });
export const createView = (view: NewSavedView, idempotencyKey: string) =>
  post<SavedView>(views, view, { idempotencyKey });
export const updateView = (id: string, changes: SavedViewChanges, version: number) =>
  patch<SavedView>(path`/v1/identity/lead-views/${id}`, changes, version);
export const deleteView = (id: string, version: number) =>
  del(path`/v1/identity/lead-views/${id}`, version);
export const getViewPreferences = () => get<ViewPreferences>(`${views}/preferences`);
export const saveViewPreferences = (changes: {
  columns?: ViewColumn[];
  defaultViewId?: string | null;
}) => patch<ViewPreferences>(`${views}/preferences`, changes);
