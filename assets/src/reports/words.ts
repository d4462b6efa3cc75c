/** Why there was no message. */
const skipNames: Record<string, string> = {
  no_address: 'No address for the channel',
  missing_contact_info: 'No address for any step',
  suppressed: 'Address is suppressed',
  outside_window: 'Outside WhatsApp’s 24 hours',
  duplicate_address: 'Address of another recipient',
  not_found: 'Deleted meanwhile',
  lead_deleted: 'Deleted meanwhile',
  render_failed: 'Text could not be filled',
  safety_lock: 'Safety lock',
  conditions: 'Conditions not met',
  template_deleted: 'Template was deleted',
  template_not_approved: 'Template is not approved',
  not_delivered: 'Step before was not delivered',
  cancelled: 'Campaign was cancelled',
  withdrawn: 'Withdrawn before it was sent',
  error: 'Error of ours',
};

const plain = (reason: string) => {
  const words = reason.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const isWord = (reason: string) => /^[a-z_]+$/.test(reason);

export function skipName(reason: string): string {
  return skipNames[reason] ?? (isWord(reason) ? plain(reason) : reason);
}

/** What a failure means, as the server knows it; a provider's code without a meaning stands as it is. */
export function failureName(reason: string, meaning?: string | null): string {
  if (meaning) return meaning.replace(/\.$/, '');
  return isWord(reason) ? plain(reason) : `Code ${reason}`;
}
