export interface TableColumn {
  key: string;
  label: string;
  align?: 'end';
  /** For a column of buttons: its heading is for screen readers only. */
  hideLabel?: boolean;
  /** Left out on a phone, where the other columns say enough. */
  wideOnly?: boolean;
}
