import type { DuplicateBy } from './api';

/** What leads have in common, as it stands above them. */
export const sameWords: Record<DuplicateBy, string> = {
  email: 'Same e-mail address',
  phone: 'Same phone number',
  name: 'Similar name, same company',
};
