import type * as Wire from '../schema';
import type { Card, CustomFields } from './leads';

/** A lead as the list shows it; its custom fields are there when a column wants them. */
export type ListedLead = Card & { customFields?: CustomFields };

export type SavedView = Wire.View;
export type NewSavedView = Wire.NewView;
export type SavedViewChanges = Wire.ViewPatch;
export type ViewPreferences = Wire.Preferences;
export type ViewColumn = Wire.ViewColumn;

export interface ViewEvent {
  viewId: string;
  isShared: boolean;
}
