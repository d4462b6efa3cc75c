import type { SavedView, ViewEvent, ViewPreferences } from '../api/types';
import {
  createView,
  deleteView,
  getViewPreferences,
  getViews,
  saveViewPreferences,
  updateView,
} from '../api/views';
import { randomId } from '../core/id';
import { writeFilters, type Filters } from '../core/filters';
import { writeShown, type Shown, type ShownColumn } from '../core/shown';
import { live } from '../state/live.svelte';
import { toasts } from '../state/toasts.svelte';

/** The saved views that a person sees, and what they prefer where none is chosen. */
export class SavedViews {
  list = $state.raw<SavedView[]>([]);
  preferences = $state.raw<ViewPreferences>({ defaultViewId: null, columns: [], version: 0 });
  ready = $state(false);

  /** Never fails: without views and columns of one's own there are still leads. */
  async load(): Promise<void> {
    try {
      const [views, preferences] = await Promise.all([getViews(), getViewPreferences()]);
      this.list = views.data;
      this.preferences = preferences;
    } catch {
      // The usual columns, and no views.
    }
    this.ready = true;
  }

  follow(): () => void {
    const ends = [
      live.on<ViewEvent>('leadview.changed', () => void this.load()),
      live.on('reset', () => void this.load()),
    ];
    return () => ends.forEach((end) => end());
  }

  find(id: string | null): SavedView | undefined {
    return this.list.find((view) => view.id === id);
  }

  async prefer(changes: { columns?: ShownColumn[]; defaultViewId?: string | null }): Promise<void> {
    const before = this.preferences;
    this.preferences = { ...before, ...changes };
    try {
      this.preferences = await saveViewPreferences(changes);
    } catch (error) {
      this.preferences = before;
      toasts.error(error, () => this.prefer(changes));
    }
  }

  /** Saves what is shown under a name; fails with what the server refuses. */
  async create(
    name: string,
    isShared: boolean,
    filters: Filters,
    shown: Shown,
  ): Promise<SavedView> {
    const view = await createView({ name, isShared, ...contentOf(filters, shown) }, randomId());
    this.put(view);
    return view;
  }

  /** Makes a view what is shown now. */
  async overwrite(view: SavedView, filters: Filters, shown: Shown): Promise<void> {
    const { kind, filter, sortBy, sortOrder, columns } = view;
    const before = { kind, filter, sortBy, sortOrder, columns };
    await this.change(view, contentOf(filters, shown), `${view.name} saved`, before);
  }

  async rename(view: SavedView, name: string): Promise<void> {
    this.put(await updateView(view.id, { name }, view.version));
  }

  async share(view: SavedView, isShared: boolean): Promise<void> {
    const text = isShared ? `${view.name} is everybody’s` : `${view.name} is no longer shared`;
    await this.change(view, { isShared }, text, { isShared: view.isShared });
  }

  async remove(view: SavedView): Promise<void> {
    await deleteView(view.id, view.version);
    this.list = this.list.filter((one) => one.id !== view.id);
    const wasDefault = this.preferences.defaultViewId === view.id;
    if (wasDefault) this.preferences = { ...this.preferences, defaultViewId: null };
    toasts.undoable(`${view.name} deleted`, async () => {
      const { name, isShared, kind, filter, sortBy, sortOrder, columns } = view;
      const again = { name, isShared, kind, filter, sortBy, sortOrder, columns };
      this.put(await createView(again, randomId()));
    });
  }

  private async change(
    view: SavedView,
    changes: Parameters<typeof updateView>[1],
    text: string,
    before: Parameters<typeof updateView>[1],
  ): Promise<void> {
    try {
      const next = await updateView(view.id, changes, view.version);
      this.put(next);
      toasts.undoable(text, async () =>
        this.put(await updateView(view.id, before, this.find(view.id)?.version ?? next.version)),
      );
    } catch (error) {
      toasts.error(error);
      await this.load();
    }
  }

  private put(view: SavedView): void {
    const others = this.list.filter((one) => one.id !== view.id);
    const order = (a: SavedView, b: SavedView) => a.position - b.position;
    this.list = [...others, view].sort(order);
  }
}

/** What is shown, as a view keeps it. */
function contentOf(filters: Filters, shown: Shown) {
  const { pipelineId, search, source, assignedTo, tag, custom } = filters;
  return {
    kind: shown.mode,
    filter: {
      ...(pipelineId && { pipelineId }),
      ...(search && { search }),
      ...(source && { source: source as SavedView['filter']['source'] }),
      ...(assignedTo && { assignedTo }),
      ...(tag && { tag }),
      ...(Object.keys(custom).length > 0 && { customFields: custom }),
    },
    sortBy: (shown.mode === 'list' && shown.sortBy) || null,
    sortOrder: (shown.mode === 'list' && shown.sortOrder) || null,
    columns: (shown.mode === 'list' && shown.columns) || [],
  };
}

/** The address of what a view shows. */
export function addressOf(view: SavedView): URLSearchParams {
  const { pipelineId, search, source, assignedTo, tag, customFields } = view.filter;
  const query = writeFilters({
    pipelineId: pipelineId ?? '',
    search: search ?? '',
    source: source ?? '',
    assignedTo: assignedTo ?? '',
    tag: tag ?? '',
    custom: customFields ?? {},
  });
  return writeShown(query, {
    mode: view.kind,
    sortBy: view.sortBy ?? '',
    sortOrder: (view.sortOrder ?? '') as Shown['sortOrder'],
    columns: view.columns.length > 0 ? view.columns : null,
    savedId: view.id,
  });
}
