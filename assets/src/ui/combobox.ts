export interface ComboOption {
  value: string;
  label: string;
  hint?: string;
}
