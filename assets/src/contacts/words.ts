import type { Platform } from '../api/types';
import { channelNames } from '../broadcast/words';

export const platforms: readonly Platform[] = ['email', 'sms', 'whatsapp'];
export const platformNames: Readonly<Record<string, string>> = {
  ...channelNames,
  none: 'No platform',
};

/** The choices of a platform in a form; none of them is one, too. */
export const platformOptions = [
  { value: '', label: 'No preference' },
  ...platforms.map((platform) => ({ value: platform, label: channelNames[platform] })),
];
